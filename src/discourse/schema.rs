//! The schema of the database, read by one run of `psql` instead of booting Rails.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::discourse::{
    aside::{self, Aside},
    image::Migrations,
};

/// How far a database is migrated for an image.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Schema {
    /// How many additive migrations the image has and the database lacks.
    pub pending_pre: usize,
    /// How many destructive migrations the image has and the database lacks.
    pub pending_post: usize,
    /// Whether a process holds an advisory lock in this database, as a migration does; that of operations apart.
    pub is_locked: bool,
    /// Whether no migration was ever applied to the database, so that no server can have used it.
    pub is_empty: bool,
    /// What a restore has put aside.
    pub aside: Aside,
}

/// The question for the lock, then for the table.
///
/// The lock comes first: a migration that ends in between leaves the schema complete, while the other order would find neither.
///
/// *Source*: `PostgreSQL` documentation, psql meta-commands; Rails keeps the applied versions in `schema_migrations` and locks with
/// `pg_try_advisory_lock`.
const LOCK_AND_TABLE: &str = "\
SELECT 'locks ' || count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = current_database()
   AND NOT (l.classid = 584792 AND l.objid = 1 AND l.objsubid = 2);
SELECT to_regclass('schema_migrations') IS NOT NULL AS found \\gset
\\if :found
\\set applied 'SELECT version::text FROM schema_migrations'
\\else
\\set applied 'SELECT NULL WHERE false'
\\endif
";

/// How many lines the answer about what was put aside has.
const ASIDE_LINES: usize = 4;

/// The question whether anything was ever applied.
const APPLIED: &str =
    "SELECT 'applied ' || count(*) FROM (SELECT * FROM (:applied) AS all_of_them LIMIT 1) AS first;\n";

impl Schema {
    /// The statements for the standard input of `psql -XAtq`: they only read, and their answer is as short with any history.
    #[must_use]
    pub fn script(migrations: &Migrations) -> String {
        let (pre, post) = (pending("pre", migrations.pre()), pending("post", migrations.post()));
        format!("{LOCK_AND_TABLE}{APPLIED}{pre}{post}{}SELECT 'end';\n", aside::SCRIPT)
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
        let rest: Vec<&str> = lines.collect();
        let aside = Aside::parse(&rest.join("\n"))?;
        let is_whole = rest.len() == ASIDE_LINES + 1 && rest.last() == Some(&"end");
        is_whole.then_some(Self { pending_pre, pending_post, is_locked: locks > 0, is_empty: applied == 0, aside })
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

    const ASIDE: &str = "kept-tables 0\ntables 0\nmark \noperation \n";

    #[test]
    fn an_answer_has_the_lock_and_what_is_missing() {
        let schema = |pending_pre, pending_post, is_locked, is_empty| {
            Some(Schema { pending_pre, pending_post, is_locked, is_empty, aside: Aside::default() })
        };
        let parse = |counts: &str| Schema::parse(&format!("{counts}{ASIDE}end\n"));
        assert_eq!(parse("locks 0\napplied 1\npre 0\npost 0\n"), schema(0, 0, false, false));
        assert_eq!(parse("locks 2\napplied 0\npre 12\npost 4\n"), schema(12, 4, true, true));
    }

    #[test]
    fn anything_but_a_whole_answer_is_rejected() {
        for output in [
            "",
            "locks 0\n",
            "locks 0\napplied 0\npre 1\npost 0\nASIDE",
            "locks 0\napplied 0\npre 1\npost 0\nend\n",
            "applied 0\npre 1\npost 0\nASIDEend\n",
            "locks 0\npre 1\npost 0\nASIDEend\n",
            "[9 bytes before this are left out]\napplied 0\npre 1\npost 0\nASIDEend\n",
            "locks 0\napplied 0\npre 1\npost -1\nASIDEend\n",
            "locks 0\napplied 0\npre 1\npost 0\nASIDEend\nmore\n",
            "garbage",
        ] {
            assert_eq!(Schema::parse(&output.replace("ASIDE", ASIDE)), None, "{output:?}");
        }
    }

    #[test]
    fn the_statements_name_every_version_of_the_image() {
        let script = Schema::script(&Migrations::parse("pre 20240101000000\npre 2\npost 3\n").unwrap());
        assert!(script.contains("('{2,\n20240101000000}'::text[])"), "{script}");
        assert!(script.contains("('{3}'::text[])"), "{script}");
    }
}
