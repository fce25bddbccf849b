//! Texts about the jobs of the workload.

use time::{OffsetDateTime, macros::format_description};

use crate::discourse::job::Job;

use super::Names;

/// What a job does, and where it is.
pub(super) fn progress(job: Job, detail: Option<&str>) -> String {
    let text = match job {
        Job::Migrate => "migrating the database",
        Job::UploadAssets => "uploading assets to the object storage",
        Job::Backup => "making a backup",
        Job::Restore => "restoring a backup",
        Job::Rebake => "rendering posts anew",
        Job::Remap => "replacing a text in the database",
        Job::MigrateUploads => "moving uploads to the object storage",
    };
    format!("{text}{}", detail.map(|detail| format!(": {detail}")).unwrap_or_default())
}

/// What failed, and when it is tried again in seconds since 1970.
pub(super) fn failed(job: Job, what: &str, next: i64, names: Names) -> String {
    let log = names.ssh(&format!("cat {}", job.log()));
    format!("{} failed: {what}; next try at {}; see {log}", work(job), clock_time(next))
}

/// That a job outlasts the hooks that follow it.
pub(super) fn slow(job: Job, names: Names) -> String {
    let log = names.ssh(&format!("tail {}", job.log()));
    format!("{} still runs; the next hook follows it again; see {log}", work(job))
}

/// That nobody knows how a job ended.
pub(super) fn lost(job: Job) -> String {
    format!("{} was interrupted; the next hook begins again", work(job))
}

/// The extension that PostgreSQL refuses, the remedy, and when it is tried again in seconds since 1970.
pub(super) fn refused(extension: &str, remedy: &str, next: i64) -> String {
    format!("PostgreSQL refuses the extension {extension}: {remedy}; next try at {}", clock_time(next))
}

fn work(job: Job) -> &'static str {
    match job {
        Job::Migrate => "the migration",
        Job::UploadAssets => "the upload of assets",
        Job::Backup => "the backup",
        Job::Restore => "the restore",
        Job::Rebake => "the rendering of posts",
        Job::Remap => "the replacement of a text",
        Job::MigrateUploads => "the move of uploads",
    }
}

/// An hour and a minute, such as `14:05 UTC`.
fn clock_time(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format_description!("[hour]:[minute] UTC")).ok())
        .unwrap_or_else(|| "the next hook".to_owned())
}
