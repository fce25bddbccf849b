//! The record as a test report.

use super::{
    Record,
    entry::{HookEntry, Verdict, What},
    texts::Text,
};
use indexmap::IndexMap;
use quick_xml::{Writer, events::BytesText};
use std::{collections::BTreeMap, io};
use time::{Duration, OffsetDateTime, macros::format_description};

/// How many log lines explain a failure.
const LOG_LINES: usize = 20;

/// Cases by number of the step and name of the suite.
type Suites = IndexMap<(usize, String), Vec<Case>>;

/// A hook or an expectation.
struct Case {
    class: String,
    name: String,
    /// When it ended, in milliseconds since the beginning.
    at: f64,
    seconds: f64,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Skipped(String),
    Failed { message: String, text: String },
}

/// A suite for each step of a scene, else for each unit; a case for each hook and each expectation.
///
/// *Source*: the schema of Ant's reports, <https://github.com/windyroad/JUnit-Schema>; Jenkins's `junit-10.xsd` takes it, too.
pub(super) fn report(record: &Record) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let written = writer.create_element("testsuites").write_inner_content(|writer| {
        let mut numbered = suites(record).into_iter().enumerate();
        numbered.try_for_each(|(id, ((_, name), cases))| suite(record, writer, id, &name, &cases))
    });
    // Memory takes whatever is written.
    written.map(drop).unwrap_or_default();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", String::from_utf8_lossy(&writer.into_inner()))
}

fn suites(record: &Record) -> Suites {
    let is_scene = record.entries.iter().any(|entry| matches!(entry.what, What::Step { .. }));
    let mut step = (0, "before the first step".to_owned());
    let mut suites = Suites::new();
    for entry in &record.entries {
        let (name, case) = match &entry.what {
            What::Step { text } => {
                step = (step.0 + 1, record.shown(*text));
                suites.insert(step.clone(), Vec::new());
                continue;
            }
            What::Hook(hook) => (record.shown(hook.unit), case_of_hook(record, hook)),
            What::Expectation { name, failure } => {
                ("expectations".to_owned(), case_of_expectation(record, entry.at, *name, *failure))
            }
            What::Act { .. } | What::Look => continue,
        };
        suites.entry(if is_scene { step.clone() } else { (0, name) }).or_default().push(case);
    }
    suites
}

fn case_of_hook(record: &Record, hook: &HookEntry) -> Case {
    let exit = record.shown(hook.exit);
    let outcome = match hook.verdict {
        Verdict::Ok => Outcome::Passed,
        Verdict::Skipped => Outcome::Skipped("the charm has no program for it".to_owned()),
        Verdict::Killed | Verdict::Failed if hook.is_excused => Outcome::Skipped(format!("{exit}, as was asked for")),
        Verdict::Killed | Verdict::Failed => Outcome::Failed { text: last_lines(record, hook), message: exit },
    };
    let (class, name) = (record.shown(hook.unit), record.shown(hook.hook));
    Case { class, name, at: hook.began, seconds: hook.wall / 1000.0, outcome }
}

fn case_of_expectation(record: &Record, at: f64, name: Text, wrong: Option<Text>) -> Case {
    let failed = |text: String| Outcome::Failed { message: text.lines().next().unwrap_or_default().to_owned(), text };
    let outcome = wrong.map_or(Outcome::Passed, |wrong| failed(record.shown(wrong)));
    Case { class: "expectation".to_owned(), name: record.shown(name), at, seconds: 0.0, outcome }
}

fn last_lines(record: &Record, hook: &HookEntry) -> String {
    let line = |(level, text): &(Text, Text)| format!("{} {}\n", record.shown(*level), record.shown(*text));
    hook.log.iter().skip(hook.log.len().saturating_sub(LOG_LINES)).map(line).collect()
}

fn suite(record: &Record, writer: &mut Writer<Vec<u8>>, id: usize, name: &str, cases: &[Case]) -> io::Result<()> {
    let count = |is_it: fn(&Outcome) -> bool| cases.iter().filter(|case| is_it(&case.outcome)).count().to_string();
    let began = cases.first().map(|case| case.at).unwrap_or_default();
    let attributes = BTreeMap::from([
        ("errors", "0".to_owned()),
        ("failures", count(|outcome| matches!(outcome, Outcome::Failed { .. }))),
        ("hostname", "localhost".to_owned()),
        ("id", id.to_string()),
        ("name", filled(name)),
        ("package", filled(&record.model)),
        ("skipped", count(|outcome| matches!(outcome, Outcome::Skipped(_)))),
        ("tests", cases.len().to_string()),
        ("time", format!("{:.3}", cases.iter().map(|case| case.seconds).sum::<f64>())),
        ("timestamp", timestamp(record.began, began)),
    ]);
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    writer.create_element("testsuite").with_attributes(attributes).write_inner_content(|writer| {
        writer.create_element("properties").write_empty()?;
        cases.iter().try_for_each(|case| write_case(writer, case))?;
        writer.create_element("system-out").write_empty()?;
        writer.create_element("system-err").write_empty()?;
        Ok(())
    })?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let (class, name, time) = (filled(&case.class), filled(&case.name), format!("{:.3}", case.seconds));
    let attributes = [("classname", class.as_str()), ("name", &name), ("time", &time)];
    let element = writer.create_element("testcase").with_attributes(attributes);
    match &case.outcome {
        Outcome::Passed => element.write_empty(),
        Outcome::Skipped(why) => element.write_inner_content(|writer| {
            writer.create_element("skipped").with_attribute(("message", legal(why).as_str())).write_empty().map(drop)
        }),
        Outcome::Failed { message, text } => element.write_inner_content(|writer| {
            let attributes = [("message", legal(message)), ("type", "failure".to_owned())];
            let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
            let failure = writer.create_element("failure").with_attributes(attributes);
            failure.write_text_content(BytesText::new(&legal(text))).map(drop)
        }),
    }
    .map(drop)
}

/// Without a zone: it is UTC.
fn timestamp(began: OffsetDateTime, millis: f64) -> String {
    let when = began + Duration::seconds_f64(millis / 1000.0);
    when.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]")).unwrap_or_default()
}

/// A name, which must not be empty.
fn filled(name: &str) -> String {
    if name.trim().is_empty() { "?".to_owned() } else { legal(name) }
}

/// A text with a mark in the place of each character that XML cannot hold.
///
/// *Source*: XML 1.0, section 2.2.
fn legal(text: &str) -> String {
    let is_legal = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|character| if is_legal(character) { character } else { '\u{fffd}' }).collect()
}
