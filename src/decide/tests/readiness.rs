//! The gate before a server, and what becomes of it.

use super::*;
use crate::excerpt::Excerpt;

#[test]
fn a_server_that_may_run_with_another_plan_is_replanned_before_it_counts_as_serving() {
    let mut world = settled();
    container(&mut world).is_replan_due = true;
    // A layer that is posted once more waits for one that still holds Pebble up, while the gate is open.
    assert!(matches!(step(&world), Some(Step::Replan(Some(_)))));
    container(&mut world).gate = Check::Down;
    assert_eq!(step(&world), Some(Step::Replan(None)));
    let (steps, decision) = hook(&mut world, &[]);
    assert_eq!((steps, shown(&decision)), (vec![StepKind::Replan, StepKind::OpenGate], active()));
}

#[test]
fn a_layer_that_nobody_waited_for_is_no_reason_to_be_active() {
    let mut world = settled();
    container(&mut world).is_replan_due = true;
    let mut journal = Journal::default();
    journal.note(&step(&world).unwrap(), &Outcome::Refused("POST /v1/layers: no answer in time".to_owned()));
    let decision = decide(&world, &journal);
    assert_eq!((decision.step.clone(), shown(&decision).kind), (None, Kind::Waiting));
}

#[test]
fn behind_a_gate_that_was_shut_before_a_replan_the_server_is_asked_unless_its_check_is_down() {
    let mut world = settled();
    container(&mut world).gate = Check::Down;
    assert_eq!(step(&world), Some(Step::OpenGate));
    container(&mut world).ready = Check::Down;
    let status = Status::new(Kind::Waiting, "waiting for Discourse to start; nothing to do");
    assert_eq!((step(&world), shown(&first(&world))), (None, status));
}

#[test]
fn a_server_that_an_earlier_hook_left_behind_the_gate_is_asked_whatever_became_invalid_since() {
    let mut invalid = settled();
    container(&mut invalid).gate = Check::Down;
    invalid.relations.one_mut(&redis::ENDPOINT).bag.insert("leader-host".to_owned(), "a b".to_owned());
    let mut silent = settled();
    container(&mut silent).gate = Check::Down;
    silent.relations.one_mut(&database::ENDPOINT).bag.insert("database".to_owned(), "other".to_owned());
    let found =
        Inspection { schema: Err(Excerpt::of("FATAL: no")), database: None, redis: None, runs: BTreeMap::new() };
    silent.inspection = Some(found);
    for (world, kind) in [(&mut invalid, Kind::Blocked), (&mut silent, Kind::Waiting)] {
        assert_eq!(step(world), Some(Step::OpenGate));
        let (steps, decision) = hook(world, &[]);
        assert_eq!((steps, shown(&decision).kind), (vec![StepKind::OpenGate], kind));
        container(world).gate = Check::Down;
        container(world).ready = Check::Down;
        assert_ne!(step(world), Some(Step::OpenGate));
    }
}

#[test]
fn a_missing_relation_stops_the_service_and_opens_the_gate() {
    let mut world = settled();
    world.relations.insert(&database::ENDPOINT, Vec::new());
    world.relations.insert(&redis::ENDPOINT, Vec::new());
    let (steps, decision) = hook(&mut world, &[]);
    let text = "no database: juju integrate forum:database postgresql-k8s:database; no redis: juju integrate forum:redis redis-k8s:redis";
    assert_eq!((steps, shown(&decision)), (vec![StepKind::StopServices], Status::new(Kind::Blocked, text)));
    assert_eq!(step(&world), None);
}

#[test]
fn a_stopped_service_whose_environment_is_left_in_the_plan_is_stopped_once_more() {
    let mut world = settled();
    world.relations.insert(&redis::ENDPOINT, Vec::new());
    let stopped = container(&mut world);
    (stopped.service, stopped.gate, stopped.ready) = (Service::Stopped, Check::Stopped, Check::Stopped);
    assert_eq!(step(&world), Some(Step::StopServices));
    let (_, decision) = hook(&mut world, &[]);
    assert_eq!((step(&world), shown(&decision).kind), (None, Kind::Blocked));
    assert!(container(&mut world).plan.services.values().all(|service| service.environment.is_empty()));
}
