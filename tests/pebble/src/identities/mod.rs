//! Identities: which users may do what, beyond the rule that root and Pebble's own user may do all.

pub mod file;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why identities are refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// One of them is invalid by itself.
    #[error("cannot decode request body: {0}")]
    Invalid(String),
    /// The action does not fit, or the whole would be invalid.
    #[error("{0}")]
    Refused(String),
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Everything.
    Admin,
    /// Read.
    Read,
    /// Read metrics.
    Metrics,
    /// Nothing that is not open to all.
    Untrusted,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What they may do.
    pub access: Access,
    /// The local user that they are.
    pub user_id: Option<u32>,
    /// The hash of their password, which the stand-in does not check.
    pub password: Option<String>,
}

/// All identities, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities(pub BTreeMap<String, Identity>);

impl Access {
    fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Read => "read",
            Self::Metrics => "metrics",
            Self::Untrusted => "untrusted",
        }
    }
}

impl Identities {
    /// What a local user may do by their identity; `None` if they have none.
    #[must_use]
    pub fn access_of(&self, uid: u32) -> Option<Access> {
        self.0.values().find(|identity| identity.user_id == Some(uid)).map(|identity| identity.access)
    }

    /// All of them, without secrets.
    #[must_use]
    pub fn view(&self) -> Value {
        let view = |identity: &Identity| {
            let mut view = Map::new();
            view.insert("access".to_owned(), json!(identity.access.word()));
            if let Some(user_id) = identity.user_id {
                view.insert("local".to_owned(), json!({"user-id": user_id}));
            }
            if identity.password.is_some() {
                view.insert("basic".to_owned(), json!({"password": "*****"}));
            }
            Value::Object(view)
        };
        Value::Object(self.0.iter().map(|(name, identity)| (name.clone(), view(identity))).collect())
    }

    /// Adds, updates, replaces or removes identities; all or none.
    ///
    /// # Errors
    /// One of them is invalid, or the action does not fit.
    pub fn change(&mut self, action: &str, given: &Map<String, Value>) -> Result<(), IdentityError> {
        let refuse = |text: String| Err(IdentityError::Refused(text));
        let given = given.iter().map(|(name, value)| read(name, value).map(|identity| (name.clone(), identity)));
        let given: BTreeMap<String, Option<Identity>> = given.collect::<Result<_, _>>()?;
        let wants_null = action == "remove";
        if matches!(action, "add" | "update" | "remove")
            && let Some((name, _)) = given.iter().find(|(_, identity)| identity.is_none() != wants_null)
        {
            let must = if wants_null { "must" } else { "must not" };
            return refuse(format!("identity value for {name:?} {must} be null for {action} operation"));
        }
        let known = |is_known: bool| {
            let names = given.keys().filter(|name| self.0.contains_key(*name) == is_known);
            names.map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        match action {
            "add" if !known(true).is_empty() => return refuse(format!("identities already exist: {}", known(true))),
            "update" | "remove" if !known(false).is_empty() => {
                return refuse(format!("identities do not exist: {}", known(false)));
            }
            "add" | "update" | "remove" | "replace" => {}
            other => {
                let words = "must be \"add\", \"update\", \"replace\", or \"remove\"";
                return refuse(format!("invalid action {other:?}, {words}"));
            }
        }
        let mut new = self.clone();
        for (name, identity) in given {
            match identity {
                Some(identity) => new.0.insert(name, identity),
                None => new.0.remove(&name),
            };
        }
        new.check_unique()?;
        *self = new;
        Ok(())
    }

    fn check_unique(&self) -> Result<(), IdentityError> {
        let mut names: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for (name, identity) in &self.0 {
            if let Some(user_id) = identity.user_id {
                names.entry(user_id).or_default().push(name);
            }
        }
        match names.into_iter().find(|(_, names)| names.len() > 1) {
            None => Ok(()),
            Some((user_id, names)) => Err(IdentityError::Refused(format!(
                "cannot have multiple identities with user ID {user_id} ({})",
                names.join(", ")
            ))),
        }
    }
}

/// Reads one identity; null is none.
fn read(name: &str, value: &Value) -> Result<Option<Identity>, IdentityError> {
    let invalid = |cause: &str| IdentityError::Invalid(cause.to_owned());
    if value.is_null() {
        return Ok(None);
    }
    let access = match value.get("access").and_then(Value::as_str).unwrap_or_default() {
        "admin" => Access::Admin,
        "read" => Access::Read,
        "metrics" => Access::Metrics,
        "untrusted" => Access::Untrusted,
        "" => {
            return Err(invalid("access value must be specified (\"admin\", \"read\", \"metrics\", or \"untrusted\")"));
        }
        other => {
            let words = "must be \"admin\", \"read\", \"metrics\", or \"untrusted\"";
            return Err(invalid(&format!("invalid access value {other:?}, {words}")));
        }
    };
    let local = value.get("local").filter(|local| !local.is_null());
    let user_id = local.map(|local| {
        let number = local.get("user-id").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| invalid("local identity must specify user-id"))
    });
    let user_id = user_id.transpose()?;
    let basic = value.get("basic").filter(|basic| !basic.is_null());
    let password = basic.map(|basic| basic.get("password").and_then(Value::as_str).unwrap_or_default().to_owned());
    if password.as_ref().is_some_and(String::is_empty) {
        return Err(invalid("basic identity must specify password (hashed)"));
    }
    if user_id.is_none() && password.is_none() {
        return Err(invalid("identity must have at least one type (\"local\", \"basic\", or \"cert\")"));
    }
    if !is_name(name) {
        let rule =
            "must start with an alphabetic character and only contain alphanumeric characters, underscore, and hyphen";
        let cause = format!("identity {name:?} invalid: identity name \"\" invalid: {rule}");
        return Err(IdentityError::Refused(cause));
    }
    Ok(Some(Identity { access, user_id, password }))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
}
