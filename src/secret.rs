//! Values that must not be seen: masked wherever they are printed or serialised, wiped when dropped.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// What stands in for a secret wherever one would be shown.
pub const MASK: &str = "***";

/// A password, key or token.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The value itself, for the one place that has to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is no character in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

/// What reading a secret by its URI brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SecretContent {
    /// No URI names a secret.
    #[default]
    Unnamed,
    /// A secret is named, but not granted yet, or gone.
    Unreadable,
    /// Its content.
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
