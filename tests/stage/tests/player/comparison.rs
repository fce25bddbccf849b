//! Whether two answers, or two ends of a hook, are equal.

use super::recording::{Answer, Call, End, Varies};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Equal,
    /// They differ in this.
    Failed(String),
    /// They differ, and must, for this reason.
    Skipped(String),
}

/// Why an answer that depends on the order of a map is not compared.
const MAP_ORDER: &str = "the agent goes through a map in an order that is another in every run";

/// Compares code, output and complaint of a call.
pub fn answers(call: &Call, expected: &Answer, got: &Answer) -> Outcome {
    let got = &first_line_of_help(expected, got.clone());
    let is_equal = match call.varies {
        Varies::Order => ordered(expected) == ordered(got),
        Varies::Nothing | Varies::Keys => expected == got,
    };
    if is_equal {
        return Outcome::Equal;
    }
    if call.varies == Varies::Keys && expected.code == got.code {
        return Outcome::Skipped(MAP_ORDER.to_owned());
    }
    let text = [
        format!("{}\n", shown(&call.argv.join(" "))),
        value("code", &json!(expected.code), &json!(got.code)),
        difference("stdout", &expected.stdout, &got.stdout),
        difference("stderr", &expected.stderr, &got.stderr),
    ];
    Outcome::Failed(text.concat())
}

/// Recorded help is cut after its first line.
fn first_line_of_help(expected: &Answer, got: Answer) -> Answer {
    let is_cut = expected.stdout.starts_with("Usage: ") && expected.stdout.lines().count() == 1;
    let line = got.stdout.split_inclusive('\n').next().unwrap_or_default().to_owned();
    if is_cut { Answer { stdout: line, ..got } } else { got }
}

/// An answer with its lines, or the items of its list, in alphabetical order.
fn ordered(answer: &Answer) -> Answer {
    let stdout = if let Ok(mut items) = serde_json::from_str::<Vec<String>>(&answer.stdout) {
        items.sort();
        json!(items).to_string() + "\n"
    } else {
        let mut lines: Vec<&str> = answer.stdout.split_inclusive('\n').collect();
        lines.sort_unstable();
        lines.concat()
    };
    Answer { stdout, ..answer.clone() }
}

/// Compares how a hook ended; what the recorded agent may or may not have reached in the state makes no failure.
pub fn ends(unsteady: &BTreeSet<String>, mut expected: End, mut got: End) -> Outcome {
    for end in [&mut expected, &mut got] {
        sort_lists(&mut end.after);
    }
    let differences = end_differences(&expected, &got);
    if differences.is_empty() {
        return Outcome::Equal;
    }
    for end in [&mut expected, &mut got] {
        if let Some(state) = end.after.get_mut("state").and_then(Value::as_object_mut) {
            state.retain(|key, _| !unsteady.contains(key));
        }
    }
    if end_differences(&expected, &got).is_empty() {
        return Outcome::Skipped(MAP_ORDER.to_owned());
    }
    Outcome::Failed(format!("the end\n{differences}"))
}

fn end_differences(expected: &End, got: &End) -> String {
    [
        difference("error", &expected.error, &got.error),
        value("action", &json!(expected.action), &json!(got.action)),
        value("env", &json!(expected.env), &json!(got.env)),
        value("after", &expected.after, &got.after),
    ]
    .concat()
}

/// Ports and targets of access are sets.
fn sort_lists(after: &mut Value) {
    members(after, "ports").for_each(sort);
    members(after, "secrets").filter_map(|secret| secret.get_mut("access")).for_each(sort);
}

fn members<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_object_mut).into_iter().flat_map(|members| members.values_mut())
}

fn sort(list: &mut Value) {
    if let Value::Array(items) = list {
        items.sort_by_key(ToString::to_string);
    }
}

/// A line for each place where two values differ.
fn value(place: &str, expected: &Value, got: &Value) -> String {
    match (expected, got) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let nothing = Value::Null;
            let member = |key: &String| {
                let [one, other] = [one, other].map(|members| members.get(key));
                match (one, other) {
                    // A member that is null is another thing than none.
                    (Some(one), Some(other)) => value(&format!("{place}.{key}"), one, other),
                    (one, other) => line(
                        &format!("{place}.{key}"),
                        &one.map_or("nothing".to_owned(), ToString::to_string),
                        &other.unwrap_or(&nothing).to_string(),
                    ),
                }
            };
            keys.into_iter().map(member).collect()
        }
        _ if expected == got => String::new(),
        _ => line(place, &expected.to_string(), &got.to_string()),
    }
}

fn difference(place: &str, expected: &str, got: &str) -> String {
    if expected == got { String::new() } else { line(place, &json!(expected).to_string(), &json!(got).to_string()) }
}

fn line(place: &str, expected: &str, got: &str) -> String {
    let common = expected.chars().zip(got.chars()).take_while(|(one, other)| one == other).count();
    let from = common.saturating_sub(60);
    let cut = |text: &str| {
        let part: String = text.chars().skip(from).collect();
        format!("{}{}", if from > 0 { "…" } else { "" }, shown(&part))
    };
    format!("  {place}:\n    expected {}\n    got      {}\n", cut(expected), cut(got))
}

/// A text of at most 300 characters.
fn shown(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
