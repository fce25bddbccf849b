//! The database.

use crate::{
    discourse::{
        aside::{Aside, Stage},
        postgresql::Postgresql,
        sizing::Sizing,
    },
    excerpt::Excerpt,
    relations::database::Server,
};

use super::{Case, Check};

/// How far the clocks of two machines may differ. *Units*: seconds.
const SKEW: u64 = 60;

/// From when on a sequence deserves a look. *Units*: per cent.
const FULL: u64 = 80;

pub(super) fn checks(case: &Case) -> Vec<Check> {
    let Some(found) = &case.found.database else { return Vec::new() };
    match found {
        Err(complaint) => vec![Check::fail("database", format!("it does not answer: {complaint}"), "see juju status")],
        Ok(database) => [
            version(database),
            extensions(case, database),
            privileges(database),
            owners(database),
            collation(database),
            pooler(database),
            connections(case, database),
            sequences(database),
            restore(case, database),
        ]
        .into_iter()
        .chain(client(case, database))
        .chain([clock(case, database)])
        .collect(),
    }
}

fn version(database: &Postgresql) -> Check {
    let fact = format!("PostgreSQL {}", database.major());
    if database.is_too_old() {
        Check::fail("database", fact, "Discourse takes 13 or later")
    } else {
        Check::ok("database", fact)
    }
}

fn extensions(case: &Case, database: &Postgresql) -> Check {
    if database.missing.is_empty() {
        return Check::ok("extensions", "all are there");
    }
    let server: Option<&Server> = case.known.database.have().map(|database| &database.server);
    let remedy = server.map(|server| server.remedy(&database.missing, Some(&case.world.model))).unwrap_or_default();
    Check::fail("extensions", format!("{} cannot be created", database.missing.join(", ")), remedy)
}

fn privileges(database: &Postgresql) -> Check {
    if database.may_create {
        return Check::ok("privileges", "the forum's user may create schemas");
    }
    let remedy = "GRANT CREATE ON DATABASE to that user, as an administrator of the database";
    Check::warn("privileges", "the forum's user may not create schemas, so no backup can be restored", remedy)
}

fn owners(database: &Postgresql) -> Check {
    if database.foreign == 0 {
        return Check::ok("owners", "everything in the schema public belongs to the forum's user");
    }
    let fact = format!("{} objects in the schema public belong to another user", database.foreign);
    Check::warn("owners", fact, "REASSIGN OWNED BY that user, as an administrator of the database")
}

fn collation(database: &Postgresql) -> Check {
    if !database.is_collation_stale {
        return Check::ok("collation", "it is that with which indexes were built");
    }
    let remedy = "REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION";
    Check::warn("collation", "it has changed since indexes were built, so they may be wrong", remedy)
}

fn pooler(database: &Postgresql) -> Check {
    if !database.is_pooled {
        return Check::ok("pooler", "a session keeps its server");
    }
    let remedy = "set pool_mode=session in the pooler";
    Check::warn("pooler", "a session changes its server: a pooler works by transactions", remedy)
}

fn connections(case: &Case, database: &Postgresql) -> Check {
    let units = u64::try_from(case.world.fleet().peers.len()).unwrap_or_default().saturating_add(1);
    let wanted = Sizing::of(&case.environment.exposed()).connections().saturating_mul(units);
    let (used, most) = (database.connections, database.most_connections);
    let fact = format!("{used} of {most} are used; {units} units may come to {wanted}");
    if used.saturating_mul(10) >= most.saturating_mul(9) {
        return Check::fail("connections", fact, "raise max_connections of the server");
    }
    if wanted > most {
        Check::warn("connections", fact, "raise max_connections of the server")
    } else {
        Check::ok("connections", fact)
    }
}

fn sequences(database: &Postgresql) -> Check {
    let fact = format!("the fullest has used {} % of its numbers", database.used_ids);
    if database.used_ids < FULL {
        Check::ok("sequences", fact)
    } else {
        Check::warn("sequences", fact, "ask Discourse's developers")
    }
}

/// A restore moves tables to another schema, and moves them back if it fails.
fn restore(case: &Case, database: &Postgresql) -> Check {
    let Aside { kept, mark, operation, .. } = &database.aside;
    let unit = &case.world.unit;
    if let Some(id) = operation {
        return Check::ok("restore", format!("an operation is under way: {}", Excerpt::of(id)));
    }
    let back = |confirm: &str| format!("juju run {unit} rollback-restore confirm={confirm}");
    if let Some(mark) = mark.as_ref().filter(|mark| mark.stage == Stage::Asked) {
        let fact = format!("{} was asked for and has not begun", mark.work());
        return Check::warn("restore", fact, "see juju status; it is given up after 10 minutes");
    }
    if let Some(mark) = mark {
        return Check::fail("restore", format!("that of {} was interrupted", mark.backup), back(&mark.backup));
    }
    if database.aside.is_forum_away() {
        let fact = format!("one was interrupted: {kept} tables are in the schema backup");
        return Check::fail("restore", fact, back("<name of the database>"));
    }
    let fact = if *kept > 0 {
        "the tables before the last one are in the schema backup"
    } else {
        "none has left tables behind"
    };
    Check::ok("restore", fact)
}

/// *Empty*: nothing could be run in the container, which another check says.
fn client(case: &Case, database: &Postgresql) -> Option<Check> {
    let server = database.major();
    let probe = case.found.probe.as_ref().ok()?;
    Some(match probe.pg_dump {
        Some(client) if client >= server => {
            Check::ok("pg-dump", format!("version {client} for a server of version {server}"))
        }
        Some(client) => {
            let fact = format!("version {client} makes no backup of a server of version {server}");
            Check::fail("pg-dump", fact, "use an image with a newer client")
        }
        None => Check::warn("pg-dump", "it was not found, so no backup can be made", "use an image that has it"),
    })
}

fn clock(case: &Case, database: &Postgresql) -> Check {
    let skew = case.world.now.abs_diff(database.now);
    let fact = format!("it differs from that of the database by {skew} s");
    if skew <= SKEW { Check::ok("clock", fact) } else { Check::warn("clock", fact, "synchronise the nodes' clocks") }
}
