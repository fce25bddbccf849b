//! `create-backup`: a backup as Discourse makes it, without a site setting being changed.

use serde_json::{Value, json};

use crate::discourse::{job::Job, sizing::readable};

use super::{
    Action, Failure, Results, Scene,
    operation::{DONE, said},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "create-backup", done: DONE, perform: |scene| Box::pin(perform(scene)) };

/// *Units*: characters.
const LONGEST_NAME: usize = 64;

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let name = name(scene)?;
    let (uploads, from_storage) =
        (scene.parameters.boolean("uploads", true)?, scene.parameters.boolean("s3-uploads", false)?);
    scene.wait()?;
    let request = json!({"name": name, "uploads": uploads, "s3_uploads": from_storage});
    let environment = scene.free_environment().await?;
    scene.operate(Job::Backup, &request, environment, done).await
}

/// The name that the file begins with.
///
/// *Empty*: Discourse makes one of the forum's title.
fn name(scene: &Scene<'_>) -> Result<Option<String>, Failure> {
    let Some(name) = scene.parameters.optional("name")? else { return Ok(None) };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let is_slug = name.chars().all(is_plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let wrong =
        || Failure(format!("the parameter name must be {LONGEST_NAME} letters, digits, dashes or underscores at most"));
    (is_slug && name.len() <= LONGEST_NAME).then_some(Some(name)).ok_or_else(wrong)
}

fn done(result: &Value) -> Results {
    let (id, location) = (said(result, "backup"), said(result, "location"));
    let size = result.get("size").and_then(Value::as_u64).map_or_else(|| "unknown".to_owned(), readable);
    let warning = warning(&id, &location);
    let results = [("backup-id", id), ("size", size), ("location", location)];
    results.into_iter().chain(warning.map(|text| ("warning", text))).collect()
}

fn warning(id: &str, location: &str) -> Option<String> {
    let local = "it is in this pod and dies with it: copy it, or set s3_backup_bucket";
    let plain = "it holds no uploads, and a restore under another host name changes no links: use remap then";
    let texts = [(location == "local", local), (id.ends_with(".sql.gz"), plain)];
    let texts: Vec<&str> = texts.into_iter().filter_map(|(holds, text)| holds.then_some(text)).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_says_what_a_backup_lacks() {
        let done = |backup: &str, location: &str| {
            done(&json!({"backup": backup, "size": 2048, "location": location}))
                .into_iter()
                .map(|(key, _)| key)
                .collect::<Vec<_>>()
        };
        assert_eq!(done("f-v1.tar.gz", "s3"), ["backup-id", "size", "location"]);
        assert_eq!(done("f-v1.tar.gz", "local"), ["backup-id", "size", "location", "warning"]);
        assert!(warning("f.sql.gz", "local").is_some_and(|text| text.contains("dies") && text.contains("remap")));
    }
}
