//! Actions: parameters, results, and how they end.

use crate::bench::{Bench, Reply, fails, prints, refused, silence};
use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus, HookEvent};

const DEFAULT_FAILURE: &str = "action failed without reason given, check action for errors";

fn run(lines: &[&str], last: &str) -> (ActionRun, Vec<Reply>) {
    Bench::leader().action("free", json!({}), lines, last)
}

fn results(run: &ActionRun) -> Value {
    Value::Object(run.results.clone())
}

fn parsed(reply: &Reply) -> Value {
    serde_json::from_str(&reply.stdout).expect("JSON")
}

#[test]
fn parameters_keep_their_types_and_defaults_are_there() {
    let parameters = json!({"email": "a@b", "deep": {"a": {"b": [1]}}});
    let lines = [
        "action-get --format=json",
        "action-get --format=json deep.a.b",
        "action-get email",
        "action-get --format=json nope.x",
    ];
    let (_, replies) = Bench::leader().action("work", parameters, &lines, "exit 0");
    assert_eq!(parsed(&replies[0]), json!({"email": "a@b", "count": 3, "deep": {"a": {"b": [1]}}}));
    assert_eq!(replies[1..], [prints("[1]\n"), prints("a@b\n"), prints("null\n")]);
}

#[test]
fn an_action_without_parameters_has_an_empty_map() {
    assert_eq!(run(&["action-get --format=json"], "exit 0").1, [prints("{}\n")]);
}

#[test]
fn parameters_that_do_not_fit_never_reach_the_charm() {
    for parameters in
        [json!({}), json!({"email": 5}), json!({"email": "a", "more": 1}), json!({"email": "a", "count": "x"})]
    {
        let (run, _) = Bench::leader().action("work", parameters.clone(), &[], "exit 0");
        assert!(run.hook.is_none(), "{parameters}");
        assert_eq!(run.status, ActionStatus::Error, "{parameters}");
        assert!(run.message.starts_with("cannot run \"work\" action: validation failed: "), "{}", run.message);
    }
}

#[test]
fn other_parameters_are_welcome_unless_the_charm_says_no() {
    let (run, replies) = Bench::leader().action("free", json!({"more": [1]}), &["action-get --format=json"], "exit 0");
    assert_eq!((run.status, replies), (ActionStatus::Completed, vec![prints("{\"more\":[1]}\n")]));
}

#[test]
fn an_action_must_be_declared() {
    let (run, _) = Bench::leader().action("nope", json!({}), &[], "exit 0");
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Error, "cannot run \"nope\" action: not defined"));
}

#[test]
fn results_are_texts_and_dots_nest_them() {
    let (run, replies) = run(&["action-set user=a count=1", "action-set user=b deep.one=1 deep.two=x=y"], "exit 0");
    assert_eq!(replies, [silence(), silence()]);
    let wanted = json!({"user": "b", "count": "1", "deep": {"one": "1", "two": "x=y"}, "return-code": 0});
    assert_eq!((run.status, results(&run)), (ActionStatus::Completed, wanted));
}

#[test]
fn names_of_results_are_lower_case_letters_digits_and_hyphens() {
    let keys = [("a_b", "a_b"), ("Ab", "Ab"), ("-a", "-a"), ("a-.b", "a-"), ("a..b", ""), ("", "")];
    for (key, wrong) in keys {
        let (run, replies) = run(&[&format!("action-set -- good=1 {key}=1")], "exit 0");
        let rule =
            "must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens";
        assert_eq!(replies, [refused(&format!("key \"{wrong}\" {rule}"))]);
        assert_eq!(results(&run), json!({"return-code": 0}), "all or nothing");
    }
}

#[test]
fn names_that_juju_fills_are_reserved() {
    for key in ["stdout", "stderr", "stdout-encoding", "stderr-encoding"] {
        let (_, replies) = run(&[&format!("action-set {key}=1"), &format!("action-set deep.{key}=1")], "exit 0");
        let wanted = refused(&format!("cannot set reserved action key \"{key}\""));
        assert_eq!(replies, [wanted.clone(), wanted]);
    }
}

#[test]
fn results_come_as_arguments_only() {
    let (run, replies) = run(&["action-set --file -", "action-set x"], "exit 0");
    assert_eq!((replies[0].code, replies[1].code, results(&run)), (2, 2, json!({"return-code": 0})));
}

#[test]
fn the_return_code_is_the_charms_and_not_what_was_set() {
    let (run, replies) = run(&["action-set return-code=7"], "exit 0");
    assert_eq!((replies, results(&run)), (vec![silence()], json!({"return-code": 0})));
}

#[test]
fn output_is_part_of_the_results() {
    let (run, _) = run(&[], "echo out; echo err >&2; exit 0");
    assert_eq!(results(&run), json!({"return-code": 0, "stdout": "out\n", "stderr": "err\n"}));
    let log: Vec<_> = run.hook.unwrap().log.iter().map(ToString::to_string).collect();
    assert_eq!(log, ["unit.probe/0.free DEBUG: out", "unit.probe/0.free WARNING: err"]);
}

#[test]
fn output_that_is_no_text_is_base64() {
    let (run, _) = run(&[], "printf '\\377\\n'; exit 0");
    assert_eq!(results(&run), json!({"return-code": 0, "stdout": "/wo=", "stdout-encoding": "base64"}));
}

#[test]
fn a_last_line_without_its_end_is_lost() {
    let (run, _) = run(&[], "printf 'one\\ntwo'; printf three >&2; exit 0");
    assert_eq!(results(&run), json!({"return-code": 0, "stdout": "one\n"}));
}

#[test]
fn a_failure_is_told_and_does_not_end_the_charm() {
    let (run, replies) = run(&["action-fail -- 'no such user'", "action-set after=1"], "exit 0");
    assert_eq!(replies, [silence(), silence()]);
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, "no such user"));
    assert_eq!(results(&run), json!({"after": "1", "return-code": 0}));
}

#[test]
fn a_failure_has_a_text_and_only_one() {
    assert_eq!(run(&["action-fail"], "exit 0").0.message, DEFAULT_FAILURE);
    let (run, replies) = run(&["action-fail one two"], "exit 0");
    assert_eq!((replies[0].code, run.status), (2, ActionStatus::Completed), "{}", replies[0].stderr);
}

#[test]
fn an_exit_code_takes_the_place_of_the_failures_text() {
    let (run, _) = run(&["action-set a=1", "action-fail -- why"], "exit 3");
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, "exit status 3"));
    assert_eq!(results(&run), json!({"a": "1", "return-code": 3}));
}

#[test]
fn a_failed_action_is_no_error_of_the_unit() {
    let mut bench = Bench::leader();
    let before = bench.stage.unit(0).status();
    bench.action("free", json!({}), &[], "exit 3");
    assert_eq!(bench.stage.unit(0).status(), before);
}

#[test]
fn actions_run_while_a_hook_is_in_error() {
    let mut bench = Bench::leader();
    bench.hook(&HookEvent::config_changed(), &[], 1);
    assert_eq!(bench.stage.unit(0).status().to_string(), "error: hook failed: \"config-changed\"");
    let (run, replies) = bench.action("free", json!({}), &["is-leader"], "exit 0");
    assert_eq!((run.status, replies), (ActionStatus::Completed, vec![prints("True\n")]));
}

#[test]
fn a_killed_action_is_terminated() {
    for signal in ["KILL", "TERM"] {
        let (run, _) = run(&["action-set a=1"], &format!("kill -{signal} $$; sleep 5"));
        assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, "terminated"), "{signal}");
        assert_eq!(results(&run), json!({"a": "1", "return-code": -1}), "{signal}");
    }
}

#[test]
fn other_signals_are_named() {
    let (run, _) = run(&[], "kill -ABRT $$; sleep 5");
    assert_eq!((run.status, run.results["return-code"].clone()), (ActionStatus::Failed, json!(-1)));
    assert!(run.message.starts_with("signal: "), "{}", run.message);
}

#[test]
fn a_commit_that_fails_is_the_actions_failure() {
    let mut bench = Bench::leader();
    bench.stage.faults().fail_commit("controller is away");
    let (run, _) = bench.action("free", json!({}), &["relation-set -r 0 a=1"], "exit 0");
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, "committing requested changes failed"));
    assert_eq!(run.results["return-code"], 0);
    assert!(run.results["stderr"].as_str().unwrap().contains("controller is away"), "{}", results(&run));
}

#[test]
fn lines_of_progress_are_told_at_once() {
    let (run, replies) = run(&["action-log -- one 'two three'", "action-log"], "exit 1");
    assert_eq!(
        (replies, run.log),
        (vec![silence(), refused("no message specified")], vec!["one two three".to_owned()])
    );
}

#[test]
fn outside_an_action_there_is_none() {
    let replies = Bench::leader().calls(&["action-get", "action-set a=1", "action-fail", "action-log x"]);
    assert_eq!(replies, [(); 4].map(|()| fails("not running an action")));
}

#[test]
fn an_action_is_about_no_relation() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[]);
    let lines = ["relation-list --app".to_owned(), format!("relation-list --app -r {id}")];
    let (_, replies) = bench.action("free", json!({}), &lines.each_ref().map(String::as_str), "exit 0");
    assert_eq!(replies, [refused("no relation id specified"), prints("pg\n")]);
}

#[test]
fn an_action_is_told_which_it_is() {
    let line = "echo $JUJU_DISPATCH_PATH/$JUJU_HOOK_NAME/$JUJU_ACTION_NAME/$JUJU_ACTION_TAG/$JUJU_ACTION_UUID";
    let (_, replies) = run(&[line], "exit 0");
    assert_eq!(replies, [prints("actions/free//free/action-2/2\n")]);
}

#[test]
fn a_charm_without_the_action_says_so() {
    let mut bench = Bench::leader();
    bench.remove_dispatch();
    let (run, _) = bench.action("free", json!({}), &[], "exit 0");
    let message = "action not implemented on unit \"probe/0\"";
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, message));
}
