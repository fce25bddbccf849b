//! The charm's environment: exactly what Juju sets, and nothing that the stage itself inherited.

use super::AgentDir;
use crate::{
    hook::{HookEvent, SecretStep, WorkloadStep},
    model::{Host, Model, Secret, Version, names::application_of},
};
use std::collections::BTreeMap;

/// What the container brings, and what Juju's agent adds to it.
const AGENT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/charm/bin";

/// The same for every unit and hook.
const FIXED: [(&str, &str); 7] = [
    ("JUJU_AGENT_SOCKET_NETWORK", "unix"),
    ("JUJU_API_ADDRESSES", "10.1.0.1:17070"),
    ("JUJU_AVAILABILITY_ZONE", ""),
    ("JUJU_MACHINE_ID", ""),
    ("JUJU_PRINCIPAL_UNIT", ""),
    ("CLOUD_API_VERSION", "1.31.0"),
    ("LANG", "C.UTF-8"),
];

/// What the agent sets on Ubuntu; Juju 4 does so on every Linux.
const UBUNTU: [(&str, &str); 3] =
    [("TERM", "tmux-256color"), ("DEBIAN_FRONTEND", "noninteractive"), ("APT_LISTCHANGES_FRONTEND", "none")];

/// What the agent of Juju 3.6 sets on a Linux that it does not know.
const OTHER_LINUX: [(&str, &str); 1] = [("TERM", "screen")];

/// Where charms send their traces, by Juju 4: empty as long as tracing is not configured.
const TRACING: [&str; 3] =
    ["JUJU_CHARM_TRACE_CONFIG_HTTP", "JUJU_CHARM_TRACE_CONFIG_GRPC", "JUJU_CHARM_TRACE_CONFIG_CA_CERT"];

const PROXIES: [&str; 4] =
    ["JUJU_CHARM_HTTP_PROXY", "JUJU_CHARM_HTTPS_PROXY", "JUJU_CHARM_FTP_PROXY", "JUJU_CHARM_NO_PROXY"];

type Variables = BTreeMap<String, String>;

/// All variables of one run.
#[must_use]
pub fn of(model: &Model, unit: &str, event: &HookEvent, agent_dir: &AgentDir, context_id: &str) -> Variables {
    let mut variables = owned(&FIXED);
    variables.extend(of_system(model));
    variables.extend(PROXIES.map(|name| (name.to_owned(), model.proxies.get(name).cloned().unwrap_or_default())));
    variables.extend(of_kubernetes(model));
    variables.extend(of_version(model.juju));
    variables.extend(identity(model, unit, agent_dir, context_id));
    variables.extend(of_span(model));
    variables.extend(of_dispatch(model, unit, event));
    variables.extend(of_event(model, unit, event).into_iter().map(|(name, value)| (name.to_owned(), value)));
    variables
}

fn owned(variables: &[(&str, &str)]) -> Variables {
    variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/runner/context/env.go`.
fn of_system(model: &Model) -> Variables {
    match (model.host, model.juju) {
        (Host::OtherLinux, Version::V3_6) => owned(&OTHER_LINUX),
        (Host::OtherLinux, Version::V4_0) | (Host::Pod, _) => owned(&UBUNTU),
    }
}

/// The variables of a pod that Juju's agent hands on.
///
/// *Empty*: the agent does not run in a pod.
///
/// *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/runner/context/env.go`; a cluster sets all but `KUBERNETES_SERVICE`.
fn of_kubernetes(model: &Model) -> Variables {
    if model.host != Host::Pod {
        return Variables::new();
    }
    let address = model.kubernetes;
    let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
    let port = format!("tcp://{host}:443");
    owned(&[
        ("KUBERNETES_PORT", port.as_str()),
        ("KUBERNETES_PORT_443_TCP", &port),
        ("KUBERNETES_PORT_443_TCP_ADDR", &address.to_string()),
        ("KUBERNETES_PORT_443_TCP_PORT", "443"),
        ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"),
        ("KUBERNETES_SERVICE", ""),
        ("KUBERNETES_SERVICE_HOST", &address.to_string()),
        ("KUBERNETES_SERVICE_PORT", "443"),
        ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
    ])
}

/// What only one of the two series of Juju sets.
fn of_version(version: Version) -> Variables {
    let names: &[&str] = if version == Version::V3_6 { &["JUJU_SLA"] } else { &TRACING };
    names.iter().map(|&name| (name.to_owned(), String::new())).collect()
}

/// Juju names the hook or action to the charm's program only, not to a command.
fn of_dispatch(model: &Model, unit: &str, event: &HookEvent) -> Variables {
    let hook = event.name(model, unit);
    let (path, name) = match event {
        HookEvent::Exec { .. } => return Variables::new(),
        HookEvent::Action { .. } => (format!("actions/{hook}"), String::new()),
        _ => (format!("hooks/{hook}"), hook),
    };
    Variables::from([("JUJU_DISPATCH_PATH".to_owned(), path), ("JUJU_HOOK_NAME".to_owned(), name)])
}

/// *Source*: Juju 4.0; Juju 3.6 sets neither.
fn of_span(model: &Model) -> Variables {
    let names = ["JUJU_TRACE_ID", "JUJU_SPAN_ID"].map(str::to_owned);
    model.span.iter().flat_map(|span| names.clone().into_iter().zip([span.trace.clone(), span.id.clone()])).collect()
}

fn identity(model: &Model, unit: &str, agent_dir: &AgentDir, context_id: &str) -> Variables {
    let path = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let charm = path(agent_dir.seen_charm());
    Variables::from([
        ("JUJU_UNIT_NAME".to_owned(), unit.to_owned()),
        ("JUJU_MODEL_NAME".to_owned(), model.name.clone()),
        ("JUJU_MODEL_UUID".to_owned(), model.uuid.clone()),
        ("JUJU_VERSION".to_owned(), model.juju.to_string()),
        ("JUJU_CHARM_DIR".to_owned(), charm.clone()),
        ("CHARM_DIR".to_owned(), charm),
        ("JUJU_CONTEXT_ID".to_owned(), context_id.to_owned()),
        ("JUJU_AGENT_SOCKET_ADDRESS".to_owned(), path(agent_dir.seen_socket())),
        ("PATH".to_owned(), format!("{}:{AGENT_PATH}", path(agent_dir.seen_tools()))),
    ])
}

fn of_event(model: &Model, unit: &str, event: &HookEvent) -> Vec<(&'static str, String)> {
    match event {
        HookEvent::Plain { .. } => Vec::new(),
        HookEvent::Relation { relation, unit: remote, departing, .. } => {
            let mut variables = of_relation(model, unit, *relation);
            variables.push(("JUJU_REMOTE_APP", event.remote_application(model, unit).to_owned()));
            variables.push(("JUJU_REMOTE_UNIT", remote.clone().unwrap_or_default()));
            variables.extend(departing.clone().map(|unit| ("JUJU_DEPARTING_UNIT", unit)));
            variables
        }
        HookEvent::Workload { container, step } => of_workload(container, step),
        HookEvent::Secret { id, step, revision } => {
            let label = model.secret(id).and_then(|secret| label(secret, unit, *step)).unwrap_or_default();
            // Juju's agent keeps what it watches: URIs of secrets, but bare ids of revisions.
            let id = if revision.is_some() { id.clone() } else { format!("secret:{}", Secret::bare_id(id)) };
            let mut variables = vec![("JUJU_SECRET_ID", id), ("JUJU_SECRET_LABEL", label)];
            variables.extend(revision.map(|revision| ("JUJU_SECRET_REVISION", revision.to_string())));
            variables
        }
        HookEvent::Storage { id, location, .. } => vec![
            ("JUJU_STORAGE_ID", id.clone()),
            ("JUJU_STORAGE_LOCATION", location.clone()),
            ("JUJU_STORAGE_KIND", "filesystem".to_owned()),
        ],
        HookEvent::Action { id, .. } | HookEvent::Exec { id, .. } => vec![
            ("JUJU_ACTION_NAME", event.name(model, unit)),
            ("JUJU_ACTION_UUID", id.to_string()),
            ("JUJU_ACTION_TAG", format!("action-{id}")),
        ],
    }
}

/// The `broken` hook of peers names no other application.
fn of_relation(model: &Model, unit: &str, relation: u32) -> Vec<(&'static str, String)> {
    let found = model.relations.get(&relation);
    let own = application_of(unit);
    vec![
        ("JUJU_RELATION", found.map(|found| found.endpoint(own).to_owned()).unwrap_or_default()),
        ("JUJU_RELATION_ID", found.map(|found| found.tag(own)).unwrap_or_default()),
    ]
}

fn of_workload(container: &str, step: &WorkloadStep) -> Vec<(&'static str, String)> {
    let mut variables = vec![("JUJU_WORKLOAD_NAME", container.to_owned())];
    match step {
        WorkloadStep::Ready => {}
        WorkloadStep::CheckFailed { check } | WorkloadStep::CheckRecovered { check } => {
            variables.push(("JUJU_PEBBLE_CHECK_NAME", check.clone()));
        }
        WorkloadStep::CustomNotice { id, key } => variables.extend([
            ("JUJU_NOTICE_ID", id.clone()),
            ("JUJU_NOTICE_TYPE", "custom".to_owned()),
            ("JUJU_NOTICE_KEY", key.clone()),
        ]),
    }
    variables
}

fn label(secret: &Secret, unit: &str, step: SecretStep) -> Option<String> {
    match step {
        SecretStep::Changed => secret.consumers.get(unit).and_then(|consumer| consumer.label.clone()),
        _ => secret.label.clone(),
    }
}
