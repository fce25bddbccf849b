//! Programs that end by themselves: `psql`, `redis-cli`, and the jobs of the image.

use std::{
    fs,
    io::{self, Write},
    time::Duration,
};

use tokio::{io::AsyncReadExt, net::unix::pipe, sync::oneshot, time::sleep};

use crate::{
    machine::{Container, Start},
    world::{MigrationLock, World},
};

/// Where jobs keep their summaries.
const SUMMARIES: &str = "/run/discourse";

/// What a forum says that was never restored.
const ASIDE: &str = "kept-tables 0\ntables 200\nmark \noperation \n";

/// What PostgreSQL says of itself.
const POSTGRESQL: &str = "pid 7\nversion 150018\nnow 1767225600\nmay-create true\nextension-hstore installed\n\
    extension-pg_trgm installed\nextension-unaccent installed\nforeign 0\nconnections 9\nmost-connections 97\n\
    used-ids 12\nstale-collation false\ndatabase forum\nsize 9000000\npid 7\nend\n";

/// What Redis says of itself, and that no backup is made.
const REDIS: &str = "redis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n\n0\n";

/// A migration of the database.
struct Migration {
    world: World,
    pod: String,
    /// Kind and version of each.
    list: Vec<(String, String)>,
    is_additive: bool,
    is_first: bool,
    step: Duration,
}

/// Begins one; what it leaves and when it ends depends on its name.
pub fn begin(container: &Container, start: Start, end: oneshot::Sender<i32>) {
    let program = start.words.first().map(String::as_str).unwrap_or_default().to_owned();
    let world = container.world.clone();
    match program.as_str() {
        "psql" => drop(tokio::spawn(answer(start, end, move |question| schema(&world, question)))),
        "redis-cli" => drop(tokio::spawn(answer(start, end, move |question| key(&world, question)))),
        _ if program.ends_with("/migrate") => drop(tokio::spawn(migrate(migration(container, &start), start, end))),
        _ if program.ends_with("/upload-assets") => {
            let done = summarize("upload-assets", &start, "job: done");
            let _ = end.send(i32::from(done.is_err()));
        }
        _ => drop(end.send(127)),
    }
}

/// Reads all of its input, writes the answer, and ends well.
async fn answer(mut start: Start, end: oneshot::Sender<i32>, answer: impl FnOnce(&str) -> String) {
    let mut question = String::new();
    if let Some(input) = start.input.take().and_then(|input| pipe::Receiver::from_owned_fd(input).ok()) {
        let mut input = input;
        let _ = input.read_to_string(&mut question).await;
    }
    if let Some(output) = &mut start.output {
        let _ = output.write_all(answer(&question).as_bytes());
    }
    drop(start);
    let _ = end.send(0);
}

/// What the charm's statements find: the lock, and how many of the versions that they name are missing.
fn schema(world: &World, question: &str) -> String {
    let state = world.lock();
    let missing = |kind: &str| {
        let list = question.split_once(&format!("'{kind} '")).and_then(|(_, rest)| rest.split_once("'{"));
        let list = list.and_then(|(_, rest)| rest.split_once("}'")).map(|(list, _)| list).unwrap_or_default();
        state.missing(list.split(',').map(str::trim).filter(|version| !version.is_empty()))
    };
    let locks = i32::from(state.is_migrating);
    let applied = state.applied.len().min(1);
    let (pre, post) = (missing("pre"), missing("post"));
    format!("locks {locks}\napplied {applied}\npre {pre}\npost {post}\n{ASIDE}end\n{POSTGRESQL}")
}

/// What Redis says of itself, or what the charm's script returns: the key that is there, or the new one.
fn key(world: &World, question: &str) -> String {
    if !question.starts_with("EVAL ") {
        return REDIS.to_owned();
    }
    let new = question.split_whitespace().last().unwrap_or_default().to_owned();
    format!("{}\n", world.lock().key.get_or_insert(new))
}

fn migration(container: &Container, start: &Start) -> Migration {
    let pair = |line: &str| line.split_once(' ').map(|(kind, version)| (kind.to_owned(), version.to_owned()));
    Migration {
        world: container.world.clone(),
        pod: container.pod.clone(),
        list: container.migrations.lines().filter_map(pair).collect(),
        is_additive: start.environment.contains_key("SKIP_POST_DEPLOYMENT_MIGRATIONS"),
        is_first: start.environment.contains_key("EMPTY_DATABASE_ONLY"),
        step: container.migration,
    }
}

async fn migrate(migration: Migration, start: Start, end: oneshot::Sender<i32>) {
    let begun = summarize("migrate", &start, "");
    let lock = migration.world.begin_migration();
    let is_late = migration.is_first && !migration.world.lock().applied.is_empty();
    let (code, outcome) = match lock.filter(|_| !is_late) {
        None => (75, "job: busy"),
        Some(lock) => {
            apply(&migration, lock).await;
            (0, "job: done")
        }
    };
    let written = begun.and_then(|()| summarize("migrate", &start, outcome));
    let _ = end.send(if written.is_err() { 2 } else { code });
}

async fn apply(migration: &Migration, lock: MigrationLock) {
    for (kind, version) in &migration.list {
        if kind == "pre" || !migration.is_additive {
            sleep(migration.step).await;
            migration.world.lock().apply(&migration.pod, version, kind == "post");
        }
    }
    drop(lock);
}

fn summarize(job: &str, start: &Start, outcome: &str) -> io::Result<()> {
    fs::create_dir_all(SUMMARIES)?;
    let header = start.words.get(1).map(String::as_str).unwrap_or_default();
    fs::write(format!("{SUMMARIES}/{job}.summary"), format!("{header}\n{outcome}\n"))
}
