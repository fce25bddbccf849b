//! What is looked at before anything is migrated or started: servers that Discourse cannot work with, and those that deserve a warning.

use crate::{
    discourse::redis::Redis,
    fleet::Fleet,
    status::{Reason, Topic},
    world::{Inspection, World},
};

use super::case::Case;

/// A warning about a server.
///
/// What was found is remembered by a word, since the servers are asked only before a start.
struct Finding {
    word: &'static str,
    is_found: fn(&Inspection) -> bool,
    text: &'static str,
}

const FINDINGS: [Finding; 4] = [
    Finding {
        word: "eviction",
        is_found: |it| it.redis.as_ref().is_some_and(Redis::evicts),
        text: "Redis may throw jobs such as mails away: set its maxmemory-policy to noeviction",
    },
    Finding {
        word: "pooler",
        is_found: |it| it.database.as_ref().is_some_and(|database| database.is_pooled),
        text: "a pooler before PostgreSQL works by transactions: set its pool_mode to session",
    },
    Finding {
        word: "collation",
        is_found: |it| it.database.as_ref().is_some_and(|database| database.is_collation_stale),
        text: "the collation of the database has changed, so indexes may be wrong: REINDEX DATABASE",
    },
    Finding {
        word: "owners",
        is_found: |it| it.database.as_ref().is_some_and(|database| database.foreign > 0),
        text: "tables of the forum belong to another user of PostgreSQL: REASSIGN OWNED",
    },
];

/// Why nothing can be migrated or started with these servers.
///
/// *Empty*: it can, or they were not asked.
pub(super) fn obstacle(case: &Case) -> Option<Reason> {
    let found = case.world.inspection.as_ref()?;
    let app = &case.world.unit.application;
    if let Some(database) = found.database.as_ref().filter(|database| database.is_too_old()) {
        let text = format!("PostgreSQL {} is too old, for Discourse takes 13 or later", database.major());
        return Some(Reason::Preflight(remedy(&text, app, "database")));
    }
    if let Some(redis) = found.redis.as_ref().filter(|redis| redis.is_too_old()) {
        let text = format!("Redis {} is too old, for Discourse takes 6.2 or later", redis.version);
        return Some(Reason::Preflight(remedy(&text, app, "redis")));
    }
    missing_extensions(case, found)
}

/// Each of the relations can be there once only.
fn remedy(text: &str, app: &str, endpoint: &str) -> String {
    let relation = format!("{app}:{endpoint}");
    format!("{text}: juju remove-relation {relation} <application>, then juju integrate {relation} <newer application>")
}

/// The extensions that the image's migrations create.
fn missing_extensions(case: &Case, found: &Inspection) -> Option<Reason> {
    let is_pending = found.schema.as_ref().is_ok_and(|schema| schema.pending_pre > 0);
    let missing =
        found.database.as_ref().filter(|database| is_pending && !database.missing.is_empty())?.missing.as_slice();
    let remedy = case.target.database.server.remedy(missing, Some(&case.world.model));
    let noun = if missing.len() == 1 { "extension" } else { "extensions" };
    Some(Reason::Preflight(format!("PostgreSQL refuses the {noun} {}: {remedy}", missing.join(", "))))
}

/// The words for what deserves a warning: what was found, else what is remembered.
pub(super) fn words(world: &World, fleet: &Fleet) -> Option<String> {
    let asked = world.inspection.as_ref().filter(|it| it.database.is_some() && it.redis.is_some());
    let Some(found) = asked else { return fleet.memory.preflight.clone() };
    let words = FINDINGS.iter().filter(|finding| (finding.is_found)(found)).map(|finding| finding.word);
    Some(words.collect::<Vec<_>>().join(" ")).filter(|words| !words.is_empty())
}

/// The warnings for these words.
pub(super) fn warnings(words: Option<&String>) -> Vec<Reason> {
    let is_named = |finding: &&Finding| words.is_some_and(|words| words.split(' ').any(|word| word == finding.word));
    let named = FINDINGS.iter().filter(is_named);
    named.map(|finding| Reason::Warning(Topic::Server, finding.text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{first, fresh, with_inspection};
    use crate::{
        discourse::{aside::Aside, postgresql::Postgresql, redis::Redis},
        status::{Kind, Status},
        world::World,
    };

    /// A database that Discourse can work with.
    fn database() -> Postgresql {
        Postgresql {
            version: 140_000,
            now: 0,
            may_create: true,
            missing: Vec::new(),
            foreign: 0,
            connections: 1,
            most_connections: 97,
            aside: Aside::default(),
            name: "discourse".to_owned(),
            size: 0,
            newest_migration: None,
            used_ids: 0,
            is_collation_stale: false,
            is_pooled: false,
        }
    }

    fn redis(version: &str) -> Redis {
        Redis { version: version.to_owned(), policy: "noeviction".to_owned(), ..Redis::default() }
    }

    /// A world whose empty database and whose Redis were asked.
    fn asked(database: Postgresql, redis: Redis) -> World {
        with_inspection(fresh(), |found| {
            (found.database, found.redis) = (Some(database), Some(redis));
        })
    }

    #[test]
    fn servers_that_discourse_cannot_work_with_block_before_a_migration() {
        let missing = Postgresql { missing: vec!["hstore", "unaccent"], ..database() };
        let old = Postgresql { version: 120_011, ..database() };
        for (world, text) in [
            (
                asked(old, redis("7.0.15")),
                "PostgreSQL 12 is too old, for Discourse takes 13 or later: \
                 juju remove-relation forum:database <application>, then juju integrate forum:database <newer application>",
            ),
            (
                asked(database(), redis("6.0.16")),
                "Redis 6.0.16 is too old, for Discourse takes 6.2 or later: \
                 juju remove-relation forum:redis <application>, then juju integrate forum:redis <newer application>",
            ),
            (
                asked(missing, redis("7.0.15")),
                "PostgreSQL refuses the extensions hstore, unaccent: set plugin_hstore_enable=true \
                 plugin_unaccent_enable=true (from PostgreSQL 16 on plugin-hstore-enable=true \
                 plugin-unaccent-enable=true) in pg",
            ),
        ] {
            let decision = first(&world);
            assert_eq!(decision.status(world.names()), Status::new(Kind::Blocked, text));
            assert_eq!(decision.step, None);
        }
        assert!(first(&asked(database(), redis("7.0.15"))).step.is_some());
    }
}
