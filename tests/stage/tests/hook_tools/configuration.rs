//! Config, leadership, log, version, goal state and tools of former times.

use crate::bench::{Bench, UNIT, fails, prints, refused, silence};
use serde_json::{Value, json};
use stage::{HookEvent, LogLine, RelationStep, Version};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn logged(bench: &mut Bench, event: &HookEvent, line: &str) -> Vec<(String, String)> {
    let (run, replies) = bench.hook(event, &[line], 0);
    assert_eq!(replies, [silence()]);
    let by_charm = |line: &&LogLine| line.logger == "unit.probe/0.juju-log";
    run.log.iter().filter(by_charm).map(|line| (line.level.clone(), line.text.clone())).collect()
}

fn pair(level: &str, text: &str) -> (String, String) {
    (level.to_owned(), text.to_owned())
}

#[test]
fn config_leaves_out_what_has_neither_value_nor_default() {
    let reply = Bench::leader().call("config-get --format=json");
    assert_eq!(parsed(&reply.stdout), json!({"name": "forum", "port": 5432, "ratio": 0.5, "debug": false}));
}

#[test]
fn config_shows_all_options_on_request() {
    let replies = Bench::leader().calls(&["config-get --format=json --all", "config-get -a --format=json"]);
    let all = json!({"name": "forum", "port": 5432, "ratio": 0.5, "debug": false, "note": null, "token": null});
    assert_eq!(replies.iter().map(|reply| parsed(&reply.stdout)).collect::<Vec<_>>(), [all.clone(), all]);
}

#[test]
fn config_shows_what_was_set_in_its_type() {
    let mut bench = Bench::leader();
    bench
        .stage
        .config([("name", json!("a b")), ("port", json!(1)), ("debug", json!(true)), ("token", json!("secret:abc"))])
        .unwrap();
    let replies =
        bench.calls(&["config-get --format=json", "config-get --format=json name", "config-get --format=json token"]);
    let wanted = json!({"name": "a b", "port": 1, "ratio": 0.5, "debug": true, "token": "secret:abc"});
    assert_eq!(parsed(&replies[0].stdout), wanted);
    assert_eq!(replies[1..], [prints("\"a b\"\n"), prints("\"secret:abc\"\n")]);
}

#[test]
fn unknown_and_unset_options_are_null() {
    let replies = Bench::leader().calls(&["config-get --format=json nope", "config-get --format=json note"]);
    assert_eq!(replies, [prints("null\n"), prints("null\n")]);
}

#[test]
fn one_option_and_all_do_not_go_together() {
    let reply = Bench::leader().call("config-get --all name");
    assert_eq!(reply, refused("cannot use argument --all together with key \"name\""));
}

#[test]
fn whole_numbers_are_exact_up_to_two_to_the_53rd() {
    let mut bench = Bench::leader();
    let shown = |bench: &mut Bench, value: u64| {
        bench.stage.config([("port", json!(value))]).unwrap();
        bench.call("config-get --format=json port").stdout
    };
    assert_eq!(shown(&mut bench, 9_007_199_254_740_992), "9007199254740992\n");
    assert_eq!(shown(&mut bench, 9_007_199_254_740_993), "9007199254740992\n");
}

#[test]
fn the_leader_knows_that_it_leads_and_the_others_that_they_do_not() {
    assert_eq!(Bench::leader().call("is-leader --format=json"), prints("true\n"));
    assert_eq!(Bench::follower().call("is-leader --format=json"), prints("false\n"));
}

#[test]
fn log_lines_join_their_words_and_are_info_if_nothing_is_said() {
    let mut bench = Bench::leader();
    let lines = logged(&mut bench, &HookEvent::update_status(), "juju-log -- one 'two  three' --four");
    assert_eq!(lines, [pair("INFO", "one two  three --four")]);
}

#[test]
fn log_lines_have_six_levels() {
    let mut bench = Bench::leader();
    let line = "for level in TRACE DEBUG INFO WARNING ERROR CRITICAL; do juju-log -l $level -- x; juju-log --log-level $level -- y; done
        juju-log --debug -- z";
    let lines = logged(&mut bench, &HookEvent::update_status(), line);
    let levels = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
    let mut wanted: Vec<_> = levels.iter().flat_map(|level| [pair(level, "x"), pair(level, "y")]).collect();
    wanted.push(pair("DEBUG", "z"));
    assert_eq!(lines, wanted);
}

#[test]
fn an_unknown_level_is_info_and_a_warning() {
    let mut bench = Bench::leader();
    let lines = logged(&mut bench, &HookEvent::update_status(), "juju-log -l LOUD -- x");
    let levels: Vec<_> = lines.iter().map(|(level, _)| level.as_str()).collect();
    assert_eq!((levels, lines.last()), (vec!["WARNING", "INFO"], Some(&pair("INFO", "x"))));
}

#[test]
fn log_lines_of_relation_hooks_name_their_relation() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[]);
    let lines = logged(&mut bench, &HookEvent::relation(id, RelationStep::Created, None), "juju-log -- x");
    assert_eq!(lines, [pair("INFO", &format!("database:{id}: x"))]);
}

#[test]
fn a_log_line_needs_a_text() {
    assert_eq!(
        Bench::leader().calls(&["juju-log", "juju-log -l ERROR"]),
        [refused("no message specified"), refused("no message specified")]
    );
}

#[test]
fn output_of_the_charm_is_logged_under_the_hook_in_pieces() {
    let mut bench = Bench::leader();
    let (run, _) = bench.hook(&HookEvent::config_changed(), &[], 0);
    assert_eq!(run.log, []);
    let last = "echo out; echo err >&2; head -c 5000 /dev/zero | tr '\\0' x; exit 0";
    let run = bench.noisy(&HookEvent::config_changed(), last);
    let lines: Vec<_> =
        run.log.iter().map(|line| (line.level.as_str(), line.logger.as_str(), line.text.len())).collect();
    let logger = "unit.probe/0.config-changed";
    assert_eq!(lines, [("DEBUG", logger, 3), ("DEBUG", logger, 4096), ("DEBUG", logger, 904), ("WARNING", logger, 3)]);
}

#[test]
fn the_version_is_set_at_once() {
    let mut bench = Bench::leader();
    let (run, replies) = bench.hook(&HookEvent::update_status(), &["application-version-set -- 1.2.3"], 1);
    assert!(!run.is_success());
    assert_eq!((replies, bench.stage.unit(0).workload_version()), (vec![silence()], "1.2.3".to_owned()));
}

#[test]
fn a_version_must_be_given() {
    assert_eq!(Bench::leader().call("application-version-set"), refused("no version specified"));
}

#[test]
fn the_goal_is_every_unit_and_relation() {
    let mut bench = Bench::leader();
    bench.relate("database", "pg", &[("pg/0", crate::bench::bag(&[]))]);
    let replies = bench.calls(&["status-set active", "goal-state --format=json"]);
    let goal = parsed(&replies[1].stdout);
    assert_eq!(goal["units"][UNIT]["status"], "active");
    let mut related: Vec<_> = goal["relations"]["database"].as_object().unwrap().keys().map(String::as_str).collect();
    related.sort_unstable();
    assert_eq!(related, ["pg", "pg/0"]);
}

#[test]
fn a_leader_of_juju_3_tells_settings_at_once() {
    let mut bench = Bench::leader();
    let replies =
        bench.calls(&["leader-get", "leader-set a=1 ' b = 2 '", "leader-get --format=json", "leader-get a=1"]);
    let as_first_read = prints("{}\n");
    assert_eq!(replies, [as_first_read.clone(), silence(), as_first_read, refused("invalid key \"a=1\"")]);
    let replies = bench.calls(&["leader-set b=", "leader-get", "leader-get a", "leader-get b --format=json"]);
    assert_eq!(replies, [silence(), prints("a: \"1\"\n"), prints("1\n"), prints("null\n")]);
    let message = "cannot write leadership settings: cannot write settings: not the leader";
    assert_eq!(Bench::follower().call("leader-set a=b"), fails(message));
}

#[test]
fn tools_that_juju_4_dropped_are_no_commands_there() {
    for line in ["leader-get", "leader-set a=b", "k8s-spec-get", "pod-spec-get", "payload-register a b c"] {
        let reply = Bench::of(Version::V4_0).call(line);
        assert_eq!((reply.code, reply.stderr.ends_with(": not found\n")), (127, true), "{}", reply.stderr);
    }
}

#[test]
fn the_pods_of_former_charms_are_unknown() {
    let mut bench = Bench::leader();
    let missing = fails("podspec for application probe not found");
    assert_eq!(bench.calls(&["k8s-spec-get", "k8s-raw-get", "pod-spec-get"]), [(); 3].map(|()| missing.clone()));
    let empty = "no k8s spec specified: pipe k8s spec to command, or specify a file with --file";
    assert_eq!(bench.calls(&["pod-spec-set </dev/null", "echo a | k8s-spec-set"]), [fails(empty), silence()]);
}

#[test]
fn payloads_must_be_declared() {
    let mut bench = Bench::leader();
    let declare = "echo 'payloads: {web: {type: docker}}' >metadata.yaml";
    let replies = bench.calls(&[
        &format!("{declare}; payload-register docker web id"),
        "payload-register kvm web id",
        "payload-register docker nope id",
        "payload-register docker web",
        "payload-status-set web id started",
        "payload-unregister web id",
    ]);
    assert_eq!(
        replies,
        [
            silence(),
            fails("incorrect type \"kvm\" for payload \"web\", expected \"docker\""),
            fails("payload \"nope\" not found in metadata.yaml"),
            refused("missing required arguments"),
            fails(
                "status \"started\" not supported; expected one of [\"running\", \"starting\", \"stopped\", \"stopping\"]"
            ),
            silence(),
        ]
    );
}

#[test]
fn a_reboot_means_nothing_in_a_pod_and_is_refused_in_an_action() {
    let mut bench = Bench::leader();
    assert_eq!(bench.call("juju-reboot"), silence());
    let (_, replies) = bench.action("free", json!({}), &["juju-reboot"], "exit 0");
    assert_eq!(replies, [fails("juju-reboot is not supported when running an action.")]);
}
