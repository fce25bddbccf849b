//! What one side of a relation publishes.

use super::Version;
use std::{collections::BTreeMap, net::IpAddr};

/// Keys and values of one application or unit in one relation.
pub type Databag = BTreeMap<String, String>;

/// The keys that Juju itself writes into a unit's databag.
pub const ADDRESS_KEYS: [&str; 3] = ["egress-subnets", "ingress-address", "private-address"];

/// What stands in the databag of a unit whose service has this address before the charm has written anything.
///
/// *Source*: Juju 3.6, `apiserver/facades/agent/uniter`, writes `private-address` too.
#[must_use]
pub fn own(service: IpAddr, juju: Version) -> Databag {
    let mut bag = seed(service);
    if juju == Version::V4_0 {
        bag.remove("private-address");
    }
    bag
}

/// What stands in a unit's databag before the charm has written anything, where it is known by one address.
#[must_use]
pub fn seed(address: IpAddr) -> Databag {
    let prefix = if address.is_ipv4() { 32 } else { 128 };
    let values = [format!("{address}/{prefix}"), address.to_string(), address.to_string()];
    ADDRESS_KEYS.into_iter().map(str::to_owned).zip(values).collect()
}
