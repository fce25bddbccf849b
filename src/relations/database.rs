//! The endpoint `database`: interface `postgresql_client`, version 0 of its library.
//!
//! *Source*: charmhub.io/data-platform-libs, `data_interfaces` versions 0 and 1.

use serde_json::{Value, json};

use crate::{
    relations::{Changes, Databag, Incomplete, SecretContent, difference, filled, port, quoted},
    secret::Secret,
};

/// The endpoint's name.
pub const ENDPOINT: &str = "database";

/// The database that is asked for.
const REQUESTED: &str = "discourse";

/// One relation as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// The number of the relation.
    pub id: u32,
    /// The application on the other side.
    ///
    /// *Empty*: it has no unit left.
    pub remote_app: Option<String>,
    /// What the other application wrote.
    pub remote: Databag,
    /// The `state` in the bags of the other side's units; read only if the bag says `subordinated`.
    pub unit_states: Vec<String>,
    /// What is in our own application bag; only the leader can see it.
    pub own_app: Option<Databag>,
    /// What is in our own unit bag.
    pub own_unit: Databag,
    /// The content of the secret that `secret-user` names.
    pub user_secret: SecretContent,
    /// Whether the other application is in another model; asked only when the request must be written.
    pub is_cross_model: Option<bool>,
}

/// Where PostgreSQL is and how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The relation that gave it.
    pub relation: u32,
    /// The application that gave it, for the commands in status texts.
    pub provider: String,
    /// The primary.
    pub endpoint: Endpoint,
    /// The name of the database.
    pub name: String,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: Secret,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Relation {
    /// The label by which this unit reads the user secret.
    #[must_use]
    pub fn user_label(id: u32) -> String {
        format!("{ENDPOINT}.{id}.user.secret")
    }

    /// Everything that Discourse needs, if all of it is there.
    ///
    /// # Errors
    /// [`Incomplete`] naming the first key that is missing or malformed.
    pub fn database(&self) -> Result<Database, Incomplete> {
        let lack = |key: &str| Incomplete::new(ENDPOINT, key);
        let provider = self.remote_app.clone().ok_or_else(|| lack("a unit"))?;
        self.check_subordinate()?;
        let username = self.credential("username")?;
        let password = self.credential("password")?;
        let name = filled(&self.remote, "database").ok_or_else(|| lack("database"))?;
        let endpoints = filled(&self.remote, "endpoints").ok_or_else(|| lack("endpoints"))?;
        check_variables([("username", username.expose()), ("password", password.expose()), ("database", name)])?;
        Ok(Database {
            relation: self.id,
            provider,
            endpoint: Endpoint::parse(endpoints)?,
            name: name.to_owned(),
            username: username.expose().to_owned(),
            password,
        })
    }

    /// What the leader must write into our application bag.
    ///
    /// *Empty*: nothing, or we are not the leader.
    #[must_use]
    pub fn request(&self) -> Changes {
        let Some(own) = &self.own_app else { return Changes::new() };
        if Self::is_requested(own) {
            return Changes::new();
        }
        let mut wanted = Databag::from([
            ("database".to_owned(), REQUESTED.to_owned()),
            ("requested-secrets".to_owned(), requested_secrets().to_string()),
        ]);
        if self.is_cross_model == Some(false) {
            wanted.insert("provided-secrets".to_owned(), json!(["mtls-cert"]).to_string());
        }
        difference(own, &wanted)
    }

    /// Whether an application bag holds the whole request, in whatever spacing.
    #[must_use]
    pub fn is_requested(own: &Databag) -> bool {
        let secrets = own.get("requested-secrets").and_then(|text| serde_json::from_str::<Value>(text).ok());
        filled(own, "database") == Some(REQUESTED) && secrets == Some(requested_secrets())
    }

    /// What must leave our unit bag: the private memory of the Python charm's library, which may hold a password.
    #[must_use]
    pub fn left_over(&self) -> Changes {
        difference(&self.own_unit, &Databag::from([("data".to_owned(), String::new())]))
    }

    /// A subordinate provider speaks for itself only once one of its units says so.
    fn check_subordinate(&self) -> Result<(), Incomplete> {
        let is_ready = self.unit_states.iter().any(|state| state == "ready");
        if is_subordinated(&self.remote) && !is_ready { Err(Incomplete::new(ENDPOINT, "state")) } else { Ok(()) }
    }

    /// A field of the user group: from the secret, else from the bag.
    fn credential(&self, key: &str) -> Result<Secret, Incomplete> {
        let in_bag = filled(&self.remote, key).map(|value| Secret::from(value.to_owned()));
        let found = match &self.user_secret {
            SecretContent::Unnamed => in_bag,
            SecretContent::Unreadable => return Err(Incomplete::new(ENDPOINT, "a readable secret-user")),
            SecretContent::Known(content) => {
                content.get(key).filter(|value| !value.expose().is_empty()).cloned().or(in_bag)
            }
        };
        found.ok_or_else(|| Incomplete::new(ENDPOINT, key))
    }
}

/// No variable of a process can hold a NUL character: it would keep the server from starting.
fn check_variables(values: [(&str, &str); 3]) -> Result<(), Incomplete> {
    let odd = values.into_iter().find(|(_, value)| value.contains('\0'));
    odd.map_or(Ok(()), |(key, _)| Err(Incomplete::new(ENDPOINT, format!("{key}: it holds a NUL character"))))
}

/// Whether the other side's unit bags must be read too.
#[must_use]
pub fn is_subordinated(remote: &Databag) -> bool {
    remote.get("subordinated").map(String::as_str) == Some("true")
}

impl Endpoint {
    /// The first entry of a comma list is the primary.
    ///
    /// # Errors
    /// [`Incomplete`] if it is not `host:port` or `[address]:port`.
    pub fn parse(endpoints: &str) -> Result<Self, Incomplete> {
        let first = endpoints.split(',').next().unwrap_or_default().trim();
        Self::split(first)
            .ok_or_else(|| Incomplete::new(ENDPOINT, format!("endpoints: {} is not host:port", quoted(first))))
    }

    fn split(entry: &str) -> Option<Self> {
        let (host, number) = match entry.strip_prefix('[') {
            Some(rest) => rest.split_once("]:")?,
            None => entry.rsplit_once(':').filter(|(host, _)| !host.contains(':'))?,
        };
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control());
        is_host.then_some(Self { host: host.to_owned(), port: port(number)? })
    }
}

fn requested_secrets() -> Value {
    json!(["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::bag;

    fn relation(remote: &[(&str, &str)]) -> Relation {
        Relation {
            id: 1,
            remote_app: Some("pg".to_owned()),
            remote: bag(remote),
            unit_states: Vec::new(),
            own_app: Some(Databag::new()),
            own_unit: Databag::new(),
            user_secret: SecretContent::Unnamed,
            is_cross_model: Some(false),
        }
    }

    const CLEAR: [(&str, &str); 4] =
        [("username", "u"), ("password", "p"), ("database", "forum"), ("endpoints", "pg-primary:5432,pg-1:5432")];

    fn lack(relation: &Relation) -> String {
        relation.database().unwrap_err().lack
    }

    fn secret(pairs: &[(&str, &str)]) -> SecretContent {
        let content = pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::from((*value).to_owned())));
        SecretContent::Known(content.collect())
    }

    #[test]
    fn a_clear_text_provider_is_understood() {
        let expected = Database {
            relation: 1,
            provider: "pg".to_owned(),
            endpoint: Endpoint { host: "pg-primary".to_owned(), port: 5432 },
            name: "forum".to_owned(),
            username: "u".to_owned(),
            password: Secret::from("p".to_owned()),
        };
        assert_eq!(relation(&CLEAR).database(), Ok(expected));
    }

    #[test]
    fn the_secret_stands_over_the_bag_and_the_bag_fills_its_gaps() {
        let with_secret = Relation { user_secret: secret(&[("password", "newer")]), ..relation(&CLEAR) };
        let database = with_secret.database().unwrap();
        assert_eq!((database.username.as_str(), database.password.expose()), ("u", "newer"));
    }

    #[test]
    fn whatever_is_missing_is_named() {
        for key in ["username", "password", "database", "endpoints"] {
            let mut halved = relation(&CLEAR);
            halved.remote.remove(key);
            assert_eq!(lack(&halved), key);
        }
        assert_eq!(lack(&Relation { remote_app: None, ..relation(&CLEAR) }), "a unit");
        assert_eq!(
            lack(&Relation { user_secret: SecretContent::Unreadable, ..relation(&CLEAR) }),
            "a readable secret-user"
        );
        assert_eq!(lack(&Relation { user_secret: secret(&[("username", "u")]), ..relation(&[]) }), "password");
    }

    #[test]
    fn a_subordinate_is_believed_once_its_unit_is_ready() {
        let mut subordinate = relation(&CLEAR);
        subordinate.remote.insert("subordinated".to_owned(), "true".to_owned());
        assert_eq!(lack(&subordinate), "state");
        subordinate.unit_states = vec!["ready".to_owned()];
        assert!(subordinate.database().is_ok());
    }

    #[test]
    fn the_first_endpoint_is_the_primary_also_in_ipv6() {
        for (text, host, port) in
            [("pg:5432", "pg", 5432), (" pg:1 ,other:2", "pg", 1), ("[fd00::1]:5432", "fd00::1", 5432)]
        {
            assert_eq!(Endpoint::parse(text), Ok(Endpoint { host: host.to_owned(), port }));
        }
    }

    #[test]
    fn a_malformed_endpoint_is_quoted() {
        for text in ["pg", "pg:", ":5432", "pg:0", "pg:65536", "pg:port", "fd00::1:5432", "[fd00::1]", "p g:1", ","] {
            let first = text.split(',').next().unwrap();
            let lack = Endpoint::parse(text).unwrap_err().lack;
            assert_eq!(lack, format!("endpoints: \"{first}\" is not host:port"));
        }
    }

    #[test]
    fn the_request_is_written_once_and_completed_where_it_is_not_whole() {
        let request = relation(&[]).request();
        assert_eq!(request.keys().collect::<Vec<_>>(), ["database", "provided-secrets", "requested-secrets"]);
        let spaced = request.iter().map(|(key, value)| (key.clone(), value.replace(',', " , "))).collect();
        assert_eq!(Relation { own_app: Some(spaced), ..relation(&[]) }.request(), Changes::new());
        assert_eq!(Relation { own_app: None, ..relation(&[]) }.request(), Changes::new());
        let remote = Relation { is_cross_model: Some(true), ..relation(&[]) }.request();
        assert!(!remote.contains_key("provided-secrets"));
    }

    #[test]
    fn the_copy_that_the_python_charm_left_is_removed() {
        let left = Relation { own_unit: bag(&[("data", "{}"), ("ingress-address", "10.0.0.1")]), ..relation(&[]) };
        assert_eq!(left.left_over(), bag(&[("data", "")]));
    }
}
