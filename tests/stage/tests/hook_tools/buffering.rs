//! What takes effect at once, what waits for the end of the hook, and what the hook reads back before.

use crate::bench::{Bench, Reply, bag, prints, silence};
use serde_json::json;
use stage::{HookEvent, LogLine};

const UPDATE: fn() -> HookEvent = HookEvent::update_status;

#[test]
fn databags_wait_for_the_end_and_are_read_back_before() {
    let mut bench = Bench::leader();
    let lines = [
        "relation-set -r 0 own=1",
        "relation-set -r 0 --app ours=1",
        "relation-get -r 0 own probe/0",
        "relation-get --format=json -r 0 --app - probe",
    ];
    let wanted = vec![silence(), silence(), prints("1\n"), prints("{\"ours\":\"1\"}\n")];
    let (_, replies) = bench.hook(&UPDATE(), &lines, 1);
    assert_eq!((replies, bench.own_bag(0), bench.stage.app_bag("mesh")), (wanted.clone(), bag(&[]), bag(&[])));
    let (_, replies) = bench.hook(&UPDATE(), &lines, 0);
    assert_eq!(
        (replies, bench.own_bag(0), bench.stage.app_bag("mesh")),
        (wanted, bag(&[("own", "1")]), bag(&[("ours", "1")]))
    );
}

#[test]
fn state_waits_for_the_end_and_is_read_back_before() {
    let mut bench = Bench::leader();
    bench.call("state-set old=1 kept=1");
    let lines = ["state-set new=2", "state-delete old", "state-get --format=json"];
    let wanted = vec![silence(), silence(), prints("{\"kept\":\"1\",\"new\":\"2\"}\n")];
    let (_, replies) = bench.hook(&UPDATE(), &lines, 1);
    assert_eq!(
        (replies, bench.call("state-get --format=json")),
        (wanted.clone(), prints("{\"kept\":\"1\",\"old\":\"1\"}\n"))
    );
    let (_, replies) = bench.hook(&UPDATE(), &lines, 0);
    assert_eq!((replies.as_slice(), bench.call("state-get --format=json")), (wanted.as_slice(), wanted[2].clone()));
}

#[test]
fn ports_wait_for_the_end_and_are_read_back_before() {
    let mut bench = Bench::leader();
    let lines = ["open-port 80", "opened-ports"];
    let (_, replies) = bench.hook(&UPDATE(), &lines, 1);
    assert_eq!((replies, bench.stage.unit(0).opened_ports()), (vec![silence(), prints("80/tcp\n")], vec![]));
    bench.call("open-port 80");
    assert_eq!(bench.stage.unit(0).opened_ports(), ["80/tcp"]);
}

#[test]
fn a_new_secret_waits_for_the_end_and_is_read_back_before() {
    let mut bench = Bench::leader();
    let lines = ["secret-add --label mine key=v >uri; cat uri", "secret-get --label mine", "secret-get $(cat uri)"];
    let (_, replies) = bench.hook(&UPDATE(), &lines, 1);
    assert!(replies[0].stdout.starts_with("secret:"), "{replies:?}");
    assert_eq!(replies[1..], [prints("key: v\n"), prints("key: v\n")]);
    assert!(bench.model().secrets.is_empty());
}

#[test]
fn new_content_waits_for_the_end_and_is_read_back_only_on_request() {
    let mut bench = Bench::leader();
    let uri = bench.call("secret-add key=old").stdout.trim().to_owned();
    let lines = [
        format!("secret-get {uri}"),
        format!("secret-set {uri} key=new"),
        format!("secret-get {uri}"),
        format!("secret-get {uri} --peek"),
        format!("secret-get {uri} --refresh"),
    ];
    let lines = lines.each_ref().map(String::as_str);
    let value = |text: &str| prints(&format!("key: {text}\n"));
    let wanted = vec![value("old"), silence(), value("old"), value("new"), value("new")];
    let (_, replies) = bench.hook(&UPDATE(), &lines, 1);
    assert_eq!((replies, bench.call(&format!("secret-get {uri} --peek"))), (wanted.clone(), value("old")));
    let (_, replies) = bench.hook(&UPDATE(), &lines, 0);
    assert_eq!((replies, bench.call(&format!("secret-get {uri}"))), (wanted, value("new")));
}

#[test]
fn a_refresh_of_content_that_is_dropped_is_dropped_too() {
    let mut bench = Bench::leader();
    let uri = bench.call("secret-add key=old").stdout.trim().to_owned();
    bench.call(&format!("secret-get {uri}"));
    bench.hook(&UPDATE(), &[&format!("secret-set {uri} key=lost"), &format!("secret-get {uri} --refresh")], 1);
    bench.call(&format!("secret-set {uri} key=new"));
    assert_eq!(bench.call(&format!("secret-get {uri}")), prints("key: old\n"));
}

#[test]
fn grants_revocations_and_removals_wait_for_the_end() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[]);
    let uri = bench.call("secret-add key=v").stdout.trim().to_owned();
    let id = uri.trim_start_matches("secret:").to_owned();
    let (grant, revoke) = (format!("secret-grant {uri} -r {relation}"), format!("secret-revoke {uri} -r {relation}"));
    let count = format!("secret-info-get --format=json {uri} | grep -c application-pg");
    let none = Reply { code: 1, ..prints("0\n") };
    let (_, replies) = bench.hook(&UPDATE(), &[&grant, &count], 1);
    assert_eq!((replies, bench.secret(&id).access.len()), (vec![silence(), none], 0));
    bench.call(&grant);
    let (_, replies) = bench.hook(&UPDATE(), &[&revoke, &count], 1);
    assert_eq!((replies, bench.secret(&id).access.len()), (vec![silence(), prints("1\n")], 1));
    bench.hook(&UPDATE(), &[&format!("secret-remove {uri}")], 1);
    assert_eq!(bench.secret(&id).latest(), 1);
}

#[test]
fn log_lines_status_and_version_do_not_wait() {
    let mut bench = Bench::leader();
    let (run, _) = bench.hook(&UPDATE(), &["juju-log x", "status-set active", "application-version-set 1"], 1);
    let line = LogLine { level: "INFO".to_owned(), logger: "unit.probe/0.juju-log".to_owned(), text: "x".to_owned() };
    assert_eq!(run.log, [line]);
    assert_eq!((run.after.to_string(), bench.stage.unit(0).workload_version()), ("active".to_owned(), "1".to_owned()));
}

#[test]
fn a_commit_that_fails_is_the_hooks_failure() {
    let mut bench = Bench::leader();
    bench.stage.faults().fail_commit("controller is away");
    let (run, replies) = bench.hook(&UPDATE(), &["relation-set -r 0 a=1", "open-port 80", "secret-add key=v"], 0);
    assert_eq!((replies[0].code, run.is_success()), (0, false), "{}", run.exit);
    assert_eq!((bench.own_bag(0), bench.stage.unit(0).opened_ports()), (bag(&[]), vec![]));
    assert_eq!(bench.model().secrets.len(), 1, "secrets are committed first, and stay");
}

#[test]
fn a_databag_has_its_limit_at_the_end() {
    let mut bench = Bench::leader();
    let fill = |bytes: usize| {
        format!("{{ printf 'key: '; head -c {bytes} /dev/zero | tr '\\0' x; }} | relation-set -r 0 --file -")
    };
    let (run, replies) = bench.hook(&UPDATE(), &[&fill(17 << 20)], 0);
    assert_eq!((replies, run.is_success()), (vec![silence()], false));
    assert_eq!(bench.own_bag(0), bag(&[]));
}

#[test]
fn an_action_keeps_what_it_wrote_only_if_it_ends_well() {
    let mut bench = Bench::leader();
    let (_, replies) = bench.action("free", json!({}), &["relation-set -r 0 a=1"], "exit 1");
    assert_eq!((replies, bench.own_bag(0)), (vec![silence()], bag(&[])));
    bench.action("free", json!({}), &["relation-set -r 0 a=1", "action-fail -- no"], "exit 0");
    assert_eq!(bench.own_bag(0), bag(&[("a", "1")]));
}
