//! The name of one run of a job, by which an operator asks for it.

use std::{fmt, str::FromStr};

use serde::Serialize;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::juju::UnitName;

use super::job::Job;

/// Such as `20261130T004212Z`.
const TIME: &[BorrowedFormatItem] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// One run of a job: `discourse-k8s/0:backup:20261130T004212Z`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobId {
    /// The unit in whose pod it runs.
    pub unit: UnitName,
    /// The job.
    pub job: Job,
    /// When it was begun. *Units*: seconds since 1970.
    pub begun: i64,
}

/// A text is not the name of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job-id has the form <unit>:<job>:<time>")]
pub struct NoJobId;

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.unit, self.job.name(), stamp(self.begun))
    }
}

impl FromStr for JobId {
    type Err = NoJobId;

    fn from_str(text: &str) -> Result<Self, NoJobId> {
        let mut parts = text.trim().splitn(3, ':');
        let mut part = || parts.next().ok_or(NoJobId);
        let (unit, name, time) = (part()?, part()?, part()?);
        Ok(Self {
            unit: unit.parse().map_err(|_| NoJobId)?,
            job: Job::ALL.into_iter().find(|job| job.name() == name).ok_or(NoJobId)?,
            begun: PrimitiveDateTime::parse(time, TIME).map_err(|_| NoJobId)?.assume_utc().unix_timestamp(),
        })
    }
}

/// A time in the form that job ids have.
///
/// *Empty*: a time that no calendar has.
#[must_use]
pub fn stamp(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|time| time.format(TIME).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_unit_job_and_time() {
        let unit = UnitName { application: "forum".to_owned(), number: 2 };
        let id = JobId { unit, job: Job::MigrateUploads, begun: 1_790_000_000 };
        assert_eq!(id.to_string(), "forum/2:migrate-uploads:20260921T141320Z");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn anything_else_is_no_name() {
        for text in ["", "forum/2", "forum/2:backup", "forum/2:odd:20260921T141320Z", "forum:backup:x", "a/1:backup:1"]
        {
            assert_eq!(text.parse::<JobId>(), Err(NoJobId), "{text}");
        }
    }
}
