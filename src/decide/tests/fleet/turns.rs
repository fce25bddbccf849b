//! Turns of units that restart.

use super::*;
use crate::{discourse::secret_key::Keeper, excerpt::Excerpt, relations::restart};

#[test]
fn units_that_serve_restart_one_at_a_time() {
    let mut units = Units::serving(3);
    units.set(&json!({"max_category_nesting": 3}));
    let began = units.settle();
    assert_eq!((units.ready(), units.grants()), (vec![0, 1, 2], vec![]));
    assert!(began <= 1, "{began}");
    let nesting = |world: &World| world.running_environment()["DISCOURSE_MAX_CATEGORY_NESTING"].clone();
    assert_eq!(units.worlds.iter().map(nesting).collect::<Vec<_>>(), ["3", "3", "3"]);
}

#[test]
fn a_unit_ends_its_turn_once_requests_come_to_it_again() {
    let mut units = Units::serving(2);
    units.set(&json!({"max_category_nesting": 3}));
    units.hook(0);
    assert_eq!(units.hook(0), [StepKind::Replan, StepKind::OpenGate, StepKind::AwaitRequests]);
    assert_eq!(units.hook(0), []);
    container(&mut units.worlds[1]).service = Service::Stopped;
    assert!(!units.hook(1).contains(&StepKind::AwaitRequests), "no turn");
}

#[test]
fn the_next_unit_waits_until_the_one_before_serves_again() {
    let mut units = Units::serving(3);
    units.set(&json!({"max_category_nesting": 3}));
    units.is_boot_slow = true;
    units.settle();
    assert_eq!((units.ready(), units.grants()), (vec![1, 2], vec![forum(0)]));
    let waiting = "waiting for its turn to restart, after forum/0; nothing to do";
    assert_eq!(units.statuses()[1..], [waiting, waiting]);
    units.answer(0);
    assert!(units.settle() <= 1);
    assert_eq!((units.ready(), units.grants()), (vec![0, 1, 2], vec![]));
}

#[test]
fn a_unit_that_does_not_come_back_holds_the_others_up_for_ten_minutes() {
    let mut units = Units::serving(3);
    units.set(&json!({"max_category_nesting": 3}));
    units.is_boot_slow = true;
    units.settle();
    units.is_boot_slow = false;
    units.now(NOW + 599);
    units.settle();
    assert_eq!(units.ready(), [1, 2]);
    units.now(NOW + 600);
    units.settle();
    assert_eq!((units.ready(), units.grants()), (vec![1, 2], vec![]));
    let nesting = |world: &World| world.running_environment()["DISCOURSE_MAX_CATEGORY_NESTING"].clone();
    assert_eq!(units.worlds.iter().map(nesting).collect::<Vec<_>>(), ["3", "3", "3"]);
}

#[test]
fn a_unit_that_is_down_needs_no_turn() {
    let mut units = Units::serving(3);
    units.set(&json!({"max_category_nesting": 3}));
    units.is_boot_slow = true;
    units.hook(0);
    units.hook(0);
    assert_eq!(units.ready(), [1, 2]);
    units.is_boot_slow = false;
    container(&mut units.worlds[2]).service = Service::Stopped;
    assert!(units.hook(2).contains(&StepKind::Replan));
    assert_eq!(units.ready(), [1, 2]);
}

#[test]
fn while_pods_are_replaced_nobody_else_restarts() {
    let mut units = Units::serving(3);
    container(&mut units.worlds[2]).image = Ok(image("r2"));
    units.hook(2);
    units.set(&json!({"max_category_nesting": 3}));
    units.settle();
    assert_eq!(units.statuses()[0], "waiting to restart until forum/2 runs the same image; nothing to do");
    assert_eq!(units.grants(), Vec::<String>::new());
}

#[test]
fn a_unit_restarts_out_of_turn_only_with_the_rotated_key_in_its_hand() {
    let mut units = Units::serving(2);
    units.set(&json!({"max_category_nesting": 3}));
    let mut world = units.worlds[1].clone();
    let peers = world.relations.one_mut(&restart::ENDPOINT);
    peers.own_app.get_or_insert_default().insert(restart::ROTATION.to_owned(), "1".to_owned());
    let mut unread = Journal::default();
    let find = step(&world).unwrap();
    unread.note(&find, &Outcome::NoKey(Keeper::Juju, Excerpt::of("boom")));
    let decision = decide(&world, &unread);
    let is_turn = |reason: &Reason| matches!(reason, Reason::AmongOthers(_));
    assert!(decision.step.is_none() && decision.reasons.iter().any(is_turn), "{:?}", decision.step);
    let no_key = Reason::NoSecretKey(Keeper::Juju, Excerpt::of("boom"));
    assert!(decision.reasons.contains(&no_key), "{:?}", decision.reasons);
    world.secret_key = Some(key());
    assert!(matches!(step(&world), Some(Step::Replan(Some(_)))), "{:?}", step(&world));
}
