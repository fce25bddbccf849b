//! Charms with containers: what Pebble does becomes hooks.
#![cfg(test)]

use stage::{Exit, HookEvent, HookRun, Stage, Status};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// Nothing here is down for longer and comes up all the same.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// A stage with a charm that has one container, and the image's folder.
struct Served {
    stage: Stage,
    image: TempDir,
}

impl Served {
    fn with_units(units: u32) -> Self {
        let image = tempfile::tempdir().unwrap();
        fs::create_dir_all(image.path().join("srv")).unwrap();
        let clock = "0.2".parse().unwrap();
        let builder =
            Stage::builder().charm(charm()).image(image.path()).clock(clock).units(units).idle_timeout(IDLE_TIMEOUT);
        let mut stage = builder.build().unwrap();
        stage.deploy();
        Self { stage, image }
    }

    fn settle(&mut self) -> Vec<String> {
        names(&self.stage.settle().unwrap())
    }

    /// Waits until the check is up or down.
    fn wait_for_check(&self, status: &str) {
        let checks = || self.stage.pod(0).unwrap().read("web", "/v1/checks").unwrap();
        while checks()[0]["status"] != status {
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.stage.pod(0).unwrap().path("web", path).unwrap()
    }
}

fn charm() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/charms/served")
}

fn names(runs: &[HookRun]) -> Vec<String> {
    runs.iter().map(|run| run.hook.clone()).collect()
}

#[test]
fn pebble_ready_comes_once_after_the_start() {
    let mut served = Served::with_units(1);
    let hooks =
        ["install", "friends-relation-created", "leader-elected", "config-changed", "start", "web-pebble-ready"];
    // A slow host may look at the service before it listens.
    let mut told = served.settle();
    told.retain(|hook| !hook.contains("-pebble-check-"));
    assert_eq!(told, hooks);
    assert_eq!(served.stage.unit(0).status(), Status::active(""));
    assert_eq!(served.settle(), Vec::<String>::new());
}

#[test]
fn requests_to_pebble_are_counted_per_hook() {
    let mut served = Served::with_units(1);
    served.settle();
    let run = served.stage.update_status(0).unwrap();
    let requests: Vec<String> = run
        .requests
        .iter()
        .map(|request| format!("{} {} {:?}", request.method, request.path, request.status))
        .collect();
    assert_eq!(requests, ["GET /v1/services Some(200)", "GET /v1/checks Some(200)"]);
    assert!(run.peak_kib > 1000, "{}", run.peak_kib);
    assert!(run.cpu.as_millis() > 1, "{:?}", run.cpu);
}

#[test]
fn a_check_that_fails_and_recovers_is_told_of() {
    let mut served = Served::with_units(1);
    served.settle();
    fs::write(served.inside("/srv/sick"), "").unwrap();
    served.wait_for_check("down");
    assert_eq!(served.settle(), ["web-pebble-check-failed"]);
    assert_eq!(served.stage.unit(0).status(), Status::blocked("the check is down"));
    fs::remove_file(served.inside("/srv/sick")).unwrap();
    served.wait_for_check("up");
    assert_eq!(served.settle(), ["web-pebble-check-recovered"]);
    assert_eq!(served.stage.unit(0).status(), Status::active(""));
}

#[test]
fn a_killed_container_starts_again_and_is_told_of() {
    let mut served = Served::with_units(1);
    served.settle();
    served.stage.kill_container(0).unwrap();
    assert_eq!(served.stage.update_status(0).unwrap().after, Status::waiting("Pebble is away"));
    assert_eq!(served.settle(), ["web-pebble-ready"]);
    assert_eq!(served.stage.unit(0).status(), Status::active(""));
}

#[test]
fn a_lost_pod_comes_again_as_an_upgrade_and_an_evicted_one_stops_before() {
    let mut served = Served::with_units(1);
    served.settle();
    let before = served.stage.unit(0).address();
    served.stage.kill_pod(0).unwrap();
    let again = ["upgrade-charm", "config-changed", "start", "web-pebble-ready"];
    assert_eq!(served.settle(), again);
    assert_ne!(served.stage.unit(0).address(), before);
    let service = served.stage.model().application().service.to_string();
    assert_eq!(served.stage.unit_bag("friends", 0)["ingress-address"], service);
    served.stage.evict_pod(0).unwrap();
    assert_eq!(served.settle(), [&["stop"][..], &again].concat());
}

#[test]
fn a_restarted_agent_starts_the_charm_and_tells_of_the_workload_again() {
    let mut served = Served::with_units(1);
    served.settle();
    served.stage.restart_agent(0).unwrap();
    assert_eq!(served.settle(), ["start", "web-pebble-ready"]);
    assert_eq!(fs::read_to_string(served.inside("/srv/starts")).unwrap(), "here\n");
}

#[test]
fn a_refresh_replaces_the_pods_from_the_highest_number_down() {
    let mut served = Served::with_units(2);
    served.settle();
    let image = tempfile::tempdir().unwrap();
    fs::create_dir_all(image.path().join("srv")).unwrap();
    fs::write(image.path().join("srv/new"), "").unwrap();
    served.stage.refresh(charm(), image.path()).unwrap();
    let runs = served.stage.settle().unwrap();
    let stops: Vec<&str> = runs.iter().filter(|run| run.hook == "stop").map(|run| run.unit.as_str()).collect();
    assert_eq!(stops, ["served/1", "served/0"]);
    let of_the_first: Vec<String> =
        runs.iter().filter(|run| run.unit == "served/1").map(|run| run.hook.clone()).collect();
    let upgrade = ["stop", "leader-settings-changed", "upgrade-charm", "config-changed", "start", "web-pebble-ready"];
    assert_eq!(of_the_first[..6], upgrade);
    let ready = runs.iter().position(|run| run.unit == "served/1" && run.hook == "start").unwrap();
    let next = runs.iter().position(|run| run.unit == "served/0" && run.hook == "stop").unwrap();
    assert!(ready < next);
    assert!(served.inside("/srv/new").exists());
    drop(served.image);
}

#[test]
fn a_refresh_gives_each_container_that_is_named_a_new_image_and_leaves_the_others_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let image = |name: &str| {
        fs::create_dir_all(path(name).join("srv")).unwrap();
        fs::write(path(name).join("srv/name"), name).unwrap();
        path(name)
    };
    fs::create_dir(path("charm")).unwrap();
    fs::write(path("charm/metadata.yaml"), "name: two\ncontainers: {one: {}, other: {}, third: {}}\n").unwrap();
    let builder = Stage::builder().charm(path("charm")).image_of("one", image("old")).image_of("other", image("old"));
    let mut stage = builder.image_of("third", image("old")).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    let images = ["one", "other"].map(|container| (container.to_owned(), image(container)));
    stage.application("two").unwrap().refresh(path("charm"), images.into()).unwrap();
    stage.settle().unwrap();
    let seen = |name| fs::read_to_string(stage.pod(0).unwrap().path(name, "/srv/name").unwrap()).unwrap();
    assert_eq!(["one", "other", "third"].map(seen), ["one", "other", "old"]);
    let unknown = [("fourth".to_owned(), image("new"))].into();
    let refused = stage.application("two").unwrap().refresh(path("charm"), unknown).unwrap_err();
    assert_eq!(refused.to_string(), "no such container: fourth");
    stage.refresh(path("charm"), image("new")).unwrap();
    stage.settle().unwrap();
    let seen = |name| fs::read_to_string(stage.pod(0).unwrap().path(name, "/srv/name").unwrap()).unwrap();
    assert_eq!(["one", "other", "third"].map(seen), ["new"; 3]);
}

#[test]
fn a_charm_can_be_killed_after_a_request_to_pebble() {
    let mut served = Served::with_units(1);
    served.settle();
    served.stage.faults().kill_after_request(2);
    let run = served.stage.hook(0, &HookEvent::update_status()).unwrap();
    assert_eq!((run.exit, run.requests.len(), run.tools.len()), (Exit::Signal(9), 2, 0));
    assert_eq!(served.settle(), ["update-status"]);
}

#[test]
fn a_charm_in_a_pod_names_files_as_it_sees_them() {
    let mut served = Served::with_units(1);
    let dispatch = "#!/bin/sh\necho hunter2 > /tmp/value\nsecret-add --owner unit password#file=/tmp/value";
    let folder = tempfile::tempdir().unwrap();
    fs::copy(format!("{}/metadata.yaml", charm()), folder.path().join("metadata.yaml")).unwrap();
    fs::write(folder.path().join("dispatch"), dispatch).unwrap();
    fs::set_permissions(folder.path().join("dispatch"), Permissions::from_mode(0o755)).unwrap();
    served.stage = Stage::builder().charm(folder.path()).image(served.image.path()).build().unwrap();
    served.stage.deploy();
    let run = served.stage.hook(0, &HookEvent::update_status()).unwrap();
    assert_eq!(run.exit, Exit::Code(0));
    let content: Vec<_> = served.stage.model().secrets.values().filter_map(|secret| secret.content()).collect();
    assert_eq!(content, [&[("password".to_owned(), "hunter2\n".to_owned())].into()]);
}

#[test]
fn a_refresh_begins_though_the_old_pods_are_not_ready_and_stops_at_a_new_one_that_is_not() {
    let mut served = Served::with_units(2);
    served.settle();
    for unit in [0, 1] {
        fs::write(served.stage.pod(unit).unwrap().path("web", "/srv/sick").unwrap(), "").unwrap();
    }
    served.stage.refresh(charm(), served.image.path()).unwrap();
    fs::write(served.image.path().join("srv/sick"), "").unwrap();
    let runs = served.stage.settle().unwrap();
    let stops: Vec<&str> = runs.iter().filter(|run| run.hook == "stop").map(|run| run.unit.as_str()).collect();
    assert_eq!(stops, ["served/1"]);
}
