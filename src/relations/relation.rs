//! A relation as read, whatever its endpoint.

use std::{collections::BTreeMap, fmt::Display};

use crate::{
    address::{Host, port},
    excerpt::Excerpt,
    juju::{UnitName, secret_id},
    secret::{Secret, SecretContent},
};

use super::{Databag, Endpoint, Problem, databag::non_empty, endpoint};

/// One relation as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relation {
    /// The name of our endpoint.
    pub endpoint: &'static str,
    /// The number of the relation.
    pub id: u32,
    /// The remote application.
    ///
    /// *Empty*: it has no unit left, or it was not asked for.
    pub app: Option<String>,
    /// The databag of the remote application.
    pub bag: Databag,
    /// The databags of the remote units; read only where they matter.
    pub units: BTreeMap<UnitName, Databag>,
    /// The content of the secrets that the databag names, by the key that names them.
    pub secrets: BTreeMap<&'static str, SecretContent>,
    /// Our application databag.
    ///
    /// *Empty*: this unit may not read it, or nothing is written to it.
    pub own_app: Option<Databag>,
    /// Our unit databag; read only where something is written to it.
    pub own_unit: Databag,
    /// Whether the remote application is in another model; asked only where it matters.
    pub is_cross_model: Option<bool>,
    /// What failed when it was read: then nothing of it is known, its number included, and nothing may be written to it.
    pub unreadable: Option<String>,
}

/// All relations, by the name of their endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relations(BTreeMap<&'static str, Vec<Relation>>);

impl Relation {
    /// A relation that could not be read, and what failed.
    #[must_use]
    pub fn unreadable(endpoint: &'static str, why: impl Display) -> Self {
        let why = Excerpt::of(&why.to_string()).to_string();
        Self { endpoint, unreadable: Some(why), ..Self::default() }
    }

    /// That it could not be read, or may name the secret of a relation that could not.
    #[must_use]
    pub fn failure(&self) -> Option<Problem> {
        let why = self.unreadable.clone().or_else(|| self.secrets.values().find_map(unclear));
        why.map(|why| Problem::Unreadable { endpoint: self.endpoint, why })
    }

    /// The remote application in a text.
    pub(super) fn remote(&self) -> &str {
        self.app.as_deref().unwrap_or("the remote application")
    }

    /// The problem of a key that is not there yet.
    pub(super) fn missing(&self, what: impl Into<String>) -> Problem {
        Problem::Missing { endpoint: self.endpoint, what: what.into() }
    }

    /// The problem of a value that the remote application must correct: its key and the form that it must have.
    pub fn invalid(&self, why: impl Into<String>) -> Problem {
        let who = self.remote();
        self.invalid_with(why, format!("correct it in {who}"))
    }

    /// The problem of an invalid value with a remedy of its own.
    pub(super) fn invalid_with(&self, why: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem::Invalid { endpoint: self.endpoint, why: why.into(), remedy: remedy.into() }
    }

    /// The problem of a secret without a grant.
    fn ungranted(&self, key: &'static str) -> Problem {
        let keys = endpoint(self.endpoint).map_or(&[][..], |endpoint| endpoint.reads.secrets);
        let may_be_users = keys.iter().any(|it| it.key == key && it.may_be_users);
        Problem::Ungranted { endpoint: self.endpoint, key, provider: self.remote().to_owned(), may_be_users }
    }

    /// Whether the host that a text names, if it names one, can be reached from here.
    ///
    /// # Errors
    /// [`Problem`] if only the provider's own machine can reach it: it is that machine itself, or a folder on it.
    pub(super) fn check_on_network(&self, key: &str, text: &str, host: Option<&Host>) -> Result<(), Problem> {
        let is_folder = text.starts_with(['/', '@']);
        let is_local = is_folder || host.is_some_and(Host::is_loopback);
        if is_local { Err(self.not_on_the_network(key)) } else { Ok(()) }
    }

    fn not_on_the_network(&self, key: &str) -> Problem {
        let who = self.remote();
        let why = format!("{key} must name a host on the network, not localhost or a folder");
        self.invalid_with(why, format!("correct it in {who}, or integrate another application"))
    }

    /// The remote application.
    pub(super) fn provider(&self) -> Result<&str, Problem> {
        self.app.as_deref().ok_or_else(|| self.missing("a unit"))
    }

    /// The value of a key in the remote application's databag, without the blanks around it.
    pub(super) fn required(&self, key: &str) -> Result<&str, Problem> {
        self.optional(key).ok_or_else(|| self.missing(key))
    }

    /// The same, if it is there.
    pub(super) fn optional(&self, key: &str) -> Option<&str> {
        non_empty(&self.bag, key).map(str::trim)
    }

    /// A port.
    pub(super) fn port(&self, key: &str, text: &str) -> Result<u16, Problem> {
        port(text).ok_or_else(|| self.invalid(format!("{key} must be a number from 1 to 65535")))
    }

    /// What reading the secret brought that a key names.
    pub(super) fn secret(&self, key: &str) -> &SecretContent {
        self.secrets.get(key).unwrap_or(&SecretContent::Unnamed)
    }

    /// A value of the secret that a key names.
    ///
    /// *Empty*: the key names no secret.
    pub(super) fn in_secret(&self, key: &'static str, name: &str) -> Result<Option<&Secret>, Problem> {
        let uri = self.optional(key);
        match self.secret(key) {
            SecretContent::Known(content) => Ok(content.get(name).filter(|value| !value.is_empty())),
            SecretContent::Unnamed if uri.is_none() => Ok(None),
            // A grant may still come, but not for this.
            _ if uri.is_some_and(|uri| !uri.starts_with("secret:") && secret_id(uri).is_none()) => {
                Err(self.invalid(format!("{key} must be the URI of a secret")))
            }
            SecretContent::Shared(_) => Err(self.missing(format!("a {key} with a secret of its own"))),
            SecretContent::Unreadable => Err(self.ungranted(key)),
            SecretContent::Unnamed | SecretContent::Unclear(_) | SecretContent::Failed(_) => {
                Err(self.missing(format!("a readable {key}")))
            }
        }
    }
}

/// Why a secret is not used as long as another relation cannot be read.
fn unclear(content: &SecretContent) -> Option<String> {
    let SecretContent::Unclear(other) = content else { return None };
    Some(format!("it may name the secret of {other}, which cannot be read"))
}

impl Relations {
    /// Adds the relations of an endpoint.
    pub fn insert(&mut self, endpoint: &'static Endpoint, relations: Vec<Relation>) {
        self.0.insert(endpoint.name, relations);
    }

    /// All relations of an endpoint.
    #[must_use]
    pub fn all(&self, endpoint: &Endpoint) -> &[Relation] {
        self.0.get(endpoint.name).map_or(&[], Vec::as_slice)
    }

    /// The relation of an endpoint that has one at most.
    #[must_use]
    pub fn one(&self, endpoint: &Endpoint) -> Option<&Relation> {
        self.all(endpoint).first()
    }

    /// The first relation of an endpoint, to be changed.
    pub fn first_mut(&mut self, endpoint: &Endpoint) -> Option<&mut Relation> {
        self.0.get_mut(endpoint.name)?.first_mut()
    }

    /// Whether an endpoint has a relation.
    #[must_use]
    pub fn has(&self, endpoint: &str) -> bool {
        self.0.get(endpoint).is_some_and(|relations| !relations.is_empty())
    }

    /// All relations of all endpoints.
    pub fn each(&self) -> impl Iterator<Item = &Relation> {
        self.0.values().flatten()
    }

    /// The same, to change them.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut Relation> {
        self.0.values_mut().flatten()
    }

    /// The relation of an endpoint, to change it.
    #[cfg(test)]
    pub(crate) fn one_mut(&mut self, endpoint: &Endpoint) -> &mut Relation {
        self.0.get_mut(endpoint.name).unwrap().first_mut().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

    fn relation() -> Relation {
        Relation { endpoint: "smtp", app: Some("mail".to_owned()), bag: bag(&[("host", " a ")]), ..Relation::default() }
    }

    #[test]
    fn a_missing_key_is_waited_for_and_a_blank_one_counts_as_missing() {
        assert_eq!(relation().required("host"), Ok("a"));
        let blank = Relation { bag: bag(&[("port", " ")]), ..relation() };
        assert_eq!(blank.required("port").unwrap_err().to_string(), "waiting for port in the relation smtp");
    }

    #[test]
    fn an_invalid_value_names_who_must_correct_it_and_is_not_quoted() {
        let problem = relation().port("port", "six").unwrap_err();
        assert_eq!(problem.to_string(), "smtp: port must be a number from 1 to 65535: correct it in mail");
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_waited_for() {
        let named = Relation { bag: bag(&[("password_id", "secret:x")]), ..relation() };
        let expected = "waiting for a readable password_id in the relation smtp";
        assert_eq!(named.in_secret("password_id", "password").unwrap_err().to_string(), expected);
        assert_eq!(relation().in_secret("password_id", "password"), Ok(None));
    }

    #[test]
    fn a_secret_is_waited_for_in_every_spelling_of_its_uri() {
        let id = "9m4e2mr0ui3e8a215n4g";
        for uri in [id, &format!("secret:{id}"), &format!("secret://6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14/{id}")] {
            let named = Relation { bag: bag(&[("password_id", uri)]), ..relation() };
            let expected = "waiting for a readable password_id in the relation smtp";
            assert_eq!(named.in_secret("password_id", "password").unwrap_err().to_string(), expected, "{uri}");
        }
    }

    #[test]
    fn what_names_no_secret_must_be_corrected() {
        let named = Relation { bag: bag(&[("password_id", "hunter2")]), ..relation() };
        let expected = "smtp: password_id must be the URI of a secret: correct it in mail";
        assert_eq!(named.in_secret("password_id", "password").unwrap_err().to_string(), expected);
    }
}
