//! The schema of the database, read by one run of `psql` instead of booting Rails.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::discourse::image::Migrations;

/// How far a database is migrated for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Schema {
    /// How many additive migrations the image has and the database lacks.
    pub pending_pre: usize,
    /// How many destructive migrations the image has and the database lacks.
    pub pending_post: usize,
    /// Whether a process holds an advisory lock in this database, as a migration does.
    pub is_locked: bool,
    /// Whether no migration was ever applied to the database, so that no server can have used it.
    pub is_empty: bool,
}

/// The question for the lock, then for the table.
///
/// The lock comes first: a migration that ends in between leaves the schema complete, while the other order would find neither.
///
/// *Source*: `PostgreSQL` documentation, psql meta-commands; Rails keeps the applied versions in `schema_migrations` and locks with
/// `pg_try_advisory_lock`.
const LOCK_AND_TABLE: &str = "\
SELECT 'locks ' || count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = current_database();
SELECT to_regclass('schema_migrations') IS NOT NULL AS found \\gset
\\if :found
\\set applied 'SELECT version::text FROM schema_migrations'
\\else
\\set applied 'SELECT NULL WHERE false'
\\endif
";

/// The question whether anything was ever applied.
const APPLIED: &str =
    "SELECT 'applied ' || count(*) FROM (SELECT * FROM (:applied) AS all_of_them LIMIT 1) AS first;\n";

impl Schema {
    /// The statements for the standard input of `psql -XAtq`: they only read, and their answer is as short with any history.
    #[must_use]
    pub fn script(migrations: &Migrations) -> String {
        let (pre, post) = (pending("pre", migrations.pre()), pending("post", migrations.post()));
        format!("{LOCK_AND_TABLE}{APPLIED}{pre}{post}SELECT 'end';\n")
    }

    /// Parses the output of the statements.
    ///
    /// *Empty*: the output is not exactly that.
    #[must_use]
    pub fn parse(output: &str) -> Option<Self> {
        let mut lines = output.lines();
        let mut count = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ')?.parse::<usize>().ok();
        let (locks, applied) = (count("locks")?, count("applied")?);
        let (pending_pre, pending_post) = (count("pre")?, count("post")?);
        let is_whole = lines.eq(["end"]);
        is_whole.then_some(Self { pending_pre, pending_post, is_locked: locks > 0, is_empty: applied == 0 })
    }
}

/// The statement that counts those of some versions that were not applied; digits need no quoting in an array.
fn pending(name: &str, versions: &BTreeSet<String>) -> String {
    let list = versions.iter().map(String::as_str).collect::<Vec<_>>().join(",\n");
    format!("SELECT '{name} ' || count(*) FROM (SELECT unnest('{{{list}}}'::text[]) EXCEPT (:applied)) AS missing;\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_lock_and_what_is_missing() {
        let schema = |pending_pre, pending_post, is_locked, is_empty| {
            Some(Schema { pending_pre, pending_post, is_locked, is_empty })
        };
        assert_eq!(Schema::parse("locks 0\napplied 1\npre 0\npost 0\nend\n"), schema(0, 0, false, false));
        assert_eq!(Schema::parse("locks 2\napplied 0\npre 12\npost 4\nend\n"), schema(12, 4, true, true));
    }

    #[test]
    fn anything_but_a_whole_answer_is_rejected() {
        for output in [
            "",
            "locks 0\n",
            "locks 0\napplied 0\npre 1\npost 0\n",
            "applied 0\npre 1\npost 0\nend\n",
            "locks 0\npre 1\npost 0\nend\n",
            "[9 bytes before this are left out]\napplied 0\npre 1\npost 0\nend\n",
            "locks 0\napplied 0\npre 1\npost -1\nend\n",
            "locks 0\napplied 0\npre 1\npost 0\nend\nmore\n",
            "garbage",
        ] {
            assert_eq!(Schema::parse(output), None, "{output:?}");
        }
    }

    #[test]
    fn the_statements_name_every_version_of_the_image() {
        let script = Schema::script(&Migrations::parse("pre 20240101000000\npre 2\npost 3\n").unwrap());
        assert!(script.contains("('{2,\n20240101000000}'::text[])"), "{script}");
        assert!(script.contains("('{3}'::text[])"), "{script}");
    }
}
