//! Changes to an object that name only what changes.

use super::status::Refusal;
use serde_json::Value;

/// Applies a patch of this media type.
///
/// A strategic one, and one that is applied, merge as well; their lists replace those of the object.
pub(super) fn apply(object: &mut Value, media_type: &str, body: &[u8]) -> Result<(), Refusal> {
    let wrong = |cause: &dyn std::fmt::Display| Refusal::bad_request(&format!("error decoding patch: {cause}"));
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/json-patch+json" => {
            let patch: json_patch::Patch = serde_json::from_slice(body).map_err(|cause| wrong(&cause))?;
            json_patch::patch(object, &patch).map_err(|cause| wrong(&cause))
        }
        "application/merge-patch+json" | "application/strategic-merge-patch+json" | "application/apply-patch+yaml" => {
            let patch: Value = serde_yaml::from_slice(body).map_err(|cause| wrong(&cause))?;
            json_patch::merge(object, &patch);
            Ok(())
        }
        _ => Err(Refusal::unsupported_media_type()),
    }
}

/// Whether the patch makes an object that is not there.
pub(super) fn creates(media_type: &str) -> bool {
    media_type.starts_with("application/apply-patch")
}
