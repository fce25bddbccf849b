//! The database: who migrates it, when, and what becomes of a migration that failed or was lost.

use super::*;

#[test]
fn a_unit_alone_migrates_everything_and_one_among_others_only_what_may_run_beside_older_code() {
    let flag = |world: &World| match step(world) {
        Some(Step::Run(_, _, environment)) => environment.exposed().contains_key("SKIP_POST_DEPLOYMENT_MIGRATIONS"),
        other => panic!("{other:?}"),
    };
    let alone = inspected(&[], fresh());
    let mut among = alone.clone();
    among.restart.as_mut().unwrap().peers.insert(1, Databag::new());
    assert_eq!((flag(&alone), flag(&among)), (false, true));
}

#[test]
fn among_others_the_schema_is_enough_once_the_additive_part_is_there() {
    let mut world = inspected(&["1", "2"], fresh());
    world.restart.as_mut().unwrap().peers.insert(1, Databag::new());
    let note = decide(&world).bags.into_iter().find(|write| write.endpoint == "restart").unwrap();
    assert!(matches!(step(&world), Some(Step::Serve(_))));
    assert_eq!(note.changes.get("schema").map(String::as_str), Some("r1 additive"));
}

#[test]
fn a_unit_that_is_not_to_migrate_waits_and_names_the_one_that_is() {
    let mut world = inspected(&[], World { is_leader: false, unit: "forum/2".parse().unwrap(), ..fresh() });
    world.restart.as_mut().unwrap().peers.insert(1, bag(&json!({"image": "r1"})));
    let decision = decide(&world);
    let status = Status::new(Kind::Waiting, "waiting for forum/1 to migrate the database; nothing to do");
    assert_eq!((decision.step, decision.status), (None, status));
}

#[test]
fn a_unit_that_neither_leads_nor_sees_its_peers_leaves_the_migration_to_the_leader() {
    let world = inspected(&[], World { is_leader: false, unit: "forum/2".parse().unwrap(), ..fresh() });
    let status = Status::new(Kind::Waiting, "waiting for the leader to migrate the database; nothing to do");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

#[test]
fn the_first_unit_with_a_new_image_migrates_though_the_leader_runs_the_old_one() {
    let mut world = inspected(&[], World { is_leader: false, unit: "forum/2".parse().unwrap(), ..fresh() });
    world.restart.as_mut().unwrap().peers.insert(0, bag(&json!({"image": "old"})));
    assert!(matches!(step(&world), Some(Step::Run(Job::Migrate, ..))));
}

#[test]
fn a_migration_elsewhere_is_waited_for() {
    let mut world = inspected(&[], fresh());
    if let Some(Ok(schema)) = world.inspection.as_mut().map(|found| found.schema.as_mut()) {
        schema.is_locked = true;
    }
    let status = Status::new(Kind::Waiting, "waiting for another process to migrate the database; nothing to do");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

/// A world in which this hook finds what an earlier run of the migration left.
fn with_run(outcome: &Outcome, ended: i64, world: World) -> World {
    let mut world = inspected(&[], world);
    let header = match step(&world) {
        Some(Step::Run(_, header, _)) => header,
        other => panic!("{other:?}"),
    };
    let run = Run { change: "5".to_owned(), header, outcome: outcome.clone(), ended: Some(ended) };
    world.inspection.as_mut().unwrap().migrate = Some(run);
    world
}

#[test]
fn a_migration_that_an_earlier_hook_began_is_followed() {
    let world = with_run(&Outcome::Running, NOW, fresh());
    assert_eq!(step(&world), Some(Step::Follow(Job::Migrate, "5".to_owned())));
}

#[test]
fn a_failed_migration_blocks_with_its_name_and_is_remembered() {
    let mut world = with_run(&Outcome::Failed("2 AddFoo".to_owned()), NOW, fresh());
    let decision = decide(&world);
    assert_eq!(decision.step, None);
    assert_eq!(decision.status.kind, Kind::Blocked);
    assert!(
        decision.status.message.starts_with("the migration failed: 2 AddFoo; next try at 14:46 UTC"),
        "{:?}",
        decision.status
    );
    commit(&mut world, &decision);
    assert!(world.peers().attempt().is_some());
}

#[test]
fn a_failed_migration_is_tried_again_after_an_hour_or_when_something_changed() {
    let failed = Outcome::Failed("2 AddFoo".to_owned());
    let later = with_run(&failed, NOW - 3600, fresh());
    assert!(matches!(step(&later), Some(Step::Run(..))));
    let mut elsewhere = with_run(&failed, NOW, fresh());
    elsewhere.database.as_mut().unwrap().remote.insert("endpoints".to_owned(), "other:5432".to_owned());
    assert!(matches!(step(&elsewhere), Some(Step::Run(..))));
    let mut restarted = with_run(&failed, NOW, fresh());
    container(&mut restarted).boot_id = "another".to_owned();
    assert!(matches!(step(&restarted), Some(Step::Run(..))));
}

#[test]
fn an_absurd_time_of_a_failure_is_borne() {
    let failed = Outcome::Failed("2 AddFoo".to_owned());
    assert!(matches!(step(&with_run(&failed, i64::MIN, fresh())), Some(Step::Run(..))));
    let decision = decide(&with_run(&failed, i64::MAX, fresh()));
    assert_eq!((decision.step, decision.status.kind), (None, Kind::Blocked));
}

#[test]
fn a_refused_extension_names_the_option_of_the_provider() {
    let world = with_run(&Outcome::ExtensionRefused("hstore".to_owned()), NOW, fresh());
    let text = "PostgreSQL refuses the extension hstore: juju config pg plugin_hstore_enable=true";
    assert_eq!(decide(&world).status, Status::new(Kind::Blocked, text));
}

#[test]
fn a_lost_migration_begins_again_but_not_twice_in_one_hook() {
    let mut world = with_run(&Outcome::Lost, NOW, fresh());
    assert!(matches!(step(&world), Some(Step::Run(..))));
    world.history.jobs.push(Job::Migrate);
    let status = Status::new(Kind::Waiting, "the migration was interrupted; the next hook begins again");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

#[test]
fn a_migration_that_says_it_is_done_but_is_not_has_failed() {
    let world = with_run(&Outcome::Done, NOW, fresh());
    assert_eq!((step(&world), decide(&world).status.kind), (None, Kind::Blocked));
}

#[test]
fn a_failed_seed_holds_a_complete_schema_back_until_a_migration_ends_well() {
    let mut world = with_run(&Outcome::SeedFailed("no such column".to_owned()), NOW, fresh());
    let found = world.inspection.as_mut().unwrap();
    found.schema = Ok(schema(&["1", "2", "3"]));
    let decision = decide(&world);
    assert!(decision.status.message.starts_with("the migration failed: seeding failed: no such column;"));
    commit(&mut world, &decision);
    container(&mut world).boot_id = "another".to_owned();
    let world = inspected(&["1", "2", "3"], world);
    let Some(Step::Run(Job::Migrate, header, _)) = step(&world) else { panic!("{:?}", step(&world)) };
    let mut world = world;
    let run = Run { change: "6".to_owned(), header, outcome: Outcome::Done, ended: Some(NOW) };
    world.inspection.as_mut().unwrap().migrate = Some(run);
    assert!(matches!(step(&world), Some(Step::Serve(_))));
    let decision = decide(&world);
    commit(&mut world, &decision);
    assert_eq!(world.peers().attempt(), None);
}
