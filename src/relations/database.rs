//! The endpoint `database`: interface `postgresql_client`, version 0 of its library.
//!
//! *Source*: charmhub.io/data-platform-libs, `data_interfaces` versions 0 and 1.

mod server;

use serde_json::{Value, json};

use crate::{
    address::{Authority, Host},
    discourse::environment::{Origin, Variable, Variables},
    secret::Secret,
};

use super::{
    Changes, Databag, Endpoint, Identity, Need, OwnApp, Problem, Reads, Relation, SecretKey, Units, Write,
    databag::non_empty,
    difference,
    replica::{self, Replicas},
};

pub use server::Server;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Required("postgresql-k8s:database"),
    reads: Reads {
        units: Units::If(is_subordinated),
        secrets: &[SecretKey { key: USER_SECRET, unless: None, may_be_users: false }],
        own_app: OwnApp::Leader,
        own_unit: true,
        // Only a new request says whether the provider is in another model.
        asks_for_model: Some(|own| !is_requested(own)),
        ..Reads::REMOTE
    },
    variables: VARIABLES,
    writes,
    ..Endpoint::requirer("database", "postgresql_client")
};

/// The variables that say where the database is; `sidekiq_concurrency` sets another one of `DISCOURSE_DB_`.
const VARIABLES: &[&str] = &[
    "DISCOURSE_DB_HOST",
    "DISCOURSE_DB_NAME",
    "DISCOURSE_DB_PASSWORD",
    "DISCOURSE_DB_PORT",
    "DISCOURSE_DB_REPLICA_",
    "DISCOURSE_DB_USERNAME",
];

const USER_SECRET: &str = "secret-user";

/// The key of the servers that only read.
const REPLICAS: &str = "read-only-endpoints";

/// The database that is requested.
const REQUESTED: &str = "discourse";

/// Where PostgreSQL is and how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The name of the endpoint that gave it.
    pub endpoint: &'static str,
    /// The number of its relation.
    pub relation: u32,
    /// What must be configured where the server refuses something.
    pub server: Server,
    /// The host of the primary.
    pub host: Host,
    /// The port of the primary.
    pub port: u16,
    /// The name of the database.
    pub name: String,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: Secret,
    /// The servers that only read.
    ///
    /// *Empty*: the endpoint names none.
    pub replicas: Option<Replicas>,
    /// What deserves a warning although the database can be used.
    pub warnings: Vec<String>,
}

/// The port where the provider names none.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// The database, if all of it is there.
///
/// # Errors
/// [`Problem`] with the first key that is missing or invalid.
pub fn parse(relation: &Relation) -> Result<Database, Problem> {
    let provider = relation.provider()?;
    // What must be corrected is not hidden by what is still to come.
    let primary = primary(relation)?;
    check_subordinate(relation)?;
    let username = credential(relation, "username")?;
    let password = credential(relation, "password")?;
    let name = non_empty(&relation.bag, "database").ok_or_else(|| relation.missing("database"))?;
    let Authority { host, port } = primary.ok_or_else(|| relation.missing("endpoints"))?;
    let port = port.unwrap_or(DEFAULT_PORT);
    let (replicas, warnings) = replicas(relation, (host.clone(), port));
    Ok(Database {
        endpoint: ENDPOINT.name,
        relation: relation.id,
        server: Server::of(relation, provider, &host, port),
        host,
        port,
        name: name.to_owned(),
        username: username.expose().to_owned(),
        password,
        replicas: Some(replicas),
        warnings,
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
            ("DISCOURSE_DB_HOST", plain("endpoints", self.host.as_str())),
            ("DISCOURSE_DB_PORT", plain("endpoints", &self.port.to_string())),
            ("DISCOURSE_DB_NAME", plain("database", &self.name)),
            ("DISCOURSE_DB_USERNAME", plain("username", &self.username)),
            ("DISCOURSE_DB_PASSWORD", password),
        ]
    }

    /// Where the primary is.
    #[must_use]
    pub fn primary(&self) -> Authority {
        Authority { host: self.host.clone(), port: Some(self.port) }
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
fn primary(relation: &Relation) -> Result<Option<Authority>, Problem> {
    let Some(endpoints) = non_empty(&relation.bag, "endpoints") else { return Ok(None) };
    let first = endpoints.split(',').next().unwrap_or_default().trim();
    let primary = Authority::parse(first);
    relation.check_on_network("endpoints", first, primary.as_ref().map(|primary| &primary.host))?;
    let brackets = if first.matches(':').count() > 1 { ", IPv6 addresses in brackets" } else { "" };
    let malformed = || relation.invalid(format!("endpoints must be a list of host:port{brackets}"));
    primary.map(Some).ok_or_else(malformed)
}

/// The servers that only read, and a warning if some of them cannot be used.
fn replicas(relation: &Relation, primary: (Host, u16)) -> (Replicas, Vec<String>) {
    let list = relation.optional(REPLICAS).unwrap_or_default();
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let places = entries.map(|entry| replica::reachable(entry, Authority::parse(entry), DEFAULT_PORT));
    let places: Vec<Option<(Host, u16)>> = places.collect();
    let warning = || replica::left_out(relation, "read-only-endpoints must be a list of host:port on the network");
    let warnings = places.contains(&None).then(warning).into_iter().collect();
    let origin = Origin::Relation(ENDPOINT.name, REPLICAS);
    (Replicas::of_database(origin, primary, places.into_iter().flatten().collect()), warnings)
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
        relations::{Owner, arbitrary, databag::bag, write::identity},
        secret::SecretContent,
    };
    use proptest::prelude::*;

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
            server: Server::of(&relation(&CLEAR), "pg", &Host::named("pg-primary"), 5432),
            host: Host::named("pg-primary"),
            port: 5432,
            name: "forum".to_owned(),
            username: "u".to_owned(),
            password: Secret::from("p".to_owned()),
            replicas: Some(replicas(&relation(&CLEAR), (Host::named("pg-primary"), 5432)).0),
            warnings: Vec::new(),
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

    fn with_endpoints(text: &str) -> Relation {
        let mut relation = relation(&CLEAR);
        relation.bag.insert("endpoints".to_owned(), text.to_owned());
        relation
    }

    #[test]
    fn the_first_endpoint_is_the_primary_in_whatever_spelling() {
        for (text, host, port) in [
            ("pg:5433", "pg", 5433),
            (" PG:1 ,other:2", "pg", 1),
            ("pg", "pg", 5432),
            ("10.0.0.1,10.0.0.2:1", "10.0.0.1", 5432),
            ("[fd00::1]:5433", "fd00::1", 5433),
            ("[FD00:0::1]", "fd00::1", 5432),
            ("fd00::1", "fd00::1", 5432),
            ("fd00::1:54321", "fd00::1", 54321),
        ] {
            let database = parse(&with_endpoints(text)).unwrap();
            assert_eq!((database.host.as_str(), database.port), (host, port), "{text}");
        }
    }

    #[test]
    fn an_endpoint_that_can_be_none_must_be_corrected_in_the_provider() {
        let list = "database: endpoints must be a list of host:port";
        for text in ["pg:", ":5432", "pg:0", "pg:65536", "pg:port", "p g:1", "pg primary", ",", "pg;x", "pg\0:1"] {
            assert_eq!(problem(&with_endpoints(text)), format!("{list}: correct it in pg"), "{text}");
        }
        for text in ["fd00::1:5432", "[fd00::1:5432", "fd00::zz:5432", "postgresql://pg:5432"] {
            let expected = format!("{list}, IPv6 addresses in brackets: correct it in pg");
            assert_eq!(problem(&with_endpoints(text)), expected, "{text}");
        }
    }

    #[test]
    fn an_endpoint_that_only_its_own_machine_can_reach_must_be_another() {
        let expected = "database: endpoints must name a host on the network, not localhost or a folder: \
                        correct it in pg, or integrate another application";
        for text in ["localhost:6432", "127.0.0.1:6432", "[::1]:6432", "/run/pgbouncer/instance_0:6432"] {
            let mut subordinate = with_endpoints(text);
            subordinate.bag.insert("subordinated".to_owned(), "true".to_owned());
            assert_eq!(problem(&subordinate), expected, "{text}");
        }
    }

    #[test]
    fn a_replica_is_used_unless_it_is_the_primary_and_an_invalid_one_is_a_warning() {
        let warning = "database: read-only-endpoints must be a list of host:port on the network, so a replica is not used: \
                       correct it in pg";
        for (text, replica, warnings) in [
            ("", None, &[][..]),
            ("PG-Primary:5432", None, &[]),
            ("pg-primary", None, &[]),
            ("pg-replicas:5433,pg-primary:5432", Some("pg-replicas:5433"), &[]),
            ("[fd00::2]:5432", Some("fd00::2:5432"), &[]),
            ("pg replicas:5432, pg-2", Some("pg-2:5432"), &[warning]),
            ("localhost:5432,/run/postgresql", None, &[warning]),
            ("pg-2:0", None, &[warning]),
        ] {
            let mut relation = relation(&CLEAR);
            relation.bag.insert(REPLICAS.to_owned(), text.to_owned());
            let database = parse(&relation).unwrap();
            let variables = database.replicas.unwrap().variables(&std::collections::BTreeMap::new());
            let shown: Vec<&str> = variables.iter().map(|(_, variable)| variable.shown()).collect();
            assert_eq!(shown.join(":"), replica.unwrap_or_default(), "{text}");
            assert_eq!(database.warnings, warnings, "{text}");
        }
    }

    #[test]
    fn credentials_are_used_as_they_are() {
        let odd = relation(&[("username", " u "), ("password", "p\n"), ("database", " d"), ("endpoints", "pg")]);
        let Database { username, password, name, .. } = parse(&odd).unwrap();
        assert_eq!((username.as_str(), password.expose(), name.as_str()), (" u ", "p\n", " d"));
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

    proptest! {
        #![proptest_config(arbitrary::trials())]

        #[test]
        fn an_endpoint_is_either_used_whole_or_blocked(text in "[a-zA-Z0-9.:\\[\\]/ ü_-]{0,24}(,[a-z]{0,3})?") {
            match parse(&with_endpoints(&text)) {
                Ok(database) => {
                    prop_assert!(Host::parse(database.host.as_str()) == Some(database.host.clone()));
                    prop_assert_eq!(Authority::parse(&database.primary().to_string()), Some(database.primary()));
                    prop_assert!(database.port != 0 && !database.host.is_loopback());
                }
                Err(Problem::Missing { .. }) => prop_assert!(text.trim().is_empty()),
                Err(problem) => prop_assert!(problem.to_string().starts_with("database: endpoints must ")),
            }
        }
    }

    #[test]
    fn the_copy_that_the_python_charm_left_is_removed() {
        let left = Relation { own_unit: bag(&[("data", "{}"), ("ingress-address", "10.0.0.1")]), ..relation(&[]) };
        let written = writes(&left, &identity()).swap_remove(0);
        assert_eq!((written.owner, written.changes), (Owner::Unit, bag(&[("data", "")])));
    }
}
