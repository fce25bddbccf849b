//! The endpoints, from `metadata.yaml`, the table of endpoints and the code of each.

use std::{collections::BTreeSet, fs};

use discourse_k8s::relations::{ENDPOINTS, Endpoint, Need, Role};
use serde_yaml::Value;

use crate::{
    page::{assert_holds, path, text, yaml},
    sources::{Literals, files},
    table::{code, codes, table},
};

/// The keys of each endpoint.
const KEYS: &str = "tests/documents/keys.yaml";

#[test]
fn the_page_of_integrations_lists_every_endpoint_with_its_keys() {
    let metadata = yaml("metadata.yaml");
    let endpoints = || ENDPOINTS.into_iter().filter(|it| it.role != Role::Peer);
    let heads = ["Endpoint", "Interface", "Side", "Required", "Relations", "Follows"];
    let first = table(heads, endpoints().map(row));
    let keys = yaml(KEYS);
    let second = table(["Endpoint", "Keys read", "Keys written"], endpoints().map(|it| keys_row(it, &keys[it.name])));
    let described = descriptions(&metadata);
    assert_holds("docs/reference/integrations.md", "integrations", &format!("{first}\n{second}{described}"));
}

#[test]
fn the_keys_of_each_endpoint_are_those_in_its_code() {
    let keys = yaml(KEYS);
    for endpoint in ENDPOINTS.into_iter().filter(|it| it.role != Role::Peer) {
        let known = &keys[endpoint.name];
        let own = [endpoint.name.to_owned(), endpoint.interface.to_owned()];
        let listed: BTreeSet<String> =
            ["reads", "writes", "words"].into_iter().flat_map(|kind| words(known, kind)).collect();
        let found: BTreeSet<String> = literals(endpoint).into_iter().filter(|text| is_key(text)).collect();
        let unknown: Vec<_> = found.iter().filter(|word| !listed.contains(*word) && !own.contains(word)).collect();
        let gone: Vec<_> = listed.iter().filter(|word| !found.contains(*word)).collect();
        assert!(
            unknown.is_empty() && gone.is_empty(),
            "{KEYS}, {}: lacks {unknown:?}, has no use for {gone:?}",
            endpoint.name
        );
    }
}

fn row(endpoint: &Endpoint) -> [String; 6] {
    let side = if endpoint.role == Role::Provider { "provides" } else { "requires" };
    let need = match endpoint.need {
        Need::Required(_) => "yes",
        Need::Alternative => "in place of another",
        _ => "no",
    };
    let limit = if endpoint.has_limit { "one" } else { "any number" };
    [
        code(endpoint.name),
        code(endpoint.interface),
        side.to_owned(),
        need.to_owned(),
        limit.to_owned(),
        library(endpoint),
    ]
}

fn keys_row(endpoint: &Endpoint, keys: &Value) -> [String; 3] {
    let listed = |kind: &str| codes(words(keys, kind).iter().map(String::as_str));
    [code(endpoint.name), listed("reads"), listed("writes")]
}

/// What `metadata.yaml` says of each endpoint, where it says something.
fn descriptions(metadata: &Value) -> String {
    let sides = ["provides", "requires"].into_iter().filter_map(|side| metadata[side].as_mapping());
    let described = sides.flatten().filter_map(|(name, it)| Some((name.as_str()?, it["description"].as_str()?)));
    let rows: Vec<_> = described.map(|(name, text)| [code(name), crate::page::one_line(text)]).collect();
    if rows.is_empty() { String::new() } else { format!("\n{}", table(["Endpoint", "Meaning"], rows)) }
}

/// The charm and its public library that an endpoint follows, as the code names them.
fn library(endpoint: &Endpoint) -> String {
    let whole = text(&format!("src/relations/{}.rs", endpoint.name.replace('-', "_")));
    let document =
        whole.lines().take_while(|line| line.starts_with("//!")).map(|line| line.trim_start_matches("//!").trim());
    let document = document.collect::<Vec<_>>().join(" ");
    let (_, source) = document.split_once("*Source*: ").unwrap_or_else(|| panic!("{} names no source", endpoint.name));
    let source = source.trim_end_matches('.').trim_start_matches("charmhub.io/");
    let (charm, library) = source.split_once(", ").unwrap_or_else(|| panic!("{} names no library", endpoint.name));
    format!("{}, {library}", code(charm))
}

fn literals(endpoint: &Endpoint) -> Vec<String> {
    let name = format!("relations/{}", endpoint.name.replace('-', "_"));
    let (file, folder) = (format!("{name}.rs"), name);
    let has_folder = fs::metadata(path("src").join(&folder)).is_ok();
    let places = if has_folder { vec![file.as_str(), folder.as_str()] } else { vec![file.as_str()] };
    files(&places).iter().flat_map(|file| Literals::of(file).texts).collect()
}

/// Whether a text may be a key of a databag.
fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
}

fn words(keys: &Value, kind: &str) -> Vec<String> {
    keys[kind].as_sequence().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
}
