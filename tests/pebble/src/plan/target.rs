//! A place that the output of services is forwarded to.

use super::{
    Override,
    service::{extend, overlay},
};
use std::collections::BTreeMap;

/// One log target as layers define it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogTarget {
    /// Its name, the key in the layer.
    pub name: String,
    /// `loki` or `opentelemetry`.
    pub kind: String,
    /// A URL.
    pub location: String,
    /// `all`, `-all`, names and names with a minus; the last that matches counts.
    pub services: Vec<String>,
    /// Which definition counts.
    pub overriding: Override,
    /// Values may hold `$NAME` of a service's environment.
    pub labels: Option<BTreeMap<String, String>>,
}

impl LogTarget {
    /// Whether it takes the output of a service.
    #[must_use]
    pub fn takes(&self, service: &str) -> bool {
        let verdict = |word: &String| match word.strip_prefix('-') {
            _ if word == service || word == "all" => Some(true),
            Some(name) if name == service || name == "all" => Some(false),
            _ => None,
        };
        self.services.iter().rev().find_map(verdict).unwrap_or(false)
    }

    /// Lays a later definition over this one.
    pub fn merge(&mut self, later: &Self) {
        overlay(&mut self.kind, &later.kind);
        overlay(&mut self.location, &later.location);
        self.services.extend_from_slice(&later.services);
        extend(&mut self.labels, later.labels.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::LogTarget;

    #[test]
    fn the_last_word_that_matches_a_service_counts() {
        let target = |words: &[&str]| LogTarget {
            services: words.iter().map(ToString::to_string).collect(),
            ..LogTarget::default()
        };
        let verdicts = [&["all", "-web"][..], &["-web", "all"], &["web", "-all"], &["db"], &[]]
            .map(|words| target(words).takes("web"));
        assert_eq!(verdicts, [false, true, false, false, false]);
    }
}
