//! Several units: one migrates, the others wait for it, and all serve.

use crate::forum::{Forum, MIGRATE, active, image, rails_boots};

/// The statuses of so many units, in the order of their numbers.
#[track_caller]
fn statuses<const N: usize>(forum: &Forum) -> [String; N] {
    std::array::from_fn(|number| forum.status_of(u32::try_from(number).unwrap()))
}

#[test]
fn one_unit_migrates_and_the_others_wait_for_it() {
    let mut forum = Forum::related_units(3);
    let runs = forum.run_hooks();
    assert_eq!((statuses(&forum), rails_boots(&runs)), ([0, 1, 2].map(active), vec![MIGRATE.to_owned()]));
}

#[test]
fn every_unit_publishes_its_image_and_the_state_of_the_schema_to_its_peers() {
    let revision = std::fs::read_to_string(image("one").join("srv/discourse/REVISION")).unwrap();
    let revision = revision.trim_end();
    let mut forum = Forum::related_units(2);
    forum.settle();
    for unit in [0, 1] {
        let bag = forum.stage.unit_bag("restart", unit);
        assert_eq!(bag["image"], revision);
        let states = ["additive", "complete"].map(|state| format!("{revision} {state}"));
        assert!(states.contains(&bag["schema"]), "{bag:?}");
    }
}

#[test]
fn a_unit_that_is_added_later_serves_without_a_migration() {
    let mut forum = Forum::active();
    let unit = forum.stage.add_unit();
    let runs = forum.run_hooks();
    assert_eq!((forum.status_of(unit), rails_boots(&runs)), (active(unit), vec![]));
}

#[test]
fn a_new_leader_takes_over_the_application_databags() {
    let mut forum = Forum::related_units(2);
    forum.settle();
    forum.stage.elect(1).unwrap();
    forum.set("external_hostname", "new.example.com");
    forum.settle();
    assert_eq!(forum.stage.app_bag("nginx-route")["service-hostname"], "new.example.com");
    assert_eq!(statuses(&forum), [0, 1].map(active));
}

#[test]
fn a_steady_hook_costs_one_call_more_for_each_peer() {
    let mut forum = Forum::related_units(3);
    forum.settle();
    let costs = [0, 1, 2].map(|unit| {
        forum.stage.update_status(unit).unwrap();
        forum.stage.update_status(unit).unwrap().tools.len()
    });
    let leader = forum.stage.leader().unwrap() as usize;
    assert_eq!(costs[leader], 22, "{costs:?}");
    assert!(costs.iter().all(|cost| *cost <= 22), "{costs:?}");
}
