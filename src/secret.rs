//! Confidential values: masked wherever they are printed or serialized, and wiped from memory when dropped.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// The text that is shown in place of a secret.
pub const MASK: &str = "***";

/// A password, key or token.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The value itself, for code that has to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it has no characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

/// The result of reading a secret by its URI.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SecretContent {
    /// No URI is given.
    #[default]
    Unnamed,
    /// The secret is not granted to the application, or does not exist.
    Unreadable,
    /// The secret is withheld, since this other relation or option names it, too.
    Shared(&'static str),
    /// The secret is withheld, since this relation may name it, too, and cannot be read.
    Unclear(&'static str),
    /// Reading the secret failed in another way: how.
    Failed(String),
    /// The content of the secret.
    Known(BTreeMap<String, Secret>),
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(SecretString::from(value))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_in_debug_output_and_in_json() {
        let secret = Secret::from("correct horse".to_owned());
        let shown = (format!("{secret:?}"), serde_json::to_string(&secret).unwrap());
        assert_eq!(shown, ("Secret(***)".to_owned(), "\"***\"".to_owned()));
    }

    #[test]
    fn secrets_are_compared_by_value() {
        let [one, same, other] = ["a", "a", "b"].map(|text| Secret::from(text.to_owned()));
        assert_eq!((one == same, one == other), (true, false));
    }
}
