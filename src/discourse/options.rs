//! The charm's options as Juju gives them.

use std::collections::BTreeMap;

use serde_json::Value;

/// Option values as read, before anything is understood of them.
///
/// *Empty*: an option that Juju does not give has the value that `config.yaml` calls its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawOptions(BTreeMap<String, Value>);

/// An option whose value has a type that `config.yaml` does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongType {
    /// The option.
    pub option: &'static str,
    /// The type that it must have.
    pub expected: &'static str,
}

impl RawOptions {
    /// An option that holds text; blanks around it are kept.
    ///
    /// # Errors
    /// [`WrongType`] if it holds anything else, or a character that no variable of a process can hold.
    pub fn text(&self, option: &'static str, default: &str) -> Result<String, WrongType> {
        match self.0.get(option) {
            None | Some(Value::Null) => Ok(default.to_owned()),
            Some(Value::String(text)) if text.contains('\0') => {
                Err(WrongType { option, expected: "text without NUL characters" })
            }
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(WrongType { option, expected: "text" }),
        }
    }

    /// An option that is true or false.
    ///
    /// # Errors
    /// [`WrongType`] if it holds anything else.
    pub fn truth(&self, option: &'static str, default: bool) -> Result<bool, WrongType> {
        match self.0.get(option) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(_) => Err(WrongType { option, expected: "true or false" }),
        }
    }

    /// An option that holds a whole number.
    ///
    /// # Errors
    /// [`WrongType`] if it holds anything else.
    pub fn number(&self, option: &'static str, default: i64) -> Result<i64, WrongType> {
        match self.0.get(option) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value.as_i64().ok_or(WrongType { option, expected: "a whole number" }),
        }
    }
}

impl FromIterator<(String, Value)> for RawOptions {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}
