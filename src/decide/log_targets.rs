//! Where Pebble forwards logs.

use std::collections::BTreeMap;

use crate::{
    decision::{Because, Step, StepKind},
    discourse::image::PROMTAIL,
    journal::Journal,
    pebble::LogTarget,
    relations::logging,
    world::{Container, World},
};

use super::{next::Next, side_services};

/// The services of a target that is off: Pebble forgets no target that it once knew.
const NO_SERVICES: &str = "-all";

/// A target for each unit of each relation, and a warning for each unit whose endpoint cannot be used.
pub(super) fn wanted(world: &World) -> (BTreeMap<String, LogTarget>, Vec<String>) {
    let (targets, warnings) = logging::targets(world.relations.all(&logging::ENDPOINT), &world.topology());
    let target = |target: logging::Target| LogTarget {
        kind: "loki".to_owned(),
        location: target.location,
        services: vec!["all".to_owned()],
        labels: target.labels,
        ..LogTarget::default()
    };
    let targets = targets.into_iter().map(|(name, it)| (name, target(it)));
    (kept(world).chain(targets).collect(), warnings)
}

/// The targets in Pebble's plan, which stay as they are while a relation that may want them cannot be read.
fn kept(world: &World) -> impl Iterator<Item = (String, LogTarget)> {
    let is_unread = world.relations.all(&logging::ENDPOINT).iter().any(|relation| relation.unreadable.is_some());
    let container = world.container.as_ref().ok().filter(|_| is_unread);
    container.map(|container| container.plan.log_targets.clone()).into_iter().flatten()
}

/// The log shipper of the Python charm goes, and Pebble forwards the logs instead.
pub(super) fn next(container: &Container, journal: &Journal, wanted: &BTreeMap<String, LogTarget>) -> Next {
    let targets = differences(&container.plan.log_targets, wanted);
    let is_due = !targets.is_empty() && !journal.has(StepKind::SetLogTargets);
    let set =
        || Because::when(is_due, Step::SetLogTargets(targets), "the log targets differ from the relation logging");
    let why = "the Python charm left its log shipper";
    Next { step: side_services::disable(container, journal, PROMTAIL, why).or_else(set), reasons: Vec::new() }
}

/// The targets that are new or changed, and those of this charm that are not wanted any more.
fn differences(
    current: &BTreeMap<String, LogTarget>,
    wanted: &BTreeMap<String, LogTarget>,
) -> BTreeMap<String, LogTarget> {
    let changed = wanted.iter().filter(|(name, target)| current.get(*name) != Some(target));
    let is_ours = |target: &LogTarget| target.labels.get("product").map(String::as_str) == Some("Juju");
    let is_on = |target: &LogTarget| target.services != [NO_SERVICES];
    let gone = current.iter().filter(|(name, target)| !wanted.contains_key(*name) && is_ours(target) && is_on(target));
    let off = gone
        .map(|(name, target)| (name.clone(), LogTarget { services: vec![NO_SERVICES.to_owned()], ..target.clone() }));
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
