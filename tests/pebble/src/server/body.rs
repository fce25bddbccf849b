//! Request bodies: JSON objects, read as leniently and refused in the same words as Go's decoder does.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a body is invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyError {
    /// It is no JSON.
    #[error("{0}")]
    Syntax(String),
    /// A field is of the wrong kind.
    #[error("json: cannot unmarshal {found} into Go struct field {owner}.{field} of type {wanted}")]
    Field {
        /// What it is.
        found: &'static str,
        /// Whose field.
        owner: &'static str,
        /// Which field.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// The whole is no object.
    #[error("json: cannot unmarshal {0} into Go value of type struct")]
    Whole(&'static str),
}

/// An object of fields; names match whatever their case, null counts as absent, unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    fields: Map<String, Value>,
    name: &'static str,
}

impl Body {
    /// Reads the first value of a body; what follows it is ignored.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let first = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next();
        match first {
            None => Err(BodyError::Syntax("EOF".to_owned())),
            Some(Err(error)) if error.is_eof() => Err(BodyError::Syntax("unexpected EOF".to_owned())),
            Some(Err(error)) => Err(BodyError::Syntax(syntax(bytes, &error))),
            Some(Ok(value)) => Self::of(value),
        }
    }

    /// Takes a value as an object.
    ///
    /// # Errors
    /// It is none.
    pub fn of(value: Value) -> Result<Self, BodyError> {
        match value {
            Value::Object(fields) => Ok(Self { fields, name: "" }),
            Value::Null => Ok(Self::default()),
            other => Err(BodyError::Whole(kind(&other))),
        }
    }

    /// The same, under the name that errors give it.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// A field; null and absence are the same.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let found = self.fields.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name));
        self.fields.get(name).or(found.map(|(_, value)| value)).filter(|value| !value.is_null())
    }

    /// A text. *Empty*: absent.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self, name: &str) -> Result<String, BodyError> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(self.wrong(name, other, "string")),
        }
    }

    /// A list of texts. *Empty*: absent.
    ///
    /// # Errors
    /// It is something else.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, BodyError> {
        let read = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            other => Err(self.wrong(name, other, "string")),
        };
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(read).collect(),
            Some(other) => Err(self.wrong(name, other, "[]string")),
        }
    }

    /// A boolean. *Empty*: false.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &str) -> Result<bool, BodyError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(name, other, "bool")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is something else.
    pub fn number(&self, name: &str) -> Result<Option<i64>, BodyError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| self.wrong(name, value, "int")),
        }
    }

    /// Texts by name.
    ///
    /// # Errors
    /// It is something else.
    pub fn map(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, BodyError> {
        let read = |(key, value): (&String, &Value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            Value::Null => Ok((key.clone(), String::new())),
            other => Err(self.wrong(name, other, "string")),
        };
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(entries)) => entries.iter().map(read).collect::<Result<_, _>>().map(Some),
            Some(other) => Err(self.wrong(name, other, "map[string]string")),
        }
    }

    fn wrong(&self, field: &str, value: &Value, wanted: &'static str) -> BodyError {
        BodyError::Field { found: kind(value), owner: self.name, field: field.to_owned(), wanted }
    }

    /// A list of objects, under the name that errors give each of them. *Empty*: absent.
    ///
    /// # Errors
    /// It is something else.
    pub fn objects(&self, name: &str, item: &'static str) -> Result<Vec<Self>, BodyError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.iter().cloned().map(|value| Self::of(value).map(|body| body.named(item))).collect()
            }
            Some(other) => Err(self.wrong(name, other, "[]struct")),
        }
    }
}

/// What Go's decoder calls a value.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Names the letter that a parser stumbled over.
fn syntax(bytes: &[u8], error: &serde_json::Error) -> String {
    let line = bytes.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let letter = line.get(error.column().saturating_sub(1)).copied().unwrap_or_default();
    let is_first = bytes.trim_ascii_start().first() == Some(&letter) && error.column() <= 1;
    let context = if is_first { "looking for beginning of value" } else { "after top-level value" };
    format!("invalid character '{}' {context}", char::from(letter))
}

#[cfg(test)]
mod tests {
    use super::Body;

    fn error(text: &str) -> String {
        Body::parse(text.as_bytes()).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_in_known_words() {
        assert_eq!(
            ["", "{", "x", "[]"].map(error),
            [
                "EOF",
                "unexpected EOF",
                "invalid character 'x' looking for beginning of value",
                "json: cannot unmarshal array into Go value of type struct",
            ]
        );
    }

    #[test]
    fn fields_match_whatever_their_case_and_what_follows_the_object_is_ignored() {
        let body = Body::parse(br#"{"Action": "start", "services": null, "more": 1} trailing"#).unwrap();
        assert_eq!((body.text("action"), body.texts("services")), (Ok("start".to_owned()), Ok(Vec::new())));
        let wrong = body.text("more").map_err(|error| error.to_string());
        assert_eq!(wrong, Err("json: cannot unmarshal number into Go struct field .more of type string".to_owned()));
    }
}
