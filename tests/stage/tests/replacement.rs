//! Pods that are replaced, by a refresh or by Kubernetes.
#![cfg(test)]

mod checked;
#[allow(dead_code, reason = "the rest makes charms without containers")]
mod shell;

use stage::{Exit, HookRun, Stage, Version};
use std::{collections::BTreeMap, fs, time::Duration};
use tempfile::TempDir;

/// A check that fails, and on which the readiness of the pod does not depend.
const LAYER: &str = "
checks:
  gate: {override: replace, period: 1s, threshold: 1, exec: {command: 'false'}}
";

/// Two settled units whose charm does nothing, with its folder and that of its image.
struct Pair {
    stage: Stage,
    charm: TempDir,
    image: TempDir,
}

impl Pair {
    fn new(juju: Version) -> Self {
        let (charm, image) = checked::charm_and_image("peers: {friends: {interface: friends}}", LAYER);
        let builder = Stage::builder().charm(charm.path()).image(image.path()).juju(juju).units(2);
        let builder = builder.clock("0.1".parse().unwrap()).idle_timeout(Duration::from_millis(100));
        let mut stage = builder.build().unwrap();
        stage.deploy();
        stage.settle().unwrap();
        Self { stage, charm, image }
    }
}

fn hooks_of(runs: &[HookRun], unit: &str) -> Vec<String> {
    runs.iter().filter(|run| run.unit == unit).map(|run| run.hook.clone()).collect()
}

/// Brings the charm anew, and no image.
fn refresh_charm(stage: &mut Stage, charm: &TempDir) {
    stage.application("tiny").unwrap().refresh(charm.path(), BTreeMap::new()).unwrap();
}

#[test]
fn a_refresh_of_charm_or_image_or_both_goes_from_the_highest_number_down_and_elects_nobody() {
    let news = |juju| if juju == Version::V3_6 { vec!["leader-settings-changed"] } else { vec![] };
    let new_pod = ["upgrade-charm", "config-changed", "start", "web-pebble-check-failed", "web-pebble-ready"];
    for juju in Version::ALL {
        let Pair { mut stage, charm, image } = Pair::new(juju);
        let acts: [fn(&mut Stage, &TempDir, &TempDir); 3] = [
            |stage, charm, _| refresh_charm(stage, charm),
            |stage, _, image| stage.refresh_image(image.path()),
            |stage, charm, image| stage.refresh(charm.path(), image.path()).unwrap(),
        ];
        for act in acts {
            act(&mut stage, &charm, &image);
            let runs = stage.settle().unwrap();
            assert_eq!(hooks_of(&runs, "tiny/1"), [&["stop"][..], &news(juju), &new_pod].concat());
            assert_eq!(hooks_of(&runs, "tiny/0"), [&["stop"][..], &new_pod].concat());
            let of_the_last = runs.iter().position(|run| run.unit == "tiny/0").unwrap();
            assert_eq!(hooks_of(&runs[of_the_last..], "tiny/1").len(), 0, "one pod after the other");
        }
    }
}

#[test]
fn an_eviction_terminates_the_hook_that_runs_and_stop_comes_next() {
    for juju in Version::ALL {
        let mut pair = Pair::new(juju);
        fs::write(pair.charm.path().join("dispatch"), "#!/bin/sh\nis-leader; is-leader\n").unwrap();
        refresh_charm(&mut pair.stage, &pair.charm);
        pair.stage.settle().unwrap();
        pair.stage.faults().evict_after_tool(1);
        let terminated = pair.stage.update_status(0).unwrap();
        assert_eq!((terminated.exit, terminated.tools.len()), (Exit::Signal(15), 1));
        let next = hooks_of(&pair.stage.settle().unwrap(), "tiny/0");
        assert_eq!(next[..4], ["stop", "upgrade-charm", "update-status", "start"]);
    }
}
