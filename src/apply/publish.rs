//! Publishing what Juju is to know, the status apart.

use crate::{
    decision::{Because, DatabagWrite, Decision},
    fleet,
    juju::{RelationId, Target, ToolError, Tools},
    relations::{Changes, Owner, restart},
    secret::Secret,
    status::{Reason, Topic},
};

use super::secret_key;

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
    let mut refused = Refused::default();
    if let Some(Because { what: (relation, key), .. }) = &decision.keep_secret_key {
        refused.note(None, keep_secret_key(tools, *relation, key).await);
    }
    let has_status = publish_facts(tools, decision, &mut refused).await;
    // The status is written because the Python charm's grants are still in the peer databag; while it could not be written, they stay,
    // so that the next hook writes it.
    let is_held = |it: &DatabagWrite| is_peer(it) && it.write.owner == Owner::App && !has_status;
    for databag in decision.databags.iter().filter(|it| !is_held(it)) {
        let outcome = write(tools, databag, &refused.notes).await;
        refused.note_databag(databag, outcome);
    }
    refused.reasons
}

/// Keeps the key as a secret of the application, whose id all units find in the databag.
async fn keep_secret_key(tools: &Tools, relation: u32, key: &Secret) -> Result<(), ToolError> {
    let id = secret_key::add(tools, key).await?;
    let relation = RelationId { endpoint: restart::ENDPOINT.name.to_owned(), number: relation };
    tools.relation_set(&relation, Target::App, &Changes::from([(fleet::SECRET_KEY.to_owned(), id)])).await
}

/// Publishes what Juju keeps outside of databags; returns whether the application has the status that it is to have.
async fn publish_facts(tools: &Tools, decision: &Decision, refused: &mut Refused) -> bool {
    // Nothing depends on what is left there.
    let forget: Vec<&str> = decision.forget.iter().map(String::as_str).collect();
    drop(tools.state_delete(&forget).await);
    if let Some(port) = &decision.open_port {
        refused.note(Some(restart::PORT), tools.open_port(&port.what).await);
    }
    if let Some(version) = &decision.version {
        refused.note(Some(restart::VERSION), tools.application_version_set(&version.what).await);
    }
    let Some(status) = &decision.application_status else { return true };
    let outcome = tools.application_status_set(status.what.kind.word(), &status.what.message).await;
    let has_status = outcome.is_ok();
    refused.note(None, outcome);
    has_status
}

/// Whether a databag is one of the relation with the other units.
fn is_peer(databag: &DatabagWrite) -> bool {
    databag.endpoint == restart::ENDPOINT.name
}

async fn write(tools: &Tools, databag: &DatabagWrite, refused: &[&str]) -> Result<(), ToolError> {
    let target = match databag.write.owner {
        Owner::App => Target::App,
        Owner::Unit => Target::Unit,
    };
    let id = RelationId { endpoint: databag.endpoint.to_owned(), number: databag.relation };
    let is_note = |key: &String| is_peer(databag) && refused.contains(&key.as_str());
    let changes: Changes = databag.write.changes.clone().into_iter().filter(|(key, _)| !is_note(key)).collect();
    tools.relation_set(&id, target, &changes).await
}

impl Refused {
    fn note(&mut self, note: Option<&'static str>, outcome: Result<(), ToolError>) {
        if let Err(error) = outcome {
            self.notes.extend(note);
            self.reasons.push(Reason::Tool(error.to_string()));
        }
    }

    /// A relation that the forum can do without deserves no more than a warning.
    fn note_databag(&mut self, databag: &DatabagWrite, outcome: Result<(), ToolError>) {
        match outcome {
            Err(error) if databag.can_be_missed() => {
                let text = format!("{} cannot be written: {error}", databag.endpoint);
                self.reasons.push(Reason::Transient(Topic::Relation, text));
            }
            outcome => self.note(None, outcome),
        }
    }
}
