//! The backups of a forum, wherever they are.

use serde::Deserialize;
use serde_json::json;

use crate::{
    discourse::{
        backup::{Backup, folder, is_id},
        environment::Environment,
    },
    secret::Secret,
    workload,
};

use super::{Failure, Scene, rake_task::LISTING};

/// The age from which a backup is old. *Units*: seconds.
pub(super) const DAY: i64 = 86_400;

/// Where backups are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Location {
    /// In the pod of this unit.
    Local,
    /// In the object storage.
    S3,
}

#[derive(Deserialize)]
struct Listing {
    backups: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    size: u64,
    time: Option<i64>,
}

impl Location {
    /// Where Discourse keeps backups now.
    pub fn configured(environment: &Environment) -> Self {
        if environment.get("DISCOURSE_BACKUP_LOCATION") == "s3" { Self::S3 } else { Self::Local }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        if self == Self::S3 { "s3" } else { "local" }
    }

    /// The place, as a text.
    pub fn text(self, scene: &Scene<'_>) -> String {
        match self {
            Self::Local => format!("the pod of {}", scene.context.unit),
            Self::S3 => "the object storage".to_owned(),
        }
    }
}

impl Scene<'_> {
    /// The backups at a location, the newest first.
    pub async fn backups(&self, location: Location) -> Result<Vec<Backup>, Failure> {
        let mut backups = match location {
            Location::Local => self.local_backups().await?,
            Location::S3 => self.stored_backups().await?,
        };
        backups.retain(|backup| is_id(&backup.id));
        backups.sort_by(|one, other| (other.time, &other.id).cmp(&(one.time, &one.id)));
        Ok(backups)
    }

    /// The files in this pod, without a boot of Rails.
    async fn local_backups(&self) -> Result<Vec<Backup>, Failure> {
        let files = self.clients.pebble.list_files(&folder()).await.map_err(|error| self.away(&error))?;
        let backup = |file: crate::pebble::FileEntry| Backup {
            time: file.last_modified.as_deref().and_then(workload::unix_time),
            id: file.name,
            size: file.size,
        };
        Ok(files.into_iter().map(backup).collect())
    }

    /// Those in the object storage, which Discourse lists: one boot of Rails.
    async fn stored_backups(&self) -> Result<Vec<Backup>, Failure> {
        let input = Secret::from(json!({"location": "s3"}).to_string());
        let listing: Listing = self.ask_task(LISTING, input).await?;
        let backup = |it: Listed| Backup { id: it.id, size: it.size, time: it.time };
        Ok(listing.backups.into_iter().map(backup).collect())
    }

    /// Refuses what cannot be undone unless there is a backup younger than a day.
    pub async fn require_fresh_backup(&self, environment: &Environment, otherwise: &str) -> Result<(), Failure> {
        let newest = self.backups(Location::configured(environment)).await?.into_iter().find_map(|backup| backup.time);
        let is_fresh = newest.is_some_and(|time| self.world.now.saturating_sub(time) < DAY);
        let unit = &self.context.unit;
        let none = || {
            Failure(format!(
                "this cannot be undone, and there is no backup younger than a day: juju run {unit} create-backup{otherwise}"
            ))
        };
        is_fresh.then_some(()).ok_or_else(none)
    }
}
