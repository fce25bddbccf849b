//! The endpoint `redis`: interface `redis`.
//!
//! *Source*: charmhub.io/redis-k8s, library `redis` version 0.7.

use std::collections::BTreeMap;

use crate::{
    relations::{Databag, Incomplete, filled, port, quoted},
    secret::Secret,
};

/// The endpoint's name.
pub const ENDPOINT: &str = "redis";

/// One relation as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// The number of the relation.
    pub id: u32,
    /// What the other application wrote.
    pub remote: Databag,
    /// What its units wrote, by unit number.
    pub units: BTreeMap<u32, Databag>,
}

/// Where Redis is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redis {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The password, should the provider ask for one.
    pub password: Option<Secret>,
}

impl Relation {
    /// Where Redis is, if the other side has said all of it.
    ///
    /// The host is the announced leader, else the unit's own name; the port always comes from a unit: the lowest-numbered one that
    /// has what is needed.
    ///
    /// # Errors
    /// [`Incomplete`] naming the key that is missing or malformed.
    pub fn redis(&self) -> Result<Redis, Incomplete> {
        if self.units.is_empty() {
            return Err(Incomplete::new(ENDPOINT, "a unit"));
        }
        let mut answers = self.units.values().map(|unit| self.answer(unit));
        let first = answers.next().unwrap_or_else(|| Err(Incomplete::new(ENDPOINT, "a unit")));
        first.or_else(|lack| answers.find_map(Result::ok).ok_or(lack))
    }

    fn answer(&self, unit: &Databag) -> Result<Redis, Incomplete> {
        let host = host(&self.remote, "leader-host")
            .or_else(|| host(unit, "hostname"))
            .ok_or_else(|| Incomplete::new(ENDPOINT, "leader-host or hostname"))?;
        let text = filled(unit, "port").ok_or_else(|| Incomplete::new(ENDPOINT, "port"))?;
        let port =
            port(text).ok_or_else(|| Incomplete::new(ENDPOINT, format!("port: {} is not a port", quoted(text))))?;
        let password = filled(&self.remote, "password").or_else(|| filled(unit, "password"));
        Ok(Redis { host: host.to_owned(), port, password: password.map(|text| Secret::from(text.to_owned())) })
    }
}

/// A host name; `None` is what a provider in Python writes before it knows one.
fn host<'a>(bag: &'a Databag, key: &str) -> Option<&'a str> {
    filled(bag, key).map(str::trim).filter(|host| *host != "None" && !host.contains(|c: char| c.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::bag;

    fn relation(remote: &[(&str, &str)], units: &[&[(&str, &str)]]) -> Relation {
        Relation { id: 2, remote: bag(remote), units: (0..).zip(units.iter().map(|unit| bag(unit))).collect() }
    }

    fn place(relation: &Relation) -> (String, u16) {
        let redis = relation.redis().unwrap();
        (redis.host, redis.port)
    }

    #[test]
    fn the_announced_leader_stands_over_the_units_own_name() {
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
    fn whatever_is_missing_or_malformed_is_named() {
        for (units, lack) in [
            (&[][..], "a unit"),
            (&[&[][..]][..], "leader-host or hostname"),
            (&[&[("hostname", "None")][..]][..], "leader-host or hostname"),
            (&[&[("hostname", "a")][..]][..], "port"),
            (&[&[("hostname", "a"), ("port", "0")][..]][..], "port: \"0\" is not a port"),
            (&[&[("hostname", "a"), ("port", "six")][..]][..], "port: \"six\" is not a port"),
        ] {
            assert_eq!(relation(&[], units).redis().unwrap_err().lack, lack);
        }
    }

    #[test]
    fn a_password_is_used_if_one_is_offered() {
        let unit: &[(&str, &str)] = &[("hostname", "a"), ("port", "1"), ("password", "p")];
        assert_eq!(relation(&[], &[unit]).redis().unwrap().password, Some(Secret::from("p".to_owned())));
    }
}
