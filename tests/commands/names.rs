//! The options, actions and endpoints that commands name, against what each charm declares.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use stage::charm::{Charm, Opt};

use crate::{
    grammar::Command,
    sources::{files, top},
};

/// The charm of this project, which a word to be filled in names, too.
const OWN: &str = "discourse-k8s";

/// What is known of charms, by name.
pub struct Charms(BTreeMap<String, Charm>);

impl Charms {
    /// This project's charm, and those that `tests/docs/charms` records.
    pub fn read() -> Self {
        let recorded = files("tests/docs/charms", "yaml").into_iter().map(|path| recorded(&path));
        let all = recorded.chain([Charm::at(top()).unwrap()]);
        Self(all.map(|charm| (charm.name.clone(), charm)).collect())
    }

    /// What a command names that its charm does not have.
    ///
    /// *Empty*: also if the command cannot be taken apart, or its charm is not known.
    pub fn offences(&self, command: &str) -> Vec<String> {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let Ok(command) = Command::parse(&words) else { return Vec::new() };
        let Some((first, rest)) = command.arguments.split_first() else { return Vec::new() };
        match command.name.as_str() {
            "config" | "deploy" => self.options(first, &settings(&command, rest)),
            "run" => rest.split_first().map(|(action, given)| self.action(first, action, given)).unwrap_or_default(),
            "integrate" | "remove-relation" | "offer" => {
                command.arguments.iter().flat_map(|end| self.endpoint(end)).collect()
            }
            "show-unit" => {
                command.option(&["endpoint"]).map(|name| self.endpoint(&format!("{first}:{name}"))).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The charm of an application or a unit, if it bears the charm's name.
    fn charm(&self, place: &str) -> Option<&Charm> {
        let application = place.split('/').next().unwrap_or(place);
        self.0.get(if application == "any" { OWN } else { application })
    }

    fn options(&self, application: &str, settings: &[String]) -> Vec<String> {
        let Some(charm) = self.charm(application) else { return Vec::new() };
        settings.iter().filter_map(|setting| offending_option(charm, setting)).collect()
    }

    fn action(&self, unit: &str, action: &str, given: &[String]) -> Vec<String> {
        let Some(charm) = self.charm(unit) else { return Vec::new() };
        let Some(spec) = charm.actions.get(action) else {
            return vec![format!("{} has no action {action}", charm.name)];
        };
        let names = given.iter().map(|parameter| parameter.split('=').next().unwrap_or_default());
        let unknown = names.filter(|name| !spec.params.contains_key(*name));
        unknown.map(|name| format!("{action} of {} has no parameter {name}", charm.name)).collect()
    }

    fn endpoint(&self, end: &str) -> Vec<String> {
        let Some((application, endpoint)) = end.split_once(':') else { return Vec::new() };
        let Some(charm) = self.charm(application) else { return Vec::new() };
        let is_known = endpoint == "any" || charm.endpoints.contains_key(endpoint);
        if is_known { Vec::new() } else { vec![format!("{} has no endpoint {endpoint}", charm.name)] }
    }
}

/// A record has the form of a unified `charmcraft.yaml`.
fn recorded(path: &Path) -> Charm {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(path, folder.path().join("charmcraft.yaml")).unwrap();
    Charm::at(folder.path()).unwrap()
}

/// The settings of `config`, with those that it resets, or of `deploy`.
fn settings(command: &Command, arguments: &[String]) -> Vec<String> {
    let given = command.options.iter().filter(|(name, _)| name == "config").map(|(_, value)| value.clone());
    let reset = command.option(&["reset"]).into_iter().flat_map(|names| names.split(',')).map(str::to_owned);
    let arguments = arguments.iter().filter(|_| command.name == "config").cloned();
    arguments.chain(given).chain(reset).collect()
}

fn offending_option(charm: &Charm, setting: &str) -> Option<String> {
    let (name, value) = setting.split_once('=').map_or((setting, None), |(name, value)| (name, Some(value)));
    match charm.options.get(name) {
        None if name == "any" => None,
        None => Some(format!("{} has no option {name}", charm.name)),
        Some(option) => {
            let wrong = value.filter(|value| !is_of(option, value))?;
            Some(format!("{name} of {} is of type {}, which {wrong} is not", charm.name, option.kind))
        }
    }
}

fn is_of(option: &Opt, value: &str) -> bool {
    let is_filled_in = ["any", "..."].contains(&value);
    let parsed: Value = serde_yaml::from_str(value).unwrap_or_default();
    is_filled_in
        || match option.kind.as_str() {
            "int" => parsed.is_i64(),
            "float" => parsed.is_number(),
            "boolean" => parsed.is_boolean(),
            "secret" => value.starts_with("secret:"),
            _ => true,
        }
}
