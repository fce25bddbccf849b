//! Replicas: servers with a copy of what a primary holds. While the primary does not answer, Discourse reads from one of them, and is
//! read-only.
//!
//! *Source*: Discourse `config/discourse_defaults.conf` and `config/initializers/002-rails_failover.rb`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::{Authority, Host},
    discourse::environment::{Origin, Variable, Variables},
};

use super::Relation;

/// The variables for the host and port of a replica: of PostgreSQL, and of Redis.
pub const VARIABLES: [&str; 4] = [
    "DISCOURSE_DB_REPLICA_HOST",
    "DISCOURSE_DB_REPLICA_PORT",
    "DISCOURSE_REDIS_REPLICA_HOST",
    "DISCOURSE_REDIS_REPLICA_PORT",
];

/// The replicas of one primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replicas {
    /// The variables for host and port.
    variables: [&'static str; 2],
    origin: Origin,
    /// Host and port of each.
    offered: BTreeSet<(Host, u16)>,
}

impl Replicas {
    /// Those replicas of PostgreSQL that are not its primary.
    #[must_use]
    pub(super) fn of_database(origin: Origin, primary: (Host, u16), offered: Vec<(Host, u16)>) -> Self {
        let [host, port, ..] = VARIABLES;
        Self { variables: [host, port], origin, offered: others(&[primary], offered) }
    }

    /// Those replicas of Redis that are not its primary, which may be known by several hosts.
    #[must_use]
    pub(super) fn of_redis(origin: Origin, primary: &[(Host, u16)], offered: Vec<(Host, u16)>) -> Self {
        let [.., host, port] = VARIABLES;
        Self { variables: [host, port], origin, offered: others(primary, offered) }
    }

    /// The variables for one replica: that in the running environment, as long as it is offered, else the first.
    ///
    /// *Empty*: there is none.
    #[must_use]
    pub fn variables(&self, running: &BTreeMap<String, String>) -> Variables {
        let [host, port] = self.variables;
        let texts = |(at, number): &(Host, u16)| [at.as_str().to_owned(), number.to_string()];
        let in_use = [host, port].map(|name| running.get(name).cloned().unwrap_or_default());
        let kept = self.offered.iter().find(|it| texts(it) == in_use);
        let chosen = kept.or_else(|| self.offered.first()).map(texts);
        let plain = |value| Variable::plain(value, self.origin);
        chosen.into_iter().flat_map(|[at, number]| [(host, plain(at)), (port, plain(number))]).collect()
    }
}

fn others(primary: &[(Host, u16)], offered: Vec<(Host, u16)>) -> BTreeSet<(Host, u16)> {
    let is_primary = |host: &Host, port: u16| primary.iter().any(|(at, number)| at.is_same(host) && *number == port);
    offered.into_iter().filter(|(host, port)| !is_primary(host, *port)).collect()
}

/// The host and port that a text names, if they can be reached from here.
pub(super) fn reachable(text: &str, place: Option<Authority>, default_port: u16) -> Option<(Host, u16)> {
    let is_folder = text.starts_with(['/', '@']);
    let Authority { host, port } = place.filter(|place| !is_folder && !place.host.is_loopback())?;
    Some((host, port.unwrap_or(default_port)))
}

/// The warning that some replicas are left out.
pub(super) fn left_out(relation: &Relation, why: &str) -> String {
    relation.invalid(format!("{why}, so a replica is not used")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin = Origin::Relation("database", "read-only-endpoints");

    fn at(text: &str) -> (Host, u16) {
        let place = Authority::parse(text).unwrap();
        (place.host, place.port.unwrap())
    }

    fn chosen(primary: &str, offered: &[&str], running: &str) -> Option<String> {
        let primary = at(primary);
        let offered = offered.iter().map(|text| at(text)).collect();
        let replicas = Replicas::of_database(ORIGIN, primary, offered);
        let (host, port) = at(running);
        let running =
            [("DISCOURSE_DB_REPLICA_HOST", host.to_string()), ("DISCOURSE_DB_REPLICA_PORT", port.to_string())];
        let running = running.map(|(name, value)| (name.to_owned(), value)).into();
        let variables = replicas.variables(&running);
        let [(_, host), (_, port)] = variables.as_slice() else { return None };
        Some(format!("{}:{}", host.shown(), port.shown()))
    }

    #[test]
    fn the_first_replica_is_used_and_kept_as_long_as_it_is_offered() {
        for (offered, running, expected) in [
            (&["b:1", "a:2", "a:1"][..], "none:1", Some("a:1")),
            (&["c:1", "a:2", "b:1"], "b:1", Some("b:1")),
            (&["c:1", "a:2", "b:1"], "b:2", Some("a:2")),
            (&[], "b:1", None),
        ] {
            assert_eq!(chosen("pg:5432", offered, running).as_deref(), expected, "{offered:?}");
        }
    }

    #[test]
    fn a_replica_that_is_the_primary_in_whatever_spelling_is_left_out() {
        for (primary, replica, is_other) in [
            ("pg:5432", "PG:5432", false),
            ("pg:5432", "pg.:5432", false),
            ("pg:5432", "pg:5433", true),
            ("pg.forum:5432", "pg.forum.svc.cluster.local:5432", false),
            ("pg.forum.svc.cluster.local:5432", "pg.forum.svc:5432", false),
            ("pg.forum:5432", "pg.other:5432", true),
            ("pg:5432", "pg-replicas:5432", true),
            ("[fd00::1]:5432", "[FD00:0::1]:5432", false),
            ("10.0.0.1:5432", "[::ffff:10.0.0.1]:5432", false),
            ("10.0.0.1:5432", "10.0.0.2:5432", true),
        ] {
            assert_eq!(chosen(primary, &[replica], "none:1").is_some(), is_other, "{primary} and {replica}");
        }
    }
}
