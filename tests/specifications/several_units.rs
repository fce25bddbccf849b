//! Several units: one migrates, the others wait for it, and all serve.

use crate::forum::{ACTIVE, Forum, image, rails_boots};

#[test]
fn one_unit_migrates_and_the_others_wait_for_it() {
    let mut forum = Forum::related_units(3);
    let runs = forum.settle();
    assert_eq!([0, 1, 2].map(|unit| forum.status_of(unit)), [ACTIVE, ACTIVE, ACTIVE], "{}", forum.log());
    assert_eq!(rails_boots(&runs).len(), 1, "{:?}", rails_boots(&runs));
}

#[test]
fn every_unit_tells_its_image_and_how_far_the_database_is() {
    let revision = std::fs::read_to_string(image("one").join("srv/discourse/REVISION")).unwrap();
    let revision = revision.trim_end();
    let mut forum = Forum::related_units(2);
    forum.settle();
    for unit in [0, 1] {
        let bag = forum.stage.unit_bag("restart", unit);
        assert_eq!(bag.get("image").map(String::as_str), Some(revision));
        let schema = bag.get("schema").unwrap();
        assert!([format!("{revision} additive"), format!("{revision} complete")].contains(schema), "{schema}");
    }
}

#[test]
fn a_unit_that_comes_later_serves_without_a_migration() {
    let mut forum = Forum::active();
    forum.stage.add_unit();
    let runs = forum.settle();
    assert_eq!((forum.status_of(1).as_str(), rails_boots(&runs)), (ACTIVE, vec![]));
}

#[test]
fn only_the_leader_writes_application_bags_and_a_new_leader_goes_on() {
    let mut forum = Forum::related_units(2);
    forum.settle();
    forum.stage.elect(1).unwrap();
    forum.stage.config([("external_hostname", serde_json::json!("new.example.com"))]).unwrap();
    forum.settle();
    assert_eq!(forum.stage.app_bag("nginx-route").get("service-hostname").map(String::as_str), Some("new.example.com"));
    assert_eq!([0, 1].map(|unit| forum.status_of(unit)), [ACTIVE, ACTIVE]);
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
