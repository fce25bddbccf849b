//! Who leads an application, and who hears of it.
#![cfg(test)]

#[allow(dead_code, reason = "the rest makes other charms")]
mod shell;

use stage::{HookRun, Stage, Version};
use std::time::Duration;

/// Two settled units whose charm does nothing.
fn pair(juju: Version, seed: u64) -> Stage {
    let folder = shell::charm("exit 0");
    let mut stage = shell::builder().charm(folder.path()).juju(juju).units(2).seed(seed).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

fn hooks(runs: &[HookRun]) -> Vec<[&str; 2]> {
    runs.iter().map(|run| [run.unit.as_str(), run.hook.as_str()]).collect()
}

#[test]
fn the_first_leader_of_two_may_be_unit_1() {
    for juju in Version::ALL {
        assert_eq!([pair(juju, 0).leader(), pair(juju, 4).leader()], [Some(0), Some(1)]);
    }
}

#[test]
fn in_juju_3_who_does_not_lead_hears_of_it_once_per_agent_process() {
    let mut stage = pair(Version::V3_6, 0);
    stage.elect(1).unwrap();
    let mut told = hooks(&stage.settle().unwrap()).into_iter().map(|hook| hook.map(str::to_owned)).collect::<Vec<_>>();
    told.sort();
    assert_eq!(told, [["tiny/0", "leader-settings-changed"], ["tiny/1", "leader-elected"]]);
    stage.restart_agent(0).unwrap();
    let again = stage.settle().unwrap();
    assert_eq!(hooks(&again), [["tiny/0", "leader-settings-changed"], ["tiny/0", "start"]]);
}

#[test]
fn in_juju_3_a_follower_hears_of_it_before_its_first_config_changed_and_in_juju_4_never() {
    for (juju, expected) in [(Version::V3_6, Some(2)), (Version::V4_0, None)] {
        let stage = pair(juju, 0);
        let of_follower: Vec<&str> =
            stage.runs().iter().filter(|run| run.unit == "tiny/1").map(|run| run.hook.as_str()).collect();
        assert_eq!(of_follower.iter().position(|hook| *hook == "leader-settings-changed"), expected);
        let configured = of_follower.iter().position(|hook| *hook == "config-changed").unwrap();
        assert_eq!(configured, expected.map_or(2, |told| told + 1));
    }
}

#[test]
fn in_juju_4_only_the_winner_hears_of_an_election() {
    let mut stage = pair(Version::V4_0, 0);
    stage.elect(1).unwrap();
    assert_eq!(hooks(&stage.settle().unwrap()), [["tiny/1", "leader-elected"]]);
}

#[test]
fn a_frozen_leader_is_replaced_after_49_seconds_and_only_the_winner_hears_of_it() {
    for (juju, news) in [(Version::V3_6, vec![["tiny/0", "leader-settings-changed"]]), (Version::V4_0, Vec::new())] {
        let mut stage = pair(juju, 0);
        stage.freeze(0).unwrap();
        stage.pass(Duration::from_secs(48));
        assert_eq!((hooks(&stage.settle().unwrap()), stage.leader()), (Vec::new(), Some(0)));
        stage.pass(Duration::from_secs(1));
        assert_eq!(hooks(&stage.settle().unwrap()), [["tiny/1", "leader-elected"]]);
        stage.thaw(0).unwrap();
        assert_eq!((hooks(&stage.settle().unwrap()), stage.leader()), (news, Some(1)));
    }
}
