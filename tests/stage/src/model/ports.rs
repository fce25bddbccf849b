//! Ports that units hold open.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
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
#[serde(into = "String", try_from = "String")]
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

impl From<Port> for String {
    fn from(port: Port) -> Self {
        port.to_string()
    }
}

impl TryFrom<String> for Port {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/').map(|(number, protocol)| (number.parse(), protocol)) {
            Some((Ok(number), protocol)) => Ok(Self::new(protocol, number)),
            None if text == "icmp" => Ok(Self::icmp()),
            _ => Err(format!("{text} is no port: write 80/tcp")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Port;

    #[test]
    fn a_port_is_read_as_it_is_written() {
        for text in ["80/tcp", "53/udp", "icmp"] {
            assert_eq!(text.parse::<Port>().map(|port| port.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("80".parse::<Port>(), Err("80 is no port: write 80/tcp".to_owned()));
    }
}
