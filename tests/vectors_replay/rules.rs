//! Where this charm differs from the Python charm on purpose: what differs, when, and why.

mod databags;
mod operations;
mod service;
mod variables;

use std::fmt::Write as _;

use super::difference::Difference;

/// An intended difference.
pub struct Rule {
    /// The one fact that it is about; `environment` stands for all variables.
    pub on: &'static str,
    /// What the Python charm does.
    pub python_charm: &'static str,
    /// What this charm does.
    pub this_charm: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Whether a difference is of this kind.
    pub allows: fn(&Difference<'_>) -> bool,
}

/// Every intended difference, in the order of the published table.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [variables::RULES, operations::RULES, service::RULES, databags::RULES].into_iter().flatten()
}

/// The published table: one line for all facts that differ in the same way for the same reason.
pub fn table() -> String {
    let mut text = String::from("| What | Python charm | This charm | Why |\n|---|---|---|---|\n");
    let mut rules: Vec<&Rule> = all().collect();
    while let Some(first) = rules.first().copied() {
        let names: Vec<String> = rules.iter().filter(|rule| rule.is_like(first)).map(|rule| rule.fact()).collect();
        rules.retain(|rule| !rule.is_like(first));
        let Rule { python_charm, this_charm, reason, .. } = first;
        let _ = writeln!(text, "| {} | {python_charm} | {this_charm} | {reason} |", names.join(", "));
    }
    text
}

impl Rule {
    /// Whether the two differ in nothing but their facts, and so share a line of the table.
    fn is_like(&self, other: &Self) -> bool {
        let cells = |rule: &Self| (rule.python_charm, rule.this_charm, rule.reason);
        cells(self) == cells(other)
    }

    /// Whether it is about a fact.
    pub fn is_about(&self, fact: &str) -> bool {
        self.on == fact || (self.on == "environment" && fact.starts_with("variable "))
    }

    /// The fact's name as a reader sees it: a variable's name alone, anything else after its kind.
    fn fact(&self) -> String {
        match self.on.split_once(' ') {
            Some(("variable", name)) => format!("`{name}`"),
            Some((kind, name)) => format!("{kind} `{name}`"),
            None => self.on.to_owned(),
        }
    }
}
