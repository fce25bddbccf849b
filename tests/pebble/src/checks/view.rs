//! Checks as clients see them.

use super::{CheckState, Checks};
use crate::plan::Level;
use serde_json::{Map, Value, json};

impl Checks {
    /// The checks of a level and with these names; without either, all.
    #[must_use]
    pub fn list(&self, level: &Level, names: &[String]) -> Value {
        let of_level = |state: &CheckState| *level == Level::Unset || state.level == *level;
        let found = self.by_name.iter().filter(|(name, state)| of_level(state) && is_named(names, name));
        found.map(|(name, state)| view(name, state)).collect()
    }

    /// Whether none of the checks that count is down; checks that are alive count for readiness, too.
    #[must_use]
    pub fn are_healthy(&self, level: &Level, names: &[String]) -> bool {
        let counts = |state: &CheckState| {
            *level == Level::Unset || state.level == *level || (*level == Level::Ready && state.level == Level::Alive)
        };
        !self.by_name.iter().any(|(name, state)| counts(state) && is_named(names, name) && state.is_down())
    }
}

/// One check.
#[must_use]
pub fn view(name: &str, state: &CheckState) -> Value {
    let status = match state.change {
        None => "inactive",
        Some(_) if state.is_down() => "down",
        Some(_) => "up",
    };
    let mut view = Map::new();
    view.insert("name".to_owned(), json!(name));
    if state.level != Level::Unset {
        view.insert("level".to_owned(), json!(state.level.word()));
    }
    view.insert("startup".to_owned(), json!(if state.is_enabled { "enabled" } else { "disabled" }));
    view.insert("status".to_owned(), json!(status));
    view.insert("successes".to_owned(), json!(state.successes));
    if state.failures > 0 {
        view.insert("failures".to_owned(), json!(state.failures));
    }
    view.insert("threshold".to_owned(), json!(state.threshold));
    if let Some(change) = state.change {
        view.insert("change-id".to_owned(), json!(change.to_string()));
    }
    Value::Object(view)
}

fn is_named(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|wanted| wanted == name)
}
