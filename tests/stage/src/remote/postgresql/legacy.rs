//! The databags of a server over the interface `pgsql`: all of it in clear, in the application's bag and in each unit's.

use super::{super::announced::pairs, tenant::User};
use crate::announcement::RemoteView;

/// Mirrors what was asked, and tells how to connect, once all of our units ask for the same.
pub(super) fn announce(relation: &mut RemoteView<'_>, user: &User, database: &str, endpoint: &str) {
    let asked = |key: &str| relation.local_app().get(key).cloned().unwrap_or_default();
    let (wanted, extensions) = (asked("database"), asked("extensions"));
    let units = relation.local_units();
    if units.values().any(|unit| unit.get("database") != Some(&wanted) || unit.get("extensions") != Some(&extensions)) {
        return;
    }
    let subnets: Vec<String> = units.values().filter_map(|unit| unit.get("egress-subnets").cloned()).collect();
    let (host, port) = endpoint.rsplit_once(':').unwrap_or((endpoint, "5432"));
    let (name, password) = (&user.name, &user.password);
    let master = format!("dbname={database} host={host} password={password} port={port} user={name}");
    let bag = pairs([
        ("allowed-subnets", subnets.join(",")),
        ("database", wanted),
        ("extensions", extensions),
        ("master", master),
    ]);
    relation.unit(0).extend(bag.clone());
    *relation.app() = bag;
}
