//! What comes first: the order of hooks where several are due, and what is told again.
#![cfg(test)]

#[allow(dead_code, reason = "the rest makes other charms")]
mod shell;

use serde_json::json;
use shell::{builder, charm, settled_on};
use stage::{
    Databag, End, HookEvent, HookRun, Model, Relation, RelationStep, Remote, Stage, Unit, Version, WorkloadStep,
    charm::Charm,
    model::Application,
    remote::Scripted,
    scheduler::{self, Randomness, notes},
};
use std::collections::BTreeSet;

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

/// Both Jujus with what chance may decide.
fn lives() -> impl Iterator<Item = (Version, u64)> {
    Version::ALL.into_iter().flat_map(|juju| (0..4).map(move |seed| (juju, seed)))
}

fn database() -> impl Remote + 'static {
    Scripted::new("pg", "database", "db").app("host", "pg.local")
}

fn failing_check() -> HookEvent {
    HookEvent::Workload { container: "web".to_owned(), step: WorkloadStep::CheckFailed { check: "up".to_owned() } }
}

#[test]
fn hooks_of_peers_come_when_no_other_relation_has_any() {
    for (juju, seed) in lives() {
        let mut stage = quiet(juju, 2, seed);
        stage.relate("db", database()).unwrap();
        for unit in 0..2 {
            stage.hook(unit, &HookEvent::relation(1, RelationStep::Created, None)).unwrap();
            stage.write_unit_bag("friends", unit, "note", "new").unwrap();
        }
        let runs = stage.settle().unwrap();
        for unit in ["tiny/0", "tiny/1"] {
            let order =
                ["db-relation-changed", "db-relation-joined", "db-relation-changed", "friends-relation-changed"];
            assert_eq!(hooks_of(&runs, unit), order, "{juju} {seed}");
        }
    }
}

#[test]
fn a_leaving_unit_leaves_its_peers_last() {
    for (juju, seed) in lives() {
        let mut stage = quiet(juju, 2, seed);
        stage.relate("db", database()).unwrap();
        stage.settle().unwrap();
        stage.remove_unit(1).unwrap();
        let last = ["friends-relation-departed", "friends-relation-broken", "stop", "remove"];
        assert_eq!(hooks_of(&stage.settle().unwrap(), "tiny/1")[2..], last, "{juju} {seed}");
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
    let seen: BTreeSet<String> = (0..16).map(first).collect();
    assert_eq!(seen, ["db-relation-created", "friends-relation-created"].map(str::to_owned).into());
}

#[test]
fn the_units_of_an_application_start_side_by_side() {
    let units = |seed| {
        let stage = quiet(Version::V4_0, 2, seed);
        stage.runs().iter().map(|run| run.unit.clone()).collect::<Vec<_>>()
    };
    let changes = |units: Vec<String>| units.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((0..4).map(|seed| changes(units(seed))).all(|changes| changes > 1));
}

#[test]
fn a_leader_is_told_of_what_it_wrote_to_its_peers() {
    for juju in Version::ALL {
        let mut stage = settled_on(juju, "relation-set -r $(relation-ids friends) --app word=new");
        stage.update_status(0).unwrap();
        let runs = stage.settle().unwrap();
        assert_eq!(hooks(&runs), ["friends-relation-changed"]);
        assert_eq!(runs[0].event, HookEvent::relation(0, RelationStep::Changed, None));
    }
}

#[test]
fn the_first_changed_of_a_unit_comes_even_if_the_unit_has_left() {
    for juju in Version::ALL {
        let mut stage = quiet(juju, 1, 0);
        stage.relate("db", database()).unwrap();
        while stage.step().unwrap().unwrap().hook != "db-relation-joined" {}
        stage.unrelate("db").unwrap();
        let runs = stage.settle().unwrap();
        assert_eq!(hooks(&runs), ["db-relation-changed", "db-relation-departed", "db-relation-broken"]);
    }
}

#[test]
fn the_broken_hook_of_peers_names_nobody() {
    let folder = charm(r#"case $JUJU_HOOK_NAME in *broken) juju-log "[$JUJU_REMOTE_APP][$JUJU_REMOTE_UNIT]" ;; esac"#);
    for juju in Version::ALL {
        let mut stage = builder().charm(folder.path()).juju(juju).build().unwrap();
        stage.deploy();
        stage.settle().unwrap();
        stage.remove_unit(0).unwrap();
        let runs = stage.settle().unwrap();
        assert_eq!(hooks(&runs), ["friends-relation-broken", "stop", "remove"]);
        assert_eq!(runs[0].log[0].text, "friends:0: [][]");
    }
}

/// The hooks of a unit that is deployed beside a peer, and whose Pebble answers from the first moment.
fn with_pebble(seed: u64) -> Vec<String> {
    let folder = charm("exit 0");
    let metadata = "name: tiny\ncontainers: {web: {}}\npeers: {friends: {interface: friends}}\n";
    std::fs::write(folder.path().join("metadata.yaml"), metadata).unwrap();
    let mut model = Model::new(Application::new("tiny", Charm::read(folder.path()).unwrap()));
    let mut friends = Relation { ends: vec![End::new("tiny", "friends")], ..Relation::default() };
    friends.enter("tiny/1", Databag::default());
    model.relations.insert(0, friends);
    let unit = Unit { boot_ids: [("web".to_owned(), "1".to_owned())].into(), ..Unit::default() };
    model.units.insert("tiny/0".to_owned(), unit);
    let (mut randomness, mut hooks) = (Randomness::new(seed), Vec::new());
    loop {
        notes::keep_up(&mut model);
        let Some(event) = scheduler::next(&model, "tiny/0", &mut randomness) else { return hooks };
        hooks.push(event.name(&model, "tiny/0"));
        notes::begun(&mut model, "tiny/0", &event);
        notes::committed(&mut model, "tiny/0", &event);
    }
}

#[test]
fn pebble_ready_comes_after_the_start_or_with_an_odd_seed_anywhere_after_the_install() {
    let place = |hooks: &[String], hook: &str| hooks.iter().position(|other| other == hook).unwrap();
    let told = |seed| {
        let hooks = with_pebble(seed);
        let ready = place(&hooks, "web-pebble-ready");
        ["start", "friends-relation-joined", "friends-relation-changed"].map(|hook| place(&hooks, hook) < ready)
    };
    let odd: BTreeSet<[bool; 3]> = (0..64).map(|half| told(2 * half + 1)).collect();
    let anywhere = [[false, false, false], [true, false, false], [true, true, false], [true, true, true]];
    assert_eq!(odd, anywhere.into());
    assert!((0..8).all(|half| told(2 * half) == [true, false, false]));
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
    for juju in Version::ALL {
        let mut stage = quiet(juju, 1, 1);
        stage.model_mut().units.get_mut("tiny/0").unwrap().memory.notices.push(failing_check());
        stage.evict_pod(0).unwrap();
        let runs = stage.settle().unwrap();
        let order = ["stop", "web-pebble-check-failed", "upgrade-charm", "config-changed", "start"];
        assert_eq!(hooks(stage.runs())[stage.runs().len() - 5..], order, "{runs:?}");
    }
}

#[test]
fn a_pod_that_is_replaced_in_error_stops_upgrades_and_tries_the_failed_hook_again() {
    for juju in Version::ALL {
        let mut stage = settled_on(juju, "status-set active");
        stage.faults().fail_calls(&["status-set"], 1, "out of order");
        stage.update_status(0).unwrap();
        stage.faults().clear();
        stage.evict_pod(0).unwrap();
        let runs = stage.settle().unwrap();
        assert_eq!(hooks(&runs)[..3], ["stop", "upgrade-charm", "update-status"]);
    }
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
