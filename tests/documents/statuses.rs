//! The statuses: every text that the code may show has an entry with its meaning and its remedy.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use crate::{
    page::{assert_holds, text, yaml},
    sources::{Literals, files},
};

/// What each text means.
const ENTRIES: &str = "tests/documents/statuses.yaml";

/// Texts with a blank that are parts of those, or are shown elsewhere.
const OTHERS: &str = "tests/documents/statuses_others.txt";

/// Where texts of statuses are made.
const PLACES: [&str; 22] = [
    "apply/publish.rs",
    "decide/jobs.rs",
    "decide/known.rs",
    "decide/log_targets.rs",
    "decide/option_secrets.rs",
    "decide/peers.rs",
    "decide/preflight.rs",
    "decide/restore.rs",
    "decide/restore/progress.rs",
    "decide/unreadable.rs",
    "decide/warnings.rs",
    "discourse/credentials.rs",
    "discourse/image.rs",
    "discourse/limits.rs",
    "discourse/object_storage.rs",
    "discourse/options.rs",
    "discourse/settings",
    "discourse/settings.rs",
    "juju/error.rs",
    "relations",
    "status",
    "status.rs",
];

/// A text, the kind of its status, what it means, what to do about it, and the names of its blanks.
struct Entry {
    text: String,
    kind: String,
    meaning: String,
    remedy: String,
    names: Vec<String>,
}

#[test]
fn the_page_of_statuses_has_a_heading_for_every_text() {
    let made: String = sections().iter().map(|(title, entries)| section(title, entries)).collect();
    assert_holds("docs/reference/statuses.md", "statuses", &made);
}

#[test]
fn every_text_in_the_code_has_an_entry_and_every_entry_is_in_the_code() {
    let entries: BTreeSet<String> = sections().into_iter().flat_map(|(_, entries)| entries).map(|it| it.text).collect();
    let others: BTreeSet<String> =
        text(OTHERS).lines().filter(|line| !line.starts_with("# ")).map(str::to_owned).collect();
    let found = texts();
    let both: Vec<_> = entries.intersection(&others).collect();
    let listed: BTreeSet<String> = entries.union(&others).cloned().collect();
    let lacking: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(lacking.is_empty(), "{ENTRIES} (or, for a part of another text, {OTHERS}) lacks:\n{lacking:#?}");
    assert!(gone.is_empty() && both.is_empty(), "no longer in the code: {gone:#?}; in both files: {both:#?}");
}

#[test]
fn every_entry_says_what_to_do_and_names_its_blanks() {
    for (_, entries) in sections() {
        for entry in entries {
            let is_whole = entry.meaning.ends_with('.') && !entry.remedy.is_empty();
            assert!(is_whole && entry.text.matches("{}").count() == entry.names.len(), "{}", entry.text);
            assert!(["active", "blocked", "maintenance", "waiting"].contains(&entry.kind.as_str()), "{}", entry.text);
        }
    }
}

/// All texts of several words in the code, with constants in the place of their names.
fn texts() -> BTreeSet<String> {
    let files: Vec<Literals> = files(&PLACES).iter().map(|file| Literals::of(file)).collect();
    let all: BTreeMap<String, String> =
        files.iter().flat_map(Literals::constants).map(|(name, it)| (name.clone(), it.clone())).collect();
    let texts = files.iter().flat_map(|file| file.texts.iter().map(|text| file.filled(text, &all)));
    texts.map(|text| text.trim().replace('\n', " ")).filter(|text| text.contains(' ')).collect()
}

fn sections() -> Vec<(String, Vec<Entry>)> {
    let whole = yaml(ENTRIES);
    let sections = whole.as_mapping().unwrap().iter();
    let read = |entries: &Value| entries.as_sequence().unwrap().iter().map(entry).collect();
    sections.map(|(title, entries)| (title.as_str().unwrap().to_owned(), read(entries))).collect()
}

fn entry(value: &Value) -> Entry {
    let word = |index: usize| value[index].as_str().unwrap_or_default().to_owned();
    let names = value[4].as_sequence().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
    Entry { kind: word(0), text: word(1), meaning: word(2), remedy: word(3), names: names.collect() }
}

fn section(title: &str, entries: &[Entry]) -> String {
    let entries = entries.iter().map(|it| {
        format!("### `{}`\n\n*{}.* {}\n\n{}\n\n", shown(&it.text, &it.names), it.kind, it.meaning, it.remedy)
    });
    format!("## {title}\n\n{}", entries.collect::<String>())
}

/// The text with what is filled in between angle brackets.
fn shown(text: &str, names: &[String]) -> String {
    let text = names.iter().fold(text.to_owned(), |text, name| text.replacen("{}", &format!("<{name}>"), 1));
    text.replace('{', "<").replace('}', ">")
}
