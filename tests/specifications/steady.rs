//! What a hook costs that finds everything as it should be.

use std::collections::BTreeSet;

use crate::forum::{Forum, Outcome, on_every_juju, writes};
use stage::HookEvent;

#[test]
fn a_steady_hook_makes_twenty_different_tool_calls_and_changes_nothing() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        forum.update_status();
        for event in [HookEvent::update_status(), HookEvent::config_changed(), HookEvent::pebble_ready("discourse")] {
            let runs = [forum.stage.hook(0, &event).unwrap()];
            let calls: Vec<String> = runs[0].tools.iter().map(|call| call.argv.join(" ")).collect();
            assert_eq!(calls.len(), 20, "{calls:#?}");
            assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), 20, "a call is made twice: {calls:#?}");
            assert_eq!((forum.outcome(&runs), writes(&runs)), (Outcome::active(), vec![]));
        }
    });
}

#[test]
fn tools_are_started_together() {
    let mut forum = Forum::active();
    forum.update_status();
    let rounds = forum.rounds_of_tools();
    assert!(rounds <= 5, "{rounds} rounds");
}

#[test]
fn the_status_of_a_settled_unit_does_not_flap() {
    let mut forum = Forum::active();
    let before = forum.statuses();
    for _ in 0..3 {
        forum.update_status();
    }
    assert_eq!(forum.statuses(), before);
}
