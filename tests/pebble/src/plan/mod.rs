//! The plan: layers, how they combine, and what the combined services, checks and log targets look like.
//!
//! *Source*: Pebble's layer specification and reference of its plan, v1.26.0.

pub mod check;
pub mod combine;
pub mod command;
pub mod context;
pub mod decode;
pub mod files;
pub mod layer;
pub mod order;
pub mod print;
pub mod service;
pub mod target;
pub mod validate;
mod validate_layer;

pub use check::{Check, Level, Probe};
pub use layer::Layer;
pub use service::{Action, Service};
pub use target::LogTarget;

use std::{collections::BTreeMap, time::Duration};
use thiserror::Error;

/// Why a layer cannot be part of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The layer, or the plan with it, breaks a rule.
    #[error("{0}")]
    Format(String),
    /// A layer with this label is there already.
    #[error("layer {0:?} already exists")]
    LabelExists(String),
    /// A layer would have to be put between others.
    #[error("cannot insert sub-directory layer without 'inner' attribute set")]
    NotInner,
    /// The layers directory, or a name in it, is invalid.
    #[error("{0}")]
    Directory(String),
}

/// Which of two definitions of an item counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Override {
    /// None is written.
    #[default]
    Unset,
    /// This one lies over the older.
    Merge,
    /// This one stands alone.
    Replace,
    /// Any other word.
    Unknown(String),
}

/// The layers and what they combine to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// From the lowest to the highest.
    pub layers: Vec<Layer>,
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// By name.
    pub checks: BTreeMap<String, Check>,
    /// By name.
    pub log_targets: BTreeMap<String, LogTarget>,
}

impl Override {
    /// Reads the word of a layer.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "" => Self::Unset,
            "merge" => Self::Merge,
            "replace" => Self::Replace,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The word of a layer.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Unset => "",
            Self::Merge => "merge",
            Self::Replace => "replace",
            Self::Unknown(word) => word,
        }
    }
}

impl Plan {
    /// Combines layers to a plan.
    ///
    /// # Errors
    /// An item lacks its override, or the combined plan breaks a rule.
    pub fn of(layers: Vec<Layer>) -> Result<Self, PlanError> {
        let combined = combine::combine(&layers)?;
        let plan =
            Self { layers, services: combined.services, checks: combined.checks, log_targets: combined.log_targets };
        validate::validate(&plan)?;
        Ok(plan)
    }

    /// The plan with one more layer, in or above the others.
    ///
    /// # Errors
    /// The label is taken, or the plan would break a rule.
    pub fn with_appended(&self, layer: Layer, inner: bool) -> Result<Self, PlanError> {
        if self.layers.iter().any(|known| known.label == layer.label) {
            return Err(PlanError::LabelExists(layer.label));
        }
        let family = |label: &str| label.split('/').next().unwrap_or_default().to_owned();
        let sibling = self.layers.iter().rposition(|known| family(&known.label) == family(&layer.label));
        let index = sibling.map_or(self.layers.len(), |index| index + 1);
        if index != self.layers.len() && !inner {
            return Err(PlanError::NotInner);
        }
        let mut layers = self.layers.clone();
        layers.insert(index, layer);
        Self::of(layers)
    }

    /// The plan with a layer combined into the one of the same label, or appended.
    ///
    /// # Errors
    /// An item lacks its override, or the plan would break a rule.
    pub fn with_combined(&self, layer: Layer, inner: bool) -> Result<Self, PlanError> {
        let mut layers = self.layers.clone();
        match layers.iter_mut().find(|known| known.label == layer.label) {
            Some(known) => {
                let label = known.label.clone();
                let mut combined = combine::combine(&[known.clone(), layer])?;
                combined.label = label;
                *known = combined;
                Self::of(layers)
            }
            None => self.with_appended(layer, inner),
        }
    }
}

/// What a written duration or its absence stands for.
#[must_use]
pub fn or_default(written: Option<Duration>, default_millis: u64) -> Duration {
    written.unwrap_or(Duration::from_millis(default_millis))
}
