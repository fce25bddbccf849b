//! Several units: one migrates, the others wait for it, and all serve.

use crate::forum::{ACTIVE, Forum, MIGRATE, image, rails_boots, server_starts};

/// What `juju status` shows of a unit that serves with shared uploads and default options otherwise.
const SERVES: &str = "active: no mail leaves, so nobody can register with a password: \
                      juju config discourse-k8s smtp_address=<host>";

/// The statuses of so many units, in the order of their numbers.
#[track_caller]
fn statuses<const N: usize>(forum: &Forum) -> [String; N] {
    std::array::from_fn(|number| forum.status_of(u32::try_from(number).unwrap()))
}

#[test]
fn one_unit_migrates_and_the_others_wait_for_it() {
    let mut forum = Forum::related_units(3);
    let runs = forum.run_hooks();
    assert_eq!((statuses(&forum), rails_boots(&runs)), ([SERVES; 3].map(str::to_owned), vec![MIGRATE.to_owned()]));
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
    let mut forum = Forum::related_units(2);
    forum.settle();
    let unit = forum.stage.add_unit();
    let runs = forum.run_hooks();
    assert_eq!((forum.status_of(unit), rails_boots(&runs)), (SERVES.to_owned(), vec![]));
}

#[test]
fn a_new_leader_takes_over_the_application_databags() {
    let mut forum = Forum::related_units(2);
    forum.settle();
    forum.stage.elect(1).unwrap();
    forum.set("external_hostname", "new.example.com");
    forum.settle();
    assert_eq!(forum.stage.app_bag("nginx-route")["service-hostname"], "new.example.com");
    assert_eq!(statuses(&forum), [SERVES; 2].map(str::to_owned));
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

#[test]
fn without_shared_uploads_only_the_first_unit_serves_until_they_are_shared() {
    let mut forum = Forum::deployed(2);
    forum.relate();
    forum.settle();
    let remedy = "set s3_enabled, or juju scale-application discourse-k8s 1";
    let blocked = format!("blocked: uploads are not shared between units: {remedy}");
    assert_eq!(statuses(&forum), [ACTIVE.to_owned(), blocked]);
    forum.share_uploads();
    forum.settle();
    assert_eq!(statuses(&forum), [SERVES; 2].map(str::to_owned));
}

#[test]
fn units_restart_one_after_another_in_hooks_of_their_own() {
    let mut forum = Forum::related_units(3);
    forum.settle();
    forum.set("max_category_nesting", 3);
    let runs = forum.run_hooks();
    let restarted: Vec<String> =
        runs.iter().filter(|run| server_starts(std::slice::from_ref(run)) > 0).map(|run| run.unit.clone()).collect();
    assert_eq!(restarted, [0, 1, 2].map(|unit| format!("discourse-k8s/{unit}")));
    assert_eq!(statuses(&forum), [SERVES; 3].map(str::to_owned));
}

#[test]
fn every_unit_has_the_secret_key_that_the_application_keeps() {
    let mut forum = Forum::related_units(2);
    forum.settle();
    let kept = forum.stage.app_bag("restart")["secret-key"].clone();
    let kept = forum.stage.model().secrets[&kept].revisions[&1]["secret-key"].clone();
    let keys = [0, 1].map(|unit| forum.environment_of(unit)["DISCOURSE_SECRET_KEY_BASE"].clone());
    assert_eq!(keys, [kept.clone(), kept]);
}
