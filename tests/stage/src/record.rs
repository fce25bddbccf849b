//! The record of a life: every hook with its calls, every act of the operator, and how the model changed in between.
//!
//! It holds differences from one moment to the next, each text once, and no value of a secret.

mod entry;
mod hook;
mod junit;
pub(crate) mod mask;
mod snapshot;
mod texts;
mod timeline;

use crate::{
    hook::{Boot, HookRun},
    model::Model,
};
use entry::{Entry, HookEntry, What};
use mask::Mask;
use snapshot::Snapshot;
use texts::{Key, Text, Texts};
use time::OffsetDateTime;

pub use snapshot::Plans;

/// All that happened since the stage was built.
#[derive(Debug)]
pub struct Record {
    began: OffsetDateTime,
    model: String,
    juju: String,
    texts: Texts,
    mask: Mask,
    seen: Snapshot,
    entries: Vec<Entry>,
}

impl Record {
    /// The record of a life that begins now.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self {
            began: OffsetDateTime::now_utc(),
            model: model.name.clone(),
            juju: model.juju.to_string(),
            texts: Texts::default(),
            mask: Mask::default(),
            seen: Snapshot::default(),
            entries: Vec::new(),
        }
    }

    /// Notes whether something was as it was expected to be.
    pub fn expectation(&mut self, name: &str, result: Result<(), String>) {
        let (name, failure) = (self.text(name), result.err().map(|failure| self.text(&failure)));
        self.add(What::Expectation { name, failure }, Vec::new());
    }

    /// Notes that a part of the life begins, which has a suite of its own in [`Record::junit`].
    pub fn step(&mut self, title: &str) {
        let text = self.text(title);
        self.add(What::Step { text }, Vec::new());
    }

    /// Notes an act of the operator or of Kubernetes.
    pub fn act(&mut self, words: &str) {
        let text = self.text(words);
        self.add(What::Act { text }, Vec::new());
    }

    /// Notes what changed in the model without a hook.
    pub fn look(&mut self, model: &Model) {
        self.mask.learn(model);
        let plans = self.seen.plans();
        let changes = self.changes(model, plans);
        if !changes.is_empty() {
            self.add(What::Look, changes);
        }
    }

    /// Notes a hook, and what changed in the model meanwhile.
    pub fn hook(&mut self, run: &HookRun, model: &Model, plans: Plans) {
        self.mask.learn(model);
        self.mask.learn_calls(&run.tools);
        let hook = hook::entry(self, run, model);
        let mut known = self.seen.plans();
        known.retain(|(unit, _), _| *unit != run.unit);
        known.extend(plans);
        let changes = self.changes(model, known);
        let at = entry::tenths(hook.began + hook.wall);
        self.entries.push(Entry { at, what: What::Hook(Box::new(hook)), changes });
    }

    /// Notes that the last hook of a unit failed because somebody asked for it.
    pub fn excuse_last(&mut self, unit: &str) {
        let unit = self.text(unit);
        if let Some(hook) = hooks_of(&mut self.entries, unit).next() {
            hook.is_excused = true;
        }
    }

    /// Notes that a unit was expected to be in error, hence its hooks to fail.
    pub fn excuse(&mut self, unit: &str) {
        let unit = self.text(unit);
        hooks_of(&mut self.entries, unit).for_each(|hook| hook.is_excused = true);
    }

    /// Adds commands of the workload that began after the last hook of a unit had ended.
    pub fn late_boots(&mut self, unit: &str, late: &[Boot]) {
        if late.is_empty() {
            return;
        }
        let (unit, boots) = (self.text(unit), hook::boots(self, late));
        if let Some(hook) = hooks_of(&mut self.entries, unit).next() {
            hook.boots.extend(boots);
        }
    }

    /// The hooks and expectations as a test report: the XML of `JUnit`, as CI systems read it.
    #[must_use]
    pub fn junit(&self) -> String {
        junit::report(self)
    }

    /// One HTML page, complete in itself, that shows all of it.
    #[must_use]
    pub fn timeline(&self) -> String {
        timeline::page(self)
    }

    fn changes(&mut self, model: &Model, plans: Plans) -> Vec<(Key, Option<Text>)> {
        let now = Snapshot::of(model, plans);
        let before = std::mem::replace(&mut self.seen, now);
        let mut changes = Vec::new();
        for (path, value) in self.seen.since(&before) {
            let value = value.map(|value| self.texts.add(&self.mask.apply(&value)));
            changes.push((self.texts.key(&path), value));
        }
        changes
    }

    fn add(&mut self, what: What, changes: Vec<(Key, Option<Text>)>) {
        let at = self.since(OffsetDateTime::now_utc());
        self.entries.push(Entry { at, what, changes });
    }

    /// A text as it may be shown: what was a secret later is hidden in it, too.
    fn shown(&self, text: Text) -> String {
        self.mask.apply(self.texts.get(text))
    }

    fn text(&mut self, raw: &str) -> Text {
        self.texts.add(&self.mask.apply(raw))
    }

    /// Milliseconds since the beginning.
    fn since(&self, when: OffsetDateTime) -> f64 {
        entry::tenths((when - self.began).as_seconds_f64() * 1000.0)
    }
}

/// The hooks of a unit, the last one first.
fn hooks_of(entries: &mut [Entry], unit: Text) -> impl Iterator<Item = &mut HookEntry> {
    let hooks = entries.iter_mut().rev().filter_map(|entry| match &mut entry.what {
        What::Hook(hook) => Some(&mut **hook),
        _ => None,
    });
    hooks.filter(move |hook| hook.unit == unit)
}
