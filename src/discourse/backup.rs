//! Backups that Discourse has made, as they are listed.
//!
//! *Source*: Discourse `lib/backup_restore/creator.rb`, `lib/backup_restore/backup_store.rb`, `lib/backup_restore/meta_data_handler.rb`.

use serde::Serialize;

use super::image::APP;

/// How many digits the version of a schema has.
const DIGITS: usize = 14;

/// The longest name that is taken. *Units*: bytes.
const LONGEST: usize = 255;

/// The endings of a backup's name.
const ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".sql.gz"];

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Backup {
    /// Its file name, which names it.
    pub id: String,
    /// *Units*: bytes.
    pub size: u64,
    /// When it was made. *Units*: seconds since 1970.
    ///
    /// *Empty*: nobody knows.
    pub time: Option<i64>,
}

/// The folder of backups in the pod.
#[must_use]
pub fn folder() -> String {
    format!("{APP}/public/backups/default")
}

/// Whether a text can be the name of a backup: one file, of a kind that Discourse makes, and nothing that a shell or a page would read.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let stem = ENDINGS.iter().find_map(|ending| text.strip_suffix(ending));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    stem.is_some_and(|stem| !stem.is_empty()) && begins && text.len() <= LONGEST && text.chars().all(is_plain)
}

impl Backup {
    /// The version of the schema that its name tells: its last 14 digits after a `v`.
    ///
    /// *Empty*: it has been renamed, and Discourse refuses it.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        let stem = ENDINGS.iter().find_map(|ending| self.id.strip_suffix(ending))?;
        let digits = stem.get(stem.len().checked_sub(DIGITS)?..)?;
        let (_, version) = stem.rsplit_once("-v")?;
        let is_version = digits.bytes().all(|byte| byte.is_ascii_digit()) && version.ends_with(digits);
        is_version.then_some(digits)
    }

    /// Whether it holds uploads.
    #[must_use]
    pub fn has_uploads(&self) -> bool {
        !self.id.ends_with(".sql.gz")
    }

    /// Why it cannot be restored into a database whose newest migration is this.
    ///
    /// *Empty*: it can.
    #[must_use]
    pub fn obstacle(&self, newest: Option<&str>) -> Option<String> {
        let Some(schema) = self.schema() else {
            return Some("its name has no version: Discourse refuses renamed backups".to_owned());
        };
        let is_newer = newest.is_some_and(|newest| schema > newest);
        is_newer.then(|| format!("it was made by a newer version ({schema}) of Discourse or of a plugin"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(id: &str) -> Backup {
        Backup { id: id.to_owned(), size: 1, time: None }
    }

    #[test]
    fn an_id_is_the_plain_name_of_a_file_that_discourse_makes() {
        for id in ["forum-2026-01-01-000000-v20260101000000.tar.gz", "a.sql.gz", "A_b.tgz"] {
            assert!(is_id(id), "{id}");
        }
        let long = format!("{}.sql.gz", "a".repeat(LONGEST));
        for odd in ["", ".sql.gz", "../a.sql.gz", "-a.tgz", "a b.tgz", "a.zip", "http://x/a.tgz", "a$.tgz", &long] {
            assert!(!is_id(odd), "{odd}");
        }
    }

    #[test]
    fn the_version_is_that_at_the_end_of_the_name() {
        assert_eq!(backup("f-2026-01-01-000000-v20260101000000.tar.gz").schema(), Some("20260101000000"));
        assert_eq!(backup("f-v2026-1-7-20260101000000.sql.gz").schema(), Some("20260101000000"));
        assert_eq!((backup("f-20260101000000.sql.gz").schema(), backup("v1.tgz").schema()), (None, None));
    }

    #[test]
    fn a_backup_of_a_newer_schema_cannot_be_restored() {
        let one = backup("f-v20260101000000.sql.gz");
        assert_eq!((one.obstacle(None), one.obstacle(Some("20260101000000"))), (None, None));
        assert!(one.obstacle(Some("20251231000000")).is_some_and(|why| why.contains("newer version")));
        assert!(backup("f.sql.gz").obstacle(None).is_some_and(|why| why.contains("renamed")));
    }
}
