//! Answers compared with the recorded ones.

use crate::{
    answer::{expand, text_of},
    player::Player,
    scenario::{Scenario, Step},
    trouble::{Outcome, Trouble},
    values::{at, at_mut},
};
use regex::Regex;
use serde_json::Value;
use similar::TextDiff;
use std::collections::BTreeMap;

/// Plays all steps, and ends with the first answer that fits none of the versions that fitted so far.
///
/// A program that reports a recorded version must answer as that one; any other must fit one version from the first step to
/// the last.
pub async fn compare(scenario: &Scenario, player: &mut Player<'_>) -> Outcome<()> {
    let mut versions: Vec<&str> = scenario.recorded.iter().map(String::as_str).collect();
    let count = scenario.steps.len();
    for (place, step) in scenario.steps.iter().enumerate() {
        let located =
            |Trouble(text): Trouble| Trouble(format!("step {} of {count}, {}\n{text}", place + 1, step.title()));
        let Some(answer) = player.play(step).await.map_err(located)? else { continue };
        let reported = player.program.version.as_deref();
        if let Some(version) = versions.iter().copied().find(|version| Some(*version) == reported) {
            versions = vec![version];
        }
        versions = fitting(step, &answer, &versions).map_err(located)?;
    }
    Ok(())
}

/// The versions that answered the same; where there is none, the difference to the last of them.
fn fitting<'a>(step: &Step, answer: &Value, versions: &[&'a str]) -> Outcome<Vec<&'a str>> {
    let mut fitting = Vec::new();
    let mut difference = "nothing is recorded for this step".to_owned();
    for version in versions {
        let Some(recorded) = step.recorded(version) else { continue };
        let wanted = loosened(expand(recorded), answer, &step.like)?;
        if wanted == *answer {
            fitting.push(*version);
        }
        difference = diff(version, &wanted, answer)?;
    }
    if fitting.is_empty() { Err(Trouble(difference)) } else { Ok(fitting) }
}

/// The wanted answer, with texts replaced where any text of a given form will do and the answer has one.
fn loosened(mut wanted: Value, answer: &Value, like: &BTreeMap<String, String>) -> Outcome<Value> {
    for (path, form) in like {
        let here = at(answer, path).filter(|here| here.is_string() || here.is_object());
        if let (Some(here), Some(there)) = (here, at_mut(&mut wanted, path))
            && Regex::new(form)?.is_match(&text_of(here))
        {
            there.clone_from(here);
        }
    }
    Ok(wanted)
}

fn diff(version: &str, wanted: &Value, answer: &Value) -> Outcome<String> {
    let (wanted, answer) = (pretty(wanted)?, pretty(answer)?);
    let diff = TextDiff::from_lines(&wanted, &answer);
    Ok(diff.unified_diff().context_radius(3).header(&format!("recorded ({version})"), "answered").to_string())
}

/// One member on a line, members in alphabetical order.
fn pretty(value: &Value) -> Outcome<String> {
    let mut value = value.clone();
    value.sort_all_objects();
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}
