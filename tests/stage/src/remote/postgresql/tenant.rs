//! One database and its roles.

use super::cluster::{self, Cluster};
use crate::remote::server::ServerError;
use rand::{RngExt, distr::Alphanumeric};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// Makes names unique among all stages that share the server.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database with a role for each relation.
#[derive(Debug)]
pub(super) struct Tenant {
    cluster: Arc<Cluster>,
    pub(super) database: String,
    number: u32,
    users: BTreeMap<u32, User>,
    has_extensions: bool,
}

/// A role that may log in.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: String,
    /// The secrets that hold it, once they are made.
    pub(super) secrets: Option<(String, String)>,
}

impl Tenant {
    /// Makes a database whose name begins with the one that was asked for.
    pub(super) fn new(cluster: Arc<Cluster>, wanted: &str, has_extensions: bool) -> Result<Self, ServerError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let database = format!("{wanted}_{number}");
        let quoted = identifier(&database);
        let template = if has_extensions { cluster::EXTENDED } else { "template1" };
        cluster.query(
            "postgres",
            &format!("CREATE DATABASE {quoted} TEMPLATE {template}; CREATE ROLE {quoted} NOLOGIN;"),
        )?;
        Ok(Self { cluster, database, number, users: BTreeMap::new(), has_extensions })
    }

    pub(super) fn query(&self, statements: &str) -> Result<String, ServerError> {
        self.cluster.query(&self.database, statements)
    }

    /// Switches the extensions on, or takes the right to create any.
    pub(super) fn allow_extensions(&mut self, allowed: bool) -> Result<(), ServerError> {
        self.has_extensions = allowed;
        let extensions = if allowed { cluster::CREATE_EXTENSIONS } else { "" };
        let rights: String = self.users.values().map(|user| self.rights(user)).collect();
        self.query(&format!("{extensions}{rights}")).map(drop)
    }

    /// The role of a relation, made if need be.
    pub(super) fn user(&mut self, relation: u32) -> Result<&mut User, ServerError> {
        if !self.users.contains_key(&relation) {
            let user = self.add_user(relation)?;
            self.users.insert(relation, user);
        }
        let missing = || ServerError::NotDeployed(self.database.clone());
        self.users.get_mut(&relation).ok_or_else(missing)
    }

    fn add_user(&self, relation: u32) -> Result<User, ServerError> {
        let (name, password) = (format!("relation_id_{relation}_{}", self.number), password());
        let (role, keeper) = (identifier(&name), identifier(&self.database));
        let user = User { name, password, secrets: None };
        self.query(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{}'; REASSIGN OWNED BY {keeper} TO {role}; {}",
            user.password,
            self.rights(&user)
        ))?;
        Ok(user)
    }

    /// The statements that give a role what it may do: only an owner may create extensions.
    fn rights(&self, user: &User) -> String {
        let (role, database) = (identifier(&user.name), identifier(&self.database));
        let owner = if self.has_extensions { &role } else { "postgres" };
        format!("ALTER DATABASE {database} OWNER TO {owner}; GRANT ALL ON SCHEMA public TO {role};")
    }

    /// Gives all roles new passwords; connections that stand go on.
    pub(super) fn rotate_passwords(&mut self) -> Result<(), ServerError> {
        for user in self.users.values_mut() {
            let new = password();
            let statement = format!("ALTER ROLE {} PASSWORD '{new}';", identifier(&user.name));
            self.cluster.query(&self.database, &statement)?;
            user.password = new;
        }
        Ok(())
    }

    /// Takes the role of a relation away; its tables stay.
    pub(super) fn remove_user(&mut self, relation: u32) -> Result<(), ServerError> {
        let Some(user) = self.users.remove(&relation) else { return Ok(()) };
        let (role, keeper) = (identifier(&user.name), identifier(&self.database));
        self.query(&format!(
            "REASSIGN OWNED BY {role} TO {keeper}; DROP OWNED BY {role}; DROP ROLE {role};
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}';",
            user.name
        ))?;
        Ok(())
    }

    /// The first role; most databases have one.
    pub(super) fn any_user(&self) -> Option<&User> {
        self.users.values().next()
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn password() -> String {
    rand::rng().sample_iter(Alphanumeric).take(16).map(char::from).collect()
}
