//! What is expected of a model at rest.

use super::player::{Player, Trouble};
use crate::{
    model::{Databag, StatusKind, names::application_of},
    scene::{Bag, ExpectDatabag, ExpectHooks, ExpectLog, ExpectStatus, WaitFor},
    stage::StageError,
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// How often a model at rest is looked at while a status is awaited.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a status is awaited if the scene does not say.
const PATIENCE: Duration = Duration::from_mins(5);

/// A status that is wanted, with words that its message holds.
struct Wanted<'w> {
    of: &'w str,
    status: StatusKind,
    message: Option<&'w str>,
}

impl Player<'_> {
    pub(super) fn wait_for(&mut self, wait: &WaitFor) -> Result<(), Trouble> {
        let wanted = Wanted { of: &wait.of, status: wait.status, message: wait.message.as_deref() };
        let (began, limit) = (Instant::now(), wait.limit.unwrap_or(PATIENCE));
        loop {
            let Some(other) = self.other_status(&wanted)? else {
                self.forgive(&wanted);
                return Ok(());
            };
            if began.elapsed() > limit {
                return Err(Trouble::NotAsExpected(format!("after {limit:?}, {other}")));
            }
            if !self.one_hook()? {
                thread::sleep(INTERVAL);
            }
        }
    }

    pub(super) fn expect_status(&mut self, expected: &ExpectStatus) -> Result<(), Trouble> {
        let wanted = Wanted { of: &expected.of, status: expected.status, message: expected.message.as_deref() };
        if let Some(other) = self.other_status(&wanted)? {
            return Err(Trouble::NotAsExpected(other));
        }
        self.forgive(&wanted);
        Ok(())
    }

    /// Who expects an error expects the hooks that failed.
    fn forgive(&mut self, wanted: &Wanted<'_>) {
        if wanted.status != StatusKind::Error {
            return;
        }
        let is_meant = |unit: &String| *unit == wanted.of || application_of(unit) == wanted.of;
        for unit in self.failures.extract_if(.., |unit| is_meant(unit)) {
            if let Some(record) = self.stage.record_mut() {
                record.excuse(&unit);
            }
        }
    }

    /// A unit that has another status.
    fn other_status(&self, wanted: &Wanted<'_>) -> Result<Option<String>, StageError> {
        let other = self.named(wanted.of)?.into_iter().find_map(|unit| {
            let status = self.stage.unit(&unit).status();
            let fits =
                status.status == wanted.status && wanted.message.is_none_or(|words| status.message.contains(words));
            (!fits).then(|| format!("{unit} is {status}"))
        });
        Ok(other)
    }

    /// The unit of this name, or all units of the application of this name.
    pub(super) fn named(&self, of: &str) -> Result<Vec<String>, StageError> {
        let (kind, units): (_, Vec<String>) = if of.contains('/') {
            ("unit", self.units_of(application_of(of)).filter(|unit| unit == of).collect())
        } else {
            ("unit of application", self.units_of(of).collect())
        };
        if units.is_empty() { Err(StageError::Missing { kind, name: of.to_owned() }) } else { Ok(units) }
    }

    pub(super) fn expect_databag(&mut self, expected: &ExpectDatabag) -> Result<(), Trouble> {
        let found = self.bags(&expected.of);
        let missing = || StageError::Missing { kind: "databag", name: expected.of.clone() };
        let first = found.first().ok_or_else(missing)?;
        if found.iter().any(|bag| difference(bag, &expected.has).is_none()) {
            return Ok(());
        }
        let difference = difference(first, &expected.has).unwrap_or_default();
        Err(Trouble::NotAsExpected(format!("the databag of {}: {difference}", expected.of)))
    }

    /// The databags of a unit or an application in every relation of an endpoint.
    fn bags(&self, of: &str) -> Vec<Databag> {
        let (owner, endpoint) = of.rsplit_once(':').unwrap_or((self.application(None), of));
        let application = application_of(owner);
        let relations = self.stage.model().relations.values();
        let ends = relations.filter_map(|relation| relation.own(application)).filter(|end| end.endpoint == endpoint);
        ends.filter_map(|end| if owner == application { Some(&end.app) } else { end.units.get(owner) })
            .cloned()
            .collect()
    }

    pub(super) fn expect_log(&mut self, expected: &ExpectLog) -> Result<(), Trouble> {
        self.named(&expected.unit)?;
        let log = self.stage.unit(&expected.unit).log();
        let found = log.iter().filter(|line| line.text.contains(&expected.contains)).count();
        let fits = expected.times.map_or(found > 0, |times| found == times);
        let text = || format!("{found} lines in the log of {} hold {:?}", expected.unit, expected.contains);
        if fits { Ok(()) } else { Err(Trouble::NotAsExpected(text())) }
    }

    pub(super) fn expect_hooks(&mut self, expected: &ExpectHooks) -> Result<(), Trouble> {
        let ran = self.latest.get(&expected.unit).map(|(_, hooks)| hooks.clone()).unwrap_or_default();
        let text =
            || format!("{} ran {}", expected.unit, if ran.is_empty() { "nothing".to_owned() } else { ran.join(" ") });
        if ran == expected.hooks { Ok(()) } else { Err(Trouble::NotAsExpected(text())) }
    }
}

/// The first key that is not as it should be.
fn difference(bag: &Databag, wanted: &Bag) -> Option<String> {
    let (key, _) = wanted.iter().find(|(key, value)| bag.get(*key) != value.as_ref())?;
    Some(bag.get(key).map_or_else(|| format!("{key} is not there"), |value| format!("{key} is {value:?}")))
}
