//! One file per endpoint, all pure: remote databags to typed values, typed values to our databags.

#[cfg(test)]
pub(crate) mod arbitrary;
pub mod database;
pub mod db;
pub mod grafana_dashboard;
pub mod ingress;
pub mod logging;
pub mod metrics_endpoint;
pub mod nginx_route;
pub mod oauth;
pub mod redis;
pub mod restart;
pub mod s3;
pub mod saml;
pub mod smtp;
pub mod topology;

mod event;
mod json;
pub(crate) mod rules;

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use crate::secret::Secret;

/// The content of one databag.
pub type Databag = BTreeMap<String, String>;

/// Changes of one databag, by key; the empty text deletes a key.
pub type Changes = BTreeMap<String, String>;

/// What the other side has not written yet, or has written wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// The endpoint of ours.
    pub endpoint: &'static str,
    /// The key, and what is wrong with it, such as `endpoints` or `port: "x" is not a port`.
    pub lack: String,
    /// Whether waiting does not help: somebody must correct the value.
    pub is_wrong: bool,
}

impl Incomplete {
    /// What is expected to come by itself.
    pub(crate) fn new(endpoint: &'static str, lack: impl Into<String>) -> Self {
        Self { endpoint, lack: lack.into(), is_wrong: false }
    }

    /// What somebody must correct.
    fn wrong(endpoint: &'static str, lack: impl Into<String>) -> Self {
        Self { endpoint, lack: lack.into(), is_wrong: true }
    }
}

/// What reading a secret of the other side brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SecretContent {
    /// The bag names no secret.
    #[default]
    Unnamed,
    /// It is named, but not granted to us yet, or gone.
    Unreadable,
    /// Its content.
    Known(BTreeMap<String, Secret>),
}

/// A relation whose other side speaks through its application's databag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remote {
    /// The number of the relation.
    pub id: u32,
    /// The application on the other side.
    ///
    /// *Empty*: it has no unit left.
    pub app: Option<String>,
    /// What that application wrote.
    pub bag: Databag,
    /// The content of the secret that its bag names.
    pub secret: SecretContent,
    /// What is in our own application bag; only the leader can see it.
    pub own_app: Option<Databag>,
    /// What is in our own unit bag; read only where something of ours belongs there.
    pub own_unit: Databag,
}

/// The difference that leads from one bag to wanted values; keys that are not wanted are left alone.
#[must_use]
pub fn difference(current: &Databag, wanted: &Databag) -> Changes {
    let differs = |key: &str, value: &str| current.get(key).map_or("", String::as_str) != value;
    wanted.iter().filter(|(key, value)| differs(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The text of a JSON value: the one that the bag holds already if it means the same, so that spacing alone is no difference.
fn json_text(current: &Databag, key: &str, wanted: &Value) -> String {
    let is_same = |text: &&String| serde_json::from_str::<Value>(text).is_ok_and(|written| written == *wanted);
    current.get(key).filter(is_same).cloned().unwrap_or_else(|| wanted.to_string())
}

/// A databag of these keys and values.
#[cfg(test)]
fn bag(pairs: &[(&str, &str)]) -> Databag {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The value of a key, unless it is empty.
fn filled<'a>(bag: &'a Databag, key: &str) -> Option<&'a str> {
    bag.get(key).map(String::as_str).filter(|value| !value.trim().is_empty())
}

/// The value of a key without the blanks around it, or that it is still missing.
fn required<'a>(endpoint: &'static str, bag: &'a Databag, key: &str) -> Result<&'a str, Incomplete> {
    filled(bag, key).map(str::trim).ok_or_else(|| Incomplete::new(endpoint, key))
}

/// A text that a variable of a process can hold: a NUL character in one would keep the server from starting.
fn storable(endpoint: &'static str, key: &str, text: &str) -> Result<String, Incomplete> {
    if text.contains('\0') {
        return Err(Incomplete::wrong(endpoint, format!("{key}: it holds a NUL character")));
    }
    Ok(text.to_owned())
}

/// A port from 1 to 65535; blanks around it do not matter.
fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|port| *port != 0)
}

/// An address of the web, read as browsers do: its scheme and host are in lower case, and a default port is left out.
fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
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
        let current = bag(&[("same", "1"), ("old", "1"), ("stale", "1"), ("foreign", "1")]);
        let wanted = bag(&[("same", "1"), ("old", "2"), ("stale", ""), ("absent", ""), ("new", "3")]);
        assert_eq!(difference(&current, &wanted), bag(&[("old", "2"), ("stale", ""), ("new", "3")]));
    }

    #[test]
    fn json_that_means_the_same_stays_as_it_is_written() {
        let current = bag(&[("spaced", "[ 1,\n2 ]"), ("other", "[2]"), ("broken", "[")]);
        let text = |key: &str| json_text(&current, key, &serde_json::json!([1, 2]));
        assert_eq!(["spaced", "other", "broken", "absent"].map(text), ["[ 1,\n2 ]", "[1,2]", "[1,2]", "[1,2]"]);
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!([" 6379 ", "0", "65536", "-1", "x", ""].map(port), [Some(6379), None, None, None, None, None]);
    }
}
