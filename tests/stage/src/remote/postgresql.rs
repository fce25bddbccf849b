//! PostgreSQL as its charm offers it: a database and a role for each relation, in a real server.

mod cluster;
mod legacy;
mod lock;
mod template;
mod tenant;

use super::{
    announced::{Distortion, pairs},
    server::ServerError,
};
use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::{Databag, databag},
    sandbox::{Addresses, Sandbox, names},
};
use std::sync::{Arc, Mutex, MutexGuard};
use tenant::{Tenant, User};

pub use cluster::Cluster;
pub use lock::MigrationLock;

/// `postgresql-k8s` with the interface `postgresql_client`; clones are the same application.
///
/// It answers once our side has asked for a database: by secrets if it asked for those, else in clear text.
#[derive(Debug, Clone)]
pub struct Postgresql {
    application: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    deployed: Option<(Sandbox, Addresses)>,
    tenant: Option<Tenant>,
    /// How many primaries there were before.
    moves: u32,
    is_clear_text: bool,
    is_legacy: bool,
    refuses_extensions: bool,
    endpoints: Endpoints,
    distortion: Distortion,
}

/// How the primary is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Endpoints {
    /// By its name.
    #[default]
    Name,
    /// By its IPv6 address, in brackets.
    Ipv6,
    /// Not at all, as during a failover.
    Withdrawn,
}

/// Keys of the secrets; all others are of the application databag.
const USER_KEYS: [&str; 3] = ["username", "password", "uris"];

impl Postgresql {
    /// An application of this name.
    #[must_use]
    pub fn new(application: &str) -> Self {
        Self { application: application.to_owned(), state: Arc::default() }
    }

    /// Answers in clear text, as old providers do, whatever our side asks for.
    #[must_use]
    pub fn in_clear_text(self) -> Self {
        self.lock().is_clear_text = true;
        self
    }

    /// Speaks the legacy interface `pgsql`, at our endpoint `db`.
    #[must_use]
    pub fn over_pgsql(self) -> Self {
        self.lock().is_legacy = true;
        self
    }

    /// Has its extensions switched off, as they are until the operator switches them on.
    #[must_use]
    pub fn without_extensions(self) -> Self {
        self.lock().refuses_extensions = true;
        self
    }

    /// Switches the extensions on, or forbids to create any from now on.
    ///
    /// # Errors
    /// [`ServerError`] if the server refuses.
    pub fn allow_extensions(&self, allowed: bool) -> Result<(), ServerError> {
        let mut state = self.lock();
        state.refuses_extensions = !allowed;
        state.tenant.as_mut().map_or(Ok(()), |tenant| tenant.allow_extensions(allowed))
    }

    /// Changes the password in the server; a new revision of the secret, or the databag, tells it.
    ///
    /// # Errors
    /// [`ServerError`] if the server refuses.
    pub fn rotate_password(&self) -> Result<(), ServerError> {
        self.lock().tenant.as_mut().map_or(Ok(()), Tenant::rotate_passwords)
    }

    /// Moves the primary to a new address with a new name; the data are the same.
    ///
    /// # Errors
    /// [`ServerError`] if it is not deployed, or there is no address left.
    pub fn move_primary(&self) -> Result<(), ServerError> {
        let mut state = self.lock();
        let (sandbox, addresses) = state.deployed.as_mut().ok_or_else(|| self.not_deployed())?;
        *addresses = sandbox.addresses()?;
        state.moves += 1;
        Ok(())
    }

    /// Announces the primary in another way from now on.
    pub fn announce(&self, endpoints: Endpoints) {
        self.lock().endpoints = endpoints;
    }

    /// Announces another value than the true one, in the databag or in the secret that the key belongs to.
    pub fn write(&self, key: &str, value: &str) {
        self.lock().distortion.set(key, Some(value));
    }

    /// Leaves a key out.
    pub fn withhold(&self, key: &str) {
        self.lock().distortion.set(key, None);
    }

    /// Announces the truth again.
    pub fn restore(&self) {
        self.lock().distortion.clear();
    }

    /// Runs statements in the database as the superuser; see [`Cluster::query`].
    ///
    /// # Errors
    /// [`ServerError`] if there is no database yet, or a statement is wrong.
    pub fn query(&self, statements: &str) -> Result<String, ServerError> {
        self.lock().tenant.as_ref().ok_or_else(|| self.not_deployed())?.query(statements)
    }

    /// Holds the lock of Rails' migrations in the database, as another process does that migrates it, until the answer is dropped.
    ///
    /// # Errors
    /// [`ServerError`] if there is no database yet, or no session can be opened.
    pub fn hold_migration_lock(&self) -> Result<MigrationLock, ServerError> {
        let database = self.database().ok_or_else(|| self.not_deployed())?;
        MigrationLock::take(Cluster::shared()?.session(&database), &database)
    }

    /// The database; it is made when our side first asks for one.
    #[must_use]
    pub fn database(&self) -> Option<String> {
        Some(self.lock().tenant.as_ref()?.database.clone())
    }

    /// Name and password of the role.
    #[must_use]
    pub fn credentials(&self) -> Option<(String, String)> {
        let state = self.lock();
        let user = state.tenant.as_ref()?.any_user()?;
        Some((user.name.clone(), user.password.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        super::lock(&self.state)
    }

    fn not_deployed(&self) -> ServerError {
        ServerError::NotDeployed(self.application.clone())
    }

    /// The service of the primary.
    fn service(&self, moves: u32) -> String {
        let number = if moves == 0 { String::new() } else { format!("-{}", moves + 1) };
        format!("{}-primary{number}", self.application)
    }

    /// Makes the names known and returns how the primary is announced.
    fn endpoint(&self, state: &State, model: &str) -> Result<String, ServerError> {
        let (sandbox, addresses) = state.deployed.as_ref().ok_or_else(|| self.not_deployed())?;
        let (service, port) = (self.service(state.moves), Cluster::shared()?.port());
        sandbox.name_service(&service, model, [addresses.main()])?;
        sandbox.name_application(&format!("{}/0", self.application), model, addresses.main())?;
        let host = names::full(&service, model);
        let is_ipv6 = state.endpoints == Endpoints::Ipv6;
        Ok(if is_ipv6 { format!("[{}]:{port}", addresses.v6) } else { format!("{host}:{port}") })
    }
}

impl State {
    fn tenant(&mut self, wanted: &str) -> Result<&mut Tenant, ServerError> {
        let tenant = match self.tenant.take() {
            Some(tenant) => tenant,
            None => Tenant::new(Cluster::shared()?, wanted, !self.refuses_extensions)?,
        };
        Ok(self.tenant.insert(tenant))
    }
}

/// Content of the user's secret.
fn user_content(user: &User, database: &str, endpoint: &str) -> Databag {
    let User { name, password, .. } = user;
    let uri = format!("postgresql://{name}:{password}@{endpoint}/{database}");
    pairs([("username", name.clone()), ("password", password.clone()), ("uris", uri)])
}

/// Puts the credentials into secrets, and their URIs into the databag.
fn announce_secrets(relation: &mut RemoteView<'_>, user: &mut User, content: &Databag, bag: &mut Databag) {
    let content: Vec<_> = content.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let made = user.secrets.take();
    let made = made.unwrap_or_else(|| (relation.add_secret(&content), relation.add_secret(&[("tls", "False")])));
    relation.update_secret(&made.0, &content);
    bag.extend(pairs([("secret-user", made.0.clone()), ("secret-tls", made.1.clone())]));
    user.secrets = Some(made);
}

impl Remote for Postgresql {
    fn application(&self) -> &str {
        &self.application
    }

    fn endpoint(&self) -> (&str, &str) {
        if self.lock().is_legacy { ("db", "pgsql") } else { ("database", "postgresql_client") }
    }

    fn deployed(&mut self, sandbox: &Sandbox) -> Result<(), RemoteError> {
        Cluster::shared()?;
        self.lock().deployed = Some((sandbox.clone(), sandbox.addresses()?));
        Ok(())
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        let mut state = self.lock();
        let (_, addresses) = state.deployed.as_ref().ok_or_else(|| self.not_deployed())?;
        *relation.unit(0) = databag::seed(addresses.main());
        let asked = relation.local_app();
        let Some(wanted) = asked.get("database").cloned() else { return Ok(()) };
        let is_secret = asked.contains_key("requested-secrets") && !state.is_clear_text;
        let endpoint = self.endpoint(&state, relation.model_name())?;
        let state_is_legacy = state.is_legacy;
        let (distortion, has_endpoints) = (state.distortion.clone(), state.endpoints != Endpoints::Withdrawn);
        let tenant = state.tenant(&wanted)?;
        let mut bag =
            pairs([("database", tenant.database.clone()), ("version", Cluster::shared()?.version().to_owned())]);
        bag.extend(has_endpoints.then(|| ("endpoints".to_owned(), endpoint.clone())));
        let database = tenant.database.clone();
        let user = tenant.user(relation.id())?;
        if state_is_legacy {
            legacy::announce(relation, user, &database, &endpoint);
            return Ok(());
        }
        let content = distortion.applied_to(user_content(user, &database, &endpoint));
        if is_secret {
            announce_secrets(relation, user, &content, &mut bag);
        } else {
            bag.extend(content);
        }
        let known: Vec<&str> = bag.keys().map(String::as_str).chain(USER_KEYS).collect();
        let invented = distortion.invented(&known);
        *relation.app() = distortion.applied_to(bag.clone());
        relation.app().extend(invented);
        Ok(())
    }

    fn unrelated(&mut self, relation: u32) -> Result<(), RemoteError> {
        Ok(self.lock().tenant.as_mut().map_or(Ok(()), |tenant| tenant.remove_user(relation))?)
    }
}
