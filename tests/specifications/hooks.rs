//! Hooks as Juju runs them: early, late, twice, again for a new agent, and for things that are not the charm's.

use stage::{HookEvent, HookRun, RelationStep, SecretStep, WorkloadStep, faults::CallFault};

use crate::forum::{Forum, Outcome, names, on_every_juju, writes};

/// The check that keeps a pod unready.
const GATE: &str = "discourse-gate";

/// A hook of Pebble in the workload's container.
fn workload(step: WorkloadStep) -> HookEvent {
    HookEvent::Workload { container: "discourse".to_owned(), step }
}

/// The two hooks of a check.
fn of_check(check: &str) -> [HookEvent; 2] {
    let check = check.to_owned();
    [WorkloadStep::CheckFailed { check: check.clone() }, WorkloadStep::CheckRecovered { check }].map(workload)
}

/// Runs hooks one after the other on the first unit.
#[track_caller]
fn play(forum: &mut Forum, events: impl IntoIterator<Item = HookEvent>) -> Vec<HookRun> {
    events.into_iter().map(|event| forum.stage.hook(0, &event).unwrap()).collect()
}

#[test]
fn hooks_about_nothing_of_the_charms_call_no_tool() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        let id = forum.stage.remote_app_bag("database")["secret-user"].clone();
        let secret = |step, revision| HookEvent::Secret { id: id.clone(), step, revision };
        let secrets = [(SecretStep::Expired, Some(1)), (SecretStep::Remove, Some(1)), (SecretStep::Rotate, None)];
        let notice = workload(WorkloadStep::CustomNotice { id: "7".to_owned(), key: "example.com/key".to_owned() });
        let events = ["collect-metrics", "leader-settings-changed"].map(HookEvent::plain).into_iter();
        let events = events.chain(secrets.map(|(step, revision)| secret(step, revision))).chain([notice]);
        let events: Vec<HookEvent> = events.chain(of_check(GATE)).collect();
        let runs = play(&mut forum, events);
        let costs: Vec<_> = runs.iter().map(|run| (run.tools.len(), run.requests.len())).collect();
        assert_eq!((costs, forum.outcome(&runs)), (vec![(0, 0); 8], Outcome::active()));
    });
}

#[test]
fn checks_that_a_restarted_agent_tells_again_change_nothing_and_its_start_gives_the_status_back() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        forum.stage.restart_agent(0).unwrap();
        let runs = forum.run_hooks();
        let is_of = |run: &&HookRun, check: &str| of_check(check).contains(&run.event);
        assert_eq!(names(&runs)[0], "start");
        assert!(
            [GATE, "discourse-ready"].iter().all(|check| runs.iter().any(|run| is_of(&run, check))),
            "{:?}",
            names(&runs)
        );
        assert!(runs.iter().filter(|run| is_of(run, GATE)).all(|run| run.tools.is_empty() && run.requests.is_empty()));
        assert_eq!((forum.outcome(&runs), writes(&runs)), (Outcome::active(), vec!["status-set", "juju-log"]));
        let again = play(&mut forum, (0..5).flat_map(|_| of_check("discourse-ready")));
        assert_eq!((forum.outcome(&again), writes(&again)), (Outcome::active(), vec![]));
    });
}

#[test]
fn the_log_says_which_version_runs_when_a_charm_is_installed_started_and_upgraded() {
    let mut forum = Forum::active();
    let line = format!("this is version {} of the charm", env!("CARGO_PKG_VERSION"));
    let told = |forum: &Forum| forum.log().matches(&line).count();
    assert_eq!(told(&forum), 2, "{}", forum.log());
    play(&mut forum, ["upgrade-charm", "update-status"].map(HookEvent::plain));
    assert_eq!(told(&forum), 3, "{}", forum.log());
}

#[test]
fn a_hook_of_pebble_after_stop_starts_nothing_and_reports_nothing() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        forum.set("smtp_domain", "example.com");
        let late = || of_check("discourse-ready").into_iter().chain([HookEvent::pebble_ready("discourse")]);
        play(&mut forum, [HookEvent::plain("stop")]);
        let mut runs = play(&mut forum, late());
        forum.stage.kill_container(0).unwrap();
        runs.extend(play(&mut forum, late()));
        assert_eq!(forum.outcome(&runs), Outcome::unready("maintenance"));
        assert!(runs.iter().all(|run| run.tools.len() == 1 && run.requests.is_empty() && writes(&runs).is_empty()));
        forum.stage.kill_pod(0).unwrap();
        assert_eq!(forum.settle(), Outcome::restarted());
    });
}

#[test]
fn a_pod_that_is_replaced_while_a_hook_is_in_error_serves_again() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        forum.stage.faults().fail_commit("boom");
        play(&mut forum, [HookEvent::update_status()]);
        assert_eq!(forum.status(), "error: hook failed: \"update-status\"");
        forum.stage.evict_pod(0).unwrap();
        let runs = forum.run_hooks();
        assert_eq!(names(&runs)[..3], ["stop", "upgrade-charm", "update-status"]);
        assert_eq!(forum.outcome(&runs), Outcome::restarted());
    });
}

#[test]
fn a_leader_that_is_told_of_its_own_databag_drops_what_is_left_in_it_and_has_nothing_more_to_do() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        let peers = forum.stage.model_mut().relation_mut("restart").unwrap();
        let told = HookEvent::relation(peers.id, RelationStep::Changed, None);
        let app = &mut peers.own_mut("discourse-k8s").unwrap().app;
        app.insert("<ops.model.Unit discourse-k8s/0>".to_owned(), "granted".to_owned());
        let mut runs = forum.run_hooks();
        runs.extend(play(&mut forum, [told.clone()]));
        assert!(runs.len() > 1 && runs.iter().all(|run| run.event == told), "{:?}", names(&runs));
        assert_eq!((forum.outcome(&runs), writes(&runs[1..])), (Outcome::active(), vec![]));
        let grants = forum.stage.app_bag("restart").into_keys().filter(|key| key.starts_with('<'));
        assert_eq!(grants.count(), 0);
    });
}

#[test]
fn a_relation_that_is_still_listed_while_it_is_broken_counts_as_gone() {
    let mut forum = Forum::active();
    let relation = forum.stage.model().relation("database").unwrap().id;
    let prefix = ["relation-ids", "--format=json", "database"].map(str::to_owned).to_vec();
    let outcome = stage::Outcome::Print(format!("[\"database:{relation}\"]\n"));
    forum.stage.faults().calls.push(CallFault { prefix, skip: 0, once: true, outcome });
    let run = forum.stage.hook(0, &HookEvent::relation(relation, RelationStep::Broken, None)).unwrap();
    let expected = "blocked: no database: juju integrate discourse-k8s:database postgresql-k8s:database";
    assert_eq!(forum.outcome(&[run]).status, expected);
    assert_eq!(forum.service("discourse")[0], "inactive");
}
