//! A diagnosis for people: what was looked at, each fact with a verdict, and what to do about those that are not well.
//!
//! Looking changes nothing and boots no Rails. Of servers it shows addresses and ports, never a credential.

mod database;
mod network;
mod redis;
mod resources;
mod unit;

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use serde::{Deserialize, Serialize};

use crate::{
    decide::Understanding,
    decision::Decision,
    discourse::{environment::Environment, postgresql::Postgresql, redis::Redis},
    excerpt::Excerpt,
    world::World,
};

pub use network::{Target, targets};

/// How well something is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is well.
    Ok,
    /// It works, and deserves a look.
    Warn,
    /// It does not work, or soon will not.
    Fail,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How well it is.
    pub verdict: Verdict,
    /// What was found.
    pub fact: String,
    /// What to do.
    ///
    /// *Empty*: nothing, or the fact says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The worst verdict.
    pub worst: Verdict,
    /// Each check.
    pub checks: Vec<Check>,
}

/// What the workload's container and the servers say when they are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The database, or why it does not answer.
    ///
    /// *Empty*: no relation gives one.
    pub database: Option<Result<Postgresql, Excerpt>>,
    /// Redis, or why it does not answer.
    ///
    /// *Empty*: no relation gives one.
    pub redis: Option<Result<Redis, Excerpt>>,
    /// The container, or why it does not answer.
    pub probe: Result<Probe, Excerpt>,
}

/// What is seen from inside the container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// What stops a connection to each server that was named.
    ///
    /// *Empty*: nothing.
    pub servers: BTreeMap<String, Option<String>>,
    /// The limit of memory. *Units*: bytes; *Empty*: there is none.
    pub memory: Option<u64>,
    /// The limit of processors. *Units*: thousandths; *Empty*: there is none.
    pub milli_cpus: Option<u64>,
    /// The free disk. *Units*: KiB; *Empty*: unknown.
    pub free_kib: Option<u64>,
    /// The major version of `pg_dump`.
    ///
    /// *Empty*: there is none.
    pub pg_dump: Option<u32>,
}

/// What the checks are made of.
struct Case<'a> {
    world: &'a World,
    decision: &'a Decision,
    known: &'a Understanding,
    environment: &'a Environment,
    found: &'a Examination,
}

impl Diagnosis {
    /// Judges what was found.
    #[must_use]
    pub fn of(world: &World, decision: &Decision, known: &Understanding, found: &Examination) -> Self {
        let case = Case { world, decision, known, environment: &known.environment, found };
        let parts = [
            unit::checks(&case),
            database::checks(&case),
            redis::checks(&case),
            network::checks(&case),
            resources::checks(&case),
        ];
        Self::from_checks(parts.concat())
    }

    /// A diagnosis of these checks.
    #[must_use]
    pub fn from_checks(checks: Vec<Check>) -> Self {
        let worst = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok);
        Self { worst, checks }
    }

    /// The diagnosis as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Verdict {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Check {
    /// Something that is well.
    pub fn ok(name: &'static str, fact: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, fact: fact.into(), remedy: None }
    }

    /// Something that deserves a look.
    pub fn warn(name: &'static str, fact: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, remedy: Some(remedy.into()), ..Self::ok(name, fact) }
    }

    /// Something that does not work, or soon will not.
    pub fn fail(name: &'static str, fact: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, ..Self::warn(name, fact, remedy) }
    }
}

impl Display for Diagnosis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "worst: {}", self.worst.word())?;
        self.checks.iter().try_for_each(|check| writeln!(formatter, "{check}"))
    }
}

impl Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:4}  {}: {}", self.verdict.word(), self.name, self.fact)?;
        self.remedy.iter().try_for_each(|remedy| write!(formatter, "; {remedy}"))
    }
}
