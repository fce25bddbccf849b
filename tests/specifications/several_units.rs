//! Several units: one migrates, the others wait for it, and all serve.

use stage::{HookRun, Outcome as Answer};

use crate::forum::{ACTIVE, Forum, MIGRATE, image, names, on_every_juju, rails_boots, server_starts, started, writes};

/// What `juju status` shows of a unit that serves with shared uploads and default options otherwise.
const SERVES: &str = "active: no mail leaves, so nobody can register with a password: \
                      juju config discourse-k8s smtp_address=<host>";

/// The statuses of so many units, in the order of their numbers.
#[track_caller]
fn statuses<const N: usize>(forum: &Forum) -> [String; N] {
    std::array::from_fn(|number| forum.status_of(u32::try_from(number).unwrap()))
}

#[test]
fn one_unit_migrates_an_empty_database_at_once_and_the_others_wait_for_it() {
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
    assert_eq!(started(&runs), [0, 1, 2].map(|unit| format!("discourse-k8s/{unit}")));
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

/// The runs of one unit.
fn of_unit(runs: &[HookRun], unit: u32) -> Vec<HookRun> {
    let name = format!("discourse-k8s/{unit}");
    runs.iter().filter(|run| run.unit == name).cloned().collect()
}

/// Whether a unit heard of Pebble before it started.
fn is_early(runs: &[HookRun]) -> bool {
    names(runs).into_iter().take_while(|name| *name != "start").any(|name| name.contains("-pebble-"))
}

#[track_caller]
fn assert_is_set_up(forum: &mut Forum) {
    let runs = forum.run_hooks();
    assert!([0, 1].iter().any(|unit| is_early(&of_unit(&runs, *unit))), "{:?}", names(&runs));
    assert_eq!(statuses(forum), [SERVES; 2].map(str::to_owned));
    assert!(forum.stage.unit_bag("restart", 1)["schema"].ends_with(" complete"));
    assert_eq!((server_starts(&runs), forum.outcome(&runs).failed_hooks), (2, vec![]));
}

#[track_caller]
fn assert_is_restarted_once_for_an_option_that_is_told_twice(forum: &mut Forum) {
    forum.set("smtp_domain", "example.com");
    let runs = forum.run_hooks();
    let told = names(&runs).iter().filter(|name| **name == "config-changed").count();
    assert_eq!((told, server_starts(&runs), rails_boots(&runs)), (4, 2, vec![]));
}

/// A follower reads no application databag of its own but that of the peers, which every Juju shows.
#[track_caller]
fn assert_follower_asks_for_no_more_than_every_juju_shows(forum: &mut Forum) {
    let runs = [0, 1].map(|unit| forum.stage.update_status(unit).unwrap());
    assert_eq!(runs.each_ref().map(|run| run.tools.len()), [19, 21]);
    let of_app = |argv: &&[String]| argv.ends_with(&["--app", "-", "discourse-k8s"].map(str::to_owned));
    let reads: Vec<&[String]> = runs[0].tools.iter().map(|call| call.argv.as_slice()).filter(of_app).collect();
    assert!(reads.len() == 1 && reads[0].contains(&"restart:0".to_owned()), "{reads:?}");
}

/// A unit that lost its leadership after it was asked for it: one Juju shows it the application databags, the other does not.
#[track_caller]
fn assert_former_leader_goes_on(forum: &mut Forum) {
    forum.stage.faults().answer_calls(&["is-leader"], Answer::Print("true\n".to_owned()));
    // The first hook sees that the migration is complete, and notes it.
    let runs = [0, 0].map(|unit| forum.stage.update_status(unit).unwrap());
    forum.stage.faults().clear();
    assert_eq!((forum.status().as_str(), writes(&runs[1..])), (SERVES, vec![]));
}

#[track_caller]
fn assert_leader_may_leave(forum: &mut Forum) {
    forum.stage.remove_unit(1).unwrap();
    let runs = forum.run_hooks();
    let last = ["restart-relation-broken", "stop", "remove"];
    assert!(names(&of_unit(&runs, 1)).ends_with(&last), "{:?}", names(&runs));
    assert_eq!((server_starts(&runs), rails_boots(&runs), forum.outcome(&runs).failed_hooks), (0, vec![], vec![]));
    assert_eq!(forum.status(), SERVES);
}

#[test]
fn whatever_juju_leaves_to_chance_a_fleet_is_set_up_and_restarted_once_and_outlives_its_leader() {
    on_every_juju(|stage| {
        // The second unit leads, Pebble is heard before the start, and a change of options is told twice.
        let mut forum = Forum::related_on(stage.units(2).seed(7));
        forum.share_uploads();
        assert_is_set_up(&mut forum);
        assert_is_restarted_once_for_an_option_that_is_told_twice(&mut forum);
        assert_follower_asks_for_no_more_than_every_juju_shows(&mut forum);
        assert_former_leader_goes_on(&mut forum);
        assert_leader_may_leave(&mut forum);
    });
}
