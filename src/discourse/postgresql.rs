//! What a database server must have and be, read by one run of `psql`.
//!
//! *Source*: `PostgreSQL` documentation, system catalogs and views; Discourse `db/migrate` for its extensions.

use std::collections::BTreeMap;

use super::aside::Aside;

/// The first version that Discourse takes. *Units*: as in `server_version_num`.
const OLDEST: u32 = 130_000;

/// The extensions that Discourse's migrations create.
pub const EXTENSIONS: [&str; 3] = ["hstore", "pg_trgm", "unaccent"];

/// Statements that only read. An extension counts if it is there, or if this user may create it.
const SCRIPT: &str = "\
SELECT 'pid ' || pg_backend_pid();
SELECT 'version ' || current_setting('server_version_num');
SELECT 'now ' || floor(extract(epoch FROM now()));
SELECT 'may-create ' || has_database_privilege(current_database(), 'CREATE') AS may_create;
SELECT 'extension-' || wanted.name || ' ' || CASE
  WHEN EXISTS (SELECT FROM pg_extension WHERE extname = wanted.name) THEN 'installed'
  WHEN EXISTS (SELECT FROM pg_available_extension_versions v WHERE v.name = wanted.name
    AND (NOT v.superuser OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
      OR v.trusted AND has_database_privilege(current_database(), 'CREATE'))) THEN 'creatable'
  ELSE 'missing' END
 FROM unnest(ARRAY['hstore', 'pg_trgm', 'unaccent']) AS wanted(name);
SELECT 'foreign ' || count(*) FROM (
  SELECT oid, 'pg_class'::regclass AS class FROM pg_class
   WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'v', 'm', 'p', 'S')
     AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
  UNION ALL
  SELECT oid, 'pg_type'::regclass FROM pg_type WHERE typnamespace = to_regnamespace('public') AND typtype = 'e'
     AND typowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
 ) AS found
 WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = found.class AND d.objid = found.oid AND d.deptype = 'e');
SELECT 'connections ' || count(*) FROM pg_stat_activity
 WHERE backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL;
SELECT 'most-connections '
  || current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int;
SELECT 'used-ids ' || coalesce(max(last_value * 100 / max_value), 0) FROM pg_sequences
 WHERE schemaname = 'public' AND max_value <= 2147483647;
SELECT current_setting('server_version_num')::int >= 150000 AS has_versions \\gset
\\if :has_versions
SELECT 'stale-collation ' || (datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid))
 FROM pg_database WHERE datname = current_database();
\\endif
SELECT 'database ' || current_database();
SELECT 'size ' || pg_database_size(current_database());
SELECT coalesce(obj_description(to_regnamespace('backup'), 'pg_namespace'), '') AS mark \\gset
SELECT :'mark' LIKE 'charm-restore %' AND :'mark' NOT LIKE 'charm-restore % asked %' AS is_interrupted \\gset
SELECT (SELECT oid::regclass FROM pg_class
  WHERE relname = 'schema_migrations' AND relnamespace IN (to_regnamespace('public'), to_regnamespace('backup'))
    AND has_schema_privilege(relnamespace, 'USAGE')
  ORDER BY (relnamespace = to_regnamespace('backup')) <> :'is_interrupted' LIMIT 1) AS applied \\gset
\\if :{?applied}
SELECT 'newest-migration ' || coalesce(max(version::text), '') FROM :applied;
\\endif
SELECT 'pid ' || pg_backend_pid();
SELECT 'end';
";

/// A database server as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgresql {
    /// Its version. *Units*: as in `server_version_num`.
    pub version: u32,
    /// Its time. *Units*: seconds since 1970.
    pub now: i64,
    /// Whether this user may create schemas.
    pub may_create: bool,
    /// The extensions that are neither there nor can be created by this user.
    pub missing: Vec<&'static str>,
    /// How many objects of the forum belong to another user.
    pub foreign: u64,
    /// How many connections there are of all clients; of those of other users, `PostgreSQL` hides what they are.
    pub connections: u64,
    /// How many there can be.
    pub most_connections: u64,
    /// What a restore has put aside.
    pub aside: Aside,
    /// The name of the database.
    pub name: String,
    /// *Units*: bytes.
    pub size: u64,
    /// The newest migration of the forum, also of one that is put aside; after an interrupted restore, of the one before it.
    ///
    /// *Empty*: none was ever applied.
    pub newest_migration: Option<String>,
    /// How much of its numbers the fullest sequence has used up. *Units*: per cent.
    pub used_ids: u64,
    /// Whether its rules for sorting are of another version than those with which indexes were built.
    pub is_collation_stale: bool,
    /// Whether two statements of one session came to two servers.
    pub is_pooled: bool,
}

impl Postgresql {
    /// The statements for the standard input of `psql -XAtq`, which come after those about what was put aside.
    #[must_use]
    pub fn script() -> &'static str {
        SCRIPT
    }

    /// What the statements have printed.
    ///
    /// *Empty*: they have not all been answered.
    #[must_use]
    pub fn parse(output: &str) -> Option<Self> {
        let lines: Vec<(&str, &str)> = output.lines().filter_map(|line| line.split_once(' ')).collect();
        let facts: BTreeMap<&str, &str> = lines.iter().copied().collect();
        let number = |name: &str| facts.get(name)?.parse::<u64>().ok();
        let is = |name: &str| facts.get(name).is_some_and(|value| ["true", "t"].contains(value));
        let mut pids = lines.iter().filter(|(name, _)| *name == "pid").map(|(_, pid)| pid);
        let is_missing = |name: &&str| facts.get(format!("extension-{name}").as_str()) == Some(&"missing");
        let (first, last) = (pids.next(), pids.next());
        let is_whole = output.lines().last() == Some("end");
        is_whole.then_some(())?;
        Some(Self {
            version: u32::try_from(number("version")?).ok()?,
            now: facts.get("now")?.parse().ok()?,
            may_create: is("may-create"),
            missing: EXTENSIONS.into_iter().filter(is_missing).collect(),
            foreign: number("foreign")?,
            connections: number("connections")?,
            most_connections: number("most-connections")?,
            aside: Aside::parse(output)?,
            name: (*facts.get("database")?).to_owned(),
            size: number("size")?,
            newest_migration: facts
                .get("newest-migration")
                .filter(|text| !text.is_empty())
                .map(|text| (*text).to_owned()),
            used_ids: number("used-ids")?,
            is_collation_stale: is("stale-collation"),
            is_pooled: first != last,
        })
    }

    /// Why no backup can be restored into this database.
    ///
    /// *Empty*: it can be.
    #[must_use]
    pub fn restore_obstacle(&self) -> Option<String> {
        if !self.may_create {
            return Some("the user of the forum may not create the schema backup: GRANT CREATE ON DATABASE".to_owned());
        }
        let owners = "objects of the forum belong to another user of PostgreSQL, so that they would not be moved: ALTER ... OWNER TO";
        (self.foreign > 0).then(|| format!("{} {owners}", self.foreign))
    }

    /// The major version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// Whether Discourse does not take this version.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        self.version < OLDEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "pid 7\nversion 150018\nnow 1790000000\nmay-create true\nextension-hstore missing\n\
        extension-pg_trgm installed\nextension-unaccent creatable\nforeign 3\nconnections 9\nmost-connections 97\n\
        kept-tables 0\ntables 200\nmark \noperation \nused-ids 12\nstale-collation false\ndatabase forum\nsize 9000000\nnewest-migration 20260101000000\npid 7\nend\n";

    #[test]
    fn an_answer_has_every_fact() {
        let expected = Postgresql {
            version: 150_018,
            now: 1_790_000_000,
            may_create: true,
            missing: vec!["hstore"],
            foreign: 3,
            connections: 9,
            most_connections: 97,
            aside: Aside { tables: 200, ..Aside::default() },
            name: "forum".to_owned(),
            size: 9_000_000,
            newest_migration: Some("20260101000000".to_owned()),
            used_ids: 12,
            is_collation_stale: false,
            is_pooled: false,
        };
        assert_eq!((expected.major(), expected.is_too_old()), (15, false));
        assert_eq!(Postgresql::parse(ANSWER), Some(expected));
    }

    #[test]
    fn another_server_in_the_same_session_is_a_pooler() {
        let answer = ANSWER.replace("pid 7\nend", "pid 8\nend");
        assert!(Postgresql::parse(&answer).is_some_and(|found| found.is_pooled));
    }

    #[test]
    fn half_an_answer_is_none() {
        assert_eq!(Postgresql::parse(ANSWER.trim_end_matches("end\n")), None);
        assert_eq!(Postgresql::parse(&ANSWER.replace("tables 200\n", "")), None);
    }
}
