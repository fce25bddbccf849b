//! What an agent tries again, and when.
#![cfg(test)]

#[allow(dead_code, reason = "the rest makes other charms")]
mod shell;

use stage::{Exit, HookEvent, HookRun, Stage, Version};
use std::time::Instant;

/// A settled unit of a charm, on a clock of this speed.
fn settled(juju: Version, clock: &str, script: &str) -> Stage {
    let folder = shell::charm(script);
    let mut stage = Stage::builder().charm(folder.path()).juju(juju).clock(clock.parse().unwrap()).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

/// The whole seconds of Juju's time between the end of each run and the beginning of the next, of waits by so much at least.
fn pauses(stage: &Stage, runs: &[HookRun], least: &[u64]) -> Vec<bool> {
    let pause = |pair: &[HookRun]| (pair[1].began - pair[0].began).unsigned_abs().saturating_sub(pair[0].wall);
    let seconds = runs.windows(2).map(|pair| stage.clock().nominal(pause(pair)).as_secs());
    seconds.zip(least).map(|(seconds, least)| (*least..2 * *least).contains(&seconds)).collect()
}

#[test]
fn a_failed_hook_is_tried_again_after_5_10_and_20_seconds() {
    for juju in Version::ALL {
        let mut stage = settled(juju, "0.1", "[ $JUJU_HOOK_NAME != update-status ]");
        stage.update_status(0).unwrap();
        stage.settle().unwrap();
        let runs = &stage.runs()[stage.runs().len() - 4..];
        assert!(runs.iter().all(|run| run.hook == "update-status" && run.exit == Exit::Code(1)));
        assert_eq!(pauses(&stage, runs, &[5, 10, 20]), [true; 3], "{runs:?}");
        assert_eq!(stage.unit(0).status().to_string(), "error: hook failed: \"update-status\"");
    }
}

#[test]
fn a_failed_pebble_ready_comes_every_5_seconds_for_ever_without_an_error() {
    for juju in Version::ALL {
        let mut stage = settled(juju, "0.1", "case $JUJU_HOOK_NAME in *ready) exit 1 ;; esac");
        stage.hook(0, &HookEvent::pebble_ready("web")).unwrap();
        for _ in 0..2 {
            stage.settle().unwrap();
            let runs = &stage.runs()[stage.runs().len() - 3..];
            assert!(runs.iter().all(|run| run.hook == "web-pebble-ready"));
            assert_eq!(pauses(&stage, runs, &[5, 5]), [true; 2], "{runs:?}");
            assert!(!stage.unit(0).whole().is_in_error());
        }
    }
}

/// How long the stage waited after the charm of a hook had ended, in Juju's time.
fn wait(stage: &mut Stage) -> (Exit, u64) {
    let began = Instant::now();
    let run = stage.update_status(0).unwrap();
    let waited = began.elapsed().saturating_sub(run.wall);
    (run.exit, stage.clock().nominal(waited).as_secs())
}

#[test]
fn a_killed_hook_runs_again_after_three_seconds_and_in_juju_3_at_once() {
    for (juju, waits) in [(Version::V3_6, false), (Version::V4_0, true)] {
        let mut stage = settled(juju, "0.5", "[ $JUJU_HOOK_NAME != update-status ] || is-leader; exit 0");
        stage.faults().kill_after_tool(1);
        let (exit, seconds) = wait(&mut stage);
        assert_eq!((exit, seconds >= 3, stage.settle().unwrap().len()), (Exit::Signal(9), waits, 1));
    }
}

#[test]
fn in_juju_4_a_change_of_somebody_elses_secret_is_tried_for_nearly_three_minutes() {
    for (juju, is_long, message) in [
        (Version::V3_6, false, "updating secrets: permission denied"),
        (Version::V4_0, true, "updating secrets: \"tiny/0\" is not allowed to manage this secret"),
    ] {
        let script = "case $JUJU_HOOK_NAME in update-status) secret-set $(cat ../uri) key=x ;; esac";
        let mut stage = settled(juju, "0.01", script);
        let uri = stage.add_secret(&[("key", "v")]);
        stage.grant_secret(&uri).unwrap();
        std::fs::write(stage.agent_dir(0).unwrap().charm().join("../uri"), &uri).unwrap();
        let (exit, waited) = wait(&mut stage);
        assert_eq!(exit, Exit::CommitFailed(message.to_owned()));
        assert_eq!(waited >= 170, is_long, "{waited} s");
        let tool = stage.runs().last().unwrap().calls("secret-set")[0].exit;
        assert_eq!(tool, 0, "the tool itself succeeds");
    }
}
