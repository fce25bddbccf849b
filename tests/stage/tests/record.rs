//! A stage writes down what happens on it, when it is asked to.
#![cfg(test)]

mod shell;

use quick_xml::{Reader, events::Event};
use shell::{builder, charm, settled};
use stage::{Record, Stage};
use std::collections::BTreeMap;

/// A deployed and settled unit of a charm, with a record.
fn recorded(script: &str) -> Stage {
    let folder = charm(script);
    let mut stage = builder().charm(folder.path()).recorded().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

/// The name of an element, and its attributes.
type Element = (String, BTreeMap<String, String>);

/// The elements of a report: names with their attributes, and the texts.
fn elements(record: &Record) -> (Vec<Element>, String) {
    let report = record.junit();
    let (mut reader, mut elements, mut texts) = (Reader::from_str(&report), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(Result::unwrap);
                let attributes = attributes.map(|one| {
                    (
                        one.key.as_ref().to_owned(),
                        one.normalized_value(quick_xml::XmlVersion::default()).unwrap().into_owned(),
                    )
                });
                elements.push((element.name().as_ref().to_owned(), attributes.collect()));
            }
            Event::Text(text) => texts += &text,
            Event::GeneralRef(entity) => texts.extend(["&", &entity, ";"]),
            Event::Eof => return (elements, texts),
            _ => {}
        }
    }
}

/// An attribute of each element of a kind.
fn all(record: &Record, kind: &str, attribute: &str) -> Vec<String> {
    let (elements, _) = elements(record);
    elements
        .into_iter()
        .filter(|(name, _)| name == kind)
        .map(|(_, mut found)| found.remove(attribute).unwrap())
        .collect()
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
    let record = stage.record().unwrap();
    assert_eq!(all(record, "testsuite", "name"), ["tiny/0"]);
    let hooks: Vec<&str> = stage.runs().iter().map(|run| run.hook.as_str()).collect();
    assert_eq!(all(record, "testcase", "name"), hooks);
    assert_eq!(all(record, "testsuite", "tests"), [hooks.len().to_string()]);
}

#[test]
fn a_report_of_a_scene_has_a_suite_for_each_step() {
    let mut stage = recorded("exit 0");
    stage.mark("a quiet step");
    stage.mark("the next day");
    stage.update_status(0).unwrap();
    stage.record_mut().unwrap().expectation("it is well", Err("it is not:\nill".to_owned()));
    let record = stage.record().unwrap();
    assert_eq!(all(record, "testsuite", "name"), ["before the first step", "a quiet step", "the next day"]);
    assert_eq!(all(record, "testsuite", "tests"), ["5", "0", "2"]);
    assert_eq!(all(record, "testsuite", "failures"), ["0", "0", "1"]);
    assert_eq!(all(record, "failure", "message"), ["it is not:"]);
}

#[test]
fn a_suite_has_all_that_the_schema_of_ant_asks_for() {
    let stage = recorded("exit 0");
    let (elements, _) = elements(stage.record().unwrap());
    let names: Vec<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
    let cases = vec!["testcase"; stage.runs().len()];
    let around: (&[&str], &[&str]) = (&["testsuites", "testsuite", "properties"], &["system-out", "system-err"]);
    assert_eq!(names, [around.0, &cases, around.1].concat());
    let attributes: Vec<&str> = elements[1].1.keys().map(String::as_str).collect();
    let wanted = ["errors", "failures", "hostname", "id", "name", "package", "skipped", "tests", "time", "timestamp"];
    assert_eq!(attributes, wanted);
}

#[test]
fn a_failed_hook_is_a_failure_with_the_last_lines_of_its_log_whatever_bytes_they_hold() {
    let mut stage = recorded(
        r#"[ "$JUJU_DISPATCH_PATH" != hooks/update-status ] || { printf 'a\001 ]]> <b>&\377\n' >&2; exit 3; }"#,
    );
    stage.update_status(0).unwrap();
    let record = stage.record().unwrap();
    assert_eq!(all(record, "failure", "message"), ["exit 3"]);
    let (_, texts) = elements(record);
    assert_eq!(texts.trim(), "WARNING a\u{fffd} ]]&gt; &lt;b&gt;&amp;\u{fffd}");
}

#[test]
fn no_value_of_a_secret_is_in_a_record() {
    let mut stage = recorded(
        r#"
        echo "before: hunter2" >&2
        id=$(secret-add --label mine password=hunter2 key=first-line-of-key)
        secret-get "$id"
        relation-set -r friends:0 "url=db://me:hunter2@host"
        printf 'password: hunter2' | relation-set -r friends:0 --file -
        status-set active "with hunter2"
        juju-log "first-line-of-key"
        "#,
    );
    stage.update_status(0).unwrap();
    let record = stage.record().unwrap();
    for page in [record.timeline(), record.junit()] {
        assert!(!page.contains("hunter2") && !page.contains("first-line-of-key"));
    }
    assert!(record.timeline().contains("db://me:•••@host"));
}

#[test]
fn a_page_of_a_thousand_hooks_is_smaller_than_five_megabytes() {
    let mut stage = recorded("status-set active; juju-log hello; relation-ids friends; config-get");
    let (mut run, mut model) = (stage.update_status(0).unwrap(), stage.model().clone());
    let record = stage.record_mut().unwrap();
    for number in 0..1000 {
        run.began += run.wall;
        run.tools = (0..20)
            .map(|call| stage::ToolCall {
                stdout: format!("{number} {call} {}", "<output> ".repeat(40)),
                ..run.tools[0].clone()
            })
            .collect();
        run.log = (0..10)
            .map(|line| stage::LogLine {
                text: format!("{number} {line} {}", "<a line> ".repeat(20)),
                ..run.log[0].clone()
            })
            .collect();
        let end = model.relations.values_mut().next().unwrap().ends.first_mut().unwrap();
        end.app.insert(format!("key-{}", number % 10), format!("{number} {}", "<a value> ".repeat(100)));
        record.hook(&run, &model, stage::record::Plans::new());
    }
    let page = record.timeline();
    assert!(page.matches(r#""kind":"hook""#).count() > 1000);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}
