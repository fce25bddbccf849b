//! What a restore puts aside: Discourse moves the forum's tables to the schema `backup` before it loads a backup.
//!
//! A comment on that schema, the mark, is set before anything is changed and removed at the end, so it outlives the pod and Redis.
//!
//! *Source*: Discourse `lib/backup_restore/database_restorer.rb`; `PostgreSQL` documentation, COMMENT and advisory locks.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::Serialize;

use super::backup::is_id;

/// Statements that only read.
pub const SCRIPT: &str = "\
SELECT 'kept-tables ' || count(*) FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace('backup');
SELECT 'tables ' || count(*) FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace('public');
SELECT 'mark ' || coalesce(split_part(obj_description(to_regnamespace('backup'), 'pg_namespace'), E'\\n', 1), '');
SELECT 'operation ' || coalesce((SELECT coalesce(nullif(split_part(a.application_name, E'\\n', 1), ''), 'unknown')
  FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 584792 AND l.objid = 1 AND l.objsubid = 2
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1), '');
";

/// What the application name of an operation's session begins with; the name of its job follows.
const OPERATION: &str = "charm-";

/// Begins a transaction whose statements end before anybody gives their `psql` up, which would not end them: others queue behind them.
pub const BEGIN: &str = "BEGIN;\nSET LOCAL statement_timeout = '290s';\n";

/// Takes the lock of operations until the transaction ends.
const LOCK: &str = "SELECT pg_try_advisory_xact_lock(584792, 1) AS is_free \\gset\n";

/// The mark, or what else is written there.
const COMMENT: &str = "coalesce(obj_description(to_regnamespace('backup'), 'pg_namespace'), '')";

/// What the mark of a rollback has in the place of a backup.
pub const ROLLBACK: &str = "rollback";

/// What a script says if an operation holds the lock.
pub const BUSY: &str = "busy";

/// What a script says if the mark is another one than was read.
pub const CHANGED: &str = "changed";

/// Drops what `public` holds of the forum and moves all of `backup` there, unless there are no tables in `backup`.
///
/// Objects of extensions stay, and those of other owners, which nobody else may drop.
const MOVE_BACK: &str = include_str!("aside/move_back.sql");

/// What restores have left in a database, and whether an operation is under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Aside {
    /// How many tables are in `backup`.
    pub kept: u64,
    /// How many tables are in `public`.
    pub tables: u64,
    /// The mark of a restore that has not ended.
    pub mark: Option<Mark>,
    /// The name of the job that holds the lock of operations, or whatever its session is called.
    ///
    /// *Empty*: none does.
    pub operation: Option<String>,
}

/// How far a restore has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It waits for the units to stop; nothing was changed.
    Asked,
    /// Its job has begun.
    Begun,
}

/// A restore that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The backup.
    pub backup: String,
    /// How far it has come.
    pub stage: Stage,
    /// When it was asked for. *Units*: seconds since 1970.
    pub time: i64,
    /// The unit that it was asked of.
    pub unit: String,
}

/// What comes before a mark is set, in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing: `backup` holds no tables.
    Nothing,
    /// What an earlier restore, which ended well, has put aside is dropped.
    Discard,
    /// What an interrupted restore has put aside is moved back.
    MoveBack,
}

impl Aside {
    /// What the statements have printed, among other lines.
    ///
    /// *Empty*: they have not all been answered.
    #[must_use]
    pub fn parse(output: &str) -> Option<Self> {
        let facts: BTreeMap<&str, &str> = output.lines().filter_map(|line| line.split_once(' ')).collect();
        let (mark, operation) = (facts.get("mark")?, facts.get("operation")?);
        let operation = operation.strip_prefix(OPERATION).unwrap_or(operation);
        Some(Self {
            kept: facts.get("kept-tables")?.parse().ok()?,
            tables: facts.get("tables")?.parse().ok()?,
            mark: mark.parse().ok(),
            operation: Some(operation.to_owned()).filter(|text| !text.is_empty()),
        })
    }

    /// Whether the forum is put aside and nothing has taken its place: whoever migrated now would make an empty one.
    #[must_use]
    pub fn is_forum_away(&self) -> bool {
        self.kept > 0 && self.tables == 0
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = if self.stage == Stage::Asked { "asked" } else { "begun" };
        write!(formatter, "charm-restore {} {stage} {} by {}", self.backup, self.time, self.unit)
    }
}

impl FromStr for Mark {
    type Err = ();

    /// A comment that only begins like a mark is one, too, of a restore that has begun: nobody else writes such.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.strip_prefix("charm-restore ").ok_or(())?.split(' ');
        let backup = words.next().filter(|id| is_id(id) || *id == ROLLBACK).unwrap_or("unknown").to_owned();
        let stage = if words.next() == Some("asked") { Stage::Asked } else { Stage::Begun };
        let time = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
        let mark = Self { backup, stage, time, unit: words.nth(1).unwrap_or_default().to_owned() };
        let is_whole = mark.to_string() == text;
        Ok(if is_whole { mark } else { Self { stage: Stage::Begun, ..mark } })
    }
}

/// What a restore of a backup, or a rollback, is called.
#[must_use]
pub fn work(backup: &str) -> String {
    if backup == ROLLBACK { "the rollback of a restore".to_owned() } else { format!("the restore of {backup}") }
}

impl Mark {
    /// What it marks, as a text.
    #[must_use]
    pub fn work(&self) -> String {
        work(&self.backup)
    }

    /// The statements that set the mark, unless somebody has set one of a restore that waits since `seen` was read.
    #[must_use]
    pub fn script(&self, before: Before, seen: Option<&Self>) -> String {
        let first = match before {
            Before::Nothing => "",
            Before::Discard => "DROP SCHEMA IF EXISTS backup CASCADE;\n",
            Before::MoveBack => MOVE_BACK,
        };
        let mark = literal(&self.to_string());
        unless_asked(
            seen,
            &format!("{first}CREATE SCHEMA IF NOT EXISTS backup;\nCOMMENT ON SCHEMA backup IS {mark};\n"),
        )
    }

    /// The statements that move all of `backup` back and remove the mark if it is still this one.
    #[must_use]
    pub fn move_back(&self) -> String {
        locked_if(&format!("{COMMENT} = {}", literal(&self.to_string())), &moved_back())
    }

    /// The statements that remove the mark if it is still this one.
    #[must_use]
    pub fn removal(&self) -> String {
        let mark = literal(&self.to_string());
        locked(&format!(
            "SELECT {COMMENT} = {mark} AS is_same \\gset\n\\if :is_same\nCOMMENT ON SCHEMA backup IS NULL;\n\\endif\n"
        ))
    }
}

/// The statements that move all of `backup` back, if it holds tables, and remove the mark, unless somebody has set one of a restore that
/// waits since `seen` was read.
#[must_use]
pub fn rollback_script(seen: Option<&Mark>) -> String {
    unless_asked(seen, &moved_back())
}

fn moved_back() -> String {
    format!("CREATE SCHEMA IF NOT EXISTS backup;\n{MOVE_BACK}COMMENT ON SCHEMA backup IS NULL;\n")
}

/// Statements in one transaction under the lock of operations; they print `end` at last, or that it is held.
#[must_use]
pub fn locked(statements: &str) -> String {
    locked_if("true", statements)
}

/// The same, if a condition holds once the lock is taken; if not, they print that the mark was changed.
fn locked_if(condition: &str, statements: &str) -> String {
    format!(
        "{BEGIN}{LOCK}SELECT {condition} AS is_expected \\gset\n\\if :is_free\n\\if :is_expected\n{statements}COMMIT;\n\
         SELECT 'end';\n\\else\nROLLBACK;\nSELECT '{CHANGED}';\n\\endif\n\
         \\else\nROLLBACK;\nSELECT '{BUSY}';\n\\endif\n"
    )
}

/// The same, unless somebody has set a mark of a restore that waits since `seen` was read.
fn unless_asked(seen: Option<&Mark>, statements: &str) -> String {
    let seen = literal(&seen.map(Mark::to_string).unwrap_or_default());
    locked_if(&format!("{COMMENT} NOT LIKE 'charm-restore % asked %' OR {COMMENT} = {seen}"), statements)
}

/// A text as `PostgreSQL` reads it, whatever it contains; `psql` sees hexadecimal digits only where a variable could begin.
#[must_use]
pub fn literal(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._/-".contains(c);
    if text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let hex = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("convert_from(decode('{hex}', 'hex'), 'UTF8')")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(stage: Stage) -> Mark {
        Mark { backup: "forum-v20260101000000.sql.gz".to_owned(), stage, time: 5, unit: "forum/0".to_owned() }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for stage in [Stage::Asked, Stage::Begun] {
            assert_eq!(mark(stage).to_string().parse(), Ok(mark(stage)));
        }
        assert_eq!("somebody's own comment".parse::<Mark>(), Err(()));
    }

    #[test]
    fn a_broken_mark_counts_as_a_restore_that_has_begun() {
        let broken = Mark { backup: "unknown".to_owned(), stage: Stage::Begun, time: 0, unit: String::new() };
        assert_eq!("charm-restore $(reboot)".parse(), Ok(broken.clone()));
        let asked = "charm-restore $(reboot) asked 5 by forum/0".parse();
        assert_eq!(asked, Ok(Mark { time: 5, unit: "forum/0".to_owned(), ..broken }));
    }

    #[test]
    fn an_answer_has_every_fact() {
        let answer =
            format!("locks 0\nkept-tables 7\ntables 0\nmark {}\noperation charm-restore\npre 0\n", mark(Stage::Begun));
        let operation = Some("restore".to_owned());
        let expected = Aside { kept: 7, tables: 0, mark: Some(mark(Stage::Begun)), operation };
        assert!(expected.is_forum_away());
        assert_eq!(Aside::parse(&answer), Some(expected));
        assert_eq!(
            Aside::parse("kept-tables 0\ntables 3\nmark \noperation \n"),
            Some(Aside { tables: 3, ..Aside::default() })
        );
        assert_eq!(Aside::parse("kept-tables 0\ntables 3\nmark \n"), None);
    }

    #[test]
    fn a_text_with_signs_of_its_own_is_written_in_digits() {
        assert_eq!(literal("forum/0 a-b.gz"), "'forum/0 a-b.gz'");
        assert_eq!(literal("';:x"), "convert_from(decode('273b3a78', 'hex'), 'UTF8')");
    }
}
