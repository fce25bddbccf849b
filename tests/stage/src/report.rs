//! Texts for people: the model's status and what the hooks cost.

use crate::model::Model;

/// A text like that of `juju status`.
#[must_use]
pub fn status(model: &Model) -> String {
    format!("{}\n", model.name)
}
