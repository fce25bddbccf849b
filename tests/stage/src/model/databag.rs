//! What one side of a relation publishes.

use std::{collections::BTreeMap, net::IpAddr};

/// Keys and values of one application or unit in one relation.
pub type Databag = BTreeMap<String, String>;

/// The keys that Juju itself writes into a unit's databag.
pub const ADDRESS_KEYS: [&str; 3] = ["egress-subnets", "ingress-address", "private-address"];

/// What stands in a unit's databag before the charm has written anything.
#[must_use]
pub fn seed(address: IpAddr) -> Databag {
    let prefix = if address.is_ipv4() { 32 } else { 128 };
    let values = [format!("{address}/{prefix}"), address.to_string(), address.to_string()];
    ADDRESS_KEYS.into_iter().map(str::to_owned).zip(values).collect()
}
