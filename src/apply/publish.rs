//! Publishing what Juju is to know, the status apart.

use crate::{
    decision::{DatabagWrite, Decision},
    juju::{RelationId, Target, ToolError, Tools},
    relations::{Changes, Owner, restart},
    status::{Reason, Topic},
};

/// What Juju was not given, and why.
#[derive(Debug, Default)]
struct Refused {
    /// The keys of our unit databag that would note it as given.
    notes: Vec<&'static str>,
    reasons: Vec<Reason>,
}

/// Publishes all of it, whatever fails, and returns what is to be said about each failure; the next hook tries again.
///
/// The databags come last: they note what Juju was given, and so do not note what it refused.
pub async fn publish(tools: &Tools, decision: &Decision) -> Vec<Reason> {
    // Nothing depends on what is left there.
    let forget: Vec<&str> = decision.forget.iter().map(String::as_str).collect();
    drop(tools.state_delete(&forget).await);
    let mut refused = Refused::default();
    if let Some(port) = &decision.open_port {
        refused.note(&["port"], tools.open_port(&port.what).await);
    }
    if let Some(version) = &decision.version {
        refused.note(&["version"], tools.application_version_set(&version.what).await);
    }
    let mut has_status = true;
    if let Some(status) = &decision.application_status {
        let outcome = tools.application_status_set(status.what.kind.word(), &status.what.message).await;
        has_status = outcome.is_ok();
        refused.note(&[], outcome);
    }
    for databag in &decision.databags {
        // The Python charm's grants in it are what the status is due for.
        if has_status || databag.endpoint != restart::ENDPOINT.name || databag.write.owner == Owner::Unit {
            let outcome = write(tools, databag, &refused.notes).await;
            refused.note_databag(databag, outcome);
        }
    }
    refused.reasons
}

async fn write(tools: &Tools, databag: &DatabagWrite, refused: &[&str]) -> Result<(), ToolError> {
    let target = match databag.write.owner {
        Owner::App => Target::App,
        Owner::Unit => Target::Unit,
    };
    let id = RelationId { endpoint: databag.endpoint.to_owned(), number: databag.relation };
    let is_note = |key: &String| databag.endpoint == restart::ENDPOINT.name && refused.contains(&key.as_str());
    let changes: Changes = databag.write.changes.clone().into_iter().filter(|(key, _)| !is_note(key)).collect();
    tools.relation_set(&id, target, &changes).await
}

impl Refused {
    fn note(&mut self, notes: &[&'static str], outcome: Result<(), ToolError>) {
        if let Err(error) = outcome {
            self.notes.extend(notes);
            self.reasons.push(Reason::Tool(error.to_string()));
        }
    }

    /// A relation that the forum can do without deserves no more than a warning.
    fn note_databag(&mut self, databag: &DatabagWrite, outcome: Result<(), ToolError>) {
        match outcome {
            Err(error) if databag.can_be_missed() => {
                let text = format!("{} cannot be written: {error}; the next hook tries again", databag.endpoint);
                self.reasons.push(Reason::Warning(Topic::Relation, text));
            }
            outcome => self.note(&[], outcome),
        }
    }
}
