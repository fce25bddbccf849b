//! The kinds of disturbances, and how each is drawn.

use std::{collections::BTreeMap, time::Duration};

use stage::{
    HookEvent, Outcome,
    faults::{CallFault, KillPoint},
    hook::{RelationStep, SecretStep, WorkloadStep},
};

use crate::{
    disturbance::{Credentials, Disturbance, Loss, Parameter, Setting, Side, Value},
    draw::{Draw, Kind},
    endpoints::{Endpoint, World, endpoints_of, kind_of},
    options::{OPTIONS, Type},
    text::{Shape, Text},
};

/// The hook tools whose answer is JSON, and those that write.
const READERS: [&str; 12] = [
    "config-get",
    "goal-state",
    "is-leader",
    "network-get",
    "opened-ports",
    "relation-get",
    "relation-ids",
    "relation-list",
    "relation-model-get",
    "secret-get",
    "state-get",
    "status-get",
];
const WRITERS: [&str; 8] = [
    "action-set",
    "application-version-set",
    "juju-log",
    "open-port",
    "relation-set",
    "secret-add",
    "state-delete",
    "status-set",
];
/// What no tool answers.
const GARBAGE: [&str; 8] = ["", "<?>", "{", "\"text\"", "17", "[[[[", "{\"a\":", "\u{fffd}\u{1b}[31m\n"];
const COMPLAINTS: [&str; 6] = [
    "",
    "boom",
    "\u{1b}[31mcannot\u{7}\r\n\r\nERROR again\u{2028}",
    "permission denied, or so",
    "connection is shut down",
    "ｆａｉｌｅｄ",
];
const HOOKS: [&str; 8] = [
    "config-changed",
    "leader-elected",
    "leader-settings-changed",
    "start",
    "update-status",
    "upgrade-charm",
    "collect-metrics",
    "post-series-upgrade",
];
const CHECKS: [&str; 3] = ["discourse-gate", "discourse-ready", "other"];
const PEER_KEYS: [&str; 12] = [
    "assets",
    "attempt",
    "barrier",
    "ack",
    "image",
    "migrated",
    "port",
    "schema",
    "state",
    "version",
    "warnings",
    "<ops.model.Unit discourse-k8s/0>",
];
/// Keys that the charm does not read, some of which others write.
const UNKNOWN_KEYS: [&str; 14] = [
    "x",
    "é",
    "a-b.c_d",
    "\u{202e}",
    "data",
    "egress-subnets",
    "event",
    "ingress-address",
    "read-only-endpoints",
    "scope",
    "state",
    "tls",
    "tls-ca",
    "version",
];
/// Actions with their parameters.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("add-admin-user", &["email", "password", "username"]),
    ("anonymize-user", &["username"]),
    ("create-user", &["email", "username", "admin", "active"]),
    ("explain", &["format"]),
    ("promote-user", &["email"]),
];
/// Parameters that are no text, as JSON.
const NO_TEXTS: [&str; 5] = ["true", "-1", "[]", "{}", "null"];
const NUMBERS: [i64; 10] = [0, 1, -1, 3, 25, 587, 65_536, 2_147_483_647, i64::MAX, i64::MIN];
/// Options that name secrets, with the keys of their content.
const CREDENTIALS: [(&str, &[&str]); 2] =
    [("s3_credentials", &["access-key-id", "secret-access-key"]), ("smtp_credentials", &["username", "password"])];
/// Kinds of disturbances by their weight.
const KINDS: [(usize, Drawing); 16] = [
    (16, databag),
    (3, peer),
    (5, secret_content),
    (4, secret_lost),
    (9, option),
    (4, credentials),
    (9, tools),
    (1, |_, draw| Disturbance::Slow(Duration::from_millis(5 + draw.below(60) as u64))),
    (5, kill),
    (1, |_, _| Disturbance::Repeat),
    (5, |_, draw| Disturbance::Hook(hook(draw))),
    (2, |world, draw| {
        let step = draw.pick(&[RelationStep::Created, RelationStep::Changed]);
        Disturbance::RelationHook(any_endpoint(world, draw).name, step)
    }),
    (2, |_, _| Disturbance::Leadership),
    (3, |world, draw| Disturbance::UnitLeaves(any_endpoint(world, draw).name)),
    (4, |world, draw| Disturbance::Unrelated(any_endpoint(world, draw).name)),
    (5, action),
];

type Drawing = fn(World, &mut Draw) -> Disturbance;

/// Draws any disturbance.
pub fn any(world: World, draw: &mut Draw) -> Disturbance {
    let mut place = draw.below(KINDS.iter().map(|(weight, _)| weight).sum());
    for (weight, drawing) in KINDS {
        if place < weight {
            return drawing(world, draw);
        }
        place -= weight;
    }
    Disturbance::Repeat
}

/// Draws a disturbance that strikes the hooks of another one.
pub fn fault(world: World, draw: &mut Draw) -> Disturbance {
    if draw.one_in(3) { kill(world, draw) } else { tools(world, draw) }
}

/// Any endpoint; one in three is required.
fn any_endpoint(world: World, draw: &mut Draw) -> &'static Endpoint {
    let all = endpoints_of(world);
    let required: Vec<_> = all.iter().copied().filter(|endpoint| endpoint.is_required).collect();
    if draw.one_in(3) { draw.pick(&required) } else { draw.pick(&all) }
}

fn databag(world: World, draw: &mut Draw) -> Disturbance {
    let endpoint = any_endpoint(world, draw);
    let side = if !endpoint.unit.is_empty() && draw.one_in(2) { Side::Unit } else { Side::App };
    let known = if side == Side::App { endpoint.app } else { endpoint.unit };
    let key = if known.is_empty() || draw.one_in(10) { unknown_key(draw) } else { draw.pick(known).to_owned() };
    let is_secret = endpoint.secrets.iter().any(|(name, _)| *name == key);
    let value = if is_secret && draw.one_in(2) { secret_of(world, draw) } else { value(world, draw, &key) };
    Disturbance::Databag { endpoint: endpoint.name, side, key, value }
}

/// The secret of a relation, whichever it is.
fn secret_of(world: World, draw: &mut Draw) -> Value {
    let (endpoint, key, _) = secret(world, draw);
    Value::Of(endpoint, key)
}

fn unknown_key(draw: &mut Draw) -> String {
    draw.pick(&UNKNOWN_KEYS).to_owned()
}

fn value(world: World, draw: &mut Draw, key: &str) -> Value {
    match draw.below(10) {
        0..2 => Value::Removed,
        2 => {
            let others: Vec<_> = endpoints_of(world).into_iter().filter(|other| !other.app.is_empty()).collect();
            let other = draw.pick(&others);
            Value::Of(other.name, draw.pick(other.app))
        }
        _ => Value::Text(Text::draw(draw, kind_of(key))),
    }
}

fn peer(_: World, draw: &mut Draw) -> Disturbance {
    let side = if draw.one_in(3) { Side::App } else { Side::Unit };
    Disturbance::Peer { side, key: draw.pick(&PEER_KEYS), value: Text::draw(draw, Kind::Remote) }
}

/// An endpoint with a secret; the forum without any loses a databag's key instead.
fn secret(world: World, draw: &mut Draw) -> (&'static str, &'static str, &'static [&'static str]) {
    let secrets = endpoints_of(world)
        .into_iter()
        .flat_map(|endpoint| endpoint.secrets.iter().map(move |(key, content)| (endpoint.name, *key, *content)));
    draw.pick(&secrets.collect::<Vec<_>>())
}

fn secret_content(world: World, draw: &mut Draw) -> Disturbance {
    let (endpoint, key, keys) = secret(world, draw);
    Disturbance::SecretContent { endpoint, key, content: content(draw, keys) }
}

fn secret_lost(world: World, draw: &mut Draw) -> Disturbance {
    let (endpoint, key, _) = secret(world, draw);
    let loss = if draw.one_in(2) { Loss::Revoked } else { Loss::Removed };
    Disturbance::SecretLost { endpoint, key, loss }
}

/// Some of the keys, and seldom another one.
fn content(draw: &mut Draw, keys: &[&str]) -> BTreeMap<String, Text> {
    let mut content = BTreeMap::new();
    for key in keys {
        if !draw.one_in(3) {
            content.insert((*key).to_owned(), Text::draw(draw, Kind::Secret));
        }
    }
    if content.is_empty() || draw.one_in(5) {
        content.insert("note".to_owned(), Text::draw(draw, Kind::Secret));
    }
    content
}

fn option(_: World, draw: &mut Draw) -> Disturbance {
    let (name, kind) = OPTIONS[draw.below(OPTIONS.len())].clone();
    let value = match kind {
        Type::Secret => Setting::Reset,
        _ if draw.one_in(10) => Setting::Reset,
        Type::Boolean => Setting::Boolean(draw.one_in(2)),
        Type::Int => Setting::Number(draw.pick(&NUMBERS)),
        Type::Text => {
            let kind = if kind_of(&name) == Kind::Secret { Kind::Secret } else { Kind::Public };
            Setting::Text(Text::draw(draw, kind))
        }
    };
    Disturbance::Option { name, value }
}

fn credentials(_: World, draw: &mut Draw) -> Disturbance {
    let (option, keys) = draw.pick(&CREDENTIALS);
    let secret = match draw.below(6) {
        0 => Credentials::Missing,
        1 => Credentials::Ungranted,
        2 => Credentials::Of("oauth", "client_secret_id"),
        _ => Credentials::Granted(content(draw, keys)),
    };
    Disturbance::Credentials { option, secret }
}

fn tools(_: World, draw: &mut Draw) -> Disturbance {
    let (tool, is_reader) = match draw.below(5) {
        0 => (None, false),
        1 => (Some(draw.pick(&WRITERS)), false),
        _ => (Some(draw.pick(&READERS)), true),
    };
    let complaint = draw.pick(&COMPLAINTS).to_owned();
    let outcome = match draw.below(if is_reader { 6 } else { 4 }) {
        0 | 1 => Outcome::Fail(1, complaint),
        2 => Outcome::Fail(draw.pick(&[2, 77, 126, 255]), complaint.repeat(1 + draw.below(2_000))),
        3 => Outcome::Die,
        4 => Outcome::Print("x".repeat(draw.pick(&[5_000, 1 << 20]))),
        _ => Outcome::Print(draw.pick(&GARBAGE).to_owned()),
    };
    let prefix = tool.into_iter().map(str::to_owned).collect();
    let most = if tool.is_some() { 6 } else { 60 };
    let skip = if draw.one_in(2) { 0 } else { draw.count(most) };
    Disturbance::Tools(CallFault { prefix, skip, once: draw.one_in(2), outcome })
}

fn kill(_: World, draw: &mut Draw) -> Disturbance {
    match draw.below(3) {
        0 => Disturbance::Kill(KillPoint::Request, draw.count(15)),
        1 => Disturbance::Kill(KillPoint::Boot, 1),
        _ => Disturbance::Kill(KillPoint::Tool, draw.count(60)),
    }
}

fn hook(draw: &mut Draw) -> HookEvent {
    let workload = |step| HookEvent::Workload { container: "discourse".to_owned(), step };
    let check = draw.pick(&CHECKS).to_owned();
    match draw.below(8) {
        0 => workload(WorkloadStep::Ready),
        1 => workload(WorkloadStep::CheckFailed { check }),
        2 => workload(WorkloadStep::CheckRecovered { check }),
        3 => workload(WorkloadStep::CustomNotice { id: "7".to_owned(), key: "example.com/x".to_owned() }),
        4 => {
            let step = draw.pick(&[SecretStep::Changed, SecretStep::Rotate, SecretStep::Expired, SecretStep::Remove]);
            HookEvent::Secret { id: "cst00000000000999990".to_owned(), step, revision: Some(draw.count(9)) }
        }
        _ => HookEvent::plain(draw.pick(&HOOKS)),
    }
}

fn action(_: World, draw: &mut Draw) -> Disturbance {
    let (name, names) = draw.pick(&ACTIONS);
    let mut parameters = BTreeMap::new();
    for name in names {
        let kind = if *name == "password" { Kind::Secret } else { Kind::Public };
        let parameter = match draw.below(6) {
            0 => continue,
            1 => Parameter::Json(draw.pick(&NO_TEXTS)),
            2 => Parameter::Text(Text { value: format!("{}@example.com", draw.marker(kind)), shape: Shape::Word }),
            _ => Parameter::Text(Text::draw(draw, kind)),
        };
        parameters.insert(*name, parameter);
    }
    Disturbance::Action { name, parameters }
}
