//! What a case may do to the forum, told from what happens in it alone.

use crate::{
    case::Case,
    disturbance::{Credentials, Disturbance, Value},
    endpoints::{World, endpoint_named, is_host},
    text::Text,
};

/// What a case may do to the forum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oracle {
    /// A required relation is removed: the server must stop.
    pub must_stop: bool,
    /// Required data is changed to what may be another server, or none: the forum may follow it, and then serve nobody.
    pub may_move: bool,
    /// Required data is changed in any way: another server may have been announced along with it.
    pub is_required_touched: bool,
    /// The database may be another one, which is migrated.
    pub may_migrate: bool,
    /// Assets may be uploaded again.
    pub may_upload: bool,
    /// The server may run with other variables: only what is readable and was changed changes any.
    pub may_change: bool,
    /// The charm is killed.
    pub is_killed: bool,
}

impl Oracle {
    /// What a case may do.
    pub fn of(case: &Case) -> Self {
        let mut oracle = Self::default();
        for disturbance in &case.disturbances {
            oracle.add(disturbance, case.world);
        }
        oracle
    }

    fn add(&mut self, disturbance: &Disturbance, world: World) {
        self.may_change |= may_change(disturbance);
        match disturbance {
            Disturbance::Databag { endpoint, key, value, .. } => self.add_value(endpoint, key, value),
            Disturbance::SecretContent { endpoint, content, .. } if is_required(endpoint) => {
                self.is_required_touched = true;
                self.may_move |= content.values().any(|text| !text.is_never_a_value());
            }
            Disturbance::SecretContent { endpoint: "s3", .. } | Disturbance::SecretLost { endpoint: "s3", .. } => {
                self.may_upload = true;
            }
            Disturbance::Option { name, .. } => self.may_upload |= name.starts_with("s3_"),
            Disturbance::Credentials { option, .. } => self.may_upload |= option.starts_with("s3_"),
            Disturbance::Peer { .. } => self.may_upload |= world == World::Configured,
            Disturbance::Unrelated(endpoint) => {
                self.must_stop |= is_required(endpoint);
                self.is_required_touched |= is_required(endpoint);
                self.may_upload |= *endpoint == "s3";
            }
            Disturbance::UnitLeaves(endpoint) => self.is_required_touched |= is_required(endpoint),
            Disturbance::Kill(..) => self.is_killed = true,
            _ => {}
        }
    }

    fn add_value(&mut self, endpoint: &str, key: &str, value: &Value) {
        self.may_upload |= endpoint == "s3";
        if !is_required(endpoint) {
            return;
        }
        self.is_required_touched = true;
        let may_be_right = match value {
            Value::Removed => false,
            Value::Text(text) => may_be_right(key, text),
            Value::Of(..) => true,
        };
        self.may_move |= may_be_right;
        self.may_migrate |= may_be_right && endpoint != "redis";
    }
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
