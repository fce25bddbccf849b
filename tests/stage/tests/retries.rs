//! What an agent tries again, and when.
#![cfg(test)]

#[allow(dead_code, reason = "the rest makes other charms")]
mod shell;

use clock::{Clock, Drive};
use stage::{Exit, HookEvent, HookRun, Stage, Version};

/// A settled unit of a charm whose hooks have Juju's time in `NOW`; it goes by only while the agent waits.
fn settled(juju: Version, script: &str) -> Stage {
    let folder = shell::charm(script);
    let builder = Stage::builder().charm(folder.path()).juju(juju).time_variable("NOW");
    let mut stage = builder.clock(Clock::driven(Drive::leaked())).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

/// The seconds of Juju's time between each run and the next, which log it.
fn pauses(runs: &[HookRun]) -> Vec<u64> {
    let times: Vec<u64> = runs.iter().map(|run| run.calls("juju-log")[0].argv[1].parse().unwrap()).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_failed_hook_is_tried_again_after_5_10_and_20_seconds() {
    for juju in Version::ALL {
        let mut stage = settled(juju, "juju-log $NOW; [ $JUJU_HOOK_NAME != update-status ]");
        stage.update_status(0).unwrap();
        stage.settle().unwrap();
        let runs = &stage.runs()[stage.runs().len() - 4..];
        assert!(runs.iter().all(|run| run.hook == "update-status" && run.exit == Exit::Code(1)));
        assert_eq!(pauses(runs), [5, 10, 20]);
        assert_eq!(stage.unit(0).status().to_string(), "error: hook failed: \"update-status\"");
    }
}

#[test]
fn a_failed_pebble_ready_comes_every_5_seconds_for_ever_without_an_error() {
    for juju in Version::ALL {
        let mut stage = settled(juju, "juju-log $NOW; case $JUJU_HOOK_NAME in *ready) exit 1 ;; esac");
        stage.hook(0, &HookEvent::pebble_ready("web")).unwrap();
        for _ in 0..2 {
            stage.settle().unwrap();
            let runs = &stage.runs()[stage.runs().len() - 3..];
            assert!(runs.iter().all(|run| run.hook == "web-pebble-ready"));
            assert_eq!(pauses(runs), [5, 5]);
            assert!(!stage.unit(0).whole().is_in_error());
        }
    }
}

/// How long the stage waited after the charm of a hook had ended, in seconds of Juju's time.
fn wait(stage: &mut Stage) -> (Exit, u64) {
    let drive = stage.clock().drive().unwrap();
    let began = drive.passed();
    let exit = stage.update_status(0).unwrap().exit;
    (exit, drive.passed().saturating_sub(began).as_secs())
}

#[test]
fn a_killed_hook_runs_again_after_three_seconds_and_in_juju_3_at_once() {
    for (juju, pause) in [(Version::V3_6, 0), (Version::V4_0, 3)] {
        let mut stage = settled(juju, "[ $JUJU_HOOK_NAME != update-status ] || is-leader; exit 0");
        stage.faults().kill_after_tool(1);
        assert_eq!(wait(&mut stage), (Exit::Signal(9), pause));
        assert_eq!(stage.settle().unwrap().len(), 1);
    }
}

#[test]
fn in_juju_4_a_change_of_somebody_elses_secret_is_tried_for_nearly_three_minutes() {
    for (juju, is_long, message) in [
        (Version::V3_6, false, "updating secrets: permission denied"),
        (Version::V4_0, true, "updating secrets: \"tiny/0\" is not allowed to manage this secret"),
    ] {
        let script = "case $JUJU_HOOK_NAME in update-status) secret-set $(cat ../uri) key=x ;; esac";
        let mut stage = settled(juju, script);
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
