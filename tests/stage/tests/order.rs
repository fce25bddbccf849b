//! What comes first: the order of hooks where several are due, and what is told again.
#![cfg(test)]

mod shell;

use serde_json::json;
use shell::{builder, charm, settled};
use stage::{
    Exit, HookEvent, HookRun, RelationStep, Remote, Stage, Status, Version, WorkloadStep, model::Consumer,
    remote::Scripted,
};

fn hooks(runs: &[HookRun]) -> Vec<&str> {
    runs.iter().map(|run| run.hook.as_str()).collect()
}

fn hooks_of<'r>(runs: &'r [HookRun], unit: &str) -> Vec<&'r str> {
    runs.iter().filter(|run| run.unit == unit).map(|run| run.hook.as_str()).collect()
}

/// Units whose charm does nothing.
fn quiet(juju: Version, units: u32, seed: u64) -> Stage {
    let folder = charm("exit 0");
    let mut stage = builder().charm(folder.path()).juju(juju).units(units).seed(seed).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

fn quiet_unit() -> Stage {
    quiet(Version::V3_6, 1, 0)
}

fn database() -> impl Remote + 'static {
    Scripted::new("pg", "database", "db").app("host", "pg.local")
}

fn failing_check() -> HookEvent {
    HookEvent::Workload { container: "web".to_owned(), step: WorkloadStep::CheckFailed { check: "up".to_owned() } }
}

#[test]
fn hooks_of_peers_come_when_no_other_relation_has_any() {
    for seed in 0..8 {
        let mut stage = quiet(Version::V4_0, 2, seed);
        stage.relate("db", database()).unwrap();
        for unit in 0..2 {
            stage.hook(unit, &HookEvent::relation(1, RelationStep::Created, None)).unwrap();
            stage.write_unit_bag("friends", unit, "note", "new").unwrap();
        }
        let runs = stage.settle().unwrap();
        for unit in ["tiny/0", "tiny/1"] {
            let order =
                ["db-relation-changed", "db-relation-joined", "db-relation-changed", "friends-relation-changed"];
            assert_eq!(hooks_of(&runs, unit), order, "{seed}");
        }
    }
}

#[test]
fn a_leaving_unit_leaves_its_peers_last() {
    for seed in 0..8 {
        let mut stage = quiet(Version::V4_0, 2, seed);
        stage.relate("db", database()).unwrap();
        stage.settle().unwrap();
        stage.remove_unit(1).unwrap();
        let last = ["friends-relation-departed", "friends-relation-broken", "stop", "remove"];
        assert_eq!(hooks_of(&stage.settle().unwrap(), "tiny/1")[2..], last, "{seed}");
    }
}

#[test]
fn relations_are_created_in_random_order_peers_among_them() {
    let first = |seed| {
        let folder = charm("exit 0");
        let mut stage = builder().charm(folder.path()).seed(seed).build().unwrap();
        stage.deploy();
        stage.relate("db", database()).unwrap();
        stage.settle().unwrap().swap_remove(1).hook
    };
    let seen: std::collections::BTreeSet<String> = (0..16).map(first).collect();
    assert_eq!(seen, ["db-relation-created", "friends-relation-created"].map(str::to_owned).into());
}

#[test]
fn a_leader_is_told_of_what_it_wrote_to_its_peers() {
    let mut stage = settled("relation-set -r $(relation-ids friends) --app word=new");
    stage.update_status(0).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks(&runs), ["friends-relation-changed"]);
    assert_eq!(runs[0].event, HookEvent::relation(0, RelationStep::Changed, None));
}

#[test]
fn the_first_changed_of_a_unit_comes_even_if_the_unit_has_left() {
    let mut stage = quiet_unit();
    stage.relate("db", database()).unwrap();
    while stage.step().unwrap().unwrap().hook != "db-relation-joined" {}
    stage.unrelate("db").unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks(&runs), ["db-relation-changed", "db-relation-departed", "db-relation-broken"]);
}

#[test]
fn the_broken_hook_of_peers_names_nobody() {
    let folder = charm(r#"case $JUJU_HOOK_NAME in *broken) juju-log "[$JUJU_REMOTE_APP][$JUJU_REMOTE_UNIT]" ;; esac"#);
    let mut stage = builder().charm(folder.path()).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.remove_unit(0).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks(&runs), ["friends-relation-broken", "stop", "remove"]);
    assert_eq!(runs[0].log[0].text, "friends:0: [][]");
}

#[test]
fn a_check_may_fail_before_the_first_config_changed() {
    let folder = charm("exit 0");
    let mut stage = builder().charm(folder.path()).seed(1).build().unwrap();
    stage.deploy();
    stage.model_mut().units.get_mut("tiny/0").unwrap().memory.notices.push(failing_check());
    let runs = stage.settle().unwrap();
    let place = |hook: &str| runs.iter().position(|run| run.hook == hook).unwrap();
    assert!(place("web-pebble-check-failed") < place("config-changed"));
}

#[test]
fn a_pebble_hook_may_come_after_stop() {
    let mut stage = quiet(Version::V3_6, 1, 1);
    stage.model_mut().units.get_mut("tiny/0").unwrap().memory.notices.push(failing_check());
    stage.evict_pod(0).unwrap();
    let runs = stage.settle().unwrap();
    let order = ["stop", "web-pebble-check-failed", "upgrade-charm", "config-changed", "start"];
    assert_eq!(hooks(stage.runs())[stage.runs().len() - 5..], order, "{runs:?}");
}

#[test]
fn a_pod_that_is_replaced_in_error_stops_upgrades_and_tries_the_failed_hook_again() {
    let mut stage = settled("status-set active");
    stage.faults().fail_calls(&["status-set"], 1, "out of order");
    stage.update_status(0).unwrap();
    stage.faults().clear();
    stage.evict_pod(0).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks(&runs)[..3], ["stop", "upgrade-charm", "update-status"]);
}

#[test]
fn a_changed_option_may_be_told_twice() {
    let told = |seed| {
        let folder = charm("exit 0");
        std::fs::write(folder.path().join("config.yaml"), "options: {word: {type: string}}").unwrap();
        let mut stage = builder().charm(folder.path()).seed(seed).build().unwrap();
        stage.deploy();
        stage.settle().unwrap();
        stage.config([("word", json!("new"))]).unwrap();
        stage.settle().unwrap().len()
    };
    assert_eq!([told(0), told(2)], [1, 2]);
}

#[test]
fn the_first_leader_of_two_may_be_unit_1() {
    assert_eq!([quiet(Version::V4_0, 2, 0).leader(), quiet(Version::V4_0, 2, 4).leader()], [Some(0), Some(1)]);
}

#[test]
fn in_juju_3_who_does_not_lead_hears_of_it_once_per_agent_process() {
    let mut stage = quiet(Version::V3_6, 2, 0);
    stage.elect(1).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks_of(&runs, "tiny/0"), ["leader-settings-changed"]);
    assert_eq!(hooks_of(&runs, "tiny/1"), ["leader-elected"]);
    stage.restart_agent(0).unwrap();
    assert_eq!(hooks(&stage.settle().unwrap()), ["leader-settings-changed", "start"]);
}

#[test]
fn in_juju_4_only_the_winner_hears_of_an_election() {
    let mut stage = quiet(Version::V4_0, 2, 0);
    stage.elect(1).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!((hooks(&runs), runs[0].unit.as_str()), (vec!["leader-elected"], "tiny/1"));
}

/// The hooks after a first read of a secret that has a second revision.
fn after_first_read(juju: Version) -> Vec<String> {
    let mut stage = quiet(juju, 1, 0);
    let uri = stage.add_secret(&[("password", "old")]);
    stage.grant_secret(&uri).unwrap();
    stage.secret(&uri).update(&[("password", "new")]).unwrap();
    let id = uri.trim_start_matches("secret:");
    let secret = stage.model_mut().secrets.get_mut(id).unwrap();
    secret.consumers.insert("tiny/0".to_owned(), Consumer { label: None, revision: 2 });
    stage.settle().unwrap().into_iter().map(|run| run.hook).collect()
}

#[test]
fn in_juju_3_a_first_read_of_a_later_revision_is_followed_by_secret_changed() {
    assert_eq!(after_first_read(Version::V3_6), ["secret-changed"]);
    assert_eq!(after_first_read(Version::V4_0), Vec::<String>::new());
}

/// A unit whose application owns a secret made with these flags, after so many minutes one after the other.
fn hooks_of_an_owner(juju: Version, flags: &str, minutes: &[u64]) -> Vec<Vec<String>> {
    let folder = charm(&format!("[ $JUJU_HOOK_NAME = install ] && secret-add {flags} password=x; exit 0"));
    let mut stage = builder().charm(folder.path()).juju(juju).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    let mut after = |minutes: &u64| {
        stage.pass(std::time::Duration::from_mins(*minutes));
        stage.settle().unwrap().into_iter().map(|run| run.hook).collect()
    };
    minutes.iter().map(&mut after).collect()
}

#[test]
fn an_expired_secret_is_told_of_every_five_minutes() {
    for juju in Version::ALL {
        let hooks = hooks_of_an_owner(juju, "--expire 1h", &[59, 2, 4, 2]);
        assert_eq!(hooks, [vec![], vec!["secret-expired"], vec![], vec!["secret-expired"]]);
    }
}

#[test]
fn a_secret_is_rotated_once_in_each_period() {
    for juju in Version::ALL {
        let hooks = hooks_of_an_owner(juju, "--rotate hourly", &[59, 2, 30, 31]);
        assert_eq!(hooks, [vec![], vec!["secret-rotate"], vec![], vec!["secret-rotate"]]);
    }
}

/// How long a stage waits, at half the time, until a killed hook may run again.
fn wait_after_kill(juju: Version) -> std::time::Duration {
    let folder = charm("[ $JUJU_HOOK_NAME = update-status ] && is-leader; exit 0");
    let mut stage = Stage::builder().charm(folder.path()).juju(juju).clock("0.5".parse().unwrap()).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.faults().kill_after_tool(1);
    let began = std::time::Instant::now();
    let run = stage.update_status(0).unwrap();
    assert_eq!(run.exit, Exit::Signal(9));
    began.elapsed().saturating_sub(run.wall)
}

#[test]
fn a_killed_hook_runs_again_after_three_seconds_and_in_juju_3_at_once() {
    let three_seconds = std::time::Duration::from_millis(1500);
    assert!(wait_after_kill(Version::V4_0) >= three_seconds);
    assert!(wait_after_kill(Version::V3_6) < three_seconds);
}

#[test]
fn a_status_that_an_action_sets_is_not_the_charms_own() {
    let mut stage = settled("status-set active");
    stage.run(0, "act", json!({})).unwrap();
    assert_eq!(stage.unit(0).status(), Status::active(""));
    stage.restart_agent(0).unwrap();
    stage.settle().unwrap();
    assert_eq!(stage.unit(0).status(), Status::unknown());
}

#[test]
fn after_a_restart_of_its_container_a_unit_has_an_empty_status_until_the_charm_sets_one() {
    let mut stage = settled("status-set active");
    stage.update_status(0).unwrap();
    stage.restart_agent(0).unwrap();
    stage.settle().unwrap();
    assert_eq!(stage.unit(0).status(), Status::maintenance(""));
    stage.update_status(0).unwrap();
    assert_eq!(stage.unit(0).status(), Status::active(""));
}

#[test]
fn a_pebble_ready_that_failed_is_no_error_in_juju_4_and_comes_again() {
    let folder = charm("case $JUJU_HOOK_NAME in *ready) exit 1 ;; esac");
    let mut stage = builder().charm(folder.path()).juju(Version::V4_0).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.hook(0, &HookEvent::pebble_ready("web")).unwrap();
    let again = stage.settle().unwrap();
    assert_eq!(hooks(&again), ["web-pebble-ready"; 3]);
    assert!(!stage.unit(0).whole().is_in_error());
}
