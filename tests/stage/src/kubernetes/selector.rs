//! Which objects of a kind are asked for, by their labels and fields.
//!
//! *Source*: Kubernetes documentation, "Labels and Selectors" and "Field Selectors".

use serde_json::Value;
use std::collections::BTreeMap;

/// Whether an object fits `labelSelector` and `fieldSelector`.
pub(super) fn fits(object: &Value, options: &BTreeMap<String, String>) -> bool {
    let label = |key: &str| object.get("metadata")?.get("labels")?.get(key)?.as_str().map(str::to_owned);
    let field = |path: &str| {
        let found = path.split('.').try_fold(object, |value, part| value.get(part));
        found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let text = |name: &str| options.get(name).map(String::as_str).unwrap_or_default();
    terms(text("labelSelector")).iter().all(|term| holds(term, label))
        && terms(text("fieldSelector")).iter().all(|term| holds(term, |path| Some(field(path).unwrap_or_default())))
}

/// The parts between commas that do not stand in parentheses.
fn terms(selector: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut depth = 0;
    for letter in selector.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(letter);
        }
    }
    terms.into_iter().map(|term| term.trim().to_owned()).filter(|term| !term.is_empty()).collect()
}

fn holds(term: &str, found: impl Fn(&str) -> Option<String>) -> bool {
    let one_of = |list: &str, value: Option<String>| {
        let list = list.trim_matches(['(', ')', ' ']);
        value.is_some_and(|value| list.split(',').any(|choice| choice.trim() == value))
    };
    if let Some((key, list)) = term.split_once(" notin ") {
        return !one_of(list, found(key.trim()));
    }
    if let Some((key, list)) = term.split_once(" in ") {
        return one_of(list, found(key.trim()));
    }
    if let Some((key, value)) = term.split_once("!=") {
        return found(key.trim()).as_deref() != Some(value.trim());
    }
    if let Some((key, value)) = term.split_once('=') {
        return found(key.trim()).as_deref() == Some(value.trim_start_matches('=').trim());
    }
    match term.strip_prefix('!') {
        Some(key) => found(key.trim()).is_none(),
        None => found(term).is_some(),
    }
}
