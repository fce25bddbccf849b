//! What holds for every tool: exit codes, formats, flags, the relation flag, size, order.

use crate::bench::{Bench, Reply, bag, fails, prints, refused, silence};
use stage::{HookEvent, RelationStep};
use std::{fs, thread, time::Duration};

#[test]
fn help_is_no_failure() {
    let reply = Bench::leader().call("config-get --help");
    assert_eq!((reply.code, reply.stderr.as_str()), (0, ""));
    assert!(reply.stdout.contains("config-get"), "{}", reply.stdout);
}

#[test]
fn wrong_flags_end_with_2_and_say_why_in_one_line() {
    let mut bench = Bench::leader();
    for line in
        ["config-get --nope", "is-leader --format", "is-leader --format=xml", "relation-set --app=perhaps -r 0 a=b"]
    {
        let reply = bench.call(line);
        assert_eq!((reply.code, reply.stdout.as_str()), (2, ""), "{line}");
        assert!(reply.stderr.starts_with("ERROR ") && reply.stderr.lines().count() == 1, "{line}: {}", reply.stderr);
    }
}

#[test]
fn arguments_too_many_are_listed() {
    let replies = Bench::leader().calls(&["is-leader x", "relation-ids mesh x y", "config-get name x"]);
    let wanted = [r#"["x"]"#, r#"["x" "y"]"#, r#"["x"]"#].map(|list| refused(&format!("unrecognized args: {list}")));
    assert_eq!(replies, wanted);
}

#[test]
fn json_is_one_line() {
    let replies = Bench::leader().calls(&["is-leader --format=json", "relation-ids --format json mesh"]);
    assert_eq!(replies, [prints("true\n"), prints("[\"mesh:0\"]\n")]);
}

#[test]
fn smart_is_the_default_and_prints_nothing_for_nothing() {
    let replies = Bench::leader().calls(&[
        "config-get name",
        "config-get port",
        "config-get debug",
        "is-leader",
        "config-get note",
        "relation-ids nowhere",
        "relation-ids mesh",
    ]);
    assert_eq!(
        replies,
        [
            prints("forum\n"),
            prints("5432\n"),
            prints("False\n"),
            prints("True\n"),
            silence(),
            silence(),
            prints("mesh:0\n")
        ]
    );
}

#[test]
fn smart_writes_numbers_from_a_million_on_with_an_exponent() {
    let mut bench = Bench::leader();
    bench.stage.config([("port", serde_json::json!(5_242_880))]).unwrap();
    let replies = bench.calls(&["config-get port", "config-get --format=json port"]);
    assert_eq!(replies, [prints("5.24288e+06\n"), prints("5242880\n")]);
}

#[test]
fn smart_prints_lists_line_by_line() {
    let replies = Bench::leader().calls(&["open-port 1/tcp", "open-port 2/udp", "opened-ports"]);
    assert_eq!(replies, [silence(), silence(), prints("1/tcp\n2/udp\n")]);
}

#[test]
fn yaml_is_there_for_the_asking() {
    let replies = Bench::leader().calls(&[
        "config-get --format=yaml name",
        "is-leader --format=yaml",
        "relation-ids --format=yaml mesh",
    ]);
    assert_eq!(replies, [prints("forum\n"), prints("true\n"), prints("- mesh:0\n")]);
}

#[test]
fn tools_without_a_smart_format_print_yaml_and_refuse_smart() {
    let mut bench = Bench::leader();
    let goal = bench.call("goal-state");
    assert!(goal.code == 0 && goal.stdout.starts_with("units:\n"), "{goal:?}");
    for line in
        ["goal-state --format=smart", "secret-get --label=x --format=smart", "secret-info-get --label=x --format=smart"]
    {
        let reply = bench.call(line);
        assert_eq!((reply.code, reply.stdout.as_str()), (2, ""), "{line}: {}", reply.stderr);
    }
}

#[test]
fn output_goes_to_a_file_beside_the_caller() {
    let replies = Bench::leader().calls(&[
        "config-get --format=json -o answer name",
        "cat answer",
        "is-leader --output=other",
        "cat other",
    ]);
    assert_eq!(replies, [silence(), prints("\"forum\"\n"), silence(), prints("True\n")]);
}

#[test]
fn flags_stand_anywhere_until_two_dashes() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "config-get name --format=json",
        "status-set active -- '--nothing --to -do'",
        "status-get --include-data --format=json",
    ]);
    let status = "{\"message\":\"--nothing --to -do\",\"status\":\"active\",\"status-data\":{}}\n";
    assert_eq!(replies, [prints("\"forum\"\n"), silence(), prints(status)]);
}

#[test]
fn the_relation_flag_takes_a_number_with_any_name_before_it() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[]);
    let lines = ["", "database:", "whatever:"].map(|name| format!("relation-list --app -r {name}{id}"));
    let replies = bench.calls(&lines.each_ref().map(String::as_str));
    assert_eq!(replies, [prints("pg\n"), prints("pg\n"), prints("pg\n")]);
}

#[test]
fn a_relation_that_is_not_there_is_a_wrong_argument() {
    let replies =
        Bench::leader().calls(&["relation-list -r x:99", "relation-list -r 99", "relation-list -r x", "relation-list"]);
    assert_eq!(
        replies,
        [
            refused("invalid value \"x:99\" for option -r: relation not found"),
            refused("invalid value \"99\" for option -r: relation not found"),
            refused("invalid value \"x\" for option -r: invalid relation id"),
            refused("no relation id specified"),
        ]
    );
}

#[test]
fn a_relation_hook_gives_the_relation() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[]);
    let replies = bench.calls_about(id, RelationStep::Created, None, &["relation-list --app", "relation-ids"]);
    assert_eq!(replies, [prints("pg\n"), prints(&format!("database:{id}\n"))]);
}

#[test]
fn one_argument_of_128_kib_cannot_be_passed_and_counts_bytes() {
    let mut bench = Bench::leader();
    let text = |bytes: usize| format!("$(head -c {bytes} /dev/zero | tr '\\0' x)");
    let umlauts = format!("$(head -c {} /dev/zero | sed 's/./\\xc3\\xa4/g')", 131_072 / 2);
    let replies = bench.calls(&[
        &format!("juju-log -- \"{}\"", text(131_071)),
        &format!("juju-log -- \"{}\"", text(131_072)),
        &format!("juju-log -- \"{umlauts}\""),
    ]);
    assert_eq!(replies.iter().map(|reply| reply.code).collect::<Vec<_>>(), [0, 126, 126]);
    assert!(replies[1].stderr.contains("too long"), "{}", replies[1].stderr);
}

#[test]
fn more_than_an_argument_holds_goes_through_a_file() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "{ printf 'big: '; head -c 1000000 /dev/zero | tr '\\0' x; } | relation-set -r 0 --file -",
        "relation-get -r 0 big probe/0 | wc -c",
    ]);
    assert_eq!(replies, [silence(), prints("1000001\n")]);
}

#[test]
fn without_its_environment_a_tool_names_what_is_missing() {
    let replies =
        Bench::leader().calls(&["env -u JUJU_CONTEXT_ID is-leader", "env -u JUJU_AGENT_SOCKET_ADDRESS is-leader"]);
    assert_eq!(replies, [fails("JUJU_CONTEXT_ID not set"), fails("JUJU_AGENT_SOCKET_ADDRESS not set")]);
}

#[test]
fn the_id_of_another_hook_is_refused() {
    let replies = Bench::leader().calls(&["echo $JUJU_CONTEXT_ID", "JUJU_CONTEXT_ID=other is-leader"]);
    let own = replies[0].stdout.trim();
    assert_eq!(replies[1], fails(&format!("bad request: expected context id \"{own}\", got \"other\"")));
}

#[test]
fn every_hook_has_an_id_of_its_own() {
    let mut bench = Bench::leader();
    let [one, other] = [(), ()].map(|()| bench.call("echo $JUJU_CONTEXT_ID").stdout);
    assert!(one.starts_with("probe/0-update-status-") && one != other, "{one} {other}");
}

#[test]
fn after_the_hook_nobody_answers() {
    let mut bench = Bench::leader();
    let late = "while kill -0 $$; do sleep 0.05; done; sleep 0.5; is-leader 2>late.err; echo $? >late.code";
    bench.call(&format!("({late}) >/dev/null 2>&1 &"));
    let folder = bench.calls_folder();
    for _ in 0..200 {
        if fs::read_to_string(folder.join("late.code")).is_ok_and(|code| code == "1\n") {
            let said = fs::read_to_string(folder.join("late.err")).unwrap();
            assert!(said.starts_with("ERROR dial unix "), "{said}");
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the late call did not end with 1");
}

/// Makes a pipe, and begins a call that reads it in the agent, hence holds the agent up until something is written to 3.
const HOLD: &str = "mkfifo pipe; relation-set -r 0 --file pipe >/dev/null 2>&1 & exec 3>pipe";

#[test]
fn calls_run_one_after_the_other() {
    let mut bench = Bench::leader();
    let line = format!("{HOLD}; timeout 10 is-leader --format=json 3>&- & sleep 0.3; echo 'a: b' >&3; exec 3>&-; wait");
    let (run, replies) = bench.hook(&HookEvent::update_status(), &[&line], 0);
    let order: Vec<_> = run.tools.iter().map(|call| call.argv[0].as_str()).collect();
    assert_eq!((order, replies), (vec!["relation-set", "is-leader"], vec![prints("true\n")]));
}

#[test]
fn a_caller_that_is_slow_with_its_input_holds_nobody_up() {
    let mut bench = Bench::leader();
    let line = "mkfifo pipe; exec 3<>pipe; relation-set -r 0 --file - <pipe 3>&- & sleep 0.3
        timeout 10 is-leader --format=json 3>&-; echo 'a: b' >&3; exec 3>&-; wait";
    let (run, replies) = bench.hook(&HookEvent::update_status(), &[line], 0);
    let order: Vec<_> = run.tools.iter().map(|call| call.argv[0].as_str()).collect();
    assert_eq!((order, replies), (vec!["is-leader", "relation-set"], vec![prints("true\n")]));
    assert_eq!(bench.own_bag(0), bag(&[("a", "b")]));
}

#[test]
fn many_callers_at_once_lose_nothing() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "for i in 1 2 3 4 5 6 7 8 9; do state-set key$i=$i & done; wait",
        "state-get --format=json | tr , '\\n' | wc -l",
    ]);
    assert_eq!(replies, [silence(), prints("9\n")]);
}

#[test]
fn a_call_under_way_delays_the_end_of_the_hook_and_counts() {
    let mut bench = Bench::leader();
    bench.call(&format!("{HOLD}; (sleep 0.5; echo 'a: b' >&3) >/dev/null 2>&1 &"));
    assert_eq!(bench.own_bag(0), bag(&[("a", "b")]));
}

#[test]
fn tools_do_not_read_what_they_do_not_need() {
    let replies = Bench::leader().calls(&["yes | { is-leader --format=json; head -n 1; }"]);
    assert_eq!(replies, [Reply { code: 0, stdout: "true\ny\n".to_owned(), stderr: String::new() }]);
}

#[test]
fn help_begins_with_how_the_tool_is_called() {
    let mut bench = Bench::leader();
    let wanted = [
        ("config-get --help", "config-get [options] [<key>]"),
        ("is-leader -h", "is-leader [options]"),
        ("action-set a --help b", "action-set <key>=<value> [<key>=<value> ...]"),
        ("relation-ids --help", "relation-ids [options] <name>"),
    ];
    let lines = wanted.map(|(line, _)| format!("{line} | head -n 1"));
    let replies = bench.calls(&lines.each_ref().map(String::as_str));
    assert_eq!(replies, wanted.map(|(_, usage)| prints(&format!("Usage: {usage}\n"))));
    let id = bench.relate("database", "pg", &[]);
    let created = HookEvent::relation(id, RelationStep::Created, None);
    let (_, replies) = bench.hook(&created, &["relation-ids --help | head -n 1"], 0);
    assert_eq!(replies, [prints("Usage: relation-ids [options] [<name>]\n")]);
}

#[test]
fn help_tells_what_an_option_is_when_it_is_not_given() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[]);
    let created = HookEvent::relation(id, RelationStep::Created, None);
    let (_, replies) = bench.hook(&created, &["relation-get --help | tail -n +3"], 0);
    let wanted =
        "Options:\n--app  (= false)\n--format  (= smart)\n-o, --output (= \"\")\n-r, --relation  (= database:ID)\n";
    assert_eq!(replies, [prints(&wanted.replace("ID", &id.to_string()))]);
}
