//! In which order services start and stop, and which of them form a lane.

use super::{PlanError, Service};
use std::collections::BTreeMap;

/// Services by name.
pub type Services = BTreeMap<String, Service>;

/// What the services are sorted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What is required comes along.
    Start,
    /// What requires them comes along, and order turns round.
    Stop,
}

/// The services to be handled, in lanes: groups that are handled one by one, all lanes at the same time.
///
/// # Errors
/// A service does not exist, or services wait for each other.
pub fn lanes(services: &Services, names: &[String], direction: Direction) -> Result<Vec<Vec<String>>, PlanError> {
    let sorted = sort(services, names, direction)?;
    let mut lane_of: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut next, mut lanes) = (0, Vec::new());
    for name in &sorted {
        let service = find(services, name)?;
        let known = std::iter::once(name).chain(&service.requires).find_map(|name| lane_of.get(name.as_str()).copied());
        let lane = known.unwrap_or(next);
        for member in std::iter::once(name).chain(&service.requires) {
            lane_of.insert(member, lane);
        }
        next = lane + 1;
        lanes.resize(lanes.len().max(next), Vec::new());
    }
    for name in &sorted {
        if let Some(lane) = lane_of.get(name.as_str()).and_then(|lane| lanes.get_mut(*lane)) {
            lane.push(name.clone());
        }
    }
    Ok(lanes)
}

/// The services to be handled, sorted.
///
/// # Errors
/// A service does not exist, or services wait for each other.
pub fn sort(services: &Services, names: &[String], direction: Direction) -> Result<Vec<String>, PlanError> {
    let names = closure(services, names, direction)?;
    let mut earlier: BTreeMap<&str, Vec<&str>> = names.iter().map(|name| (name.as_str(), Vec::new())).collect();
    for name in &names {
        let service = find(services, name)?;
        let (after, before) = match direction {
            Direction::Start => (&service.after, &service.before),
            Direction::Stop => (&service.before, &service.after),
        };
        let known: Vec<&str> = after.iter().map(String::as_str).filter(|other| earlier.contains_key(other)).collect();
        earlier.entry(name).or_default().extend(known);
        for other in before {
            if let Some(list) = earlier.get_mut(other.as_str()) {
                list.push(name);
            }
        }
    }
    let groups = Components::of(&earlier);
    let sorted = groups.into_iter().map(|mut group| {
        group.sort_unstable();
        match group.as_slice() {
            [name] => Ok((*name).to_owned()),
            _ => Err(PlanError::Format(format!("services in before/after loop: {}", group.join(", ")))),
        }
    });
    sorted.collect()
}

fn find<'plan>(services: &'plan Services, name: &str) -> Result<&'plan Service, PlanError> {
    services.get(name).ok_or_else(|| PlanError::Format(format!("service {name:?} does not exist")))
}

/// The named services and all that must come along, sorted by name.
fn closure(services: &Services, names: &[String], direction: Direction) -> Result<Vec<String>, PlanError> {
    let mut found = std::collections::BTreeSet::new();
    let mut pending: Vec<String> = names.to_vec();
    while let Some(name) = pending.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        match direction {
            Direction::Start => pending.extend(find(services, &name)?.requires.iter().cloned()),
            Direction::Stop => {
                let dependents = services.values().filter(|service| service.requires.contains(&name));
                pending.extend(dependents.map(|service| service.name.clone()));
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Strongly connected components after Tarjan, each after those that must come earlier.
struct Components<'name> {
    earlier: &'name BTreeMap<&'name str, Vec<&'name str>>,
    index: BTreeMap<&'name str, usize>,
    low: BTreeMap<&'name str, usize>,
    stack: Vec<&'name str>,
    found: Vec<Vec<&'name str>>,
}

impl<'name> Components<'name> {
    fn of(earlier: &'name BTreeMap<&'name str, Vec<&'name str>>) -> Vec<Vec<&'name str>> {
        let (index, low) = (BTreeMap::new(), BTreeMap::new());
        let mut it = Self { earlier, index, low, stack: Vec::new(), found: Vec::new() };
        for name in earlier.keys() {
            if !it.index.contains_key(name) {
                it.visit(name);
            }
        }
        it.found
    }

    fn visit(&mut self, name: &'name str) -> usize {
        let index = self.index.len();
        self.index.insert(name, index);
        self.stack.push(name);
        let mut low = index;
        for other in self.earlier.get(name).into_iter().flatten().copied() {
            match self.index.get(other).copied() {
                None => low = low.min(self.visit(other)),
                Some(seen) if self.stack.contains(&other) => low = low.min(seen),
                Some(_) => {}
            }
        }
        self.low.insert(name, low);
        if low == index {
            let start = self.stack.iter().position(|other| *other == name).unwrap_or_default();
            self.found.push(self.stack.split_off(start));
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, Services, lanes};
    use crate::plan::Layer;

    fn services(text: &str) -> Services {
        Layer::parse("l", text).unwrap().services
    }

    fn lanes_of(text: &str, names: &[&str], direction: Direction) -> Vec<Vec<String>> {
        lanes(&services(text), &names.iter().map(ToString::to_string).collect::<Vec<_>>(), direction).unwrap()
    }

    const SHOP: &str =
        "services: {db: {command: a}, web: {command: a, requires: [db], after: [db]}, cache: {command: a}}";

    #[test]
    fn what_is_required_starts_first_and_in_the_same_lane() {
        assert_eq!(lanes_of(SHOP, &["web", "cache"], Direction::Start), [vec!["cache"], vec!["db", "web"]]);
    }

    #[test]
    fn what_requires_a_service_stops_before_it() {
        assert_eq!(lanes_of(SHOP, &["db"], Direction::Stop), [["web", "db"]]);
    }

    #[test]
    fn after_alone_keeps_services_in_lanes_of_their_own() {
        let text = "services: {a: {command: x, after: [b]}, b: {command: x}}";
        assert_eq!(lanes_of(text, &["a", "b"], Direction::Start), [["b"], ["a"]]);
    }
}
