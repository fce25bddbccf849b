//! How layers become one: later items replace or overlay earlier ones.

use super::{Check, Layer, LogTarget, Override, PlanError, Service};
use std::collections::BTreeMap;

/// Failures in a row before a check is down, if no layer sets it.
const DEFAULT_THRESHOLD: i64 = 3;

/// An item that layers may define over each other.
trait Item: Clone {
    const NOUN: &'static str;
    fn overriding(&self) -> &Override;
    fn lay_over(&mut self, later: &Self);
}

impl Item for Service {
    const NOUN: &'static str = "service";
    fn overriding(&self) -> &Override {
        &self.overriding
    }
    fn lay_over(&mut self, later: &Self) {
        self.merge(later);
    }
}

impl Item for Check {
    const NOUN: &'static str = "check";
    fn overriding(&self) -> &Override {
        &self.overriding
    }
    fn lay_over(&mut self, later: &Self) {
        self.merge(later);
    }
}

impl Item for LogTarget {
    const NOUN: &'static str = "log target";
    fn overriding(&self) -> &Override {
        &self.overriding
    }
    fn lay_over(&mut self, later: &Self) {
        self.merge(later);
    }
}

/// Combines layers from the lowest to the highest; the result has no label.
///
/// The threshold of a check is written into the result, so that a layer that was combined with itself overrides lower ones
/// with the default.
///
/// # Errors
/// An item has no override, or an unknown one.
pub fn combine(layers: &[Layer]) -> Result<Layer, PlanError> {
    let mut combined = Layer::default();
    for layer in layers {
        lay(&mut combined.services, &layer.services, &layer.label)?;
        lay(&mut combined.checks, &layer.checks, &layer.label)?;
        lay(&mut combined.log_targets, &layer.log_targets, &layer.label)?;
    }
    for check in combined.checks.values_mut() {
        if check.threshold == 0 {
            check.threshold = DEFAULT_THRESHOLD;
        }
        check.timeout = check.timeout.map(|timeout| timeout.min(check.interval()));
    }
    Ok(combined)
}

fn lay<T: Item>(combined: &mut BTreeMap<String, T>, items: &BTreeMap<String, T>, label: &str) -> Result<(), PlanError> {
    for (name, item) in items {
        match item.overriding() {
            Override::Replace => {
                combined.insert(name.clone(), item.clone());
            }
            Override::Merge => match combined.get_mut(name) {
                Some(older) => older.lay_over(item),
                None => {
                    combined.insert(name.clone(), item.clone());
                }
            },
            Override::Unset => {
                return Err(PlanError::Format(format!(
                    "layer {label:?} must define \"override\" for {} {name:?}",
                    T::NOUN
                )));
            }
            Override::Unknown(_) => {
                return Err(PlanError::Format(format!(
                    "layer {label:?} has invalid \"override\" value for {} {name:?}",
                    T::NOUN
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Layer, Plan};

    fn plan(texts: &[&str]) -> Plan {
        let layers = texts.iter().enumerate().map(|(index, text)| Layer::parse(&format!("l{index}"), text).unwrap());
        Plan::of(layers.collect()).unwrap()
    }

    const BASE: &str = "checks: {up: {override: replace, threshold: 5, tcp: {port: 1}}}";
    const OVER: &str = "checks: {up: {override: merge, period: 2s}}";

    #[test]
    fn a_merging_layer_leaves_the_threshold_below_it_until_it_is_combined_with_itself() {
        let once = plan(&[BASE, OVER]);
        let twice = once.with_combined(Layer::parse("l1", OVER).unwrap(), false).unwrap();
        assert_eq!([once, twice].map(|plan| plan.checks["up"].threshold), [5, 3]);
    }

    #[test]
    fn a_written_timeout_is_capped_to_the_period_and_an_unwritten_one_stays_unwritten() {
        let text = "checks: {a: {override: replace, period: 1s, timeout: 2s, tcp: {port: 1}}, \
                    b: {override: replace, period: 1s, tcp: {port: 1}}}";
        let checks = plan(&[text]).checks;
        let second = std::time::Duration::from_secs(1);
        assert_eq!((checks["a"].timeout, checks["b"].timeout), (Some(second), None));
        assert_eq!(checks["b"].patience(), second);
    }
}
