//! One of three units fails while all are to restart: the others neither wait for it nor stop serving, and it follows once it is back.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use stage::{HookRun, pod::Fault};

use crate::forum::{Forum, started};

/// How long a leader keeps its place without a sign of life.
const LEASE: Duration = Duration::from_secs(49);

/// Longer than the charm waits for an answer of Pebble, five times as fast. *Units*: nominal time.
const HANGS: Duration = Duration::from_secs(40);

/// Three units that serve, led by the first.
#[track_caller]
fn forum() -> Forum {
    let mut forum = Forum::related_units(3);
    forum.run_hooks();
    forum.stage.elect(0).unwrap();
    forum.run_hooks();
    forum
}

fn names(units: &[u32]) -> Vec<String> {
    units.iter().map(|unit| format!("discourse-k8s/{unit}")).collect()
}

/// These units serve with the new option.
#[track_caller]
fn assert_follow(forum: &Forum, units: &[u32]) {
    for unit in units {
        let nesting = &forum.environment_of(*unit)["DISCOURSE_MAX_CATEGORY_NESTING"];
        let status = forum.status_of(*unit);
        assert!(nesting == "3" && status.starts_with("active") && forum.stage.is_ready(*unit), "{unit}: {status}");
    }
}

/// Sends a signal to processes of a unit's workload.
#[track_caller]
fn signal(forum: &Forum, unit: u32, signal: &str, is_meant: impl Fn(&str) -> bool) {
    let processes = forum.stage.pod(unit).unwrap().processes("discourse");
    let pids = processes.iter().filter(|(_, line)| is_meant(line)).map(|(pid, _)| pid.to_string());
    assert!(Command::new("kill").arg(format!("-{signal}")).args(pids).status().unwrap().success());
}

fn is_pebble(line: &str) -> bool {
    line.starts_with("/charm/bin/pebble")
}

/// Runs hooks until a unit has the turn.
#[track_caller]
fn run_until_turn_of(forum: &mut Forum, unit: u32) -> Vec<HookRun> {
    let mut runs = Vec::new();
    let grant = format!("<ops.model.Unit discourse-k8s/{unit}>");
    while !forum.stage.app_bag("restart").contains_key(&grant) {
        runs.push(forum.stage.step().unwrap().expect("a unit gets its turn"));
    }
    runs
}

#[test]
fn a_frozen_leader_is_replaced_and_the_others_restart_without_it() {
    let mut forum = forum();
    forum.stage.freeze(0).unwrap();
    forum.set("max_category_nesting", 3);
    assert_eq!(started(&forum.run_hooks()), names(&[]), "nobody grants turns");
    forum.stage.pass(LEASE);
    assert_eq!(started(&forum.run_hooks()), names(&[1, 2]));
    assert_follow(&forum, &[1, 2]);
    forum.stage.thaw(0).unwrap();
    assert_eq!(started(&forum.run_hooks()), names(&[0]));
    assert_follow(&forum, &[0, 1, 2]);
}

#[test]
fn a_lost_node_with_half_open_sessions_holds_up_nobody_and_its_unit_follows_elsewhere() {
    let mut forum = forum();
    forum.stage.freeze(1).unwrap();
    // Pebble alone goes on, for those who look at the pod.
    signal(&forum, 1, "STOP", |line| !is_pebble(line));
    forum.set("max_category_nesting", 3);
    assert_eq!(started(&forum.run_hooks()), names(&[0, 2]));
    assert_follow(&forum, &[0, 2]);
    forum.stage.kill_pod(1).unwrap();
    forum.stage.thaw(1).unwrap();
    assert_eq!(started(&forum.run_hooks()), names(&[1]));
    assert_follow(&forum, &[0, 1, 2]);
}

/// A unit whose Pebble fails like this in its turn gives the turn back, and restarts once Pebble is well again.
#[track_caller]
fn assert_turn_is_given_back(fault: Fault) {
    let mut forum = forum();
    forum.set("max_category_nesting", 3);
    let before = run_until_turn_of(&mut forum, 1);
    forum.stage.pod(1).unwrap().set_fault(Some(fault));
    let runs = [before, forum.run_hooks()].concat();
    assert_eq!(started(&runs), names(&[0, 2]));
    assert_follow(&forum, &[0, 2]);
    forum.stage.pod(1).unwrap().set_fault(None);
    let run = forum.stage.update_status(1).unwrap();
    assert_eq!(started(&[vec![run], forum.run_hooks()].concat()), names(&[1]));
    assert_follow(&forum, &[0, 1, 2]);
}

#[test]
fn a_unit_whose_pebble_is_gone_in_its_turn_gives_it_back_and_follows_later() {
    assert_turn_is_given_back(Fault::Gone);
}

#[test]
fn a_unit_whose_pebble_breaks_off_in_its_turn_gives_it_back_and_follows_later() {
    assert_turn_is_given_back(Fault::Cut(150));
}

#[test]
fn a_unit_whose_pebble_hangs_in_its_turn_gives_it_back_and_follows_later() {
    assert_turn_is_given_back(Fault::Slow(HANGS));
}

#[test]
fn a_unit_whose_pebble_dies_between_layer_and_replan_starts_again_and_the_others_follow() {
    let mut forum = forum();
    forum.set("max_category_nesting", 3);
    run_until_turn_of(&mut forum, 1);
    let (requests, pebble) = {
        let pod = forum.stage.pod(1).unwrap();
        let pebble = pod.processes("discourse").into_iter().find(|(_, line)| is_pebble(line)).unwrap();
        (pod.requests().clone(), pebble.0.to_string())
    };
    let killer = thread::spawn(move || {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !requests.entries().iter().any(|request| request.method == "POST" && request.path == "/v1/layers") {
            assert!(Instant::now() < deadline, "no layer is added");
            thread::sleep(Duration::from_millis(1));
        }
        assert!(Command::new("kill").args(["-KILL", &pebble]).status().unwrap().success());
    });
    forum.run_hooks();
    killer.join().unwrap();
    for unit in 0..3 {
        forum.stage.update_status(unit).unwrap();
    }
    forum.run_hooks();
    assert_follow(&forum, &[0, 1, 2]);
    assert!(forum.stage.app_bag("restart").keys().all(|key| !key.starts_with('<')), "a turn is left");
}
