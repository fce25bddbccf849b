//! What Pebble notices becomes hooks, and becomes them again where an agent begins anew.
#![cfg(test)]

mod checked;
#[allow(dead_code, reason = "the rest is for pods without an agent")]
mod pod_fixture;
#[allow(dead_code, reason = "the rest makes charms without containers")]
mod shell;

use pod_fixture::api;
use serde_json::json;
use stage::{HookRun, Stage, Version};
use std::{fs, path::PathBuf, time::Duration};
use tempfile::TempDir;

/// One check that runs on demand only, and one that always fails.
const LAYER: &str = "
checks:
  alive: {override: replace, period: 1h, timeout: 1m, threshold: 1, exec: {command: test ! -f /srv/sick}}
  gate: {override: replace, period: 1s, threshold: 1, startup: disabled, exec: {command: 'false'}}
";

/// A settled unit whose charm does nothing and whose image brings these checks.
struct Checked {
    stage: Stage,
    _image: TempDir,
}

impl Checked {
    fn new(juju: Version) -> Self {
        let (charm, image) = checked::charm_and_image("", LAYER);
        fs::create_dir(image.path().join("srv")).unwrap();
        let builder = Stage::builder().charm(charm.path()).image(image.path()).juju(juju);
        let builder = builder.clock("0.05".parse().unwrap()).idle_timeout(Duration::from_millis(200));
        let mut stage = builder.build().unwrap();
        stage.deploy();
        stage.settle().unwrap();
        Self { stage, _image: image }
    }

    fn socket(&self) -> PathBuf {
        self.stage.pod(0).unwrap().container_dir().join("containers/web/pebble.socket")
    }

    fn post(&self, path: &str, body: &serde_json::Value) {
        api::post(&self.socket(), path, body);
    }

    /// A process of the workload with this user adds a notice.
    fn notify_as(&self, user: u32) {
        let command = ["/charm/bin/pebble", "notify", "example.com/done"];
        let request = json!({"command": command, "user-id": user, "group-id": user, "working-dir": "/"});
        api::exec(&self.socket(), &request, "");
    }

    /// The check runs now, and finds the workload sick or well.
    fn check(&mut self, is_sick: bool) -> Vec<String> {
        let sick = self.stage.pod(0).unwrap().path("web", "/srv/sick").unwrap();
        if is_sick {
            fs::write(sick, "").unwrap();
        } else {
            fs::remove_file(sick).unwrap();
        }
        self.post("/v1/checks/refresh", &json!({"name": "alive"}));
        self.settle()
    }

    fn settle(&mut self) -> Vec<String> {
        self.stage.settle().unwrap().into_iter().map(|run: HookRun| run.hook).collect()
    }
}

#[test]
fn a_new_agent_is_told_of_the_whole_history_of_checks_and_notices() {
    for juju in Version::ALL {
        let mut checked = Checked::new(juju);
        let mut history = Vec::new();
        for _ in 0..5 {
            history.extend(checked.check(true));
            history.extend(checked.check(false));
        }
        checked.post("/v1/notices", &json!({"action": "add", "type": "custom", "key": "example.com/done"}));
        history.extend(checked.settle());
        let turn = ["web-pebble-check-failed", "web-pebble-check-recovered"].repeat(5);
        assert_eq!(history, [turn.as_slice(), &["web-pebble-custom-notice"]].concat());
        checked.stage.restart_agent(0).unwrap();
        let again = checked.settle();
        assert_eq!(
            (&again[0][..], &again[1..12], &again[12..]),
            ("start", &history[..], &["web-pebble-ready".to_owned()][..])
        );
    }
}

#[test]
fn a_notice_of_any_user_of_the_workload_becomes_a_hook() {
    for juju in Version::ALL {
        let mut checked = Checked::new(juju);
        for user in [0, 584_792] {
            checked.notify_as(user);
            assert_eq!(checked.settle(), ["web-pebble-custom-notice"], "{user}");
        }
    }
}

#[test]
fn a_failing_check_that_is_stopped_has_recovered() {
    for juju in Version::ALL {
        let mut checked = Checked::new(juju);
        checked.post("/v1/checks", &json!({"action": "start", "checks": ["gate"]}));
        std::thread::sleep(checked.stage.clock().scaled(Duration::from_secs(2)));
        assert_eq!(checked.settle(), ["web-pebble-check-failed"]);
        checked.post("/v1/checks", &json!({"action": "stop", "checks": ["gate"]}));
        assert_eq!(checked.settle(), ["web-pebble-check-recovered"; 2]);
    }
}
