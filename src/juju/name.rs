//! Juju's names of relations and units.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// *Units*: characters.
const ID_LENGTH: usize = 20;

/// A text that is not the name of a relation or unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parse the name {0:?}: it does not end in a number")]
pub struct InvalidName(String);

/// A relation, such as `database:7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelationId {
    /// The endpoint on our side.
    pub endpoint: String,
    /// Its number, unique in the model.
    pub number: u32,
}

/// A unit, such as `discourse-k8s/0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName {
    /// Its application.
    pub application: String,
    /// Its number, which is the ordinal of its pod.
    pub number: u32,
}

/// Splits a name at its last separator, which a number must follow.
fn split(text: &str, separator: char) -> Result<(String, u32), InvalidName> {
    text.rsplit_once(separator)
        .filter(|(name, _)| !name.is_empty())
        .and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
        .ok_or_else(|| InvalidName(text.to_owned()))
}

/// The id of the secret that a URI names in any of its spellings, such as `secret:ID` and `secret://MODEL/ID`.
///
/// *Empty*: it names none, or hides the id behind an encoding.
///
/// *Source*: Juju `core/secrets/secret.go`, `ParseURI`: a query and a fragment are ignored.
#[must_use]
pub fn secret_id(uri: &str) -> Option<&str> {
    let path = uri.split(['?', '#']).next()?;
    let id = path.rsplit([':', '/', '@']).next()?;
    let is_id = id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    is_id.then_some(id)
}

impl FromStr for RelationId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        split(text, ':').map(|(endpoint, number)| Self { endpoint, number })
    }
}

impl FromStr for UnitName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        split(text, '/').map(|(application, number)| Self { application, number })
    }
}

impl fmt::Display for RelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.endpoint, self.number)
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.number)
    }
}

impl TryFrom<String> for RelationId {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl TryFrom<String> for UnitName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<RelationId> for String {
    fn from(id: RelationId) -> Self {
        id.to_string()
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_an_endpoint_and_a_number() {
        let id = "nginx-route:12".parse::<RelationId>().unwrap();
        assert_eq!((id.to_string(), id.number), ("nginx-route:12".to_owned(), 12));
    }

    #[test]
    fn a_unit_is_an_application_and_a_number() {
        let name = "discourse-k8s/3".parse::<UnitName>().unwrap();
        assert_eq!(name, UnitName { application: "discourse-k8s".to_owned(), number: 3 });
    }

    #[test]
    fn a_secret_is_known_by_its_id_in_every_spelling_of_its_uri() {
        let id = "9m4e2mr0ui3e8a215n4g";
        let model = "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14";
        let spellings =
            ["ID", "secret:ID", "secret://MODEL/ID", "SECRET:ID", "//MODEL/ID", "secret:ID?a=b#c", "secret://x@ID"];
        for spelling in spellings {
            assert_eq!(secret_id(&spelling.replace("MODEL", model).replace("ID", id)), Some(id), "{spelling}");
        }
        let others = ["", "secret:", "hunter2", "secret:%39m4e2mr0ui3e8a215n4", "secret:9M4E2MR0UI3E8A215N4G"];
        assert_eq!(others.map(secret_id), [None; 5]);
    }

    #[test]
    fn a_name_without_a_number_is_rejected() {
        let rejected = ["", "discourse", "discourse/", "/1", "discourse/x", "discourse/-1"].map(str::parse::<UnitName>);
        assert!(rejected.iter().all(Result::is_err), "{rejected:?}");
    }
}
