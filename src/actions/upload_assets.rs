//! `upload-assets`: the image's assets to the object storage, as the charm uploads them for each new image.

use crate::{decide::asset_upload, discourse::job::Job};

use super::{
    Action, Failure, Results, Scene,
    operation::{DONE, all_said},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "upload-assets", done: DONE, perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let is_forced = scene.parameters.boolean("force", false)?;
    scene.wait()?;
    if !scene.is_set_up() {
        return Err(scene.not_set_up());
    }
    let app = &scene.context.unit.application;
    let no_storage = || {
        let text =
            "browsers load no assets from an object storage: set s3_cdn_url beside s3_enabled or the relation s3";
        Failure(format!("{text}: juju config {app} s3_cdn_url=<address>"))
    };
    let upload = asset_upload(&scene.world, &scene.known()).ok_or_else(no_storage)?;
    if upload.is_done && !is_forced {
        let there = "the assets of this image are in the storage already: force=true uploads them again";
        return Ok(vec![("status", "done".to_owned()), ("uploaded", "0".to_owned()), ("note", there.to_owned())]);
    }
    scene
        .begin(Job::UploadAssets, &upload.header, &upload.environment, |result| {
            all_said(result, &["uploaded", "skipped"])
        })
        .await
}
