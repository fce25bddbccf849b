//! One file per endpoint, all pure: remote databags to typed values, typed values to our databags.

pub mod database;
pub mod nginx_route;
pub mod redis;
pub mod restart;

use std::collections::BTreeMap;

/// The content of one databag.
pub type Databag = BTreeMap<String, String>;

/// Changes of one databag, by key; the empty text deletes a key.
pub type Changes = BTreeMap<String, String>;

/// What the other side has not written yet, or has written wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// The endpoint of ours.
    pub endpoint: &'static str,
    /// The key, and what is wrong with it, such as `endpoints` or `port "x" is not a port`.
    pub lack: String,
}

impl Incomplete {
    fn new(endpoint: &'static str, lack: impl Into<String>) -> Self {
        Self { endpoint, lack: lack.into() }
    }
}

/// The difference that leads from one bag to wanted values; keys that are not wanted are left alone.
#[must_use]
pub fn difference(current: &Databag, wanted: &Databag) -> Changes {
    let differs = |key: &str, value: &str| current.get(key).map_or("", String::as_str) != value;
    wanted.iter().filter(|(key, value)| differs(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The value of a key, unless it is empty.
fn filled<'a>(bag: &'a Databag, key: &str) -> Option<&'a str> {
    bag.get(key).map(String::as_str).filter(|value| !value.trim().is_empty())
}

/// A port from 1 to 65535; blanks around it do not matter.
fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|port| *port != 0)
}

/// A text of the other side, made fit for one line of a status.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_written() {
        let bag =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Databag>();
        let current = bag(&[("same", "1"), ("old", "1"), ("stale", "1"), ("foreign", "1")]);
        let wanted = bag(&[("same", "1"), ("old", "2"), ("stale", ""), ("absent", ""), ("new", "3")]);
        assert_eq!(difference(&current, &wanted), bag(&[("old", "2"), ("stale", ""), ("new", "3")]));
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!([" 6379 ", "0", "65536", "-1", "x", ""].map(port), [Some(6379), None, None, None, None, None]);
    }
}
