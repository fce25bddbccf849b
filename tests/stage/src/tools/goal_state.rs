//! The units and relations that will be there.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum};
use crate::model::{End, Life, Model, Unit};
use std::collections::BTreeMap;
use time::{OffsetDateTime, UtcOffset};

/// `goal-state`: fresh on every call.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String, ToolError> {
    arguments.finish()?;
    let (own, model) = (session.application(), &*session.model);
    let units = model.units_of(own).map(|(name, unit)| (name.clone(), goal(word(unit), since(model, unit))));
    let mut relations: BTreeMap<String, BTreeMap<String, Datum>> = BTreeMap::new();
    for relation in model.relations.values().filter(|relation| !relation.is_peer()) {
        let Some(other) = relation.other(own) else { continue };
        relations.entry(relation.endpoint(own).to_owned()).or_default().extend(members(model, other));
    }
    let relations = relations.into_iter().map(|(endpoint, members)| (endpoint, Datum::Map(members)));
    let goal = vec![("units", Datum::Map(units.collect())), ("relations", Datum::Map(relations.collect()))];
    Ok(format::print_structured(arguments, Datum::Record(goal)))
}

/// The other application and its units; those of a stand-in have no status of their own and count as active.
fn members(model: &Model, end: &End) -> impl Iterator<Item = (String, Datum)> {
    let now = model.now();
    let app = [(end.application.clone(), goal("joined", now))];
    let unit = move |name: &String| match model.units.get(name) {
        Some(unit) => goal(word(unit), since(model, unit)),
        None => goal("active", now),
    };
    app.into_iter().chain(end.units.keys().map(move |name| (name.clone(), unit(name))))
}

fn word(unit: &Unit) -> &'static str {
    if unit.life == Life::Alive { unit.status.status.word() } else { "dying" }
}

fn since(model: &Model, unit: &Unit) -> OffsetDateTime {
    unit.status_history.last().map_or_else(|| model.now(), |entry| entry.since)
}

fn goal(status: &str, since: OffsetDateTime) -> Datum {
    Datum::Record(vec![("status", status.into()), ("since", shown(since).into())])
}

/// A time as Juju shows it: `2026-01-02 03:04:05Z`.
fn shown(time: OffsetDateTime) -> String {
    let time = time.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}Z", time.date())
}
