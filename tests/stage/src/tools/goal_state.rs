//! The units and relations that will be there.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum};
use crate::model::{End, Life, Unit};
use std::collections::BTreeMap;
use time::{OffsetDateTime, UtcOffset};

/// `goal-state`: fresh on every call.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String, ToolError> {
    arguments.finish()?;
    let own = session.application();
    let units = session.model.units_of(own).map(|(name, unit)| (name.clone(), goal(word(unit), since(unit))));
    let mut relations: BTreeMap<String, BTreeMap<String, Datum>> = BTreeMap::new();
    for relation in session.model.relations.values().filter(|relation| !relation.is_peer()) {
        let Some(other) = relation.other(own) else { continue };
        relations.entry(relation.endpoint(own).to_owned()).or_default().extend(members(&session.model.units, other));
    }
    let relations = relations.into_iter().map(|(endpoint, members)| (endpoint, Datum::Map(members)));
    let goal = vec![("units", Datum::Map(units.collect())), ("relations", Datum::Map(relations.collect()))];
    Ok(format::print_structured(arguments, Datum::Record(goal)))
}

/// The other application and its units; those of a stand-in have no status of their own and count as active.
fn members(units: &BTreeMap<String, Unit>, end: &End) -> impl Iterator<Item = (String, Datum)> {
    let now = OffsetDateTime::now_utc();
    let app = [(end.application.clone(), goal("joined", now))];
    let unit =
        move |name: &String| units.get(name).map_or_else(|| goal("active", now), |unit| goal(word(unit), since(unit)));
    app.into_iter().chain(end.units.keys().map(move |name| (name.clone(), unit(name))))
}

fn word(unit: &Unit) -> &'static str {
    if unit.life == Life::Alive { unit.status.status.word() } else { "dying" }
}

fn since(unit: &Unit) -> OffsetDateTime {
    unit.status_history.last().map_or_else(OffsetDateTime::now_utc, |entry| entry.since)
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
