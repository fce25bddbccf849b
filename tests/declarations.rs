//! What the project says of itself: `metadata.yaml`, `config.yaml` and `actions.yaml`, which `juju info`, `juju config` and
//! `juju actions` show as they are, the changelog, and the crates.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a file that cannot be read fails its test")]

use std::{fs, path::Path, process::Command};

use serde_json::{Map, Value};

/// The roles of endpoints, as `metadata.yaml` calls them.
const ROLES: [&str; 3] = ["provides", "requires", "peers"];

/// What only a reader of the sources understands.
const OF_SOURCES: [&str; 6] = ["`", ".md", ".yaml", "docs/", "src/", "discourse_rock"];

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn declared(file: &str) -> Map<String, Value> {
    serde_yaml::from_str(&text(file)).unwrap()
}

/// The entries of a section, each with its name.
fn entries(section: &Value, place: &str) -> Vec<(String, Value)> {
    let entries = section.as_object().into_iter().flatten();
    entries.map(|(name, entry)| (format!("{place} {name}"), entry.clone())).collect()
}

fn endpoints() -> Vec<(String, Value)> {
    let metadata = declared("metadata.yaml");
    ROLES.into_iter().flat_map(|role| entries(&metadata[role], role)).collect()
}

/// Everything that must have a description, each with its place.
fn described() -> Vec<(String, Value)> {
    let resources = entries(&declared("metadata.yaml")["resources"], "resource");
    let options = entries(&declared("config.yaml")["options"], "option");
    let actions = entries(&declared("actions.yaml").into(), "action");
    let parameters = actions.iter().flat_map(|(place, action)| entries(&action["params"], place)).collect();
    [endpoints(), resources, options, actions, parameters].concat()
}

/// What is wrong with a description.
fn faults(text: &str) -> Vec<String> {
    let sources = OF_SOURCES.into_iter().filter(|word| text.contains(word)).map(|word| format!("speaks of {word}"));
    let last = (!text.ends_with('.')).then(|| "ends without a full stop".to_owned());
    // A description may begin with the values that it is about.
    let begins_well = text.starts_with(|c: char| c.is_uppercase()) || text.starts_with("true or false: ");
    let first = (!begins_well).then(|| "begins without a capital".to_owned());
    let blank = text.contains("  ").then(|| "has two blanks in a row".to_owned());
    sources.chain(last).chain(first).chain(blank).collect()
}

#[test]
fn everything_that_an_operator_can_name_is_described_in_sentences() {
    let offences = described().into_iter().flat_map(|(place, entry)| {
        let faults = faults(entry["description"].as_str().unwrap_or_default());
        faults.into_iter().map(move |fault| format!("{place} {fault}")).collect::<Vec<_>>()
    });
    assert_eq!(offences.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_text_that_only_a_reader_of_the_sources_understands_is_no_description() {
    let faults = faults("see `docs/x`  now");
    let expected = ["speaks of `", "speaks of docs/", "ends without a full stop", "begins without a capital"];
    assert_eq!(faults, [&expected[..], &["has two blanks in a row"]].concat());
}

#[test]
fn every_endpoint_says_whether_the_charm_can_do_without_it() {
    let silent = endpoints().into_iter().filter(|(_, endpoint)| !endpoint["optional"].is_boolean());
    assert_eq!(silent.map(|(place, _)| place).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_summary_fits_into_a_line_and_the_charm_can_be_found_by_tags() {
    let metadata = declared("metadata.yaml");
    let summary = metadata["summary"].as_str().unwrap();
    assert!(summary.len() < 79 && summary.ends_with('.'), "{summary}");
    let tags: Vec<_> = metadata["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    assert!(tags.is_sorted() && tags.iter().all(|tag| is_name(tag, '-')), "{tags:?}");
}

#[test]
fn options_and_actions_are_named_as_juju_and_charmhub_ask() {
    let options = declared("config.yaml")["options"].as_object().unwrap().clone();
    let odd = options.into_iter().filter(|(name, _)| !is_name(name, '_'));
    let actions = declared("actions.yaml").into_iter().filter(|(name, _)| !is_name(name, '-'));
    assert_eq!(odd.chain(actions).map(|(name, _)| name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_changelog_tells_of_every_option_action_and_endpoint() {
    let changelog = text("CHANGELOG.md");
    let names = described().into_iter().filter(|(place, _)| !place.starts_with("resource"));
    // Parameters of actions stand in the reference.
    let names = names.filter(|(place, _)| place.split(' ').count() == 2);
    let missing =
        names.filter(|(place, _)| !changelog.contains(&format!("`{}`", place.split(' ').next_back().unwrap())));
    assert_eq!(missing.map(|(place, _)| place).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn all_that_the_python_charm_offers_is_still_there() {
    let python = declared("tests/docs/python-charm.yaml");
    let options = entries(&python["config"]["options"], "option");
    let actions = entries(&python["actions"], "action");
    let endpoints = ROLES.into_iter().filter_map(|role| Some(entries(python.get(role)?, role))).flatten();
    let ours: Vec<String> = described().into_iter().map(|(place, _)| place).collect();
    let offered: Vec<String> = options.into_iter().chain(actions).chain(endpoints).map(|(place, _)| place).collect();
    assert!(offered.len() > 35, "{offered:?}");
    assert_eq!(offered.into_iter().filter(|place| !ours.contains(place)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_crate_says_what_it_is_and_under_which_licence() {
    let arguments = ["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let is_filled =
        |it: &Value| !it.is_null() && it.as_str() != Some("") && it.as_array().is_none_or(|list| !list.is_empty());
    let offences = metadata["packages"].as_array().unwrap().iter().flat_map(|package| {
        let name = package["name"].as_str().unwrap();
        let wanted = ["description", "license", "rust_version", "keywords", "categories"];
        let missing = wanted.into_iter().filter(|key| !is_filled(&package[*key]));
        missing.map(move |key| format!("{name} {key}")).collect::<Vec<_>>()
    });
    assert_eq!(offences.collect::<Vec<_>>(), [""; 0]);
    assert_eq!(metadata["packages"].as_array().unwrap().len(), 7);
}

/// Whether a name has small letters, digits and one mark between words, and begins with a letter.
fn is_name(name: &str, mark: char) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.split(mark).all(is_word) && name.starts_with(|c: char| c.is_ascii_lowercase())
}
