//! When owners and readers of secrets are told of them.
#![cfg(test)]

#[allow(dead_code, reason = "the rest makes other charms")]
mod shell;

use stage::{Stage, Version};
use std::time::Duration;

fn settle(stage: &mut Stage) -> Vec<String> {
    stage.settle().unwrap().into_iter().map(|run| run.hook).collect()
}

fn quiet(juju: Version) -> Stage {
    let folder = shell::charm("exit 0");
    let mut stage = shell::builder().charm(folder.path()).juju(juju).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

/// Runs a tool, and gives what it printed and the hooks that follow.
fn after(stage: &mut Stage, argv: &[&str]) -> (String, Vec<String>) {
    let run = stage.exec(0, argv).unwrap();
    assert_eq!(run.results["return-code"], 0, "{argv:?}: {:?}", run.results);
    let printed = run.results.get("stdout").and_then(|text| text.as_str()).unwrap_or_default().trim().to_owned();
    (printed, settle(stage))
}

/// What follows the first read of a secret of the operator that has so many revisions.
fn after_first_read(juju: Version, revisions: u32) -> Vec<String> {
    let mut stage = quiet(juju);
    let uri = stage.add_secret(&[("password", "1")]);
    stage.grant_secret(&uri).unwrap();
    for number in 2..=revisions {
        stage.secret(&uri).update(&[("password", &number.to_string())]).unwrap();
    }
    let (read, hooks) = after(&mut stage, &["secret-get", &uri, "password"]);
    assert_eq!(read, format!("\"{revisions}\""));
    hooks
}

#[test]
fn in_juju_3_a_first_read_of_a_later_revision_is_followed_by_secret_changed() {
    let nothing: Vec<String> = Vec::new();
    assert_eq!(after_first_read(Version::V3_6, 1), nothing);
    assert_eq!(after_first_read(Version::V3_6, 2), ["secret-changed"]);
    assert_eq!(after_first_read(Version::V3_6, 3), ["secret-changed"]);
    assert_eq!(
        [1, 2, 3].map(|revisions| after_first_read(Version::V4_0, revisions)),
        [(); 3].map(|()| nothing.clone())
    );
}

#[test]
fn in_juju_3_a_reader_that_owns_the_secret_is_told_of_its_own_changes() {
    for (juju, told) in [(Version::V3_6, vec!["secret-changed"]), (Version::V4_0, vec![])] {
        let mut stage = quiet(juju);
        let (uri, _) = after(&mut stage, &["secret-add", "--owner", "unit", "password=old"]);
        assert_eq!(after(&mut stage, &["secret-set", &uri, "password=newer"]).1, ["secret-remove"], "it reads none");
        assert_eq!(after(&mut stage, &["secret-get", &uri]).1, told);
        assert_eq!(after(&mut stage, &["secret-set", &uri, "password=new"]).1, told);
    }
}

/// A unit whose application owns a secret made with these flags, after so many minutes one after the other.
fn hooks_of_an_owner(juju: Version, flags: &str, minutes: &[u64]) -> Vec<Vec<String>> {
    let folder = shell::charm(&format!("[ $JUJU_HOOK_NAME = install ] && secret-add {flags} password=x; exit 0"));
    let mut stage = shell::builder().charm(folder.path()).juju(juju).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    let mut after = |minutes: &u64| {
        stage.pass(Duration::from_mins(*minutes));
        settle(&mut stage)
    };
    minutes.iter().map(&mut after).collect()
}

#[test]
fn an_expired_secret_is_told_of_every_five_minutes_until_somebody_acts() {
    for juju in Version::ALL {
        let hooks = hooks_of_an_owner(juju, "--expire 1h", &[59, 2, 4, 2, 5, 5]);
        let told = || vec!["secret-expired".to_owned()];
        assert_eq!(hooks, [vec![], told(), vec![], told(), told(), told()]);
    }
}

#[test]
fn an_expired_secret_that_was_removed_is_told_of_no_more() {
    for juju in Version::ALL {
        let folder = shell::charm(
            "case $JUJU_HOOK_NAME in install) secret-add --expire 1h a-b-c=x ;; secret-expired) secret-remove $JUJU_SECRET_ID ;; esac",
        );
        let mut stage = shell::builder().charm(folder.path()).juju(juju).build().unwrap();
        stage.deploy();
        stage.settle().unwrap();
        let mut after = |minutes| {
            stage.pass(Duration::from_mins(minutes));
            settle(&mut stage)
        };
        assert_eq!([after(61), after(6)], [vec!["secret-expired".to_owned()], vec![]]);
    }
}

#[test]
fn a_secret_is_rotated_once_in_each_period() {
    for juju in Version::ALL {
        let hooks = hooks_of_an_owner(juju, "--rotate hourly", &[59, 2, 30, 31]);
        assert_eq!(hooks, [vec![], vec!["secret-rotate"], vec![], vec!["secret-rotate"]]);
    }
}
