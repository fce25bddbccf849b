//! A stage writes down what happens on it, when it is asked to.
#![cfg(test)]

mod shell;

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use shell::{builder, charm, settled};
use stage::{Record, Stage};

/// A life of two hooks of a charm: one that succeeds, and one that fails.
fn recorded(script: &str) -> Stage {
    let folder = charm(script);
    let mut stage = builder().charm(folder.path()).recorded().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

fn report(record: &Record) -> Report {
    Report::deserialize_from_str(&record.junit()).unwrap()
}

#[test]
fn a_stage_that_was_not_asked_to_keeps_no_record() {
    let mut stage = settled("exit");
    stage.mark("nobody reads this");
    assert!(stage.record().is_none() && stage.record_mut().is_none());
}

#[test]
fn a_report_has_a_suite_for_each_unit_and_a_case_for_each_hook() {
    let stage = recorded("exit 0");
    let report = report(stage.record().unwrap());
    let suites: Vec<(&str, usize)> =
        report.test_suites.iter().map(|suite| (suite.name.as_str(), suite.tests)).collect();
    assert_eq!(suites, [("tiny/0", stage.runs().len())]);
    let cases: Vec<&str> = report.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(cases, ["install", "friends-relation-created", "leader-elected", "config-changed", "start"]);
}

#[test]
fn a_report_of_a_scene_has_a_suite_for_each_step() {
    let mut stage = recorded("exit 0");
    stage.mark("a quiet step");
    stage.mark("the next day");
    stage.update_status(0).unwrap();
    stage.record_mut().unwrap().expectation("it is well", Err("it is not:\nill".to_owned()));
    let report = report(stage.record().unwrap());
    let suites: Vec<(&str, usize, usize)> =
        report.test_suites.iter().map(|suite| (suite.name.as_str(), suite.tests, suite.failures)).collect();
    assert_eq!(suites, [("before the first step", 5, 0), ("a quiet step", 0, 0), ("the next day", 2, 1)]);
}

#[test]
fn a_failed_hook_is_a_failure_with_the_last_lines_of_its_log_whatever_bytes_they_hold() {
    let mut stage = recorded(
        r#"[ "$JUJU_DISPATCH_PATH" != hooks/update-status ] || { printf 'a\033[1m\001 ]]> <b>&\377\n' >&2; exit 3; }"#,
    );
    stage.update_status(0).unwrap();
    let report = report(stage.record().unwrap());
    let last = report.test_suites[0].test_cases.last().unwrap();
    let TestCaseStatus::NonSuccess { kind, message, description, .. } = &last.status else { panic!("{last:?}") };
    let texts = [message, description].map(|text| text.as_ref().unwrap().as_str());
    assert_eq!((*kind, texts), (NonSuccessKind::Failure, ["exit 3", "WARNING a ]]> <b>&\u{fffd}"]));
}
