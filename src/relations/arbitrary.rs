//! Databags and secrets that nobody would think of, for tests of what must survive any of them.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
};

use crate::relations::{Databag, Problem};

/// What every secret of [`secret`] holds, and no other text here does.
pub const MARK: &str = "q7Zx";

/// A bag with values of every kind under some of these keys.
pub fn bag(keys: &[&'static str]) -> impl Strategy<Value = Databag> + use<> {
    btree_map(select(keys.to_vec()).prop_map(str::to_owned), value(), 0..keys.len())
}

/// A text that must not be shown.
pub fn secret() -> impl Strategy<Value = String> {
    (odd(), odd()).prop_map(|(before, after)| format!("{before}{MARK}{after}"))
}

/// Databags with some of these keys; their values are some of these, cut off or not, or anything at all.
pub fn hostile(keys: &'static [&'static str], values: &'static [&'static str]) -> impl Strategy<Value = Databag> {
    let known = || select(values);
    let value = prop_oneof![
        known().prop_map(str::to_owned),
        (known(), 0..60usize, any::<char>())
            .prop_map(|(text, length, odd)| { text.chars().take(length).chain([odd]).collect() }),
        vec(any::<char>(), 0..60).prop_map(|characters| characters.into_iter().collect()),
        (any::<char>(), 0..20_000usize).prop_map(|(character, times)| character.to_string().repeat(times)),
    ];
    btree_map(select(keys).prop_map(str::to_owned), value, 0..=keys.len())
}

/// How arbitrary databags are tried: a counterexample is printed and leaves no file in the source tree.
pub fn trials() -> proptest::test_runner::Config {
    proptest::test_runner::Config { failure_persistence: None, ..Default::default() }
}

/// Whether this fits into one line of a status.
pub fn is_one_line(problem: &Problem) -> bool {
    let text = problem.to_string();
    text.chars().count() < 250 && !text.contains(char::is_control)
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => odd(),
        4 => words(),
        2 => any::<i64>().prop_map(|number| number.to_string()),
        2 => r#"[\[\]{}",:0-9a-z\\ ]{0,12}"#,
        1 => ("[a-z:,'= \\\\]{1,3}", 1_000_usize..40_000).prop_map(|(part, times)| part.repeat(times)),
    ]
}

/// A short text of any characters, among them those that end a text or a line.
fn odd() -> impl Strategy<Value = String> {
    let character = prop_oneof![any::<char>(), select(vec!['\0', '\n', '\u{1b}', '\'', '"', '\\', ' ', '=', ','])];
    vec(character, 0..12).prop_map(|text| text.into_iter().collect::<String>().replace(MARK, ""))
}

/// A text of pieces that real values are made of.
fn words() -> impl Strategy<Value = String> {
    let pieces = [
        "host=a",
        "port=",
        "5432",
        "user='u",
        "dbname",
        "=",
        "'",
        "\\",
        " ",
        ",",
        "plain",
        "tls",
        "True",
        "[",
        "\"",
        "]",
        "discourse",
        "hstore,pg_trgm,unaccent",
        "10.0.0.1/32",
        "-----BEGIN CERTIFICATE-----",
        "secret:x",
    ];
    vec(select(pieces.to_vec()), 0..6).prop_map(|pieces| pieces.concat())
}
