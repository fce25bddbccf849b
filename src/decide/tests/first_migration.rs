//! The first migration of an empty database among several units.

use super::*;

/// The status, and of a step to migrate whether it leaves destructive migrations out.
fn migration(world: &World) -> (String, Option<bool>) {
    let decision = first(world);
    let is_additive = |environment: &Environment| environment.get("SKIP_POST_DEPLOYMENT_MIGRATIONS") == "1";
    let step = decision.step.as_ref().map(|step| &step.what);
    let is_additive =
        step.and_then(|step| if let Step::RunJob(_, _, it) = step { Some(is_additive(it)) } else { None });
    (shown(&decision).message, is_additive)
}

#[test]
fn all_of_an_empty_database_is_migrated_at_once_by_the_leader_as_soon_as_all_units_know() {
    let leader = with_options(&shared_uploads(), inspected(&[], fresh()));
    let among = |published: &Value| with_peer(1, published, leader.clone());
    let told = "waiting until all units know of the first migration; nothing to do";
    let mut leader = among(&json!({"image": "r1"}));
    for published in [json!({}), json!({"image": "r1"})] {
        assert_eq!(migration(&among(&published)), (told.to_owned(), None), "{published}");
    }
    let decision = first(&leader);
    commit(&mut leader, &decision);
    assert!(leader.fleet().has_barrier("r1"));
    assert_eq!(migration(&inspected(&[], leader.clone())).1, Some(false));
    assert_eq!(migration(&inspected(&["1"], leader)).1, Some(true), "somebody was faster");
    for published in [json!({"image": "old"}), json!({"state": "acquire"})] {
        assert_eq!(migration(&among(&published)).1, Some(true), "{published}");
    }
}

#[test]
fn an_empty_database_is_left_to_the_leader_if_all_units_run_the_same_image() {
    let follower = |published: &Value| World { is_leader: false, ..with_peer(1, published, inspected(&[], fresh())) };
    let waits = "waiting for the leader to migrate the database; nothing to do";
    assert_eq!(migration(&follower(&json!({"image": "r1"}))), (waits.to_owned(), None));
    assert_eq!(migration(&follower(&json!({"image": "old"}))).1, Some(true));
}
