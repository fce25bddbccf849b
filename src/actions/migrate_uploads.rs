//! `migrate-uploads`: what people have uploaded from the pod to the object storage.

use serde_json::json;

use crate::discourse::{environment::Environment, job::Job};

use super::{
    Action, Failure, Results, Scene,
    operation::{DONE, all_said},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "migrate-uploads", done: DONE, perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let is_dry = scene.parameters.boolean("dry-run", true)?;
    let confirmed = scene.parameters.optional("confirm")?;
    scene.wait()?;
    let environment = scene.free_environment().await?;
    refuse_unfit(scene, &environment)?;
    if !is_dry {
        let bucket = environment.get("DISCOURSE_S3_BUCKET");
        if confirmed.as_deref() != Some(bucket) {
            return Err(Failure(format!(
                "posts are rewritten, which cannot be undone: confirm it with the name of the bucket, confirm={bucket}"
            )));
        }
        scene.require_fresh_backup(&environment, "").await?;
    }
    scene
        .operate(Job::MigrateUploads, &json!({"dry_run": is_dry}), environment, |result| all_said(result, &["files"]))
        .await
}

fn refuse_unfit(scene: &Scene<'_>, environment: &Environment) -> Result<(), Failure> {
    let app = &scene.context.unit.application;
    if environment.get("DISCOURSE_S3_BUCKET").is_empty() {
        return Err(Failure(format!("there is no object storage to move to: juju config {app} s3_enabled=true")));
    }
    if environment.get("DISCOURSE_S3_CDN_URL").is_empty() {
        return Err(Failure(format!(
            "without an address that browsers load from, links to uploads would break: juju config {app} s3_cdn_url=<address>"
        )));
    }
    if scene.world.units.len() > 1 {
        return Err(Failure(format!(
            "each unit keeps uploads of its own, and only those of one would be moved: juju scale-application {app} 1"
        )));
    }
    Ok(())
}
