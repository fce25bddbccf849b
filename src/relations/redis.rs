//! The endpoint `redis`: interface `redis`.
//!
//! *Source*: charmhub.io/redis-k8s, library `redis` version 0.7.

use crate::{
    discourse::environment::{Origin, Variable, Variables},
    secret::Secret,
};

use super::{Databag, Endpoint, Given, Need, Problem, Reads, Relation, Units, databag::non_empty};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Required("redis-k8s"),
    reads: Reads { units: Units::Always, ..Reads::REMOTE },
    variables: &["DISCOURSE_REDIS_"],
    gives: Some(|relation, _| parse(relation).map(|redis| redis.given())),
    ..Endpoint::requirer("redis", "redis")
};

/// Where Redis is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redis {
    /// A name or an address.
    pub host: String,
    /// The key that gave the host.
    host_key: &'static str,
    /// The port.
    pub port: u16,
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
    let announced = host(&relation.bag, "leader-host");
    let (host, host_key) = announced
        .map(|host| (host, "leader-host"))
        .or_else(|| host_of(unit))
        .ok_or_else(|| relation.missing("leader-host or hostname"))?;
    let port = non_empty(unit, "port").ok_or_else(|| relation.missing("port"))?;
    let password = non_empty(&relation.bag, "password").or_else(|| non_empty(unit, "password"));
    let password = password.map(|text| relation.env_safe("password", text)).transpose()?;
    Ok(Redis {
        host: relation.env_safe(host_key, host)?,
        host_key,
        port: relation.port("port", port)?,
        password: password.map(Secret::from),
    })
}

fn host_of(unit: &Databag) -> Option<(&str, &'static str)> {
    host(unit, "hostname").map(|host| (host, "hostname"))
}

/// A host name; a provider in Python writes `None` before it knows one.
fn host<'a>(bag: &'a Databag, key: &str) -> Option<&'a str> {
    non_empty(bag, key).map(str::trim).filter(|host| *host != "None" && !host.contains(|c: char| c.is_whitespace()))
}

impl Redis {
    fn given(&self) -> Given {
        let address = Some(format!("{}:{}", self.host, self.port));
        Given { variables: self.variables(), address, ..Given::default() }
    }

    /// The variables of the workload.
    #[must_use]
    pub fn variables(&self) -> Variables {
        let origin = |key| Origin::Relation(ENDPOINT.name, key);
        let mut variables = vec![
            ("DISCOURSE_REDIS_HOST", Variable::plain(&self.host, origin(self.host_key))),
            ("DISCOURSE_REDIS_PORT", Variable::plain(self.port.to_string(), origin("port"))),
        ];
        let password = self.password.as_ref();
        variables.extend(password.map(|it| ("DISCOURSE_REDIS_PASSWORD", Variable::hidden(it, origin("password")))));
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

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

    fn place(relation: &Relation) -> (String, u16) {
        let redis = parse(relation).unwrap();
        (redis.host, redis.port)
    }

    #[test]
    fn the_announced_leader_takes_precedence_over_the_units_own_name() {
        let unit: &[(&str, &str)] = &[("hostname", "10.0.0.1"), ("port", " 6379 ")];
        assert_eq!(place(&relation(&[("leader-host", "redis-1")], &[unit])), ("redis-1".to_owned(), 6379));
        assert_eq!(place(&relation(&[], &[unit])), ("10.0.0.1".to_owned(), 6379));
        assert_eq!(place(&relation(&[("leader-host", "None")], &[unit])), ("10.0.0.1".to_owned(), 6379));
    }

    #[test]
    fn the_lowest_unit_that_has_what_is_needed_counts() {
        let units: &[&[(&str, &str)]] =
            &[&[], &[("hostname", "b"), ("port", "2")], &[("hostname", "c"), ("port", "3")]];
        assert_eq!(place(&relation(&[], units)), ("b".to_owned(), 2));
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

    #[test]
    fn a_password_is_used_if_one_is_offered() {
        let unit: &[(&str, &str)] = &[("hostname", "a"), ("port", "1"), ("password", "p")];
        assert_eq!(parse(&relation(&[], &[unit])).unwrap().password, Some(Secret::from("p".to_owned())));
    }

    #[test]
    fn a_nul_character_blocks_and_is_not_shown() {
        for (key, unit) in [("hostname", ["a\0b", ""]), ("password", ["a", "p\0q"])] {
            let unit: &[(&str, &str)] = &[("hostname", unit[0]), ("port", "1"), ("password", unit[1])];
            let expected = format!("redis: {key} must not contain a NUL character: correct it in redis");
            assert_eq!(parse(&relation(&[], &[unit])).unwrap_err().to_string(), expected);
        }
    }
}
