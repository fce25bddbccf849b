//! `explain`: what the charm sees, what it would do now, and why.

use crate::explain::Explanation;

use super::{Action, Failure, Results, Scene};

/// The action.
pub(super) const ACTION: Action = Action {
    name: "explain",
    done: "nothing was changed",
    perform: |scene| Box::pin(std::future::ready(perform(scene))),
};

fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let format = scene.parameters.choice("format", &["text", "json"])?;
    let explanation = Explanation::of(&scene.world, &scene.decision);
    Ok(vec![("explanation", if format == "json" { explanation.json() } else { explanation.text() })])
}
