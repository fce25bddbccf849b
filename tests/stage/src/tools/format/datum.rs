//! Values as the tools hand them to a writer, with the differences that Juju's own types make in what is printed.

use serde_json::Value;
use std::collections::BTreeMap;

/// A value to print.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// No value: `null` in JSON, no output at all in the other formats.
    Nothing,
    /// A map that was never made: `null` in JSON, `{}` in the others.
    NoMap,
    /// A list that was never made: `null` in JSON, `[]` in YAML, no output in smart.
    NoLines,
    /// Yes or no.
    Bool(bool),
    /// Any number: what comes from the controller is a floating one.
    Number(f64),
    /// A text.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
    /// A moment, which YAML has without quotes.
    Time(String),
    /// A list of texts, which smart prints line by line.
    Lines(Vec<String>),
    /// Any other list.
    List(Vec<Datum>),
    /// Keys in the order of the writer.
    Map(BTreeMap<String, Datum>),
    /// Fields in the order in which they are declared.
    Record(Vec<(&'static str, Datum)>),
}

impl From<bool> for Datum {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Datum {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Datum {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A text, if it is one.
impl From<Vec<u8>> for Datum {
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }
}

impl From<Vec<String>> for Datum {
    fn from(lines: Vec<String>) -> Self {
        Self::Lines(lines)
    }
}

impl From<BTreeMap<String, String>> for Datum {
    fn from(map: BTreeMap<String, String>) -> Self {
        Self::Map(map.into_iter().map(|(key, value)| (key, Self::Text(value))).collect())
    }
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Map(members.iter().map(|(key, item)| (key.clone(), Self::from(item))).collect())
            }
        }
    }
}
