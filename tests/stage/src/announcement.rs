//! What remote applications are to the stage, and what they see and write.

use crate::{
    model::{Access, Databag, End, Model, Owner, Secret},
    sandbox::Sandbox,
};
use std::collections::BTreeMap;

/// Why a remote application could not do what it announces.
pub type RemoteError = Box<dyn std::error::Error + Send + Sync>;

/// An application at the other end of a relation, in the place of its charm.
///
/// It is asked again and again, whenever anything may have changed, and must then leave what is right already as it is.
pub trait Remote: Send {
    /// Name of the application: `postgresql-k8s`.
    fn application(&self) -> &str;

    /// Endpoint and interface: `database`, `postgresql_client`.
    fn endpoint(&self) -> (&str, &str);

    /// How many units it has; they are numbered from 0.
    fn units(&self) -> u32 {
        1
    }

    /// The application has a place in this world from now on: start its servers there. Called once, before all else.
    ///
    /// # Errors
    /// A server does not start.
    fn deployed(&mut self, sandbox: &Sandbox) -> Result<(), RemoteError> {
        let _ = sandbox;
        Ok(())
    }

    /// The relation is there, or our side or the application itself has changed: write the other side's databags.
    ///
    /// # Errors
    /// The real server behind it failed.
    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError>;

    /// The relation with this number was removed.
    ///
    /// # Errors
    /// The real server behind it failed.
    fn unrelated(&mut self, relation: u32) -> Result<(), RemoteError> {
        let _ = relation;
        Ok(())
    }
}

/// A relation as the remote application sees it: it reads our side and writes its own.
pub struct RemoteView<'a> {
    model: &'a mut Model,
    relation: u32,
    /// The application at our side, which has a charm.
    local: String,
    nothing: End,
}

impl<'a> RemoteView<'a> {
    /// The relation with this number; its first end is our side.
    pub fn new(model: &'a mut Model, relation: u32) -> Self {
        let ours = model.relations.get(&relation).and_then(|relation| relation.ends.first());
        let local = ours.map(|end| end.application.clone()).unwrap_or_default();
        Self { model, relation, local, nothing: End::default() }
    }

    /// Number of the relation.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.relation
    }

    /// Name of the model, which is the Kubernetes namespace.
    #[must_use]
    pub fn model_name(&self) -> &str {
        &self.model.name
    }

    /// What the application at our side publishes.
    #[must_use]
    pub fn local_app(&self) -> &Databag {
        &self.ours().app
    }

    /// What its units publish, by unit name.
    #[must_use]
    pub fn local_units(&self) -> &BTreeMap<String, Databag> {
        &self.ours().units
    }

    /// The other side's application databag, to write.
    pub fn app(&mut self) -> &mut Databag {
        &mut self.theirs_mut().app
    }

    /// The databag of the other side's unit with this number, to write; the unit joins if it had not.
    pub fn unit(&mut self, number: u32) -> &mut Databag {
        let end = self.theirs_mut();
        let name = format!("{}/{number}", end.application);
        end.units.entry(name).or_default()
    }

    /// A unit of the other side leaves.
    pub fn remove_unit(&mut self, number: u32) {
        let name = format!("{}/{number}", self.theirs().application);
        if let Some(relation) = self.model.relations.get_mut(&self.relation) {
            relation.leave(&name);
        }
    }

    /// Adds a secret of the other application, readable by ours through this relation, and gives its URI.
    pub fn add_secret(&mut self, content: &[(&str, &str)]) -> String {
        let id = self.model.mint_secret();
        let mut secret = Secret::new(Owner::Application(self.theirs().application.clone()), owned(content));
        secret.access.push(self.access());
        self.model.secrets.insert(id.clone(), secret);
        format!("secret:{id}")
    }

    /// Adds a revision to a secret, unless the content stays the same.
    pub fn update_secret(&mut self, uri: &str, content: &[(&str, &str)]) {
        if let Some(secret) = self.model.secrets.get_mut(Secret::bare_id(uri)) {
            secret.update(owned(content));
        }
    }

    /// Makes a secret of the other application readable, or no longer, through this relation.
    pub fn grant(&mut self, uri: &str, granted: bool) {
        let access = self.access();
        if let Some(secret) = self.model.secrets.get_mut(Secret::bare_id(uri)) {
            secret.access.retain(|other| *other != access);
            secret.access.extend(granted.then_some(access));
        }
    }

    /// The newest content of a secret that our side granted to this relation, or of the other side's own.
    #[must_use]
    pub fn secret(&self, uri: &str) -> Option<&BTreeMap<String, String>> {
        let remote = &self.theirs().application;
        let secret = self.model.secret(uri)?;
        (secret.is_owned_by(remote) || secret.is_granted_to(remote)).then(|| secret.content()).flatten()
    }

    fn access(&self) -> Access {
        Access { target: self.local.clone(), relation: Some(self.relation) }
    }

    fn ours(&self) -> &End {
        let relation = self.model.relations.get(&self.relation);
        relation.and_then(|relation| relation.own(&self.local)).unwrap_or(&self.nothing)
    }

    fn theirs(&self) -> &End {
        let relation = self.model.relations.get(&self.relation);
        relation.and_then(|relation| relation.other(&self.local)).unwrap_or(&self.nothing)
    }

    fn theirs_mut(&mut self) -> &mut End {
        let relation = self.model.relations.get_mut(&self.relation);
        relation.and_then(|relation| relation.other_mut(&self.local)).unwrap_or(&mut self.nothing)
    }
}

fn owned(content: &[(&str, &str)]) -> BTreeMap<String, String> {
    content.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
