//! What holds for each action: killed at any point it can be run again and ends well, and in a forum of several units each of them answers.
//!
//! `STAGE_ALL_KILLS` plays every point of every action, `STAGE_SEED` chooses another sample of them. The workload is a real Rails application
//! (`tests/rails/README.md`).

use std::collections::BTreeSet;

use rand::{SeedableRng, rngs::StdRng, seq::IteratorRandom};
use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus};

use crate::{
    forum::{Forum, names},
    sample,
};

/// An action, and what makes the forum ready for it and gives parameters with which it goes well.
type Row = (&'static str, fn(&mut Forum, u32) -> Value);

const PASSWORD: &str = "a long pass phrase with hunter2";

/// So many of them are killed if nothing else is said.
const SAMPLE: usize = 4;

/// Every action; the number is another one for each run.
const ACTIONS: [Row; 20] = [
    ("add-admin-user", |_, n| json!({"email": format!("admin{n}@example.com"), "password": PASSWORD})),
    ("create-user", |_, n| json!({"email": format!("user{n}@example.com")})),
    ("promote-user", |forum, n| json!({"email": format!("{}@example.com", user(forum, n))})),
    ("anonymize-user", |forum, n| json!({"username": user(forum, n)})),
    ("create-backup", |_, _| json!({"wait": 120})),
    ("list-backups", |_, _| json!({})),
    ("restore-backup", |forum, _| {
        let backup = named(forum).unwrap_or_else(|| backup(forum));
        json!({"backup-id": backup, "confirm": backup, "discard-previous": true, "disable-emails": false, "wait": 300})
    }),
    ("rollback-restore", |forum, _| match named(forum) {
        Some(named) => json!({"confirm": named, "force": true}),
        None => json!({"confirm": put_aside(forum), "force": true}),
    }),
    ("job-status", |_, _| json!({})),
    ("upload-assets", |_, _| json!({"force": true, "wait": 120})),
    ("migrate-uploads", |_, _| json!({"dry-run": false, "confirm": "uploads", "wait": 120})),
    ("rebake-posts", |_, _| json!({"posts": "all", "wait": 120})),
    ("remap", |_, _| {
        json!({"from": "http://old.example", "to": "http://new.example", "dry-run": false,
            "confirm": "http://old.example", "wait": 120})
    }),
    ("send-test-email", |_, _| json!({"to": "jane@example.com"})),
    ("list-plugins", |_, _| json!({})),
    ("restart", |_, _| json!({})),
    ("rotate-secret-key", |_, _| json!({"confirm": "discourse-k8s"})),
    ("pre-refresh-check", |_, _| json!({})),
    ("diagnose", |_, _| json!({})),
    ("explain", |_, _| json!({})),
];

/// A forum with everything that actions need: object storage with an address, a bucket for backups, a mail server, a backup.
#[track_caller]
fn forum(units: u32) -> Forum {
    let mut forum = Forum::rails(units, &[("lease", "5")]);
    forum.share_uploads();
    forum.set("s3_cdn_url", "https://cdn.example.com");
    forum.set("s3_backup_bucket", "backups");
    forum.use_mail_server("235 welcome");
    forum.settle();
    forum.back_up();
    forum
}

/// Makes a user, and gives the name.
#[track_caller]
fn user(forum: &mut Forum, n: u32) -> String {
    let name = format!("reader{n}");
    forum.act(0, "create-user", json!({"email": format!("{name}@example.com"), "username": name}));
    name
}

/// The newest backup.
#[track_caller]
fn backup(forum: &mut Forum) -> String {
    forum.act(0, "list-backups", json!({}))["newest"].as_str().unwrap().to_owned()
}

/// What the status of an interrupted restore names as the confirmation of the way back.
fn named(forum: &Forum) -> Option<String> {
    let status = forum.status();
    let named = status.split_once("rollback-restore confirm=")?.1;
    Some(named.split(' ').next().unwrap_or(named).to_owned())
}

/// Restores a backup, unless an earlier restore still keeps a forum to go back to; gives the name of the database.
#[track_caller]
fn put_aside(forum: &mut Forum) -> String {
    let kept = "SELECT count(*) FROM pg_tables WHERE schemaname = 'backup'";
    if forum.postgresql.query(kept).unwrap().trim() == "0" {
        let backup = backup(forum);
        forum.act(0, "restore-backup", json!({"backup-id": backup, "confirm": backup, "wait": 300}));
        forum.settle();
    }
    forum.postgresql.database().unwrap()
}

#[test]
fn every_action_is_here() {
    let text = include_str!("../../actions.yaml");
    let keys = text.lines().filter_map(|line| line.strip_suffix(':').filter(|key| !key.starts_with([' ', '#'])));
    assert_eq!(keys.collect::<BTreeSet<_>>(), ACTIONS.map(|(action, _)| action).into());
}

#[test]
fn each_action_that_is_killed_is_run_again_and_ends_well() {
    let mut forum = forum(1);
    let told = format!("actions: {SAMPLE} of {}, each killed at one point if it changes anything", ACTIONS.len());
    let seed = sample::seed(&told, "each_action_that_is_killed");
    let rows = seed.map_or_else(|| ACTIONS.to_vec(), |seed| ACTIONS.into_iter().sample(&mut random(seed), SAMPLE));
    let mut number = 0;
    for row in rows {
        for kill in chosen(&writes(&run(&mut forum, row, &mut number)), seed) {
            is_killed_and_run_again(&mut forum, row, kill, &mut number);
        }
    }
}

/// Runs an action to its end, and what follows from it.
#[track_caller]
fn run(forum: &mut Forum, (action, prepare): Row, number: &mut u32) -> ActionRun {
    *number += 1;
    let parameters = prepare(forum, *number);
    let run = forum.stage.run(0, action, parameters).unwrap();
    assert_eq!(run.status, ActionStatus::Completed, "{action}: {}", run.message);
    serves_on(forum, action);
    run
}

/// The requests of an action after which something is changed, or about to be; a check that is asked for again and again counts once.
fn writes(run: &ActionRun) -> Vec<u32> {
    let requests = (1..).zip(run.hook.iter().flat_map(|hook| &hook.requests));
    let mut writes: Vec<_> = requests.filter(|(_, it)| it.method != "GET").collect();
    writes.dedup_by(|(_, later), (_, earlier)| later.path == earlier.path && later.path.ends_with("/refresh"));
    writes.into_iter().map(|(number, _)| number).collect()
}

/// One point by a seed, or without one all.
fn chosen(points: &[u32], seed: Option<u64>) -> Vec<u32> {
    let one = |seed| points.iter().copied().choose(&mut random(seed)).into_iter().collect();
    seed.map_or_else(|| points.to_vec(), one)
}

fn random(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

#[track_caller]
fn is_killed_and_run_again(forum: &mut Forum, row: Row, kill: u32, number: &mut u32) {
    let (action, prepare) = row;
    *number += 1;
    let parameters = prepare(forum, *number);
    println!("{action} {kill}");
    forum.stage.faults().kill_after_request(kill);
    let killed = forum.stage.run(0, action, parameters).unwrap();
    let point = format!("{action}, killed after request {kill}");
    // How often a server is asked that boots differs, so that the last requests may not come.
    let is_killed = forum.stage.faults().kill.is_none();
    forum.stage.faults().clear();
    let ended = if is_killed { (ActionStatus::Failed, "terminated") } else { (ActionStatus::Completed, "") };
    assert_eq!((killed.status, killed.message.as_str()), ended, "{point}");
    wait_for_jobs(forum);
    // The next hook finishes what was begun; that of a failing check is none, since every start of a server causes it.
    forum.run_hooks();
    forum.update_status();
    // A killed restore waits for a word of its operator.
    if named(forum).is_none() {
        serves_on(forum, &point);
    }
    run(forum, row, number);
}

/// Waits until no job runs that a killed action has begun.
#[track_caller]
fn wait_for_jobs(forum: &mut Forum) {
    while let running = forum.act(0, "job-status", json!({}))
        && running["status"] == "running"
    {
        forum.wait_for_the_end(running["job"].as_str().unwrap());
    }
}

#[track_caller]
fn serves_on(forum: &mut Forum, after: &str) {
    let runs = forum.run_hooks();
    let status = forum.status();
    assert!(status.starts_with("active") && forum.stage.is_ready(0), "{after}: {status}, {:?}", names(&runs));
    assert_eq!(forum.posts(), Ok("the first post".to_owned()), "{after}");
}

/// Those of several units are in `operations` and `restores`.
const OPERATIONS: [&str; 5] = ["create-backup", "restore-backup", "rollback-restore", "rebake-posts", "remap"];

#[test]
fn in_a_forum_of_three_units_each_of_them_answers() {
    let mut forum = forum(3);
    let leader = forum.stage.leader().unwrap();
    let mut number = 0;
    for (action, prepare) in ACTIONS.into_iter().filter(|(action, _)| !OPERATIONS.contains(action)) {
        for unit in [leader, (leader + 1) % 3] {
            number += 1;
            let parameters = prepare(&mut forum, number);
            let run = forum.stage.run(unit, action, parameters).unwrap();
            let said = if run.status == ActionStatus::Completed { "" } else { &run.message };
            let refusal = refusal(action, unit, leader);
            assert!(said.starts_with(refusal) && said.is_empty() == refusal.is_empty(), "{action} in {unit}: {said}");
        }
        forum.run_hooks();
        assert!((0..3).all(|unit| forum.status_of(unit).starts_with("active")), "{action}");
    }
}

/// How the refusal of an action begins in a forum of several units; nothing if it goes well.
fn refusal(action: &str, unit: u32, leader: u32) -> &'static str {
    match action {
        "migrate-uploads" => "each unit keeps uploads of its own",
        "rotate-secret-key" if unit != leader => "only the leader can do this",
        "job-status" if unit != 0 => "no job has run in the container of discourse-k8s/",
        _ => "",
    }
}
