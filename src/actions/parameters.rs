//! The parameters of an action.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::Failure;

/// *Units*: bytes. *Source*: RFC 5321, the path of 256 without its angle brackets.
const LONGEST_EMAIL: usize = 254;

/// Parameters as Juju gives them.
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Parameters by name.
    pub fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// An address with something on both sides of the sign; Discourse checks the rest.
    pub fn email(&self, name: &str) -> Result<String, Failure> {
        let text = self.text(name)?;
        let email = text.trim();
        let has_both = email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let is_address = has_both && email.len() <= LONGEST_EMAIL && !email.contains(is_blank);
        let wrong = || Failure(format!("the parameter {name} is not an e-mail address"));
        is_address.then(|| email.to_owned()).ok_or_else(wrong)
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Err(Failure(format!("the parameter {name} is missing: {name}=..."))),
            Some(Value::String(text)) if text.trim().is_empty() => {
                Err(Failure(format!("the parameter {name} is empty")))
            }
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(Failure(format!("the parameter {name} is not text: quote it twice, {name}='\"...\"'"))),
        }
    }

    /// A text that may be missing.
    ///
    /// *Empty*: it is missing, or has no characters.
    pub fn optional(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(_) => self.text(name).map(Some),
        }
    }

    /// A text that must be there and may have no characters.
    pub fn raw_text(&self, name: &str) -> Result<String, Failure> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => self.text(name),
        }
    }

    /// A whole number within a range.
    pub fn integer(&self, name: &str, default: i64, range: RangeInclusive<i64>) -> Result<i64, Failure> {
        let (least, most) = (range.start(), range.end());
        let wrong = || Failure(format!("the parameter {name} must be a whole number from {least} to {most}"));
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value.as_i64().filter(|number| range.contains(number)).ok_or_else(wrong),
        }
    }

    /// A text out of a few; the first one is the default.
    pub fn choice(&self, name: &str, words: &[&'static str]) -> Result<&'static str, Failure> {
        let wrong = || Failure(format!("the parameter {name} must be {}", words.join(" or ")));
        match self.0.get(name) {
            None | Some(Value::Null) => words.first().copied().ok_or_else(wrong),
            Some(Value::String(text)) => words.iter().copied().find(|word| word == text).ok_or_else(wrong),
            Some(_) => Err(wrong()),
        }
    }

    /// True or false.
    pub fn boolean(&self, name: &str, default: bool) -> Result<bool, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(_) => Err(Failure(format!("the parameter {name} must be true or false"))),
        }
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parameters(values: &Value) -> Parameters {
        Parameters::new(values.as_object().unwrap().clone())
    }

    #[test]
    fn an_email_must_be_text_with_a_sign() {
        for (values, message) in [
            (json!({}), "the parameter email is missing: email=..."),
            (json!({"email": null}), "the parameter email is missing: email=..."),
            (json!({"email": ""}), "the parameter email is empty"),
            (json!({"email": 5}), "the parameter email is not text: quote it twice, email='\"...\"'"),
            (json!({"email": "jane"}), "the parameter email is not an e-mail address"),
        ] {
            assert_eq!(parameters(&values).email("email"), Err(Failure(message.to_owned())));
        }
        assert_eq!(parameters(&json!({"email": " a@b.c\n"})).email("email"), Ok("a@b.c".to_owned()));
    }

    #[test]
    fn an_email_has_no_blanks_inside_and_254_bytes_at_most() {
        let email = |text: String| parameters(&json!({"email": text})).email("email").is_ok();
        assert!(email(format!("{}@b.c", "a".repeat(250))));
        assert!(!email(format!("{}@b.c", "a".repeat(251))));
        assert!(!["a b@c.d", "a@b\nc.d", "a\0@b.c", "a@\u{1b}[31m"].into_iter().any(|text| email(text.to_owned())));
    }

    #[test]
    fn a_number_is_whole_and_within_its_range() {
        let given = parameters(&json!({"few": -1, "half": 1.5, "word": "3", "fit": 600}));
        let wrong = |name: &str| Failure(format!("the parameter {name} must be a whole number from 0 to 600"));
        for name in ["few", "half", "word"] {
            assert_eq!(given.integer(name, 45, 0..=600), Err(wrong(name)));
        }
        assert_eq!((given.integer("fit", 45, 0..=600), given.integer("none", 45, 0..=600)), (Ok(600), Ok(45)));
    }

    #[test]
    fn an_optional_may_be_missing_but_not_blank() {
        let username = |values: &Value| parameters(values).optional("username");
        assert_eq!([username(&json!({})), username(&json!({"username": null}))], [Ok(None), Ok(None)]);
        assert_eq!(username(&json!({"username": "jane"})), Ok(Some("jane".to_owned())));
        assert_eq!(username(&json!({"username": " "})), Err(Failure("the parameter username is empty".to_owned())));
    }

    #[test]
    fn a_boolean_and_a_choice_have_defaults() {
        let given = parameters(&json!({"admin": "yes", "format": "xml"}));
        let failure = |text: &str| Failure(text.to_owned());
        assert_eq!(given.boolean("admin", false), Err(failure("the parameter admin must be true or false")));
        assert_eq!(given.boolean("active", true), Ok(true));
        let choice = given.choice("format", &["text", "json"]);
        assert_eq!(choice, Err(failure("the parameter format must be text or json")));
        assert_eq!(parameters(&json!({})).choice("format", &["text", "json"]), Ok("text"));
    }
}
