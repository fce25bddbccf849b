//! `dispatch` is killed at any point, and Juju runs the same hook again: nothing is lost, and nothing is done twice.

pub mod requests;

use std::{collections::BTreeMap, sync::OnceLock, thread};

use crate::forum::{Forum, MIGRATE, Outcome};
use serde_json::{Value, json};
use stage::{ActionStatus, Databag, Exit, Faults, HookRun};

/// What a life leads to, as far as operators, peers, other applications and readers of the forum can see it.
#[derive(Debug, PartialEq)]
struct End {
    outcome: Outcome,
    version: String,
    ports: Vec<String>,
    bags: BTreeMap<String, Databag>,
    environment: BTreeMap<String, String>,
    schema: Vec<String>,
}

/// How an undisturbed life ends, and how many calls and requests it takes.
struct Life {
    end: End,
    tools: u32,
    requests: u32,
}

#[test]
fn a_kill_after_any_hook_tool_call_changes_nothing_early_in_life() {
    assert_each_is_survived(&spread(undisturbed().tools, 5)[..2], Faults::kill_after_tool);
}

#[test]
fn a_kill_after_any_hook_tool_call_changes_nothing_late_in_life() {
    assert_each_is_survived(&spread(undisturbed().tools, 5)[2..], Faults::kill_after_tool);
}

#[test]
fn a_kill_after_any_request_to_pebble_changes_nothing() {
    assert_each_is_survived(&spread(undisturbed().requests, 4), Faults::kill_after_request);
}

#[test]
fn a_kill_during_any_discourse_command_changes_nothing() {
    let commands = u32::try_from(undisturbed().end.outcome.rails_boots.len()).unwrap();
    // Slow ones still run when the hook comes again.
    let folder = crate::forum::faulty_image(&[("boot-sleep", "1")]);
    let image = folder.path();
    thread::scope(|scope| {
        for n in 1..=commands {
            scope.spawn(move || assert_survived(Forum::deployed_from(image, 1), n, Faults::kill_at_boot));
        }
    });
}

#[test]
fn a_killed_action_fails_and_can_be_run_again() {
    let mut forum = Forum::active();
    let parameters = json!({"email": "jane@example.com", "password": "a long pass phrase"});
    forum.stage.faults().kill_at_boot(1);
    let killed = forum.stage.run(0, "add-admin-user", parameters.clone()).unwrap();
    assert_eq!((killed.status, killed.message.as_str()), (ActionStatus::Failed, "terminated"));
    let repeated = forum.stage.run(0, "add-admin-user", parameters).unwrap();
    assert_eq!(repeated.status, ActionStatus::Completed, "{}", repeated.message);
    assert_eq!(forum.users(), ["jane@example.com"]);
}

/// Plays lives with one kill each at the same time, since each of them waits a lot.
#[track_caller]
fn assert_each_is_survived(points: &[u32], kill: fn(&mut Faults, u32) -> &mut Faults) {
    thread::scope(|scope| {
        for n in points {
            scope.spawn(|| assert_survived(Forum::deployed(1), *n, kill));
        }
    });
}

/// A life in which `dispatch` is killed once, at the n-th point of a kind.
#[track_caller]
fn assert_survived(mut forum: Forum, n: u32, kill: fn(&mut Faults, u32) -> &mut Faults) {
    kill(forum.stage.faults(), n);
    live(&mut forum);
    catch_up(&mut forum);
    let killed: Vec<&HookRun> = forum.stage.runs().iter().filter(|run| run.exit == Exit::Signal(9)).collect();
    assert_eq!(killed.len(), 1, "point {n} was not reached, or more than once");
    assert_eq!(end(&forum), undisturbed().end, "killed at {n} in {}", killed[0].hook);
}

/// How many hooks a life has depends a little on how fast its server starts: the last points may lie in one more.
#[track_caller]
fn catch_up(forum: &mut Forum) {
    for _ in 0..5 {
        if forum.stage.faults().kill.is_none() {
            return;
        }
        forum.stage.update_status(0).unwrap();
        forum.settle();
    }
}

/// Played once for all tests of this file.
#[track_caller]
fn undisturbed() -> &'static Life {
    static LIFE: OnceLock<Life> = OnceLock::new();
    LIFE.get_or_init(|| {
        let mut forum = Forum::deployed(1);
        live(&mut forum);
        let end = end(&forum);
        assert_eq!(end.outcome.rails_boots, [MIGRATE, "bin/rake s3:upload_assets"]);
        assert_eq!(end.outcome.server_starts, 3);
        let count =
            |part: fn(&HookRun) -> usize| u32::try_from(forum.stage.runs().iter().map(part).sum::<usize>()).unwrap();
        Life { end, tools: count(|run| run.tools.len()), requests: count(|run| run.requests.len()) }
    })
}

/// Everything that is slow: a migration and an upload, the first start of the server, another option, another container.
#[track_caller]
fn live(forum: &mut Forum) {
    forum.stage.config(storage()).unwrap();
    forum.relate();
    forum.settle();
    forum.set("smtp_domain", "example.com");
    forum.settle();
    forum.stage.kill_container(0).unwrap();
    forum.settle();
}

/// Options with which browsers load assets from an object storage, so that they are uploaded first.
fn storage() -> [(&'static str, Value); 6] {
    [
        ("s3_enabled", json!(true)),
        ("s3_access_key_id", json!("key")),
        ("s3_secret_access_key", json!("hunter2")),
        ("s3_bucket", json!("uploads")),
        ("s3_region", json!("eu-west-1")),
        ("s3_cdn_url", json!("https://cdn.example.com")),
    ]
}

#[track_caller]
fn end(forum: &Forum) -> End {
    let unit = forum.stage.unit(0);
    End {
        // Whether a hook was killed is no part of where a life leads to.
        outcome: Outcome { failed_hooks: Vec::new(), ..forum.outcome(forum.stage.runs()) },
        version: unit.workload_version(),
        ports: unit.opened_ports(),
        bags: bags(forum),
        environment: environment(forum),
        schema: forum.schema_versions(),
    }
}

/// Everything that the charm publishes; the addresses are Juju's.
fn bags(forum: &Forum) -> BTreeMap<String, Databag> {
    let mut bags = BTreeMap::new();
    for endpoint in ["database", "redis", "nginx-route", "restart"] {
        for (owner, bag) in [("app", forum.stage.app_bag(endpoint)), ("unit", forum.stage.unit_bag(endpoint, 0))] {
            let ours = bag.into_iter().filter(|(key, _)| !stage::model::databag::ADDRESS_KEYS.contains(&key.as_str()));
            bags.insert(format!("{endpoint} {owner}"), ours.map(|(key, value)| (key, alike(forum, &value))).collect());
        }
    }
    bags
}

/// What the server was last started with.
#[track_caller]
fn environment(forum: &Forum) -> BTreeMap<String, String> {
    let boots = forum.stage.boots(0);
    let server = boots.iter().rfind(|boot| boot.argv.join(" ").contains("unicorn")).unwrap();
    let all = server.entry["env"].as_object().unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let ours = all.iter().filter(|(name, _)| name.starts_with("DISCOURSE_") || name.starts_with("UNICORN_"));
    ours.map(|(name, value)| (name.clone(), alike(forum, &text(value)))).collect()
}

/// A text without the names that differ from stage to stage.
#[track_caller]
fn alike(forum: &Forum, text: &str) -> String {
    let (user, _) = forum.postgresql.credentials().unwrap();
    text.replace(&forum.postgresql.database().unwrap(), "DATABASE").replace(&user, "USER")
}

/// So many of the numbers from 1 to `last`, evenly, both ends among them.
fn spread(last: u32, count: u32) -> Vec<u32> {
    (0..count).map(|place| 1 + place * (last - 1) / (count - 1)).collect()
}
