//! Where logs go, and what those who watch the forum say of our data.

use std::collections::BTreeMap;

use crate::{
    decision::{Because, Step},
    discourse::image::PROMTAIL,
    pebble::LogTarget,
    relations::{Databag, grafana_dashboard, logging, metrics_endpoint},
    world::{Chore, Consumer, World},
};

use super::{companions, when};

/// A target that gets nothing: Pebble forgets none that it once knew.
const NOBODY: &str = "-all";

/// The log shipper of the Python charm goes, and Pebble sends the logs instead.
pub(super) fn next_step(world: &World) -> Option<Because<Step>> {
    let container = world.container.as_ref().filter(|_| world.history.trouble.is_none())?;
    let targets = differences(&container.plan.log_targets, &wanted(world).0);
    let is_behind = !targets.is_empty() && !world.history.chores.contains(&Chore::Forward);
    companions::retire(world, container, PROMTAIL, "the Python charm left its log shipper")
        .or_else(|| when(is_behind, Step::Forward(targets), "the log targets differ from the relation logging"))
}

/// What is worth a word of the status: units that cannot be sent to.
pub(super) fn warnings(world: &World) -> Vec<String> {
    wanted(world).1
}

/// What the other sides found wrong with what they got.
pub(super) fn complaints(world: &World) -> Vec<String> {
    let integrations = &world.integrations;
    let said = |consumers: &[Consumer], complaint: fn(&Databag) -> Option<String>| {
        consumers.iter().filter_map(|consumer| complaint(&consumer.remote)).collect::<Vec<_>>()
    };
    [
        said(&integrations.metrics_endpoint, metrics_endpoint::complaint),
        said(&integrations.grafana_dashboard, grafana_dashboard::complaint),
        said(&integrations.logging, logging::complaint),
    ]
    .concat()
}

/// A target for each unit of each relation, and what is wrong with the others.
fn wanted(world: &World) -> (BTreeMap<String, LogTarget>, Vec<String>) {
    let units = world.integrations.logging.iter().flat_map(|consumer| consumer.units.clone()).collect();
    let (targets, warnings) = logging::targets(&units, &world.topology());
    let target = |target: logging::Target| LogTarget {
        kind: "loki".to_owned(),
        location: target.location,
        services: vec!["all".to_owned()],
        labels: target.labels,
        ..LogTarget::default()
    };
    (targets.into_iter().map(|(name, it)| (name, target(it))).collect(), warnings)
}

/// The targets that are new or changed, and those of ours that nobody wants any more.
fn differences(
    current: &BTreeMap<String, LogTarget>,
    wanted: &BTreeMap<String, LogTarget>,
) -> BTreeMap<String, LogTarget> {
    let changed = wanted.iter().filter(|(name, target)| current.get(*name) != Some(target));
    let is_ours = |target: &LogTarget| target.labels.get("product").map(String::as_str) == Some("Juju");
    let is_on = |target: &LogTarget| target.services != [NOBODY];
    let gone = current.iter().filter(|(name, target)| !wanted.contains_key(*name) && is_ours(target) && is_on(target));
    let off =
        gone.map(|(name, target)| (name.clone(), LogTarget { services: vec![NOBODY.to_owned()], ..target.clone() }));
    changed.map(|(name, target)| (name.clone(), target.clone())).chain(off).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(location: &str, services: &str, product: &str) -> LogTarget {
        LogTarget {
            kind: "loki".to_owned(),
            location: location.to_owned(),
            services: vec![services.to_owned()],
            labels: [("product".to_owned(), product.to_owned())].into(),
            ..LogTarget::default()
        }
    }

    fn plan<const N: usize>(targets: [(&str, LogTarget); N]) -> BTreeMap<String, LogTarget> {
        targets.map(|(name, target)| (name.to_owned(), target)).into()
    }

    #[test]
    fn only_what_differs_is_posted() {
        let current = plan([("same", target("a", "all", "Juju")), ("changed", target("b", "all", "Juju"))]);
        let wanted = plan([
            ("same", target("a", "all", "Juju")),
            ("changed", target("c", "all", "Juju")),
            ("new", target("d", "all", "Juju")),
        ]);
        let expected = plan([("changed", target("c", "all", "Juju")), ("new", target("d", "all", "Juju"))]);
        assert_eq!(differences(&current, &wanted), expected);
    }

    #[test]
    fn a_vanished_target_is_switched_off_once_and_a_foreign_one_is_left_alone() {
        let current = plan([
            ("gone", target("a", "all", "Juju")),
            ("off", target("b", "-all", "Juju")),
            ("foreign", target("c", "all", "other")),
        ]);
        let expected = plan([("gone", target("a", "-all", "Juju"))]);
        assert_eq!(differences(&current, &BTreeMap::new()), expected);
    }
}
