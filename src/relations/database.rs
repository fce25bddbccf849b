//! The endpoint `database`: interface `postgresql_client`, version 0 of its library.
//!
//! *Source*: charmhub.io/data-platform-libs, `data_interfaces` versions 0 and 1.

use serde_json::{Value, json};

use crate::{
    address::port,
    discourse::environment::{Origin, Variable, Variables},
    secret::Secret,
};

use super::{
    Changes, Databag, Endpoint, Identity, Need, OwnApp, Problem, Reads, Relation, SecretKey, Units, Write,
    databag::non_empty, difference,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Required("postgresql-k8s"),
    reads: Reads {
        units: Units::If(is_subordinated),
        secrets: &[SecretKey { key: USER_SECRET, label: "user", unless: None }],
        own_app: OwnApp::Leader,
        own_unit: true,
        // Only a new request says whether the provider is in another model.
        asks_for_model: Some(|own| !is_requested(own)),
        ..Reads::REMOTE
    },
    variables: &["DISCOURSE_DB_"],
    writes,
    ..Endpoint::requirer("database", "postgresql_client")
};

const USER_SECRET: &str = "secret-user";

/// The database that is requested.
const REQUESTED: &str = "discourse";

/// Where PostgreSQL is and how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The name of the endpoint that gave it.
    pub endpoint: &'static str,
    /// The number of its relation.
    pub relation: u32,
    /// The application that gave it, for commands in status texts.
    pub provider: String,
    /// The primary.
    pub primary: Address,
    /// The name of the database.
    pub name: String,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: Secret,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The database, if all of it is there.
///
/// # Errors
/// [`Problem`] with the first key that is missing or invalid.
pub fn parse(relation: &Relation) -> Result<Database, Problem> {
    let provider = relation.provider()?.to_owned();
    check_subordinate(relation)?;
    let username = credential(relation, "username")?;
    let password = credential(relation, "password")?;
    let name = non_empty(&relation.bag, "database").ok_or_else(|| relation.missing("database"))?;
    let primary = primary(relation)?;
    for (key, value) in [("username", username.expose()), ("password", password.expose()), ("database", name)] {
        relation.env_safe(key, value)?;
    }
    Ok(Database {
        endpoint: ENDPOINT.name,
        relation: relation.id,
        provider,
        primary,
        name: name.to_owned(),
        username: username.expose().to_owned(),
        password,
    })
}

impl Database {
    /// The variables of the workload.
    #[must_use]
    pub fn variables(&self) -> Variables {
        // The legacy interface has one key for all of it.
        let key = |key| if self.endpoint == ENDPOINT.name { key } else { "master" };
        let plain = |name, value: &str| Variable::plain(value, Origin::Relation(self.endpoint, key(name)));
        let password = Variable::hidden(&self.password, Origin::Relation(self.endpoint, key("password")));
        vec![
            ("DISCOURSE_DB_HOST", plain("endpoints", &self.primary.host)),
            ("DISCOURSE_DB_PORT", plain("endpoints", &self.primary.port.to_string())),
            ("DISCOURSE_DB_NAME", plain("database", &self.name)),
            ("DISCOURSE_DB_USERNAME", plain("username", &self.username)),
            ("DISCOURSE_DB_PASSWORD", password),
        ]
    }
}

/// A subordinate provider announces its database before it is ready; one of its units says when it is.
fn check_subordinate(relation: &Relation) -> Result<(), Problem> {
    let is_ready = relation.units.values().any(|unit| unit.get("state").is_some_and(|state| state == "ready"));
    if is_subordinated(&relation.bag) && !is_ready { Err(relation.missing("state")) } else { Ok(()) }
}

fn is_subordinated(remote: &Databag) -> bool {
    remote.get("subordinated").map(String::as_str) == Some("true")
}

/// A credential: from the secret, else from the databag.
fn credential(relation: &Relation, key: &str) -> Result<Secret, Problem> {
    let in_secret = relation.in_secret(USER_SECRET, key)?.cloned();
    let in_bag = || non_empty(&relation.bag, key).map(|value| Secret::from(value.to_owned()));
    in_secret.or_else(in_bag).ok_or_else(|| relation.missing(key))
}

/// The first entry of the list of endpoints.
fn primary(relation: &Relation) -> Result<Address, Problem> {
    let endpoints = non_empty(&relation.bag, "endpoints").ok_or_else(|| relation.missing("endpoints"))?;
    let first = endpoints.split(',').next().unwrap_or_default().trim();
    Address::parse(first).ok_or_else(|| relation.invalid("endpoints must be a list of host:port"))
}

impl std::fmt::Display for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

impl Address {
    /// An address of the form `host:port` or `[address]:port`.
    fn parse(text: &str) -> Option<Self> {
        let (host, number) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once("]:")?,
            None => text.rsplit_once(':').filter(|(host, _)| !host.contains(':'))?,
        };
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control());
        is_host.then_some(Self { host: host.to_owned(), port: port(number)? })
    }
}

fn writes(relation: &Relation, _: &Identity) -> Vec<Write> {
    let request = relation.own_app.as_ref().map(|own| request(relation, own)).unwrap_or_default();
    // A private note of the Python charm's library, which may hold a password.
    let left_over = difference(&relation.own_unit, &Databag::from([("data".to_owned(), String::new())]));
    vec![
        Write::unit(left_over, "the Python charm's library left a copy of the provider's data"),
        Write::app(request, "the request is incomplete"),
    ]
}

fn request(relation: &Relation, own: &Databag) -> Changes {
    let Some(is_cross_model) = relation.is_cross_model else { return Changes::new() };
    let mut wanted = Databag::from([
        ("database".to_owned(), REQUESTED.to_owned()),
        ("requested-secrets".to_owned(), requested_secrets().to_string()),
    ]);
    if !is_cross_model {
        wanted.insert("provided-secrets".to_owned(), json!(["mtls-cert"]).to_string());
    }
    difference(own, &wanted)
}

/// Whether an application databag holds the whole request, in whatever spacing.
fn is_requested(own: &Databag) -> bool {
    let secrets = own.get("requested-secrets").and_then(|text| serde_json::from_str::<Value>(text).ok());
    non_empty(own, "database") == Some(REQUESTED) && secrets == Some(requested_secrets())
}

fn requested_secrets() -> Value {
    json!(["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        relations::{Owner, databag::bag, write::identity},
        secret::SecretContent,
    };

    const CLEAR: [(&str, &str); 4] =
        [("username", "u"), ("password", "p"), ("database", "forum"), ("endpoints", "pg-primary:5432,pg-1:5432")];

    fn relation(remote: &[(&str, &str)]) -> Relation {
        Relation {
            endpoint: ENDPOINT.name,
            id: 1,
            app: Some("pg".to_owned()),
            bag: bag(remote),
            own_app: Some(Databag::new()),
            is_cross_model: Some(false),
            ..Relation::default()
        }
    }

    fn with_secret(remote: &[(&str, &str)], content: SecretContent) -> Relation {
        let mut relation = relation(remote);
        relation.bag.insert(USER_SECRET.to_owned(), "secret:x".to_owned());
        Relation { secrets: [(USER_SECRET, content)].into(), ..relation }
    }

    fn content(pairs: &[(&str, &str)]) -> SecretContent {
        let content = pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::from((*value).to_owned())));
        SecretContent::Known(content.collect())
    }

    fn problem(relation: &Relation) -> String {
        parse(relation).unwrap_err().to_string()
    }

    fn request_of(relation: &Relation) -> Changes {
        let writes = writes(relation, &identity());
        writes.into_iter().find(|write| write.owner == Owner::App).unwrap().changes
    }

    #[test]
    fn a_provider_that_writes_in_clear_text_is_understood() {
        let expected = Database {
            endpoint: "database",
            relation: 1,
            provider: "pg".to_owned(),
            primary: Address { host: "pg-primary".to_owned(), port: 5432 },
            name: "forum".to_owned(),
            username: "u".to_owned(),
            password: Secret::from("p".to_owned()),
        };
        assert_eq!(parse(&relation(&CLEAR)), Ok(expected));
    }

    #[test]
    fn the_secret_takes_precedence_and_the_databag_fills_its_gaps() {
        let database = parse(&with_secret(&CLEAR, content(&[("password", "newer")]))).unwrap();
        assert_eq!((database.username.as_str(), database.password.expose()), ("u", "newer"));
    }

    #[test]
    fn a_missing_key_is_waited_for_by_name() {
        for key in ["username", "password", "database", "endpoints"] {
            let mut halved = relation(&CLEAR);
            halved.bag.remove(key);
            assert_eq!(problem(&halved), format!("waiting for {key} in the relation database"));
        }
        for (relation, what) in [
            (Relation { app: None, ..relation(&CLEAR) }, "a unit"),
            (with_secret(&CLEAR, SecretContent::Unreadable), "a readable secret-user"),
            (with_secret(&[], content(&[("username", "u")])), "password"),
        ] {
            assert_eq!(problem(&relation), format!("waiting for {what} in the relation database"));
        }
    }

    #[test]
    fn a_subordinate_is_used_once_its_unit_is_ready() {
        let mut subordinate = relation(&CLEAR);
        subordinate.bag.insert("subordinated".to_owned(), "true".to_owned());
        assert_eq!(problem(&subordinate), "waiting for state in the relation database");
        subordinate.units = [("pg/0".parse().unwrap(), bag(&[("state", "ready")]))].into();
        assert!(parse(&subordinate).is_ok());
    }

    #[test]
    fn the_first_endpoint_is_the_primary_also_in_ipv6() {
        for (text, host, port) in
            [("pg:5432", "pg", 5432), (" pg:1 ,other:2", "pg", 1), ("[fd00::1]:5432", "fd00::1", 5432)]
        {
            let mut relation = relation(&CLEAR);
            relation.bag.insert("endpoints".to_owned(), text.to_owned());
            assert_eq!(parse(&relation).unwrap().primary, Address { host: host.to_owned(), port });
        }
    }

    #[test]
    fn an_invalid_value_must_be_corrected_in_the_provider() {
        let invalid = |key: &str, value: &str| {
            let mut relation = relation(&CLEAR);
            relation.bag.insert(key.to_owned(), value.to_owned());
            problem(&relation)
        };
        for text in ["pg", "pg:", ":5432", "pg:0", "pg:65536", "pg:port", "fd00::1:5432", "[fd00::1]", "p g:1", ","] {
            let expected = "database: endpoints must be a list of host:port: correct it in pg";
            assert_eq!(invalid("endpoints", text), expected, "{text}");
        }
        for key in ["username", "password", "database"] {
            let expected = format!("database: {key} must not contain a NUL character: correct it in pg");
            assert_eq!(invalid(key, "a\0b"), expected);
        }
    }

    #[test]
    fn the_request_is_written_once_and_completed_where_it_is_not_whole() {
        let request = request_of(&relation(&[]));
        assert_eq!(request.keys().collect::<Vec<_>>(), ["database", "provided-secrets", "requested-secrets"]);
        let spaced: Databag = request.iter().map(|(key, value)| (key.clone(), value.replace(',', " , "))).collect();
        assert!(is_requested(&spaced));
        assert_eq!(
            request_of(&Relation { is_cross_model: None, own_app: Some(spaced), ..relation(&[]) }),
            Changes::new()
        );
        assert_eq!(request_of(&Relation { own_app: None, ..relation(&[]) }), Changes::new());
        let remote = request_of(&Relation { is_cross_model: Some(true), ..relation(&[]) });
        assert!(!remote.contains_key("provided-secrets"));
    }

    #[test]
    fn the_copy_that_the_python_charm_left_is_removed() {
        let left = Relation { own_unit: bag(&[("data", "{}"), ("ingress-address", "10.0.0.1")]), ..relation(&[]) };
        let written = writes(&left, &identity()).swap_remove(0);
        assert_eq!((written.owner, written.changes), (Owner::Unit, bag(&[("data", "")])));
    }
}
