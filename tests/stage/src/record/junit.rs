//! The record as a test report.

use super::{
    Record,
    entry::{HookEntry, Verdict, What},
    texts::Text,
};
use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// How many log lines explain a failure.
const LOG_LINES: usize = 20;

/// Cases by number of the step and name of the suite.
type Suites = IndexMap<(usize, String), Vec<TestCase>>;

/// A suite for each step of a scene, else for each unit; a case for each hook and each expectation.
pub(super) fn report(record: &Record) -> String {
    let mut report = Report::new(record.model.as_str());
    for ((_, name), cases) in suites(record) {
        let mut suite = TestSuite::new(name);
        suite.set_time(cases.iter().filter_map(|case| case.time).sum());
        suite.add_test_cases(cases);
        report.add_test_suite(suite);
    }
    report.set_time(report.test_suites.iter().filter_map(|suite| suite.time).sum());
    // What was built from these types is always well-formed, and a string takes all of it.
    report.to_string().unwrap_or_default()
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
                ("expectations".to_owned(), case_of_expectation(record, *name, *failure))
            }
            What::Act { .. } | What::Look => continue,
        };
        suites.entry(if is_scene { step.clone() } else { (0, name) }).or_default().push(case);
    }
    suites
}

fn case_of_hook(record: &Record, hook: &HookEntry) -> TestCase {
    let exit = record.shown(hook.exit);
    let status = match hook.verdict {
        Verdict::Ok => TestCaseStatus::success(),
        Verdict::Skipped => skipped("the charm has no program for it"),
        Verdict::Killed => skipped(&format!("killed ({exit}): it comes again")),
        Verdict::Failed => failure(&exit, &last_lines(record, hook)),
    };
    let mut case = TestCase::new(record.shown(hook.hook), status);
    case.set_classname(record.shown(hook.unit));
    case.set_time(Duration::try_from_secs_f64(hook.wall / 1000.0).unwrap_or_default());
    case
}

fn case_of_expectation(record: &Record, name: Text, wrong: Option<Text>) -> TestCase {
    let status = wrong.map_or_else(TestCaseStatus::success, |wrong| {
        let text = record.shown(wrong);
        failure(text.lines().next().unwrap_or_default(), &text)
    });
    let mut case = TestCase::new(record.shown(name), status);
    case.set_classname("expectation").set_time(Duration::ZERO);
    case
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

fn failure(message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message).set_type("failure").set_description(description);
    status
}

fn last_lines(record: &Record, hook: &HookEntry) -> String {
    let line = |(level, text): &(Text, Text)| format!("{} {}\n", record.shown(*level), record.shown(*text));
    hook.log.iter().skip(hook.log.len().saturating_sub(LOG_LINES)).map(line).collect()
}
