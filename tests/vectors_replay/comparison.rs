//! What differs between a recording and a play, and which rule allows it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{difference::Difference, facts::Outcome, recording::Recording, rules};

/// The result of comparing one vector.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Differences that no rule allows, one line each.
    pub refused: Vec<String>,
    /// The rules that allowed the others, by their position among all rules.
    pub used: BTreeSet<usize>,
}

/// Compares fact by fact, each under the rules, then the order of the commands that both ran.
pub fn compare(recording: &Recording, recorded: &Outcome, played: &Outcome) -> Verdict {
    let mut verdict = Verdict::default();
    let names: BTreeSet<&String> = recorded.facts.keys().chain(played.facts.keys()).collect();
    for name in names {
        let difference =
            Difference { recording, recorded: recorded.facts.get(name), played: played.facts.get(name), all: played };
        if difference.recorded == difference.played {
            continue;
        }
        match rules::all().position(|rule| rule.is_about(name) && (rule.allows)(&difference)) {
            Some(position) => _ = verdict.used.insert(position),
            None => verdict.refused.push(line(name, &difference)),
        }
    }
    let (before, now) = (in_both(recorded, played), in_both(played, recorded));
    if before != now {
        verdict.refused.push(format!("order of commands: recorded {before:?}, played {now:?}"));
    }
    verdict
}

fn line(name: &str, difference: &Difference<'_>) -> String {
    let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{name}: recorded {}, played {}", show(difference.recorded), show(difference.played))
}

fn in_both<'a>(one: &'a Outcome, other: &Outcome) -> Vec<&'a str> {
    one.commands.iter().filter(|command| other.commands.contains(command)).map(String::as_str).collect()
}
