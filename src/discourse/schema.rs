//! The schema of the database, read by one run of `psql` instead of booting Rails.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::discourse::image::Migrations;

/// The state of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Schema {
    /// The numbers of the applied migrations.
    pub applied: BTreeSet<String>,
    /// Whether a process holds an advisory lock in this database, as a migration does.
    pub is_locked: bool,
}

/// The statements for the standard input of `psql -XAtq`.
///
/// *Source*: `PostgreSQL` documentation, psql meta-commands; Rails keeps the applied versions in `schema_migrations` and locks with
/// `pg_try_advisory_lock`.
pub const SCRIPT: &str = "\
SELECT 'locks ' || count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = current_database();
SELECT to_regclass('schema_migrations') IS NOT NULL AS found \\gset
\\if :found
SELECT 'version ' || version FROM schema_migrations;
\\endif
SELECT 'end';
";

impl Schema {
    /// Parses the output of the statements.
    ///
    /// *Empty*: the output is incomplete.
    #[must_use]
    pub fn parse(output: &str) -> Option<Self> {
        let mut schema = Self::default();
        let mut is_complete = false;
        for line in output.lines() {
            match line.split_once(' ') {
                Some(("locks", count)) => schema.is_locked = count != "0",
                Some(("version", number)) => {
                    schema.applied.insert(number.to_owned());
                }
                _ => is_complete = line == "end",
            }
        }
        is_complete.then_some(schema)
    }

    /// The number of additive migrations that the image has and the database lacks.
    #[must_use]
    pub fn pending_pre(&self, migrations: &Migrations) -> usize {
        migrations.pre.difference(&self.applied).count()
    }

    /// The number of destructive migrations that the image has and the database lacks.
    #[must_use]
    pub fn pending_post(&self, migrations: &Migrations) -> usize {
        migrations.post.difference(&self.applied).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_database_has_no_migrations() {
        assert_eq!(Schema::parse("locks 0\nend\n"), Some(Schema::default()));
    }

    #[test]
    fn a_migrated_database_lists_its_versions_and_its_lock() {
        assert_eq!(
            Schema::parse("locks 2\nversion 1\nversion 2\nend\n"),
            Some(Schema { applied: ["1".to_owned(), "2".to_owned()].into(), is_locked: true })
        );
    }

    #[test]
    fn an_output_without_its_end_is_rejected() {
        for output in ["", "locks 0\n", "locks 0\nversion 1\n", "garbage"] {
            assert_eq!(Schema::parse(output), None, "{output:?}");
        }
    }
}
