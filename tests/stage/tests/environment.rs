//! The environment of the charm: exactly Juju's.
#![cfg(test)]

mod shell;

use stage::{HookEvent, RelationStep, SecretStep, Span, Stage, Version, WorkloadStep, model::Host};
use std::collections::BTreeMap;

/// The environment of a hook, apart from what is different in every run and place.
fn environment(stage: &mut Stage, event: &HookEvent) -> BTreeMap<String, String> {
    let home = stage.agent_dir(0).unwrap().root().to_str().unwrap().to_owned();
    let run = stage.hook(0, event).unwrap();
    let lines = run.log.iter().filter_map(|line| line.text.split_once('='));
    let mut variables: BTreeMap<String, String> =
        lines.map(|(name, value)| (name.to_owned(), value.replace(&home, "HOME"))).collect();
    let id = variables.remove("JUJU_CONTEXT_ID").unwrap();
    let prefix = format!("tiny/0-{}-", run.hook);
    assert!(id.strip_prefix(&prefix).is_some_and(|id| id.len() == 32), "{id}");
    variables
}

fn dumping(version: Version) -> Stage {
    dumping_on(Host::Pod, version)
}

fn dumping_on(host: Host, version: Version) -> Stage {
    let folder = shell::charm("exec env -u PWD -u OLDPWD -u _ /usr/bin/env");
    let mut stage = shell::builder().charm(folder.path()).juju(version).host(host).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

/// What both series set in `update-status`, but for `JUJU_VERSION`.
const COMMON: &str = "
    APT_LISTCHANGES_FRONTEND=none
    CHARM_DIR=HOME/agents/unit-tiny-0/charm
    CLOUD_API_VERSION=1.31.0
    DEBIAN_FRONTEND=noninteractive
    JUJU_AGENT_SOCKET_ADDRESS=HOME/agents/unit-tiny-0/agent.socket
    JUJU_AGENT_SOCKET_NETWORK=unix
    JUJU_API_ADDRESSES=10.1.0.1:17070
    JUJU_AVAILABILITY_ZONE=
    JUJU_CHARM_DIR=HOME/agents/unit-tiny-0/charm
    JUJU_CHARM_FTP_PROXY=
    JUJU_CHARM_HTTPS_PROXY=
    JUJU_CHARM_HTTP_PROXY=
    JUJU_CHARM_NO_PROXY=127.0.0.1,localhost,::1
    JUJU_DISPATCH_PATH=hooks/update-status
    JUJU_HOOK_NAME=update-status
    JUJU_MACHINE_ID=
    JUJU_MODEL_NAME=forum
    JUJU_MODEL_UUID=6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14
    JUJU_PRINCIPAL_UNIT=
    JUJU_UNIT_NAME=tiny/0
    KUBERNETES_PORT=tcp://10.152.183.1:443
    KUBERNETES_PORT_443_TCP=tcp://10.152.183.1:443
    KUBERNETES_PORT_443_TCP_ADDR=10.152.183.1
    KUBERNETES_PORT_443_TCP_PORT=443
    KUBERNETES_PORT_443_TCP_PROTO=tcp
    KUBERNETES_SERVICE=
    KUBERNETES_SERVICE_HOST=10.152.183.1
    KUBERNETES_SERVICE_PORT=443
    KUBERNETES_SERVICE_PORT_HTTPS=443
    LANG=C.UTF-8
    PATH=HOME/tools/unit-tiny-0:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/charm/bin
    TERM=tmux-256color";

const OF_3_6: &str = "
    JUJU_SLA=
    JUJU_VERSION=3.6.28";

const OF_4_0: &str = "
    JUJU_CHARM_TRACE_CONFIG_CA_CERT=
    JUJU_CHARM_TRACE_CONFIG_GRPC=
    JUJU_CHARM_TRACE_CONFIG_HTTP=
    JUJU_VERSION=4.0.15";

fn variables(texts: &[&str]) -> BTreeMap<String, String> {
    let lines = texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.trim().split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_environment_is_jujus_and_nothing_else() {
    std::env::var_os("HOME").expect("something to leak");
    for (version, own) in [(Version::V3_6, OF_3_6), (Version::V4_0, OF_4_0)] {
        let found = environment(&mut dumping(version), &HookEvent::update_status());
        assert_eq!(found, variables(&[COMMON, own]));
    }
}

#[test]
fn on_a_machine_outside_of_a_cluster_kubernetes_is_not_there_and_juju_3_knows_ubuntu_alone() {
    for (version, own, changed) in [
        (Version::V3_6, OF_3_6, ["TERM=screen", "", ""]),
        (
            Version::V4_0,
            OF_4_0,
            ["TERM=tmux-256color", "DEBIAN_FRONTEND=noninteractive", "APT_LISTCHANGES_FRONTEND=none"],
        ),
    ] {
        let is_of_the_place = |name: &str| name.starts_with("KUBERNETES_") || name.ends_with("_FRONTEND");
        let mut expected = variables(&[COMMON, own]);
        expected.retain(|name, _| !is_of_the_place(name));
        expected.extend(variables(&changed));
        let found = environment(&mut dumping_on(Host::OtherLinux, version), &HookEvent::update_status());
        assert_eq!(found, expected);
    }
}

#[test]
fn proxies_are_options_of_the_model() {
    let mut stage = dumping(Version::V4_0);
    let proxies = [("JUJU_CHARM_HTTP_PROXY", "http://proxy:3128"), ("JUJU_CHARM_NO_PROXY", "")];
    stage.model_mut().proxies = proxies.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let found = environment(&mut stage, &HookEvent::update_status());
    assert_eq!(proxies.map(|(name, _)| found[name].clone()), proxies.map(|(_, value)| value.to_owned()));
}

/// The lines of an environment that are not those of `update-status`.
fn own(stage: &mut Stage, event: &HookEvent) -> Vec<String> {
    let common = environment(stage, &HookEvent::update_status());
    let all = environment(stage, event);
    let new = all.iter().filter(|(name, value)| common.get(*name) != Some(value) && *name != "JUJU_HOOK_NAME");
    new.map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn each_kind_of_hook_has_variables_of_its_own() {
    let mut stage = dumping(Version::V4_0);
    assert_eq!(
        own(&mut stage, &HookEvent::relation(0, RelationStep::Changed, Some("tiny/1"))),
        [
            "JUJU_DISPATCH_PATH=hooks/friends-relation-changed",
            "JUJU_RELATION=friends",
            "JUJU_RELATION_ID=friends:0",
            "JUJU_REMOTE_APP=tiny",
            "JUJU_REMOTE_UNIT=tiny/1",
        ]
    );
    let check = WorkloadStep::CheckFailed { check: "alive".to_owned() };
    assert_eq!(
        own(&mut stage, &HookEvent::Workload { container: "web".to_owned(), step: check }),
        ["JUJU_DISPATCH_PATH=hooks/web-pebble-check-failed", "JUJU_PEBBLE_CHECK_NAME=alive", "JUJU_WORKLOAD_NAME=web",]
    );
}

#[test]
fn a_secret_is_named_by_its_uri_and_a_revision_of_one_by_the_bare_id() {
    for mut stage in Version::ALL.map(dumping) {
        let mut id = |step, revision| {
            let all = own(&mut stage, &HookEvent::Secret { id: "cvi2hqmp8e3c7dn1a0q0".to_owned(), step, revision });
            all.into_iter().filter(|line| line.starts_with("JUJU_SECRET")).collect::<Vec<_>>()
        };
        let label = "JUJU_SECRET_LABEL=";
        for step in [SecretStep::Changed, SecretStep::Rotate] {
            assert_eq!(id(step, None), ["JUJU_SECRET_ID=secret:cvi2hqmp8e3c7dn1a0q0", label]);
        }
        for step in [SecretStep::Expired, SecretStep::Remove] {
            let expected = ["JUJU_SECRET_ID=cvi2hqmp8e3c7dn1a0q0", label, "JUJU_SECRET_REVISION=3"];
            assert_eq!(id(step, Some(3)), expected);
        }
    }
}

#[test]
fn an_action_has_no_variables_of_a_relation_and_no_name_of_a_hook() {
    let mut stage = shell::settled("exec /usr/bin/env");
    let run = stage.run(0, "act", serde_json::json!({})).unwrap();
    let printed = run.results["stdout"].as_str().unwrap();
    let mut found: Vec<&str> = printed
        .lines()
        .filter(|line| ["RELATION", "REMOTE", "HOOK", "DISPATCH", "ACTION"].iter().any(|word| line.contains(word)))
        .collect();
    found.sort_unstable();
    let expected = [
        "JUJU_ACTION_NAME=act",
        "JUJU_ACTION_TAG=action-2",
        "JUJU_ACTION_UUID=2",
        "JUJU_DISPATCH_PATH=actions/act",
        "JUJU_HOOK_NAME=",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_hook_learns_of_the_span_around_it_where_juju_is_traced() {
    let mut stage = dumping(Version::V4_0);
    let untraced = environment(&mut stage, &HookEvent::update_status());
    stage.model_mut().span = Some(Span { trace: "80f1".to_owned(), id: "ff00".to_owned() });
    let mut traced = environment(&mut stage, &HookEvent::update_status());
    let span = ["JUJU_TRACE_ID", "JUJU_SPAN_ID"].map(|name| traced.remove(name));
    assert_eq!(span, [Some("80f1".to_owned()), Some("ff00".to_owned())]);
    assert_eq!(traced, untraced);
}

#[test]
fn the_application_alone_is_an_empty_remote_unit_and_a_departing_unit_is_named() {
    let mut stage = dumping(Version::V4_0);
    let changed = environment(&mut stage, &HookEvent::relation(0, RelationStep::Changed, None));
    assert_eq!(changed["JUJU_REMOTE_UNIT"], "");
    assert!(!changed.contains_key("JUJU_DEPARTING_UNIT"));
    let departed = HookEvent::Relation {
        relation: 0,
        step: RelationStep::Departed,
        unit: Some("tiny/1".to_owned()),
        departing: Some("tiny/1".to_owned()),
    };
    assert_eq!(environment(&mut stage, &departed)["JUJU_DEPARTING_UNIT"], "tiny/1");
}
