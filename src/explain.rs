//! An explanation for people: what the charm sees, what it would do now, and why.
//!
//! Of what came over relations it shows names of keys, addresses and ports; never a credential, nor the value of an unknown key.

mod rows;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display};

use serde::Serialize;

use crate::{
    decide::{State, Understanding, differences},
    decision::Decision,
    relations::ENDPOINTS,
    status::Status,
    world::World,
};

use rows::{Change, RelationRow, UnitRow, WriteRow, shown};

/// The most that an explanation takes: Juju's `action-set` gets it as an argument. *Units*: bytes.
pub const LIMIT: usize = 64 * 1024;

/// What the end of a text shows that was cut.
const CUT: &str = "\n(cut)\n";

/// The most rows of one table.
const MOST_ROWS: usize = 40;

/// What the charm sees and would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    unit: String,
    model: String,
    is_leader: bool,
    /// The status that the unit would have if nothing else happened.
    status: Status,
    /// The state of the web server.
    ///
    /// *Empty*: something that a start needs is missing or wrong, or the container cannot be seen.
    server: Option<State>,
    /// The next step, and why.
    next_step: Option<String>,
    why: Option<String>,
    reasons: Vec<Status>,
    relations: Vec<RelationRow>,
    /// The variables of the server that differ from those that run.
    changes: Vec<Change>,
    databags: Vec<WriteRow>,
    units: Vec<UnitRow>,
    /// How many rows were left out of the tables.
    left_out: usize,
}

impl Explanation {
    /// Explains a world and the decision that was made for it.
    #[must_use]
    pub fn of(world: &World, decision: &Decision) -> Self {
        let known = Understanding::of(world);
        let differences = differences(world, &known);
        let mut left_out = 0;
        let relations = ENDPOINTS.into_iter().flat_map(|endpoint| RelationRow::all(world, &known, endpoint)).collect();
        let changes = differences
            .variables
            .iter()
            .map(|(variable, origin)| Change::of(variable, origin, differences.server))
            .collect();
        Self {
            unit: shown(&world.unit.to_string()),
            model: shown(&world.model),
            is_leader: world.is_leader,
            status: short(&decision.status(world.names())),
            server: differences.server,
            next_step: decision.step.as_ref().map(|step| step.what.kind().to_string()),
            why: decision.step.as_ref().map(|step| rows::cut(&step.why, 500)),
            reasons: bounded(Status::each(&decision.reasons, world.names()).iter().map(short).collect(), &mut left_out),
            relations: bounded(relations, &mut left_out),
            changes: bounded(changes, &mut left_out),
            databags: bounded(decision.databags.iter().map(WriteRow::of).collect(), &mut left_out),
            units: bounded(known.fleet.peers.iter().map(UnitRow::of).collect(), &mut left_out),
            left_out,
        }
    }

    /// The explanation as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        if text.len() <= LIMIT {
            return text;
        }
        let dropped = self.reasons.len() + self.relations.len() + self.changes.len() + self.databags.len();
        let cut = Self {
            reasons: Vec::new(),
            relations: Vec::new(),
            changes: Vec::new(),
            databags: Vec::new(),
            left_out: self.left_out + dropped,
            ..self.clone()
        };
        serde_json::to_string(&cut).unwrap_or_default()
    }

    /// The explanation as text.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.to_string();
        if text.len() <= LIMIT { text } else { rows::cut_bytes(text, LIMIT - CUT.len()) + CUT }
    }
}

impl Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leader = if self.is_leader { ", the leader" } else { "" };
        writeln!(formatter, "{} in the model {}{leader}", self.unit, self.model)?;
        writeln!(formatter, "status: {}", line(&self.status))?;
        writeln!(formatter, "next step: {}", self.next())?;
        if self.left_out > 0 {
            writeln!(formatter, "{} rows are left out", self.left_out)?;
        }
        table(formatter, "reasons", &self.reasons.iter().map(line).collect::<Vec<_>>())?;
        table(formatter, "relations", &self.relations)?;
        table(formatter, "changes of the server's environment", &self.changes)?;
        table(formatter, "databags to write", &self.databags)?;
        table(formatter, "other units", &self.units)?;
        Ok(())
    }
}

impl Explanation {
    fn next(&self) -> String {
        match (&self.next_step, &self.why) {
            (Some(step), Some(why)) => format!("{step}, because {why}"),
            _ => "none".to_owned(),
        }
    }
}

/// The kind and message of a status, or its kind alone if it has no message.
fn line(status: &Status) -> String {
    let word = status.kind.word();
    if status.message.is_empty() { word.to_owned() } else { format!("{word}: {}", status.message) }
}

fn short(status: &Status) -> Status {
    Status::new(status.kind, rows::cut(&status.message, 500))
}

/// As many rows as are shown; the others are counted.
fn bounded<T>(mut rows: Vec<T>, left_out: &mut usize) -> Vec<T> {
    *left_out += rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    rows
}

/// A title and its rows, or nothing without rows.
fn table<T: Display>(formatter: &mut fmt::Formatter<'_>, title: &str, rows: &[T]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(formatter, "\n{title}:")?;
    rows.iter().try_for_each(|row| writeln!(formatter, "  {row}"))
}
