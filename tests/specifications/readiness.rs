//! The pod stays ready: neither a layer nor a log target that never answers takes it off the network.

mod watch;

use std::time::Duration;

use crate::forum::{ACTIVE, Forum, Outcome};
use serde_json::Value;
use stage::{HookRun, pod::Fault, remote::Loki};
use watch::{Look, Span, Watch};

/// How long log targets that never answer hold Pebble up, at the least.
const LIMIT: Duration = Duration::from_secs(1);

/// A forum that serves, with two log targets that accept every connection, have got lines and never answer.
#[track_caller]
fn forum_with_silent_targets() -> Forum {
    let mut forum = Forum::active();
    let targets = ["loki-one", "loki-two"].map(|name| Loki::new(name).silent());
    for loki in &targets {
        forum.stage.relate("logging", loki.clone()).unwrap();
    }
    forum.settle();
    for loki in &targets {
        assert!(loki.next_push(Duration::from_secs(20)).is_some());
    }
    forum
}

/// When some requests of hooks that change something began and ended, the first and the last of them.
#[track_caller]
fn span(runs: &[HookRun], path: &str) -> Span {
    let posts = || runs.iter().flat_map(|run| &run.requests).filter(|it| it.method == "POST" && it.path == path);
    let (first, last) = (posts().next().unwrap(), posts().next_back().unwrap());
    (first.began, last.began + Duration::from_secs_f64(last.millis / 1000.0))
}

/// All was well until the layer was accepted and the gate shut, and from the moment when it was open again.
#[track_caller]
fn assert_nothing_lost_beyond_the_restart(watch: Watch, runs: &[HookRun]) {
    let (layers, restart) = (span(runs, "/v1/layers"), span(runs, "/v1/checks"));
    assert!(layers.1 <= restart.0, "the gate was shut before the layer was accepted");
    let looks = watch.end();
    let lost: Vec<_> = looks.iter().filter(|look| look.is_outside(restart) && !look.is_well()).collect();
    assert!(lost.is_empty(), "{lost:#?} outside of {restart:?}");
    assert!(looks.iter().any(|look| !look.is_outside(layers)), "nobody looked meanwhile");
}

/// How long layers held Pebble up.
#[track_caller]
fn held(runs: &[HookRun]) -> Duration {
    let (begin, end) = span(runs, "/v1/layers");
    (end - begin).unsigned_abs()
}

#[test]
fn a_change_of_log_targets_costs_no_readiness_while_others_never_answer() {
    let mut forum = forum_with_silent_targets();
    let watch = Watch::begin(forum.stage.unit(0).address());
    forum.stage.relate("logging", Loki::new("loki-three")).unwrap();
    let runs = forum.run_hooks();
    let looks = watch.end();
    assert!(held(&runs) > LIMIT, "Pebble was not held up");
    assert!(looks.iter().all(Look::is_well), "{looks:#?}");
    assert_eq!(forum.outcome(&runs), Outcome::active().posts(&["POST /v1/layers"]));
}

#[test]
fn a_change_of_options_costs_no_more_readiness_than_the_restart_while_log_targets_never_answer() {
    let mut forum = forum_with_silent_targets();
    let watch = Watch::begin(forum.stage.unit(0).address());
    forum.set("smtp_domain", "example.com");
    let runs = forum.run_hooks();
    assert!(held(&runs) > LIMIT, "Pebble was not held up");
    assert_nothing_lost_beyond_the_restart(watch, &runs);
    assert_eq!(forum.outcome(&runs), Outcome::restarted());
}

#[test]
fn a_layer_that_takes_longer_than_the_charm_waits_costs_no_readiness_and_the_next_hook_restarts() {
    let mut forum = forum_with_silent_targets();
    let watch = Watch::begin(forum.stage.unit(0).address());
    forum.pod().set_fault(Some(Fault::Late(forum.stage.clock().nominal(LIMIT))));
    forum.set("smtp_domain", "example.com");
    let gave_up = forum.settle();
    assert!(!gave_up.status.starts_with("active") && gave_up.is_ready, "{gave_up:?}");
    assert_eq!((gave_up.server_starts, forum.variable("DISCOURSE_SMTP_DOMAIN").as_str()), (0, "example.com"));
    forum.pod().set_fault(None);
    let mut runs = vec![forum.stage.update_status(0).unwrap()];
    runs.extend(forum.run_hooks());
    assert_nothing_lost_beyond_the_restart(watch, &runs);
    assert_eq!(forum.outcome(&runs), Outcome::restarted());
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn neither_a_layer_nor_a_replan_starts_the_gate_once_it_is_open() {
    let forum = Forum::active();
    let state = |name: &str| {
        let checks = forum.pebble("/v1/checks");
        let check = checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone();
        ["startup", "status"].map(|key| check[key].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(state("discourse-gate"), ["disabled", "inactive"]);
    assert_eq!(state("discourse-ready")[1], "up");
    assert_eq!(forum.plan()["checks"]["discourse-gate"]["startup"], Value::from("disabled"));
}

#[test]
fn relations_that_return_start_the_readiness_check_again() {
    let mut forum = Forum::active();
    forum.stage.unrelate("redis").unwrap();
    assert!(forum.settle().status.starts_with("blocked: no redis"));
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    assert_eq!(forum.settle().without_posts(), Outcome::restarted());
    let up = forum.pebble("/v1/checks?names=discourse-ready");
    assert_eq!((up[0]["status"].as_str(), forum.status().as_str()), (Some("up"), ACTIVE));
}
