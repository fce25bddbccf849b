//! `dispatch` is killed after a request to Pebble, while Pebble still works on it: the hook that Juju runs again finishes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stage::{Exit, HookRun};

use super::environment;
use crate::forum::{Forum, Outcome};

/// Something that operators do to a forum.
type Act = fn(&mut Forum);

/// The status after a hook whose server takes so long to start that its check went down, and so will tell of its recovery.
const STILL_STARTS: &str = "waiting: waiting for Discourse to start; nothing to do";

/// What a forum has come to.
#[derive(Debug, PartialEq)]
struct End {
    outcome: Outcome,
    /// State and startup of each service.
    services: Value,
    plan: Value,
    /// What the server was last started with.
    environment: BTreeMap<String, String>,
}

/// An act without a kill.
struct Undisturbed {
    act: Act,
    end: End,
    /// The name of each hook, and the status after it.
    hooks: Vec<(String, String)>,
    /// The requests that change something, by their number among all; each of those that are repeated until they succeed once.
    writes: Vec<u32>,
}

#[test]
fn a_charm_killed_while_the_services_stop_or_return_finishes_in_the_next_hook() {
    let unrelate: Act = |forum| forum.stage.unrelate("redis").unwrap();
    let relate: Act = |forum| {
        let redis = forum.redis.clone();
        forum.stage.relate("redis", redis).unwrap();
    };
    assert_next_hook_finishes(&mut Forum::active(), [unrelate, relate]);
}

/// Does one thing and another that undoes it, again and again, and kills the charm after another write each time.
#[track_caller]
pub fn assert_next_hook_finishes(forum: &mut Forum, acts: [Act; 2]) {
    let lives = acts.map(|act| undisturbed(forum, act));
    let places = lives.iter().map(|life| life.writes.len()).max().unwrap_or_default();
    assert!(places > 3, "hooks change nothing");
    for place in 0..places {
        for life in &lives {
            match life.writes.get(place) {
                Some(number) => assert_finishes(forum, life, *number),
                None => drop(done(forum, life.act)),
            }
        }
    }
}

#[track_caller]
fn done(forum: &mut Forum, act: Act) -> Vec<HookRun> {
    act(forum);
    forum.run_hooks()
}

#[track_caller]
fn undisturbed(forum: &mut Forum, act: Act) -> Undisturbed {
    let runs = done(forum, act);
    let requests = (1..).zip(runs.iter().flat_map(|run| &run.requests));
    let mut writes: Vec<_> = requests.filter(|(_, it)| it.method != "GET").collect();
    writes.dedup_by(|(_, later), (_, earlier)| later.path == earlier.path && later.path.ends_with("/refresh"));
    let writes = writes.into_iter().map(|(number, _)| number).collect();
    Undisturbed { act, end: end(forum), hooks: runs.iter().map(ended).collect(), writes }
}

/// How often a server that boots is asked differs, so that the last requests may not come: then nothing is killed.
#[track_caller]
fn assert_finishes(forum: &mut Forum, life: &Undisturbed, number: u32) {
    forum.stage.faults().kill_after_request(number);
    let runs = done(forum, life.act);
    forum.stage.faults().clear();
    let point = format!("killed after request {number}:\n{}", shown(&runs));
    if let Some(place) = runs.iter().position(|run| run.exit == Exit::Signal(9)) {
        assert_eq!(runs[place + 1].hook, runs[place].hook, "{point}");
        let (hook, status) = ended(&runs[place + 1]);
        assert!(status == STILL_STARTS || life.hooks.contains(&(hook, status)), "{point}");
    } else {
        assert!(Some(&number) == life.writes.last(), "not {point}");
    }
    assert_eq!(end(forum), life.end, "{point}");
}

/// The name of a hook, and the status after it.
fn ended(run: &HookRun) -> (String, String) {
    (run.hook.clone(), run.after.to_string())
}

/// What stands after all hooks, and after one more that must find nothing to do.
#[track_caller]
fn end(forum: &mut Forum) -> End {
    let services = forum.pebble("/v1/services");
    let service = |it: &Value| json!([it["name"], it["current"], it["startup"]]);
    let services = services.as_array().unwrap().iter().map(service).collect();
    let (plan, environment) = (forum.plan(), environment(forum));
    End { outcome: forum.update_status(), services, plan, environment }
}

/// Hooks and their requests, one per line.
fn shown(runs: &[HookRun]) -> String {
    let lines = runs.iter().flat_map(|run| {
        let requests = run.requests.iter().map(|it| format!("  {} {} {:?}", it.method, it.path, it.status));
        [format!("{} {:?} {}", run.hook, run.exit, run.after)].into_iter().chain(requests)
    });
    lines.collect::<Vec<_>>().join("\n")
}
