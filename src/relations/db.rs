//! The endpoint `db`: interface `pgsql`, the one that `postgresql_client` replaced.
//!
//! *Source*: charmhub.io/postgresql-k8s, track 14, its legacy relation; library `pgsql` version 1.

mod conninfo;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    relations::{
        Changes, Databag, Incomplete,
        database::{Database, Endpoint},
        difference, filled, port, required,
    },
    secret::Secret,
};

/// The endpoint's name.
pub const ENDPOINT: &str = "db";

/// The database that is asked for.
const REQUESTED: &str = "discourse";

/// The extensions that are asked for, sorted as the other side mirrors them.
const EXTENSIONS: [&str; 3] = ["hstore", "pg_trgm", "unaccent"];

/// The port where a connection string names none.
const DEFAULT_PORT: u16 = 5432;

/// One relation as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// The number of the relation.
    pub id: u32,
    /// The application on the other side.
    ///
    /// *Empty*: it has no unit left.
    pub app: Option<String>,
    /// What that application wrote.
    pub bag: Databag,
    /// What its units wrote, by unit number.
    pub units: BTreeMap<u32, Databag>,
    /// What is in our own application bag; only the leader can see it.
    pub own_app: Option<Databag>,
    /// What is in our own unit bag.
    pub own_unit: Databag,
}

impl Relation {
    /// Everything that Discourse needs, from the first bag that answers the whole request: the application's, then the units'.
    ///
    /// # Errors
    /// [`Incomplete`] naming what even the furthest bag lacks, or what is wrong in the connection string.
    pub fn database(&self) -> Result<Database, Incomplete> {
        let provider = self.app.clone().ok_or_else(|| Incomplete::new(ENDPOINT, "a unit"))?;
        let answers = std::iter::once(&self.bag).chain(self.units.values()).collect();
        // In the order in which a server gets there, so that the lack that is named is the one that counts.
        let answers = those(answers, &remedy(&provider), mirrors_extensions)?;
        let answers = those(answers, "an answer without roles", |bag| filled(bag, "roles").is_none())?;
        let answers = those(answers, "database", |bag| filled(bag, "database").map(str::trim) == Some(REQUESTED))?;
        let answers = those(answers, "master", |bag| filled(bag, "master").is_some())?;
        let answers = those(answers, "allowed-subnets", |bag| self.is_admitted(bag))?;
        let master = answers.first().copied().map_or(Ok(""), |bag| required(ENDPOINT, bag, "master"))?;
        self.connection(provider, master)
    }

    /// What the leader must write into our application bag.
    ///
    /// *Empty*: nothing, or we are not the leader.
    #[must_use]
    pub fn request(&self) -> Changes {
        self.own_app.as_ref().map(|own| difference(own, &wanted())).unwrap_or_default()
    }

    /// What every unit must write into its own bag: old servers wait until all bags agree.
    #[must_use]
    pub fn unit_request(&self) -> Changes {
        difference(&self.own_unit, &wanted())
    }

    /// Whether the server says that it lets our addresses in.
    ///
    /// A server too old for subnets lists units. It is believed as soon as it lists any: that list is not kept with care, and
    /// PostgreSQL itself turns away whoever may not come in.
    fn is_admitted(&self, bag: &Databag) -> bool {
        match (filled(bag, "allowed-subnets"), filled(bag, "allowed-units")) {
            (None, Some(_)) => true,
            (allowed, _) => {
                let own = filled(&self.own_unit, "egress-subnets").unwrap_or_default();
                entries(own).is_subset(&entries(allowed.unwrap_or_default()))
            }
        }
    }

    fn connection(&self, provider: String, master: &str) -> Result<Database, Incomplete> {
        let wrong = |what: &str| Incomplete::wrong(ENDPOINT, format!("master: {what}"));
        let keywords = conninfo::parse(master).map_err(|malformed| wrong(malformed.text()))?;
        let get = |keyword: &str| keywords.get(keyword).map(Secret::expose).filter(|value| !value.is_empty());
        let need = |keyword: &str| get(keyword).ok_or_else(|| wrong(&format!("it lacks {keyword}")));
        let host = Some(need("host")?).filter(|host| is_host(host)).ok_or_else(|| wrong("its host is not one host"))?;
        let port = get("port").map_or(Some(DEFAULT_PORT), port).ok_or_else(|| wrong("its port is not a port"))?;
        Ok(Database {
            relation: self.id,
            provider,
            endpoint: Endpoint { host: host.to_owned(), port },
            name: need("dbname")?.to_owned(),
            username: need("user")?.to_owned(),
            password: Secret::from(need("password")?.to_owned()),
        })
    }
}

/// Those of the bags that have what is asked for next.
fn those<'a>(
    bags: Vec<&'a Databag>,
    lack: &str,
    is_right: impl Fn(&Databag) -> bool,
) -> Result<Vec<&'a Databag>, Incomplete> {
    let right: Vec<&Databag> = bags.into_iter().filter(|bag| is_right(bag)).collect();
    if right.is_empty() { Err(Incomplete::new(ENDPOINT, lack)) } else { Ok(right) }
}

fn mirrors_extensions(bag: &Databag) -> bool {
    filled(bag, "extensions").map(str::trim) == Some(EXTENSIONS.join(",").as_str())
}

/// A server whose plugins are switched off does not answer at all, so this is the likely reason of its silence.
fn remedy(provider: &str) -> String {
    let switches = EXTENSIONS.map(|name| format!("plugin_{name}_enable=true"));
    format!("extensions (juju config {provider} {})", switches.join(" "))
}

/// The same for our application and for each of its units; a server refuses every request for roles.
fn wanted() -> Databag {
    let pairs = [("database", REQUESTED.to_owned()), ("extensions", EXTENSIONS.join(",")), ("roles", String::new())];
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

fn entries(list: &str) -> BTreeSet<&str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// A name or an address: no list of them, no folder of sockets.
fn is_host(host: &str) -> bool {
    !host.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '/' | '@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{arbitrary, bag};
    use proptest::prelude::*;

    const MASTER: &str = r"dbname=discourse fallback_application_name=forum host=pg-primary password=p\'\\w port=5433 user=relation_id_1";

    const ANSWER: [(&str, &str); 4] = [
        ("allowed-subnets", "10.1.42.16/32, 10.1.42.17/32"),
        ("database", "discourse"),
        ("extensions", "hstore,pg_trgm,unaccent"),
        ("master", MASTER),
    ];

    const REMEDY: &str =
        "extensions (juju config pg plugin_hstore_enable=true plugin_pg_trgm_enable=true plugin_unaccent_enable=true)";

    fn relation(bag: Databag) -> Relation {
        Relation {
            id: 4,
            app: Some("pg".to_owned()),
            bag,
            units: BTreeMap::new(),
            own_app: Some(Databag::new()),
            own_unit: Databag::from([("egress-subnets".to_owned(), "10.1.42.17/32".to_owned())]),
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
            relation: 4,
            provider: "pg".to_owned(),
            endpoint: Endpoint { host: "pg-primary".to_owned(), port: 5433 },
            name: "discourse".to_owned(),
            username: "relation_id_1".to_owned(),
            password: Secret::from(r"p'\w".to_owned()),
        }
    }

    fn host(relation: &Relation) -> String {
        relation.database().unwrap().endpoint.host
    }

    fn waits(relation: &Relation, lack: &str) {
        assert_eq!(relation.database(), Err(Incomplete::new(ENDPOINT, lack)));
    }

    #[test]
    fn a_whole_answer_is_understood() {
        assert_eq!(relation(answer(&[])).database(), Ok(database()));
    }

    #[test]
    fn the_application_answers_before_the_units_and_these_in_order() {
        let unit = |host: &str| answer(&[("master", &format!("{MASTER} host={host}"))]);
        let units = BTreeMap::from([(10, unit("ten")), (9, unit("nine")), (2, Databag::new())]);
        assert_eq!(host(&Relation { units: units.clone(), ..relation(answer(&[])) }), "pg-primary");
        assert_eq!(host(&Relation { units, ..relation(Databag::new()) }), "nine");
    }

    #[test]
    fn plugins_that_are_not_switched_on_are_told_with_their_remedy() {
        for bag in [Databag::new(), answer(&[("extensions", "hstore,pg_trgm")]), answer(&[("extensions", "")])] {
            waits(&relation(bag), REMEDY);
        }
    }

    #[test]
    fn whatever_is_missing_in_the_furthest_answer_is_waited_for_by_name() {
        for (key, value, lack) in [
            ("roles", "admin", "an answer without roles"),
            ("database", "other", "database"),
            ("database", "", "database"),
            ("master", "", "master"),
            ("allowed-subnets", "10.1.42.16/32", "allowed-subnets"),
            ("allowed-subnets", "", "allowed-subnets"),
        ] {
            waits(&relation(answer(&[(key, value)])), lack);
            let units = BTreeMap::from([(0, answer(&[(key, value)])), (1, Databag::new())]);
            waits(&Relation { units, ..relation(Databag::new()) }, lack);
        }
        waits(&Relation { app: None, ..relation(answer(&[])) }, "a unit");
    }

    #[test]
    fn units_that_are_listed_count_only_without_subnets() {
        let units = ("allowed-units", "forum/9");
        assert_eq!(relation(answer(&[("allowed-subnets", ""), units])).database(), Ok(database()));
        waits(&relation(answer(&[("allowed-subnets", "10.1.42.16/32"), units])), "allowed-subnets");
    }

    #[test]
    fn without_subnets_of_our_own_everybody_lets_us_in() {
        let bare = Relation { own_unit: Databag::new(), ..relation(answer(&[("allowed-subnets", "")])) };
        assert_eq!(bare.database(), Ok(database()));
    }

    #[test]
    fn a_connection_string_without_a_port_means_the_usual_one() {
        for master in ["host=a user=u password=p dbname=d", "host=a user=u password=p dbname=d port=''"] {
            let endpoint = relation(answer(&[("master", master)])).database().unwrap().endpoint;
            assert_eq!(endpoint, Endpoint { host: "a".to_owned(), port: 5432 });
        }
    }

    #[test]
    fn what_is_wrong_in_the_connection_string_is_named_and_not_shown() {
        for (master, lack) in [
            ("host=a user=u password=p", "it lacks dbname"),
            ("host=a user=u password='' dbname=d", "it lacks password"),
            ("host=a password=p dbname=d", "it lacks user"),
            ("user=u password=p dbname=d", "it lacks host"),
            ("host=a,b user=u password=p dbname=d", "its host is not one host"),
            ("host=/run user=u password=p dbname=d", "its host is not one host"),
            ("host=a port=p user=u password=p dbname=d", "its port is not a port"),
            ("host=a port=5432,5432 user=u password=p dbname=d", "its port is not a port"),
            ("postgresql://u:p@a/d", "a keyword has no = after it"),
            ("host=a password='p", "a quote is not closed"),
            ("host=a password=p\0", "it holds a NUL character"),
        ] {
            let expected = Incomplete::wrong(ENDPOINT, format!("master: {lack}"));
            assert_eq!(relation(answer(&[("master", master)])).database(), Err(expected));
        }
    }

    #[test]
    fn the_request_stands_in_both_bags_and_roles_are_taken_back() {
        let wanted = bag(&[("database", "discourse"), ("extensions", "hstore,pg_trgm,unaccent")]);
        let fresh = relation(Databag::new());
        assert_eq!((fresh.request(), fresh.unit_request()), (wanted.clone(), wanted.clone()));
        assert_eq!(Relation { own_app: None, ..fresh.clone() }.request(), Changes::new());
        let written = Relation { own_app: Some(wanted.clone()), own_unit: wanted.clone(), ..fresh.clone() };
        assert_eq!((written.request(), written.unit_request()), (Changes::new(), Changes::new()));
        let mut roles = wanted;
        roles.insert("roles".to_owned(), "admin".to_owned());
        let stale = Relation { own_app: Some(roles.clone()), own_unit: roles, ..fresh };
        assert_eq!((stale.request(), stale.unit_request()), (bag(&[("roles", "")]), bag(&[("roles", "")])));
    }

    const KEYS: [&str; 7] =
        ["allowed-subnets", "allowed-units", "database", "extensions", "master", "roles", "egress-subnets"];

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn no_bag_brings_it_down_or_shows_a_password(
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
            let strict = Relation { units: BTreeMap::from([(0, unit)]), own_app: Some(own.clone()), ..relation(bag) };
            let plain = relation(answer(&[("master", &master)]));
            for relation in [Relation { own_unit: own, ..strict }, plain] {
                let shown = format!("{:?} {:?}", relation.database().err(), relation.request());
                prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
                let _ = relation.unit_request();
            }
        }
    }
}
