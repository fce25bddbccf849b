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

/// While a target is silent, every layer takes Pebble ten seconds longer for each service.
const MOST_ON: usize = 4;

/// More targets than any ordinary life has; none of them is ever forgotten.
const MOST_NAMES: usize = 64;

/// The targets that are to be on, and warnings about the units that get nothing.
pub(super) fn wanted(world: &World) -> (BTreeMap<String, LogTarget>, Vec<String>) {
    let (announced, mut warnings) = logging::targets(world.relations.all(&logging::ENDPOINT));
    let nothing = BTreeMap::new();
    let plan = world.container.as_ref().map_or(&nothing, |container| &container.plan.log_targets);
    let chosen = Chosen::of(plan, with_kept(world, plan, announced));
    warnings.extend(chosen.warnings(world));
    let labels = logging::labels(&world.topology());
    let target = |location: String| LogTarget {
        kind: "loki".to_owned(),
        location,
        services: vec!["all".to_owned()],
        labels: labels.clone(),
        ..LogTarget::default()
    };
    (chosen.on.into_iter().map(|(name, location)| (name, target(location))).collect(), warnings)
}

/// What is announced, after the targets that are on and may belong to a relation that cannot be read.
fn with_kept(
    world: &World,
    plan: &BTreeMap<String, LogTarget>,
    mut announced: Vec<logging::Target>,
) -> Vec<logging::Target> {
    let is_unread = world.relations.all(&logging::ENDPOINT).iter().any(|relation| relation.unreadable.is_some());
    let on = plan.iter().filter(|(_, target)| is_unread && is_ours(target) && is_on(target));
    let kept: Vec<logging::Target> = on
        .map(|(name, target)| logging::Target { name: name.clone(), location: target.location.clone(), units: 0 })
        .collect();
    announced.retain(|target| kept.iter().all(|it| it.location != target.location));
    kept.into_iter().chain(announced).collect()
}

/// Which of the announced targets are on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Chosen {
    /// Locations by name.
    on: BTreeMap<String, String>,
    /// How many units get nothing because enough targets are on.
    surplus: usize,
    /// How many units get nothing because no name is left for their address.
    nameless: usize,
}

impl Chosen {
    /// The first targets that have a name in the plan, or can get one.
    fn of(plan: &BTreeMap<String, LogTarget>, announced: Vec<logging::Target>) -> Self {
        let mut names_left = MOST_NAMES.saturating_sub(plan.values().filter(|target| is_ours(target)).count());
        let mut chosen = Self::default();
        for target in announced {
            let known = known_name(plan, &target.location);
            let is_new = known.is_none();
            let can_be_new =
                names_left > 0 && !plan.contains_key(&target.name) && !chosen.on.contains_key(&target.name);
            match known.or_else(|| can_be_new.then_some(target.name)) {
                _ if chosen.on.len() == MOST_ON => chosen.surplus += target.units,
                None => chosen.nameless += target.units,
                Some(name) => {
                    names_left = names_left.saturating_sub(usize::from(is_new));
                    chosen.on.insert(name, target.location);
                }
            }
        }
        chosen
    }

    fn warnings(&self, world: &World) -> impl Iterator<Item = String> {
        let surplus = format!(
            "logging: logs go to {MOST_ON} addresses at most, and not to those of {}: integrate fewer, or one behind a load balancer",
            units(self.surplus)
        );
        let (model, app, number) = (&world.model, &world.unit.application, world.unit.number);
        let nameless = format!(
            "logging: {} with new addresses get no logs before the pod is replaced: kubectl -n {model} delete pod {app}-{number}",
            units(self.nameless)
        );
        [(self.surplus, surplus), (self.nameless, nameless)]
            .into_iter()
            .filter(|(units, _)| *units > 0)
            .map(|(_, it)| it)
    }
}

fn units(number: usize) -> String {
    if number == 1 { "1 unit".to_owned() } else { format!("{number} units") }
}

/// The name that the plan has for an address: Pebble ignores another address under a name that it knows.
fn known_name(plan: &BTreeMap<String, LogTarget>, location: &str) -> Option<String> {
    let known = plan.iter().filter(|(_, target)| is_ours(target) && target.location == location);
    known.min_by_key(|(_, target)| !is_on(target)).map(|(name, _)| name.clone())
}

fn is_ours(target: &LogTarget) -> bool {
    target.labels.get("product").map(String::as_str) == Some("Juju")
}

fn is_on(target: &LogTarget) -> bool {
    target.services != [NO_SERVICES]
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
    let gone = current.iter().filter(|(name, target)| !wanted.contains_key(*name) && is_ours(target) && is_on(target));
    let off = gone
        .map(|(name, target)| (name.clone(), LogTarget { services: vec![NO_SERVICES.to_owned()], ..target.clone() }));
    changed.map(|(name, target)| (name.clone(), target.clone())).chain(off).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{
        collection::{btree_set, vec},
        prelude::*,
    };

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

    /// Units of one application with these addresses.
    fn announced(urls: impl IntoIterator<Item = u32>) -> Vec<logging::Target> {
        let target = |(number, url): (usize, u32)| logging::Target {
            name: format!("loki-{number}-{url}"),
            location: format!("http://{url}/push"),
            units: 1,
        };
        urls.into_iter().enumerate().map(target).collect()
    }

    fn chosen<const N: usize>(on: [(&str, &str); N], surplus: usize, nameless: usize) -> Chosen {
        Chosen { on: on.map(|(name, url)| (name.to_owned(), url.to_owned())).into(), surplus, nameless }
    }

    #[test]
    fn four_targets_are_on_and_all_others_are_counted() {
        let names = [("loki-0-0", "http://0/push"), ("loki-1-1", "http://1/push"), ("loki-2-2", "http://2/push")];
        let [first, second, third] = names;
        let expected = chosen([first, second, third, ("loki-3-3", "http://3/push")], 996, 0);
        assert_eq!(Chosen::of(&BTreeMap::new(), announced(0..1000)), expected);
    }

    #[test]
    fn an_address_that_returns_gets_the_name_that_it_had() {
        let current = plan([("loki-7-5", target("http://5/push", "-all", "Juju"))]);
        assert_eq!(Chosen::of(&current, announced([5])), chosen([("loki-7-5", "http://5/push")], 0, 0));
    }

    #[test]
    fn after_64_names_only_known_addresses_are_on() {
        let mut current = plan([("known", target("http://9/push", "-all", "Juju"))]);
        current.extend((1..64).map(|number| (format!("gone-{number}"), target(&number.to_string(), "-all", "Juju"))));
        assert_eq!(Chosen::of(&current, announced([8, 9])), chosen([("known", "http://9/push")], 0, 1));
        current.remove("gone-1");
        let both = chosen([("loki-0-8", "http://8/push"), ("known", "http://9/push")], 0, 0);
        assert_eq!(Chosen::of(&current, announced([8, 9])), both);
    }

    #[test]
    fn a_name_that_has_another_address_is_not_used() {
        let current = plan([("loki-0-8", target("http://other/push", "all", "other"))]);
        assert_eq!(Chosen::of(&current, announced([8])), chosen([], 0, 1));
    }

    proptest! {
        #[test]
        fn whatever_is_announced_the_plan_keeps_the_rules(sets in vec(btree_set(0_u32..200, 0..9), 1..60)) {
            let (mut current, mut locations) = (BTreeMap::new(), BTreeMap::new());
            for urls in sets {
                let on = Chosen::of(&current, announced(urls.iter().copied())).on;
                let wanted: BTreeMap<_, _> =
                    on.iter().map(|(name, url)| (name.clone(), target(url, "all", "Juju"))).collect();
                current.extend(differences(&current, &wanted));
                prop_assert_eq!(Chosen::of(&current, announced(urls.iter().copied())).on, on.clone());
                prop_assert!(differences(&current, &wanted).is_empty());
                let running: BTreeSet<&str> =
                    current.values().filter(|it| is_on(it)).map(|it| it.location.as_str()).collect();
                prop_assert_eq!(&running, &on.values().map(String::as_str).collect());
                prop_assert!(on.len() <= MOST_ON && current.len() <= MOST_NAMES);
                for (name, it) in &current {
                    prop_assert_eq!(locations.entry(name.clone()).or_insert(it.location.clone()), &it.location);
                }
                let known = |url: &&u32| current.values().any(|it| it.location == format!("http://{url}/push"));
                let lowest = urls.iter().filter(known).take(MOST_ON).map(|url| format!("http://{url}/push"));
                prop_assert_eq!(lowest.collect::<BTreeSet<_>>(), on.into_values().collect());
            }
        }
    }
}
