//! What is read of the relations of an endpoint.

use super::{Databag, databag::non_empty};

/// What is read of a relation.
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    /// The databag of the remote application.
    pub remote_app: RemoteApp,
    /// The databags of the remote units.
    pub units: Units,
    /// The secrets that the databag of the remote application may name.
    pub secrets: &'static [SecretKey],
    /// Our application databag.
    pub own_app: OwnApp,
    /// Whether our unit databag is read.
    pub own_unit: bool,
    /// Whether Juju is asked for the remote application's model, judged by our application databag.
    pub asks_for_model: Option<fn(&Databag) -> bool>,
    /// Whether the address of our pod is needed.
    pub address: bool,
}

/// When the databag of the remote application is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteApp {
    /// Never: it says nothing of use.
    Never,
    /// In every hook.
    Always,
    /// In the relation's own hooks only: it holds complaints, which are logged once.
    OwnHooks,
}

/// When the databags of the remote units are read.
#[derive(Debug, Clone, Copy)]
pub enum Units {
    /// Never.
    Never,
    /// In every hook.
    Always,
    /// If the databag of the remote application asks for it.
    If(fn(&Databag) -> bool),
}

/// Who reads our application databag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnApp {
    /// Nobody: nothing is written to it.
    Nobody,
    /// The leader.
    Leader,
    /// Every unit: it is the databag of a peer relation.
    Everyone,
}

/// A key that names a secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretKey {
    /// The key.
    pub key: &'static str,
    /// A key that holds the same in clear text, and takes precedence.
    pub unless: Option<&'static str>,
    /// Whether the provider may hand on a secret of the operator's, who must grant it then; it grants those that it owns.
    pub may_be_users: bool,
}

impl Reads {
    /// Whether the remote units must be listed: for their databags, or to learn the remote application.
    #[must_use]
    pub fn asks_for_units(&self) -> bool {
        self.remote_app == RemoteApp::Always || !matches!(self.units, Units::Never)
    }

    /// How many hook tool calls it takes the leader to read one relation that has one remote unit and says nothing new.
    #[must_use]
    pub fn calls(&self) -> usize {
        let is_always = [
            self.asks_for_units(),
            self.remote_app == RemoteApp::Always,
            matches!(self.units, Units::Always),
            self.own_app != OwnApp::Nobody,
            self.own_unit,
        ];
        is_always.into_iter().filter(|is_read| *is_read).count() + self.secrets.len()
    }

    /// Nothing but the relation itself.
    pub const NOTHING: Self = Self {
        remote_app: RemoteApp::Never,
        units: Units::Never,
        secrets: &[],
        own_app: OwnApp::Nobody,
        own_unit: false,
        asks_for_model: None,
        address: false,
    };

    /// The databag of the remote application.
    pub const REMOTE: Self = Self { remote_app: RemoteApp::Always, ..Self::NOTHING };

    /// Our application databag, and what the remote application complains of.
    pub const COMPLAINTS: Self = Self { remote_app: RemoteApp::OwnHooks, own_app: OwnApp::Leader, ..Self::NOTHING };
}

impl SecretKey {
    /// The URI of the secret that a databag names.
    ///
    /// *Empty*: it names none, or holds the value in clear text.
    #[must_use]
    pub fn uri<'a>(&self, bag: &'a Databag) -> Option<&'a str> {
        let is_clear = self.unless.is_some_and(|key| non_empty(bag, key).is_some());
        non_empty(bag, self.key).map(str::trim).filter(|_| !is_clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

    #[test]
    fn a_value_in_clear_text_takes_precedence_over_a_secret() {
        let key = SecretKey { key: "password_id", unless: Some("password"), may_be_users: true };
        assert_eq!(key.uri(&bag(&[("password_id", " secret:x ")])), Some("secret:x"));
        assert_eq!(key.uri(&bag(&[("password_id", "secret:x"), ("password", "p")])), None);
        assert_eq!(key.uri(&bag(&[("password_id", " ")])), None);
    }
}
