//! The endpoint `redis`: interface `redis`.
//!
//! *Source*: charmhub.io/redis-k8s, library `redis` version 0.7.

use crate::{
    address::{Authority, Host},
    discourse::environment::{Origin, Variable, Variables},
    juju::UnitName,
    secret::Secret,
};

use super::{
    Databag, Endpoint, Given, Need, Problem, Reads, Relation, Units,
    databag::non_empty,
    replica::{self, Replicas},
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Required("redis-k8s:redis"),
    reads: Reads { units: Units::Always, ..Reads::REMOTE },
    variables: &["DISCOURSE_REDIS_"],
    gives: Some(|relation, _| parse(relation).map(|redis| redis.given(relation))),
    ..Endpoint::requirer("redis", "redis")
};

/// The key of the primary, in the databag of the application.
const LEADER: &str = "leader-host";

/// The key of the host that a unit names.
const HOST: &str = "hostname";

/// Where Redis is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redis {
    /// The host.
    pub host: Host,
    /// The key that gave the host.
    host_key: &'static str,
    /// The port.
    pub port: u16,
    /// The key that gave the port.
    port_key: &'static str,
    /// The password.
    ///
    /// *Empty*: none is needed.
    pub password: Option<Secret>,
}

/// Where Redis is, if all of it is there.
///
/// The host is the announced leader, else the unit's own name; the port always comes from a unit: the lowest-numbered one that has
/// what is needed.
///
/// # Errors
/// [`Problem`] with the key that is missing or invalid.
pub fn parse(relation: &Relation) -> Result<Redis, Problem> {
    let mut answers = relation.units.values().map(|unit| answer(relation, unit));
    let first = answers.next().unwrap_or_else(|| Err(relation.missing("a unit")));
    first.or_else(|problem| answers.find_map(Result::ok).ok_or(problem))
}

fn answer(relation: &Relation, unit: &Databag) -> Result<Redis, Problem> {
    let announced = announced(&relation.bag, LEADER).or_else(|| announced(unit, HOST));
    let (host_key, text) = announced.ok_or_else(|| relation.missing("leader-host or hostname"))?;
    let port = non_empty(unit, "port").map(|text| relation.port("port", text)).transpose()?;
    let place = place(text, port);
    relation.check_on_network(host_key, text, place.as_ref().map(|place| &place.host))?;
    let place = place.ok_or_else(|| relation.invalid(format!("{host_key} must be a host name or address")))?;
    let (port, port_key) = match (port, place.port) {
        (Some(port), Some(other)) if port != other => return Err(contradiction(relation, host_key)),
        (Some(port), _) => (port, "port"),
        (None, Some(port)) => (port, host_key),
        (None, None) => return Err(relation.missing("port")),
    };
    let password = non_empty(&relation.bag, "password").or_else(|| non_empty(unit, "password"));
    let password = password.map(|text| Secret::from(text.to_owned()));
    Ok(Redis { host: place.host, host_key, port, port_key, password })
}

/// The host that a unit names.
fn hostname(unit: &Databag) -> Option<&str> {
    announced(unit, HOST).map(|(_, text)| text)
}

/// Whether a host is the pod of a unit.
fn is_pod(host: &Host, unit: &UnitName) -> bool {
    host.as_str().split('.').next() == Some(format!("{}-{}", unit.application, unit.number).as_str())
}

/// A host under a key; a provider in Python writes `None` before it knows one.
fn announced<'a>(bag: &'a Databag, key: &'static str) -> Option<(&'static str, &'a str)> {
    non_empty(bag, key).map(str::trim).filter(|host| *host != "None").map(|host| (key, host))
}

/// A host, and the port if one is behind it.
///
/// The key is one for hosts, so what can be an IPv6 address is one, unless its end is the port that the other key names.
///
/// *Empty*: it is none, or can be read in two ways.
fn place(text: &str, port: Option<u16>) -> Option<Authority> {
    let is_ambiguous = |host: &Host| host.is_ipv6() && port.is_some_and(|port| text.ends_with(&format!(":{port}")));
    match Host::parse(text) {
        Some(host) if is_ambiguous(&host) => None,
        Some(host) => Some(Authority { host, port: None }),
        None => Authority::parse(text),
    }
}

fn contradiction(relation: &Relation, host_key: &str) -> Problem {
    relation.invalid(format!("port must be the one behind {host_key}"))
}

impl Redis {
    fn given(&self, relation: &Relation) -> Given {
        let address = Some(Authority { host: self.host.clone(), port: Some(self.port) }.to_string());
        let (replicas, warnings) = self.replicas(relation);
        Given { variables: self.variables(), replicas: Some(replicas), warnings, address, ..Given::default() }
    }

    /// The other units, and a warning if some of them cannot be used.
    ///
    /// A unit names itself or the primary, as an address; the leader is announced by the name of its pod. So what the leader's own unit
    /// names is the primary, too, and without that unit nobody knows which of the addresses it is.
    fn replicas(&self, relation: &Relation) -> (Replicas, Vec<String>) {
        let leader = relation.units.keys().find(|unit| is_pod(&self.host, unit));
        let is_known = self.host_key == LEADER && (leader.is_some() || self.host.is_address());
        let naming =
            relation.units.iter().filter(|_| is_known).filter_map(|(unit, bag)| Some((unit, bag, hostname(bag)?)));
        let named: Vec<_> = naming.map(|(unit, bag, text)| (unit, self.named(relation, bag, text))).collect();
        let is_lost = named.iter().any(|(_, place)| place.is_none());
        let warning = || replica::left_out(relation, "hostname must be a host name or address on the network");
        let places = |of: Option<&UnitName>| -> Vec<(Host, u16)> {
            named
                .iter()
                .filter(|(unit, _)| of.is_none_or(|it| it == *unit))
                .filter_map(|(_, place)| place.clone())
                .collect()
        };
        let mut primary = vec![(self.host.clone(), self.port)];
        primary.extend(leader.map(|leader| places(Some(leader))).into_iter().flatten());
        let origin = Origin::Relation(ENDPOINT.name, HOST);
        (Replicas::of_redis(origin, &primary, places(None)), is_lost.then(warning).into_iter().collect())
    }

    /// The host and port that a unit names, if they can be used.
    fn named(&self, relation: &Relation, unit: &Databag, text: &str) -> Option<(Host, u16)> {
        let port = non_empty(unit, "port").and_then(|text| relation.port("port", text).ok());
        replica::reachable(text, place(text, port), port.unwrap_or(self.port))
    }

    /// The variables of the workload.
    #[must_use]
    pub fn variables(&self) -> Variables {
        let origin = |key| Origin::Relation(ENDPOINT.name, key);
        let mut variables = vec![
            ("DISCOURSE_REDIS_HOST", Variable::plain(self.host.as_str(), origin(self.host_key))),
            ("DISCOURSE_REDIS_PORT", Variable::plain(self.port.to_string(), origin(self.port_key))),
        ];
        let password = self.password.as_ref();
        variables.extend(password.map(|it| ("DISCOURSE_REDIS_PASSWORD", Variable::hidden(it, origin("password")))));
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{arbitrary, databag::bag};
    use proptest::prelude::*;

    fn relation(remote: &[(&str, &str)], units: &[&[(&str, &str)]]) -> Relation {
        let units =
            (0..).zip(units).map(|(number, unit): (u32, _)| (format!("redis/{number}").parse().unwrap(), bag(unit)));
        Relation {
            endpoint: ENDPOINT.name,
            id: 2,
            app: Some("redis".to_owned()),
            bag: bag(remote),
            units: units.collect(),
            ..Relation::default()
        }
    }

    fn found(relation: &Relation) -> (String, u16) {
        let redis = parse(relation).unwrap();
        (redis.host.to_string(), redis.port)
    }

    #[test]
    fn the_announced_leader_takes_precedence_over_the_units_own_name() {
        let unit: &[(&str, &str)] = &[("hostname", "10.0.0.1"), ("port", " 6379 ")];
        assert_eq!(found(&relation(&[("leader-host", "redis-1")], &[unit])), ("redis-1".to_owned(), 6379));
        assert_eq!(found(&relation(&[], &[unit])), ("10.0.0.1".to_owned(), 6379));
        assert_eq!(found(&relation(&[("leader-host", "None")], &[unit])), ("10.0.0.1".to_owned(), 6379));
    }

    #[test]
    fn the_lowest_unit_that_has_what_is_needed_counts() {
        let units: &[&[(&str, &str)]] =
            &[&[], &[("hostname", "b"), ("port", "2")], &[("hostname", "c"), ("port", "3")]];
        assert_eq!(found(&relation(&[], units)), ("b".to_owned(), 2));
    }

    #[test]
    fn a_missing_key_is_waited_for_and_an_invalid_one_must_be_corrected() {
        let invalid = "redis: port must be a number from 1 to 65535: correct it in redis";
        for (units, problem) in [
            (&[][..], "waiting for a unit in the relation redis"),
            (&[&[][..]][..], "waiting for leader-host or hostname in the relation redis"),
            (&[&[("hostname", "None")][..]][..], "waiting for leader-host or hostname in the relation redis"),
            (&[&[("hostname", "a")][..]][..], "waiting for port in the relation redis"),
            (&[&[("hostname", "a"), ("port", "0")][..]][..], invalid),
            (&[&[("hostname", "a"), ("port", "six")][..]][..], invalid),
        ] {
            assert_eq!(parse(&relation(&[], units)).unwrap_err().to_string(), problem);
        }
    }

    /// What a unit says that announces this host and port.
    fn problem(host: &str, port: &str) -> String {
        parse(&relation(&[], &[&[("hostname", host), ("port", port)]])).unwrap_err().to_string()
    }

    #[test]
    fn a_host_is_put_right_and_a_port_behind_it_is_used() {
        for (host, port, expected) in [
            (" Redis-0.Example.com\n", "6379", ("redis-0.example.com", 6379)),
            ("redis:6380", "", ("redis", 6380)),
            ("redis:6380", "6380", ("redis", 6380)),
            ("[FD00::1]", "6379", ("fd00::1", 6379)),
            ("[fd00::1]:6380", "", ("fd00::1", 6380)),
            ("fd00::1:5", "6379", ("fd00::1:5", 6379)),
        ] {
            let unit: &[(&str, &str)] = &[("hostname", host), ("port", port)];
            let expected = (expected.0.to_owned(), expected.1);
            assert_eq!(found(&relation(&[], &[unit])), expected, "{host}");
            let led: &[(&str, &str)] = &[("hostname", "other"), ("port", port)];
            assert_eq!(found(&relation(&[("leader-host", host)], &[led])), expected, "{host}");
        }
    }

    #[test]
    fn a_malformed_host_must_be_corrected_in_the_provider() {
        for host in ["a b", "a,b", "redis://a", "a/b", "a:", "a:port", "fd00::1:6379", "[fd00::1", "a\0b"] {
            let expected = "redis: hostname must be a host name or address: correct it in redis";
            assert_eq!(problem(host, "6379"), expected, "{host}");
        }
        let unit: &[(&str, &str)] = &[("hostname", "a"), ("port", "6379")];
        let led = parse(&relation(&[("leader-host", "a b")], &[unit])).unwrap_err().to_string();
        assert_eq!(led, "redis: leader-host must be a host name or address: correct it in redis");
        assert_eq!(problem("a:1", "2"), "redis: port must be the one behind hostname: correct it in redis");
        let expected = "redis: hostname must name a host on the network, not localhost or a folder: \
                        correct it in redis, or integrate another application";
        assert_eq!(problem("localhost", "6379"), expected);
    }

    #[test]
    fn a_unit_with_a_usable_host_makes_up_for_one_without() {
        let units: &[&[(&str, &str)]] = &[&[("hostname", "a b"), ("port", "1")], &[("hostname", "c"), ("port", "2")]];
        assert_eq!(found(&relation(&[], units)), ("c".to_owned(), 2));
    }

    #[test]
    fn a_password_is_used_as_it_is_if_one_is_offered() {
        let unit: &[(&str, &str)] = &[("hostname", "a"), ("port", "1"), ("password", " p\n")];
        assert_eq!(parse(&relation(&[], &[unit])).unwrap().password, Some(Secret::from(" p\n".to_owned())));
    }

    #[test]
    fn another_unit_than_the_leader_is_its_replica() {
        let unit = |host: &'static str| [("hostname", host), ("port", "6379")];
        let [zero, one, two] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(unit);
        let warning = "redis: hostname must be a host name or address on the network, so a replica is not used: \
                       correct it in redis";
        let pod = "redis-0.redis-endpoints.prod.svc.cluster.local";
        for (leader, units, replica, warnings) in [
            (pod, &[&zero[..], &one[..]][..], "10.0.0.2:6379", &[][..]),
            (pod, &[&zero[..], &zero[..]], "", &[]),
            (pod, &[&zero[..], &two[..], &one[..]], "10.0.0.2:6379", &[]),
            (pod, &[&zero[..]], "", &[]),
            ("10.0.0.2", &[&zero[..], &one[..]], "10.0.0.1:6379", &[]),
            ("redis-primary.prod", &[&zero[..], &one[..]], "", &[]),
            ("", &[&zero[..], &one[..]], "", &[]),
            (pod, &[&zero[..], &[("hostname", "None")][..]], "", &[]),
            (pod, &[&zero[..], &[("hostname", "a b")][..], &two[..]], "10.0.0.3:6379", &[warning]),
            (pod, &[&zero[..], &[("hostname", "127.0.0.1")][..]], "", &[warning]),
        ] {
            let relation = relation(&[("leader-host", leader)], units);
            let given = parse(&relation).unwrap().given(&relation);
            let variables = given.replicas.unwrap().variables(&std::collections::BTreeMap::new());
            let shown: Vec<&str> = variables.iter().map(|(_, variable)| variable.shown()).collect();
            assert_eq!(
                (shown.join(":").as_str(), given.warnings),
                (replica, warnings.iter().map(|it| (*it).to_owned()).collect()),
                "{leader} {units:?}"
            );
        }
    }

    proptest! {
        #![proptest_config(arbitrary::trials())]

        #[test]
        fn a_host_is_either_used_whole_or_blocked(host in "[a-zA-Z0-9.:\\[\\]/ ü_-]{0,24}", port in "[0-9]{0,5}") {
            let unit: &[(&str, &str)] = &[("hostname", &host), ("port", &port)];
            match parse(&relation(&[], &[unit])) {
                Ok(redis) => prop_assert!(Host::parse(redis.host.as_str()) == Some(redis.host.clone()) && redis.port != 0),
                Err(Problem::Missing { .. }) => prop_assert!(host.trim().is_empty() || port.is_empty()),
                Err(Problem::Invalid { .. } | Problem::Unreadable { .. } | Problem::Ungranted { .. }) => {}
            }
        }
    }
}
