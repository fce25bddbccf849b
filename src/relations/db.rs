//! The endpoint `db`: interface `pgsql`, the one that `postgresql_client` replaced.
//!
//! *Source*: charmhub.io/postgresql-k8s, track 14, its legacy relation; library `pgsql` version 1.

mod conninfo;

use std::collections::BTreeSet;

use crate::{
    address::{Host, port},
    secret::Secret,
};

use super::{
    Databag, Endpoint, Identity, Need, OwnApp, Problem, Reads, Relation, Units, Write,
    databag::non_empty,
    database::{DEFAULT_PORT, Database, Server},
    difference,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Alternative,
    reads: Reads { units: Units::Always, own_app: OwnApp::Leader, own_unit: true, ..Reads::REMOTE },
    variables: &[
        "DISCOURSE_DB_HOST",
        "DISCOURSE_DB_NAME",
        "DISCOURSE_DB_PASSWORD",
        "DISCOURSE_DB_PORT",
        "DISCOURSE_DB_USERNAME",
    ],
    writes,
    ..Endpoint::requirer("db", "pgsql")
};

/// The database that is requested.
const REQUESTED: &str = "discourse";

/// The extensions that are requested, sorted as the provider mirrors them.
const EXTENSIONS: [&str; 3] = ["hstore", "pg_trgm", "unaccent"];

/// The database, from the first databag that answers the whole request: the application's, then the units'.
///
/// # Errors
/// [`Problem`] with what even the most complete databag lacks, or what is invalid in the connection string.
pub fn parse(relation: &Relation) -> Result<Database, Problem> {
    let provider = relation.provider()?;
    let answers = std::iter::once(&relation.bag).chain(relation.units.values()).collect();
    let with = |bags, what: &str, is_right: &dyn Fn(&Databag) -> bool| those(relation, bags, what, is_right);
    // In the order in which a server answers, so that what is named is what it does next.
    let answers = with(answers, &remedy(provider), &mirrors_extensions)?;
    let answers = with(answers, "an answer without roles", &|bag| non_empty(bag, "roles").is_none())?;
    let answers = with(answers, "database", &|bag| non_empty(bag, "database").map(str::trim) == Some(REQUESTED))?;
    let answers = with(answers, "master", &|bag| non_empty(bag, "master").is_some())?;
    let answers = with(answers, "allowed-subnets", &|bag| is_admitted(&relation.own_unit, bag))?;
    let master = answers.first().and_then(|bag| non_empty(bag, "master")).map(str::trim);
    connection(relation, provider, master.ok_or_else(|| relation.missing("master"))?)
}

/// Whether the server says that it lets our addresses in.
///
/// A server too old for subnets lists units. It is believed as soon as it lists any: that list is not kept with care, and
/// PostgreSQL itself turns away whoever may not come in.
fn is_admitted(own_unit: &Databag, bag: &Databag) -> bool {
    match (non_empty(bag, "allowed-subnets"), non_empty(bag, "allowed-units")) {
        (None, Some(_)) => true,
        (allowed, _) => {
            let own = non_empty(own_unit, "egress-subnets").unwrap_or_default();
            entries(own).is_subset(&entries(allowed.unwrap_or_default()))
        }
    }
}

fn connection(relation: &Relation, provider: &str, master: &str) -> Result<Database, Problem> {
    let invalid = |why: &str| relation.invalid(format!("master must be a connection string: {why}"));
    let keywords = conninfo::parse(master).map_err(|malformed| invalid(malformed.text()))?;
    let get = |keyword: &str| keywords.get(keyword).map(Secret::expose).filter(|value| !value.is_empty());
    let need = |keyword: &str| get(keyword).ok_or_else(|| invalid(&format!("it lacks {keyword}")));
    let host = host(relation, need("host")?)?.ok_or_else(|| invalid("its host is not one host"))?;
    let port = get("port").map_or(Some(DEFAULT_PORT), port).ok_or_else(|| invalid("its port is not a port"))?;
    Ok(Database {
        endpoint: ENDPOINT.name,
        relation: relation.id,
        server: Server::of(relation, provider, &host, port),
        host,
        port,
        name: need("dbname")?.to_owned(),
        username: need("user")?.to_owned(),
        password: Secret::from(need("password")?.to_owned()),
        replicas: None,
        warnings: Vec::new(),
    })
}

/// The databags that have what is asked for next.
fn those<'a>(
    relation: &Relation,
    bags: Vec<&'a Databag>,
    what: &str,
    is_right: &dyn Fn(&Databag) -> bool,
) -> Result<Vec<&'a Databag>, Problem> {
    let right: Vec<&Databag> = bags.into_iter().filter(|bag| is_right(bag)).collect();
    if right.is_empty() { Err(relation.missing(what)) } else { Ok(right) }
}

fn mirrors_extensions(bag: &Databag) -> bool {
    non_empty(bag, "extensions").map(str::trim) == Some(EXTENSIONS.join(",").as_str())
}

/// A server whose plugins are switched off does not answer at all, so this is the likely reason of its silence.
fn remedy(provider: &str) -> String {
    let remedy = Server::silent(provider).remedy(&EXTENSIONS, None);
    format!("extensions (if they are disabled: {remedy}; then add the relation again)")
}

/// Old servers wait until the databags of the application and of all units agree.
fn writes(relation: &Relation, _: &Identity) -> Vec<Write> {
    let request = relation.own_app.as_ref().map(|own| difference(own, &wanted())).unwrap_or_default();
    vec![
        Write::unit(difference(&relation.own_unit, &wanted()), "older servers compare unit databags"),
        Write::app(request, "the request is incomplete"),
    ]
}

/// The request; a server refuses every request for roles.
fn wanted() -> Databag {
    let pairs = [("database", REQUESTED.to_owned()), ("extensions", EXTENSIONS.join(",")), ("roles", String::new())];
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

fn entries(list: &str) -> BTreeSet<&str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// The host that a connection string names.
///
/// *Empty*: it names none, or several.
fn host(relation: &Relation, text: &str) -> Result<Option<Host>, Problem> {
    let host = Host::parse(text);
    relation.check_on_network("the host in master", text, host.as_ref())?;
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{Changes, Owner, arbitrary, databag::bag, write::identity};
    use proptest::prelude::*;

    const MASTER: &str = r"dbname=discourse fallback_application_name=forum host=pg-primary password=p\'\\w port=5433 user=relation_id_1";

    const ANSWER: [(&str, &str); 4] = [
        ("allowed-subnets", "10.1.42.16/32, 10.1.42.17/32"),
        ("database", "discourse"),
        ("extensions", "hstore,pg_trgm,unaccent"),
        ("master", MASTER),
    ];

    const REMEDY: &str = "extensions (if they are disabled: juju config pg plugin_hstore_enable=true plugin_pg_trgm_enable=true \
                          plugin_unaccent_enable=true; if pg is an offer, for its application in its model; \
                          then add the relation again)";

    fn relation(bag: Databag) -> Relation {
        Relation {
            endpoint: ENDPOINT.name,
            id: 4,
            app: Some("pg".to_owned()),
            bag,
            own_app: Some(Databag::new()),
            own_unit: Databag::from([("egress-subnets".to_owned(), "10.1.42.17/32".to_owned())]),
            ..Relation::default()
        }
    }

    /// The whole answer with some keys written anew.
    fn answer(changes: &[(&str, &str)]) -> Databag {
        let mut answer = bag(&ANSWER);
        answer.extend(bag(changes));
        answer
    }

    fn database() -> Database {
        Database {
            endpoint: "db",
            relation: 4,
            server: Server::of(&relation(answer(&[])), "pg", &Host::named("pg-primary"), 5433),
            host: Host::named("pg-primary"),
            port: 5433,
            name: "discourse".to_owned(),
            username: "relation_id_1".to_owned(),
            password: Secret::from(r"p'\w".to_owned()),
            replicas: None,
            warnings: Vec::new(),
        }
    }

    fn host(relation: &Relation) -> String {
        parse(relation).unwrap().host.to_string()
    }

    fn waits(relation: &Relation, what: &str) {
        assert_eq!(parse(relation), Err(relation.missing(what)));
    }

    #[test]
    fn a_whole_answer_is_understood() {
        assert_eq!(parse(&relation(answer(&[]))), Ok(database()));
    }

    #[test]
    fn the_application_answers_before_the_units_and_these_in_order() {
        let unit = |host: &str| answer(&[("master", &format!("{MASTER} host={host}"))]);
        let units = [("pg/10", unit("ten")), ("pg/9", unit("nine")), ("pg/2", Databag::new())];
        let units = units.map(|(name, bag)| (name.parse().unwrap(), bag));
        assert_eq!(host(&Relation { units: units.clone().into(), ..relation(answer(&[])) }), "pg-primary");
        assert_eq!(host(&Relation { units: units.into(), ..relation(Databag::new()) }), "nine");
    }

    #[test]
    fn plugins_that_are_not_enabled_are_named_with_their_remedy() {
        for bag in [Databag::new(), answer(&[("extensions", "hstore,pg_trgm")]), answer(&[("extensions", "")])] {
            waits(&relation(bag), REMEDY);
        }
    }

    #[test]
    fn whatever_is_missing_in_the_furthest_answer_is_waited_for_by_name() {
        for (key, value, what) in [
            ("roles", "admin", "an answer without roles"),
            ("database", "other", "database"),
            ("database", "", "database"),
            ("master", "", "master"),
            ("allowed-subnets", "10.1.42.16/32", "allowed-subnets"),
            ("allowed-subnets", "", "allowed-subnets"),
        ] {
            waits(&relation(answer(&[(key, value)])), what);
            let units = [("pg/0", answer(&[(key, value)])), ("pg/1", Databag::new())];
            let units = units.map(|(name, bag)| (name.parse().unwrap(), bag)).into();
            waits(&Relation { units, ..relation(Databag::new()) }, what);
        }
        waits(&Relation { app: None, ..relation(answer(&[])) }, "a unit");
    }

    #[test]
    fn listed_units_count_only_without_subnets() {
        let units = ("allowed-units", "forum/9");
        assert_eq!(parse(&relation(answer(&[("allowed-subnets", ""), units]))), Ok(database()));
        waits(&relation(answer(&[("allowed-subnets", "10.1.42.16/32"), units])), "allowed-subnets");
    }

    #[test]
    fn without_subnets_of_our_own_everybody_lets_us_in() {
        let bare = Relation { own_unit: Databag::new(), ..relation(answer(&[("allowed-subnets", "")])) };
        assert_eq!(parse(&bare), Ok(database()));
    }

    #[test]
    fn a_connection_string_without_a_port_means_the_usual_one() {
        for master in ["host=a user=u password=p dbname=d", "host=a user=u password=p dbname=d port=''"] {
            let primary = parse(&relation(answer(&[("master", master)]))).unwrap().primary();
            assert_eq!(primary.to_string(), "a:5432");
        }
    }

    #[test]
    fn what_is_wrong_in_the_connection_string_is_named_and_not_shown() {
        for (master, why) in [
            ("host=a user=u password=p", "it lacks dbname"),
            ("host=a user=u password='' dbname=d", "it lacks password"),
            ("host=a password=p dbname=d", "it lacks user"),
            ("user=u password=p dbname=d", "it lacks host"),
            ("host=a,b user=u password=p dbname=d", "its host is not one host"),
            ("host=a:5432 user=u password=p dbname=d", "its host is not one host"),
            ("host='a b' user=u password=p dbname=d", "its host is not one host"),
            ("host=a port=p user=u password=p dbname=d", "its port is not a port"),
            ("host=a port=5432,5432 user=u password=p dbname=d", "its port is not a port"),
            ("postgresql://u:p@a/d", "a keyword has no = after it"),
            ("host=a password='p", "a quote is not closed"),
            ("host=a password=p\0", "it holds a NUL character"),
        ] {
            let expected = format!("db: master must be a connection string: {why}: correct it in pg");
            assert_eq!(parse(&relation(answer(&[("master", master)]))).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_host_of_a_connection_string_is_read_like_one_of_endpoints() {
        let with_host = |text: &str| {
            let master = format!("host='{text}' user=u password=p dbname=d");
            parse(&relation(answer(&[("master", &master)])))
        };
        for (text, expected) in [(" PG-primary ", "pg-primary"), ("fd00::1", "fd00::1"), ("[FD00::1]", "fd00::1")] {
            assert_eq!(with_host(text).unwrap().host.as_str(), expected, "{text}");
        }
        for text in ["localhost", "127.0.0.1", "::1", "/run/postgresql", "@abstract"] {
            let expected = "db: the host in master must name a host on the network, not localhost or a folder: \
                            correct it in pg, or integrate another application";
            assert_eq!(with_host(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_pooler_is_not_told_to_enable_extensions() {
        let pooler = Relation { app: Some("pgbouncer-k8s".to_owned()), ..relation(Databag::new()) };
        let text = parse(&pooler).unwrap_err().to_string();
        assert!(text.contains("=true at the PostgreSQL server behind pgbouncer-k8s; then "), "{text}");
    }

    fn written(relation: &Relation) -> (Changes, Changes) {
        let changes = |owner| writes(relation, &identity()).into_iter().find(|it| it.owner == owner).unwrap().changes;
        (changes(Owner::App), changes(Owner::Unit))
    }

    #[test]
    fn the_request_stands_in_both_databags_and_roles_are_taken_back() {
        let wanted = bag(&[("database", "discourse"), ("extensions", "hstore,pg_trgm,unaccent")]);
        let fresh = relation(Databag::new());
        assert_eq!(written(&fresh), (wanted.clone(), wanted.clone()));
        assert_eq!(written(&Relation { own_app: None, ..fresh.clone() }).0, Changes::new());
        let whole = Relation { own_app: Some(wanted.clone()), own_unit: wanted.clone(), ..fresh.clone() };
        assert_eq!(written(&whole), (Changes::new(), Changes::new()));
        let mut roles = wanted;
        roles.insert("roles".to_owned(), "admin".to_owned());
        let stale = Relation { own_app: Some(roles.clone()), own_unit: roles, ..fresh };
        assert_eq!(written(&stale), (bag(&[("roles", "")]), bag(&[("roles", "")])));
    }

    const KEYS: [&str; 7] =
        ["allowed-subnets", "allowed-units", "database", "extensions", "master", "roles", "egress-subnets"];

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn no_databag_causes_a_panic_or_shows_a_password(
            odd in arbitrary::bag(&KEYS),
            unit in arbitrary::bag(&KEYS),
            own in arbitrary::bag(&KEYS),
            password in arbitrary::secret(),
            before in "[a-z=' \\\\]{0,8}",
        ) {
            // Not escaped, so that pieces of the password land wherever they can.
            let master = format!("host=a {before}password={password} port=5432 user=u dbname=d");
            let mut bag = answer(&odd.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect::<Vec<_>>());
            bag.insert("master".to_owned(), master.clone());
            let strict = Relation {
                units: [("pg/0".parse().unwrap(), unit)].into(),
                own_app: Some(own.clone()),
                ..relation(bag)
            };
            let plain = relation(answer(&[("master", &master)]));
            for relation in [Relation { own_unit: own, ..strict }, plain] {
                let shown = format!("{:?} {:?}", parse(&relation).err(), written(&relation).0);
                prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
            }
        }
    }
}
