//! What the framework of the Python charm left at the controller: it is forgotten when the charm is upgraded, and nothing depends on it.

use std::collections::BTreeMap;

use crate::forum::{Forum, Outcome};
use stage::HookEvent;

/// The largest key: six kilobytes.
const DASHBOARDS: &str = "DiscourseCharm/GrafanaDashboardProvider[grafana-dashboard]/StoredStateData[_stored]";

/// The unit's state at the controller after the Python charm.
fn left_behind() -> BTreeMap<String, String> {
    let of_framework = ["#notices#", "StoredStateData[_stored]", "DiscourseCharm/StoredStateData[_stored]", DASHBOARDS];
    let keys = of_framework.into_iter().chain(["a-key-of-somebody-else"]);
    keys.map(|key| (key.to_owned(), "hunter2 ".repeat(if key == DASHBOARDS { 750 } else { 1 }))).collect()
}

/// A forum that serves, with that state.
#[track_caller]
fn forum_after_the_python_charm() -> Forum {
    let mut forum = Forum::active();
    forum.stage.model_mut().units.get_mut("discourse-k8s/0").unwrap().state = left_behind();
    forum
}

/// Runs a hook that must change nothing in the workload; gives the keys of the unit's state afterwards.
#[track_caller]
fn keys_after(forum: &mut Forum, hook: &str) -> Vec<String> {
    let run = forum.stage.hook(0, &HookEvent::plain(hook)).unwrap();
    assert_eq!(forum.outcome(&[run]), Outcome::active(), "{hook}");
    forum.stage.unit(0).whole().state.keys().cloned().collect()
}

#[test]
fn it_is_forgotten_when_the_charm_is_upgraded_and_keys_of_others_stay() {
    let mut forum = forum_after_the_python_charm();
    assert_eq!(keys_after(&mut forum, "upgrade-charm"), ["a-key-of-somebody-else"]);
}

#[test]
fn other_hooks_do_not_look_for_it() {
    let mut forum = forum_after_the_python_charm();
    for hook in ["update-status", "config-changed", "start"] {
        assert_eq!(keys_after(&mut forum, hook), left_behind().into_keys().collect::<Vec<_>>(), "{hook}");
    }
}

#[test]
fn it_stays_where_the_controller_does_not_show_it_or_does_not_let_go() {
    let mut forum = forum_after_the_python_charm();
    for tool in ["state-get", "state-delete"] {
        forum.stage.faults().fail_calls(&[tool], 1, "boom");
        assert_eq!(keys_after(&mut forum, "upgrade-charm"), left_behind().into_keys().collect::<Vec<_>>(), "{tool}");
        forum.stage.faults().clear();
    }
}
