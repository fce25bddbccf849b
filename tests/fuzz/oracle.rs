//! What a case may do to the forum, told from what happens in it alone.

use std::collections::BTreeSet;

use crate::{
    case::Case,
    disturbance::{Credentials, Disturbance, Value},
    endpoints::{World, endpoint_named, is_host},
    text::Text,
};

/// What a case may do to the forum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oracle(BTreeSet<Effect>);

/// Something that a case may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// A required relation is removed: the server must stop.
    Stops,
    /// Required data is changed to what may be another server, or none: the forum may follow it, and then serve nobody.
    Moves,
    /// Required data is changed in any way: the other data of the same relation may name another server.
    TouchesRequired,
    /// The database may be another one, which is migrated.
    Migrates,
    /// Assets may be uploaded again.
    Uploads,
    /// The server may run with other variables: only what is readable and was changed changes any.
    Changes,
    /// The charm is killed.
    Kills,
}

impl Oracle {
    /// What a case may do.
    pub fn of(case: &Case) -> Self {
        Self(case.disturbances.iter().flat_map(|disturbance| effects(disturbance, case.world)).collect())
    }

    /// Whether a case may do this.
    pub fn has(&self, effect: Effect) -> bool {
        self.0.contains(&effect)
    }
}

fn effects(disturbance: &Disturbance, world: World) -> Vec<Effect> {
    let changes = may_change(disturbance).then_some(Effect::Changes);
    let others = match disturbance {
        Disturbance::Databag { endpoint, key, value, .. } => of_databag(endpoint, key, value),
        Disturbance::SecretContent { endpoint, content, .. } if is_required(endpoint) => {
            let may_be_right = content.values().any(|text| !text.is_never_a_value());
            if may_be_right { vec![Effect::TouchesRequired, Effect::Moves] } else { vec![Effect::TouchesRequired] }
        }
        Disturbance::Option { name, .. } if name.starts_with("s3_") => vec![Effect::Uploads],
        Disturbance::SecretContent { endpoint: "s3", .. }
        | Disturbance::Credentials { option: "s3_credentials", .. }
        | Disturbance::Unrelated("s3") => vec![Effect::Uploads],
        Disturbance::Peer { .. } if world == World::Configured => vec![Effect::Uploads],
        Disturbance::Unrelated(endpoint) if is_required(endpoint) => vec![Effect::Stops, Effect::TouchesRequired],
        Disturbance::Kill(..) => vec![Effect::Kills],
        _ => Vec::new(),
    };
    changes.into_iter().chain(others).collect()
}

fn of_databag(endpoint: &str, key: &str, value: &Value) -> Vec<Effect> {
    if !is_required(endpoint) {
        return if endpoint == "s3" { vec![Effect::Uploads] } else { Vec::new() };
    }
    let may_be_right = match value {
        Value::Removed => false,
        Value::Text(text) => may_be_right(key, text),
        Value::Of(..) => true,
    };
    let mut effects = vec![Effect::TouchesRequired];
    effects.extend(may_be_right.then_some(Effect::Moves));
    effects.extend((may_be_right && endpoint != "redis").then_some(Effect::Migrates));
    effects
}

fn may_change(disturbance: &Disturbance) -> bool {
    match disturbance {
        Disturbance::Credentials { secret, .. } => !matches!(secret, Credentials::Missing | Credentials::Ungranted),
        Disturbance::Databag { .. }
        | Disturbance::SecretContent { .. }
        | Disturbance::Option { .. }
        | Disturbance::Unrelated(_) => true,
        _ => false,
    }
}

/// Whether the forum cannot serve without the data of an endpoint.
pub fn is_required(endpoint: &str) -> bool {
    endpoint_named(endpoint).is_some_and(|endpoint| endpoint.is_required)
}

fn may_be_right(key: &str, text: &Text) -> bool {
    !(text.is_never_a_value() || is_host(key) && text.is_never_a_host())
}
