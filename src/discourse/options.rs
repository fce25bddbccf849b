//! The options of the charm: the same table as in `config.yaml`, and the values from Juju.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::address::without_blanks;

/// The type of an option, and its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; white space around it has no meaning.
    Text(&'static str),
    /// A password or a key, empty by default; only line breaks at its end have no meaning.
    Password,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// The URI of a user secret; unset by default.
    Secret,
}

/// Every option with its type and default.
pub const OPTIONS: [(&str, Kind); 34] = [
    ("augment_cors_origin", Kind::Boolean(true)),
    ("cors_origin", Kind::Text("")),
    ("developer_emails", Kind::Text("")),
    ("enable_cors", Kind::Boolean(true)),
    ("external_hostname", Kind::Text("")),
    ("force_https", Kind::Boolean(false)),
    ("force_saml_login", Kind::Boolean(false)),
    ("max_category_nesting", Kind::Number(2)),
    ("saml_sync_groups", Kind::Text("")),
    ("smtp_address", Kind::Text("")),
    ("smtp_authentication", Kind::Text("none")),
    ("smtp_credentials", Kind::Secret),
    ("smtp_domain", Kind::Text("")),
    ("smtp_enable_start_tls", Kind::Text("true")),
    ("smtp_force_tls", Kind::Text("false")),
    ("smtp_openssl_verify_mode", Kind::Text("none")),
    ("smtp_password", Kind::Password),
    ("smtp_port", Kind::Number(587)),
    ("smtp_username", Kind::Text("")),
    ("s3_access_key_id", Kind::Text("")),
    ("s3_backup_bucket", Kind::Text("")),
    ("s3_bucket", Kind::Text("")),
    ("s3_cdn_url", Kind::Text("")),
    ("s3_credentials", Kind::Secret),
    ("s3_enabled", Kind::Boolean(false)),
    ("s3_endpoint", Kind::Text("https://s3.amazonaws.com")),
    ("s3_region", Kind::Text("")),
    ("s3_secret_access_key", Kind::Password),
    ("s3_install_cors_rule", Kind::Boolean(true)),
    ("throttle_level", Kind::Text("none")),
    ("sidekiq_max_memory", Kind::Number(1000)),
    ("sidekiq_as_service", Kind::Boolean(false)),
    ("sidekiq_concurrency", Kind::Number(5)),
    ("web_workers", Kind::Number(3)),
];

/// The values of options as Juju returns them, not yet checked.
///
/// *Empty*: an option that Juju does not return has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawOptions(BTreeMap<String, Value>);

/// An option whose value has the wrong type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option} must be {expected}")]
pub struct WrongType {
    /// The option.
    pub option: &'static str,
    /// The type that it must have.
    pub expected: &'static str,
    /// The default, which applies until it is corrected.
    pub default: Kind,
}

impl RawOptions {
    /// The value of an option that is text, a password or the URI of a secret, without what a file leaves around it.
    ///
    /// # Errors
    /// [`WrongType`] if it has another type, or contains a NUL character, which no environment variable can.
    pub fn text(&self, option: &'static str) -> Result<String, WrongType> {
        let default = default(option);
        let wrong = |expected| WrongType { option, expected, default };
        match self.0.get(option) {
            None | Some(Value::Null) => Ok(default.text()),
            Some(Value::String(text)) if text.contains('\0') => Err(wrong("text without NUL characters")),
            Some(Value::String(text)) if default == Kind::Password => Ok(without_final_line_breaks(text).to_owned()),
            Some(Value::String(text)) => Ok(without_blanks(text).to_owned()),
            Some(_) => Err(wrong("text")),
        }
    }

    /// Whether an option is set to any text, even a blank one.
    #[must_use]
    pub fn is_given(&self, option: &'static str) -> bool {
        self.0.get(option).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    }

    /// Whether an option asks for something else than its default; white space does not count, and a text without any other asks for
    /// nothing.
    #[must_use]
    pub fn is_changed(&self, option: &'static str) -> bool {
        let default = default(option);
        match (self.0.get(option), default) {
            (None | Some(Value::Null), _) => false,
            (Some(Value::String(text)), _) => !["", default.text().as_str()].contains(&without_blanks(text)),
            (Some(value), Kind::Boolean(truth)) => value.as_bool() != Some(truth),
            (Some(value), _) => value.as_i64() != Some(default.number()),
        }
    }

    /// The value of an option that is true or false.
    ///
    /// # Errors
    /// [`WrongType`] if it has another type.
    pub fn boolean(&self, option: &'static str) -> Result<bool, WrongType> {
        let default = default(option);
        match self.0.get(option) {
            None | Some(Value::Null) => Ok(default.boolean()),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(_) => Err(WrongType { option, expected: "true or false", default }),
        }
    }

    /// The value of an option that is a whole number.
    ///
    /// # Errors
    /// [`WrongType`] if it has another type.
    pub fn number(&self, option: &'static str) -> Result<i64, WrongType> {
        let default = default(option);
        match self.0.get(option) {
            None | Some(Value::Null) => Ok(default.number()),
            Some(value) => value.as_i64().ok_or(WrongType { option, expected: "a whole number", default }),
        }
    }
}

#[cfg(test)]
impl RawOptions {
    /// These options with another value.
    #[must_use]
    pub(crate) fn with(mut self, option: &str, value: Value) -> Self {
        self.0.insert(option.to_owned(), value);
        self
    }
}

impl Kind {
    /// The default as text.
    ///
    /// *Empty*: the default is empty, or the option is not text.
    #[must_use]
    pub fn text(self) -> String {
        if let Self::Text(text) = self { text.to_owned() } else { String::new() }
    }

    /// The default of an option that is true or false.
    #[must_use]
    pub fn boolean(self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    /// The default of an option that is a number.
    #[must_use]
    pub fn number(self) -> i64 {
        if let Self::Number(number) = self { number } else { 0 }
    }
}

/// A password or key from a file without the line breaks at its end; blanks may be part of it.
#[must_use]
pub fn without_final_line_breaks(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

/// The entry of an option in the table.
fn default(option: &str) -> Kind {
    let found = OPTIONS.iter().find(|(name, _)| *name == option);
    debug_assert!(found.is_some(), "{option} is not in the table of options");
    found.map_or(Kind::Secret, |(_, kind)| *kind)
}

impl FromIterator<(String, Value)> for RawOptions {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Value> {
        let file: Value = serde_yaml::from_str(include_str!("../../config.yaml")).unwrap();
        let options = file["options"].as_object().unwrap();
        options
            .iter()
            .map(|(name, option)| (name.clone(), serde_json::json!([option["type"], option["default"]])))
            .collect()
    }

    #[test]
    fn the_table_and_config_yaml_declare_the_same_options_types_and_defaults() {
        let known = OPTIONS.map(|(name, kind)| {
            let declaration = match kind {
                Kind::Text(text) => serde_json::json!(["string", text]),
                Kind::Password => serde_json::json!(["string", ""]),
                Kind::Boolean(value) => serde_json::json!(["boolean", value]),
                Kind::Number(number) => serde_json::json!(["int", number]),
                Kind::Secret => serde_json::json!(["secret", null]),
            };
            (name.to_owned(), declaration)
        });
        assert_eq!(BTreeMap::from(known), declared());
    }

    #[test]
    fn an_option_without_a_value_has_its_default() {
        let options: RawOptions = [("smtp_port".to_owned(), Value::Null)].into_iter().collect();
        assert_eq!(options.number("smtp_port"), Ok(587));
        assert_eq!(options.text("s3_endpoint").as_deref(), Ok("https://s3.amazonaws.com"));
        assert_eq!(options.boolean("enable_cors"), Ok(true));
        assert_eq!(options.text("smtp_credentials").as_deref(), Ok(""));
    }

    #[test]
    fn white_space_around_a_text_is_cut_off_and_of_a_password_only_line_breaks_at_its_end() {
        for (option, kind) in OPTIONS {
            let given = "\u{feff}\t a b \r\n\n";
            let options: RawOptions = [(option.to_owned(), Value::from(given))].into_iter().collect();
            let expected = match kind {
                Kind::Text(_) | Kind::Secret => "a b",
                Kind::Password => "\u{feff}\t a b ",
                Kind::Boolean(_) | Kind::Number(_) => continue,
            };
            assert_eq!(options.text(option).as_deref(), Ok(expected), "{option}");
        }
    }

    #[test]
    fn an_option_is_changed_once_it_has_another_value_than_its_default() {
        for (option, values, is_changed) in [
            ("smtp_port", [Value::Null, Value::from(587)], false),
            ("smtp_authentication", [Value::from("none"), Value::from(" none\n")], false),
            ("enable_cors", [Value::Null, Value::from(true)], false),
            ("smtp_port", [Value::from(0), Value::from(25)], true),
            ("smtp_credentials", [Value::from("secret:a"), Value::from("secret:b")], true),
            ("smtp_address", [Value::from("a"), Value::from(7)], true),
            ("enable_cors", [Value::from(false), Value::from("true")], true),
        ] {
            for value in values {
                let options: RawOptions = [(option.to_owned(), value.clone())].into_iter().collect();
                assert_eq!(options.is_changed(option), is_changed, "{option} {value}");
            }
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_rejected_by_name() {
        let options: RawOptions = [("smtp_port".to_owned(), Value::from("many"))].into_iter().collect();
        assert_eq!(options.number("smtp_port").unwrap_err().to_string(), "smtp_port must be a whole number");
        let options: RawOptions = [("smtp_domain".to_owned(), Value::from("a\0b"))].into_iter().collect();
        assert_eq!(
            options.text("smtp_domain").unwrap_err().to_string(),
            "smtp_domain must be text without NUL characters"
        );
    }
}
