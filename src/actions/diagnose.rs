//! `diagnose`: what is well and what is not, with remedies.

use crate::workload;

use super::{Action, Failure, Results, Scene};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "diagnose", done: "nothing was changed", perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let format = scene.parameters.choice("format", &["text", "json"])?;
    let diagnosis = workload::diagnose(scene.clients.pebble, &scene.world, &scene.decision).await;
    let checks = if format == "json" { diagnosis.json() } else { diagnosis.to_string() };
    Ok(vec![("worst", diagnosis.worst.word().to_owned()), ("checks", checks)])
}
