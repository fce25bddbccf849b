//! What a hook costs that finds everything as it should be.

use std::{collections::BTreeSet, time::Duration};

use crate::forum::{ACTIVE, Forum, posts, rails_boots, writes};
use stage::{HookEvent, HookRun};

/// The run of a hook on a forum that has settled, once its last notes were written.
fn steady(forum: &mut Forum, event: &HookEvent) -> HookRun {
    forum.stage.update_status(0).unwrap();
    let run = forum.stage.hook(0, event).unwrap();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    run
}

#[test]
fn a_steady_hook_makes_twenty_tool_calls_and_changes_nothing() {
    for event in [HookEvent::update_status(), HookEvent::config_changed()] {
        let runs = [steady(&mut Forum::active(), &event)];
        let calls: Vec<String> = runs[0].tools.iter().map(|call| call.argv.join(" ")).collect();
        assert_eq!(calls.len(), 20, "{calls:#?}");
        assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), 20, "no argv twice: {calls:#?}");
        assert_eq!((writes(&runs), posts(&runs), rails_boots(&runs)), (vec![], vec![], vec![]));
    }
}

#[test]
fn tools_are_started_together() {
    let mut forum = Forum::active();
    forum.stage.update_status(0).unwrap();
    forum.stage.faults().delay_tools(Duration::from_millis(50));
    // The machine may be busy with other tests for a moment, but not three times.
    let quickest = (0..3).map(|_| forum.stage.update_status(0).unwrap().wall).min().unwrap();
    assert!(quickest < Duration::from_millis(400), "{quickest:?}");
}

#[test]
fn a_settled_unit_does_not_flap_through_other_statuses() {
    let mut forum = Forum::active();
    let before = forum.statuses();
    for _ in 0..3 {
        forum.stage.update_status(0).unwrap();
    }
    assert_eq!(forum.statuses(), before);
}

#[test]
fn an_unknown_hook_calls_no_tool() {
    let mut forum = Forum::active();
    let run = forum.stage.hook(0, &HookEvent::plain("collect-metrics")).unwrap();
    assert!(run.is_success());
    assert_eq!((run.tools.len(), run.requests.len()), (0, 0));
}
