//! Ports that units hold open.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Open ports by endpoint; under the empty name those that are open for all.
pub type OpenPorts = BTreeMap<String, BTreeSet<Port>>;

/// Every open port once, for whatever endpoint.
#[must_use]
pub fn shown(ports: &OpenPorts) -> Vec<String> {
    ports.values().flatten().collect::<BTreeSet<_>>().into_iter().map(ToString::to_string).collect()
}

/// A port, in the order of Juju's lists: by protocol, then by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Port {
    protocol: String,
    /// *Empty*: ICMP has no ports.
    number: Option<u16>,
}

impl Port {
    /// A port of `tcp` or `udp`.
    #[must_use]
    pub fn new(protocol: &str, number: u16) -> Self {
        Self { protocol: protocol.to_owned(), number: Some(number) }
    }

    /// What ICMP stands for.
    #[must_use]
    pub fn icmp() -> Self {
        Self { protocol: "icmp".to_owned(), number: None }
    }
}

/// `3000/tcp`, or `icmp`.
impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(formatter, "{number}/{}", self.protocol),
            None => formatter.write_str(&self.protocol),
        }
    }
}
