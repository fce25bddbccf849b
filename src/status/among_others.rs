//! Reasons for a status that one unit has because of the others.

use crate::discourse::image::RESOURCE;

use super::Kind;

/// What a unit must do, or wait for, because of the other units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmongOthers {
    /// It is to restart after another unit.
    After(String),
    /// It is to restart once a unit has the same image: Kubernetes is replacing pods.
    OtherImage(String),
    /// It is to restart once the leader gives it the turn.
    Turn,
    /// It is to migrate an empty database, and lets the other units know first.
    Announcing,
    /// It is being removed.
    Leaving,
    /// The database was migrated destructively for this newer version of Discourse.
    OldImage(String),
    /// It has never served, others hold uploads, and uploads are not shared.
    NoSharedUploads,
}

impl AmongOthers {
    /// Whether it waits for its turn.
    #[must_use]
    pub fn is_turn(&self) -> bool {
        matches!(self, Self::After(_) | Self::OtherImage(_) | Self::Turn)
    }

    pub(super) fn kind(&self) -> Kind {
        if matches!(self, Self::OldImage(_) | Self::NoSharedUploads) { Kind::Blocked } else { Kind::Waiting }
    }

    pub(super) fn text(&self, app: &str) -> String {
        match self {
            Self::After(unit) => format!("waiting for its turn to restart, after {unit}; nothing to do"),
            Self::OtherImage(unit) => format!("waiting to restart until {unit} runs the same image; nothing to do"),
            Self::Turn => "waiting for its turn to restart; nothing to do".to_owned(),
            Self::Announcing => "waiting until all units know of the first migration; nothing to do".to_owned(),
            Self::Leaving => "leaving: it serves until its pod ends; nothing to do".to_owned(),
            Self::OldImage(version) => format!(
                "the database was migrated for Discourse {version}: juju attach-resource {app} {RESOURCE}=<image of {version}>"
            ),
            Self::NoSharedUploads => {
                format!("uploads are not shared between units: set s3_enabled, or juju scale-application {app} 1")
            }
        }
    }
}
