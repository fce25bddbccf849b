//! The walls between the rooms of `src/`, its top-level modules: which room may name what.
//!
//! The lists of `clippy.toml` restrict types and functions of the outside; these tests restrict modules and crates. Neither holds
//! for code that is compiled for tests alone.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a file that cannot be read fails its test")]

#[path = "sources/names.rs"]
mod names;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use sources::{Name, Source, assert_none, module, production};
use syn::{Attribute, visit::Visit};

/// Rooms that may wait for the outside. All others are pure: no IO, no clock, no randomness.
const ASYNC_ROOMS: [&str; 12] = [
    "main",
    "charm",
    "reconcile",
    "clients",
    "observe",
    "apply",
    "actions",
    "workload",
    "telemetry",
    "juju",
    "pebble",
    "log",
];

/// Names, each with the only rooms that may use it.
const RESTRICTED: [(&str, &[&str]); 8] = [
    ("async", &ASYNC_ROOMS),
    ("tokio", &ASYNC_ROOMS),
    ("crate::juju::Tools", &ASYNC_ROOMS),
    ("crate::pebble::Pebble", &ASYNC_ROOMS),
    ("hyper", &["pebble", "telemetry"]),
    ("reqwest", &["pebble", "telemetry"]),
    ("tokio_tungstenite", &["pebble"]),
    ("rand", &["actions", "apply", "telemetry"]),
];

/// Rooms that know nothing of Discourse, each with the only rooms that it may name.
const ALLOWED_IMPORTS: [(&str, &[&str]); 6] = [
    ("digest", &[]),
    ("excerpt", &["secret"]),
    ("juju", &["excerpt", "secret"]),
    ("observability", &[]),
    ("pebble", &["excerpt", "juju", "secret"]),
    ("secret", &[]),
];

/// Rooms that touch the outside, and so may expect the lints that `clippy.toml` lists types and functions for.
const IO_ROOMS: [&str; 3] = ["juju", "pebble", "telemetry"];

#[test]
fn restricted_names_are_used_in_their_rooms_only() {
    assert_none(&offences(|room, name| {
        let wall = RESTRICTED.iter().find(|(wall, rooms)| covers(wall, name) && !rooms.contains(&room));
        wall.map(|(_, rooms)| format!("may be used in {} only", rooms.join(", ")))
    }));
}

#[test]
fn rooms_that_know_nothing_of_discourse_name_none_that_do() {
    assert_none(&offences(|room, name| {
        let (_, allowed) = ALLOWED_IMPORTS.iter().find(|(one, _)| *one == room)?;
        let other = room_of(name).filter(|other| *other != room && !allowed.contains(other))?;
        Some(format!("is in {other}, which {room} may not depend on"))
    }));
}

#[test]
fn rooms_do_not_name_each_other_in_a_circle() {
    let circles = circles(&arrows());
    assert_none(&offences(|room, name| {
        let other = room_of(name)?;
        circles
            .contains(&(room.to_owned(), other.to_owned()))
            .then(|| format!("closes a circle: {other} needs {room}, too"))
    }));
}

#[test]
fn only_rooms_that_touch_the_outside_expect_the_lints_against_it() {
    let is_closed = |source: &Source| room(source).is_some_and(|room| !IO_ROOMS.contains(&room.as_str()));
    let opened = production().into_iter().filter(|source| is_closed(source) && has_exception(source));
    assert_none(
        &opened.map(|source| format!("{}: not one of {IO_ROOMS:?}", source.path.display())).collect::<Vec<_>>(),
    );
}

#[test]
fn the_charm_denies_what_clippy_toml_lists() {
    let root = production().into_iter().find(|source| source.path.ends_with("lib.rs")).unwrap();
    assert!(root.syntax.attrs.iter().any(|attribute| is_level(attribute, &["deny"])), "{}", root.path.display());
}

#[test]
fn a_name_in_a_comment_a_text_or_a_test_is_not_used() {
    let text =
        "//! reqwest::Client\n#[cfg(test)]\nmod tests { use reqwest::Client; }\nconst A: &str = \"reqwest::Client\";";
    assert_eq!(used_in(text), BTreeSet::from(["str".to_owned()]));
}

#[test]
fn names_are_spelled_out_whatever_they_are_imported_as() {
    let text =
        "use crate::{juju, pebble::*};\nfn f(a: super::x::Y) { join!(juju::Tools::new(), z::g()) }\nuse self::h as z;";
    let spelled = ["crate::decide::forward::h", "crate::decide::forward::h::g", "crate::decide::x::Y", "crate::juju"];
    let macros = ["crate::juju::Tools::new", "crate::pebble::*", "join"];
    assert_eq!(used_in(text), spelled.into_iter().chain(macros).map(str::to_owned).collect());
}

fn used_in(text: &str) -> BTreeSet<String> {
    let source = Source { path: "src/decide/forward.rs".into(), syntax: syn::parse_str(text).unwrap() };
    names::used(&source).iter().map(|name| name.join("::")).collect()
}

/// What a rule finds wrong with each name that a room uses, by file.
fn offences(rule: impl Fn(&str, &Name) -> Option<String>) -> Vec<String> {
    let mut offences = Vec::new();
    for source in production() {
        let Some(room) = room(&source) else { continue };
        for name in names::used(&source) {
            offences
                .extend(rule(&room, &name).map(|why| format!("{}: {} {why}", source.path.display(), name.join("::"))));
        }
    }
    offences
}

/// *Empty*: `lib.rs`, which only declares the rooms.
fn room(source: &Source) -> Option<String> {
    module(source).get(1).cloned()
}

fn room_of(name: &Name) -> Option<&str> {
    name.first().is_some_and(|first| first == "crate").then(|| name.get(1).map(String::as_str))?
}

/// Whether a name is the wall's or below it, or a glob import brings it.
fn covers(wall: &str, name: &Name) -> bool {
    let wall: Vec<_> = wall.split("::").collect();
    let is_glob = name.last().is_some_and(|part| part == "*");
    let own = if is_glob { &name[..name.len() - 1] } else { &name[..] };
    own.iter().zip(&wall).all(|(part, of_wall)| part == of_wall) && (is_glob || own.len() >= wall.len())
}

/// Which room names which other ones.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows = BTreeMap::<_, BTreeSet<_>>::new();
    for source in production() {
        let Some(room) = room(&source) else { continue };
        let others = names::used(&source).iter().filter_map(room_of).map(str::to_owned).collect::<BTreeSet<_>>();
        arrows.entry(room.clone()).or_default().extend(others.into_iter().filter(|other| *other != room));
    }
    arrows
}

/// The arrows whose head reaches their tail again.
fn circles(arrows: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<(String, String)> {
    let pairs = arrows.iter().flat_map(|(tail, heads)| heads.iter().map(move |head| (tail, head)));
    pairs.filter(|(tail, head)| reaches(arrows, head, tail)).map(|(tail, head)| (tail.clone(), head.clone())).collect()
}

fn reaches(arrows: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(room) = next.pop() {
        if seen.insert(room) {
            next.extend(arrows.get(room).into_iter().flatten().map(String::as_str));
        }
    }
    seen.contains(to)
}

/// Whether a file turns off a lint that `clippy.toml` lists types or functions for.
fn has_exception(source: &Source) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_attribute(&mut self, attribute: &'ast Attribute) {
            self.0 |= is_level(attribute, &["allow", "expect", "warn"]);
        }
    }
    let mut finder = Finder(false);
    finder.visit_file(&source.syntax);
    finder.0
}

fn is_level(attribute: &Attribute, levels: &[&str]) -> bool {
    let is_one = levels.iter().any(|level| attribute.path().is_ident(level));
    is_one && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("disallowed_"))
}
