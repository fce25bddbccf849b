//! Storage and resources: their hooks, their tools, and where they are seen.
#![cfg(test)]

use serde_json::Value;
use stage::{Builder, HookRun, Stage, Version};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};
use tempfile::TempDir;

const METADATA: &str = "
name: keeper
containers:
  web:
    resource: web-image
    mounts: [{storage: data, location: /srv/data}]
storage:
  data: {type: filesystem, location: /data}
  cache: {type: filesystem, multiple: {range: 0-}}
  few: {type: filesystem, multiple: {range: 0-2}}
resources:
  web-image: {type: oci-image}
  theme: {type: file, filename: theme.txt}
";

/// What a storage hook learns without asking by name; some charms read the name of the instance in the help.
const DISPATCH: &str = "#!/bin/sh
case $JUJU_HOOK_NAME in
*-storage-*) juju-log \"$JUJU_STORAGE_ID $JUJU_STORAGE_LOCATION $JUJU_STORAGE_KIND $(storage-get location) $(storage-get --help | grep '^-s ')\" ;;
esac
";

struct Keeper {
    stage: Stage,
    _folder: TempDir,
}

impl Keeper {
    fn new(deploy: impl FnOnce(Builder) -> Builder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (charm, image) = (folder.path().join("charm"), folder.path().join("image"));
        fs::create_dir_all(&charm).unwrap();
        fs::create_dir_all(image.join("srv")).unwrap();
        fs::write(charm.join("metadata.yaml"), METADATA).unwrap();
        fs::write(charm.join("dispatch"), DISPATCH).unwrap();
        fs::set_permissions(charm.join("dispatch"), Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("theme"), "blue").unwrap();
        let builder = Stage::builder().charm(charm).image(image).resource("theme", folder.path().join("theme"));
        let mut stage = deploy(builder).build().unwrap();
        stage.deploy();
        Self { stage, _folder: folder }
    }

    fn settle(&mut self) -> Vec<String> {
        self.stage.settle().unwrap().iter().map(name).collect()
    }

    fn exec(&mut self, line: &str) -> String {
        let ran = self.stage.exec(0, &["sh", "-c", line]).unwrap();
        let text = |key: &str| ran.results.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        text("stdout") + &text("stderr")
    }
}

fn name(run: &HookRun) -> String {
    let log = run.log.iter().filter(|line| line.logger.ends_with("juju-log"));
    log.fold(run.hook.clone(), |name, line| format!("{name}: {}", line.text))
}

#[test]
fn storage_is_attached_before_the_configuration_and_detached_before_the_stop() {
    let mut keeper = Keeper::new(|builder| builder);
    let attached = "data-storage-attached: data/0 /data filesystem /data -s  (= data/0)";
    let hooks = ["install", "leader-elected", attached, "config-changed", "start", "web-pebble-ready"];
    assert_eq!(keeper.settle(), hooks);
    keeper.stage.remove_unit(0).unwrap();
    assert_eq!(
        keeper.settle(),
        ["data-storage-detaching: data/0 /data filesystem /data -s  (= data/0)", "stop", "remove"]
    );
}

#[test]
fn a_unit_has_as_many_instances_as_it_was_deployed_with() {
    let mut keeper = Keeper::new(|builder| builder.storage("cache", 2).units(2));
    keeper.settle();
    assert_eq!(keeper.exec("storage-list; storage-list data"), "cache/0\ncache/1\ndata/2\ndata/2\n");
    assert_eq!(keeper.exec("storage-list --format=json cache"), "[\"cache/0\",\"cache/1\"]\n");
    assert_eq!(keeper.exec("storage-get -s cache/1"), "kind: filesystem\nlocation: /var/lib/juju/storage/cache/1\n");
    assert_eq!(keeper.exec("storage-get -s data/2 --format=json location"), "\"/data\"\n");
    assert_eq!(keeper.exec("storage-get -s data/2 size"), "ERROR invalid storage attribute \"size\"\n");
    let others = "ERROR invalid value \"data/5\" for option -s: permission denied\n";
    assert_eq!(keeper.exec("storage-get -s data/5"), others);
}

#[test]
fn what_is_stored_is_seen_by_all_containers_and_survives_the_pod() {
    let mut keeper = Keeper::new(|builder| builder.storage("cache", 1));
    keeper.settle();
    keeper.exec("echo kept > /data/file; echo kept > /var/lib/juju/storage/cache/0/file");
    let processes = keeper.stage.pod(0).unwrap().processes("web");
    let seen = format!("/proc/{}/root/srv/data/file", processes.keys().next().unwrap());
    assert_eq!(fs::read_to_string(seen).unwrap(), "kept\n");
    keeper.stage.kill_pod(0).unwrap();
    assert_eq!(keeper.settle(), ["upgrade-charm", "config-changed", "start", "web-pebble-ready"]);
    assert_eq!(keeper.exec("cat /data/file /var/lib/juju/storage/cache/0/file"), "kept\nkept\n");
}

/// No hook tells of it, whatever happens to the pod.
#[test]
fn more_storage_is_noted_by_juju_3_6_and_comes_to_no_pod() {
    let mut keeper = Keeper::new(|builder| builder.juju(Version::V3_6));
    keeper.settle();
    assert_eq!(keeper.exec("storage-add cache=1 && storage-list"), "data/0\n");
    assert_eq!(keeper.exec("storage-list"), "cache/1\ndata/0\n");
    let pending =
        "getting filesystem attachment info: filesystem attachment \"1\" on \"unit keeper/0\" not provisioned";
    assert_eq!(
        keeper.exec("storage-get -s cache/1"),
        format!("ERROR invalid value \"cache/1\" for option -s: {pending}\n")
    );
    keeper.stage.kill_pod(0).unwrap();
    assert_eq!(keeper.settle(), ["upgrade-charm", "config-changed", "start", "web-pebble-ready"]);
    keeper.stage.remove_unit(0).unwrap();
    assert_eq!(
        keeper.settle(),
        ["data-storage-detaching: data/0 /data filesystem /data -s  (= data/0)", "stop", "remove"]
    );
}

#[test]
fn juju_3_6_refuses_storage_that_the_charm_does_not_declare_at_the_end_of_the_hook() {
    let mut keeper = Keeper::new(|builder| builder.juju(Version::V3_6).storage("few", 1));
    keeper.settle();
    for (added, refused) in [
        ("other", "adding storage other for unit-keeper-0: storage \"other\" not found"),
        ("data", "adding \"data\" storage to keeper/0: cannot attach, storage is singular"),
        (
            "few=2",
            "adding \"few\" storage to keeper/0: attaching 2 storage instances brings the total to 3, exceeding the maximum of 2",
        ),
    ] {
        assert_eq!(keeper.exec(&format!("storage-add {added} && echo added")), format!("added\n{refused}"));
    }
    assert_eq!(keeper.exec("storage-list"), "data/0\nfew/1\n");
}

#[test]
fn juju_4_0_refuses_any_more_storage_at_the_end_of_the_hook() {
    let mut keeper = Keeper::new(|builder| builder.juju(Version::V4_0));
    keeper.settle();
    let refused = "preparing storage additions: preparing storage add \"cache\" for unit \"keeper/0\": \
        adding storage to a unit is not supported on k8s";
    assert_eq!(keeper.exec("storage-add cache=1 && echo added"), format!("added\n{refused}"));
    assert_eq!(keeper.exec("storage-list"), "data/0\n");
}

#[test]
fn a_resource_is_a_file_beside_the_charm() {
    let mut keeper = Keeper::new(|builder| builder);
    keeper.settle();
    let path = "/var/lib/juju/agents/unit-keeper-0/resources/theme/theme.txt";
    assert_eq!(keeper.exec("resource-get theme; echo; cat $(resource-get theme)"), format!("{path}\nblue"));
    assert!(keeper.exec("cat $(resource-get web-image)").starts_with("registrypath: /"));
    let missing = "ERROR could not download resource: resource \"other\" not found\n";
    assert_eq!(keeper.exec("resource-get other"), missing);
}

#[test]
fn the_charm_runs_under_the_name_of_its_pod() {
    let mut keeper = Keeper::new(|builder| builder.application("forum"));
    keeper.settle();
    assert_eq!(keeper.exec("cat /proc/sys/kernel/hostname"), "forum-0\n");
}
