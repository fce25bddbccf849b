//! The database: which unit migrates it, when, and what becomes of a migration that failed or was lost.

use super::*;
use crate::{discourse::job, excerpt::Excerpt};

/// A follower that has looked into an empty database.
fn follower() -> World {
    let world = World { is_leader: false, unit: "forum/2".parse().unwrap(), ..fresh() };
    inspected(&[], with_options(&shared_uploads(), world))
}

#[test]
fn a_single_unit_migrates_everything_and_one_of_several_only_what_may_run_beside_older_code() {
    let flag = |world: &World| match step(world) {
        Some(Step::RunJob(_, _, environment)) => environment.exposed().contains_key("SKIP_POST_DEPLOYMENT_MIGRATIONS"),
        other => panic!("{other:?}"),
    };
    let alone = inspected(&["1"], fresh());
    let among = with_peer(1, &json!({}), alone.clone());
    assert_eq!((flag(&alone), flag(&among)), (false, true));
}

#[test]
fn among_others_the_schema_is_enough_once_the_additive_part_is_there() {
    let world = with_peer(1, &json!({}), inspected(&["1", "2"], fresh()));
    let memory = first(&world).databags.into_iter().find(|databag| databag.endpoint == "restart").unwrap();
    assert!(matches!(step(&world), Some(Step::Replan(_))));
    assert_eq!(memory.write.changes.get("schema").map(String::as_str), Some("r1 additive"));
}

#[test]
fn a_unit_that_is_not_to_migrate_waits_and_names_the_one_that_is() {
    let world = with_peer(1, &json!({"image": "r1"}), inspected(&["1"], follower()));
    let decision = first(&world);
    let status = Status::new(Kind::Waiting, "waiting for forum/1 to migrate the database; nothing to do");
    assert_eq!((decision.step.clone(), shown(&decision)), (None, status));
}

#[test]
fn a_unit_that_neither_leads_nor_sees_its_peers_leaves_the_migration_to_the_leader() {
    let world = follower();
    let status = Status::new(Kind::Waiting, "waiting for the leader to migrate the database; nothing to do");
    assert_eq!((step(&world), shown(&first(&world))), (None, status));
}

#[test]
fn the_first_unit_with_a_new_image_migrates_though_the_leader_runs_the_old_one() {
    let world = with_peer(0, &json!({"image": "old"}), follower());
    assert!(matches!(step(&world), Some(Step::RunJob(Job::Migrate, ..))), "{:?}", step(&world).map(|it| it.kind()));
}

#[test]
fn a_migration_elsewhere_is_waited_for() {
    let mut world = inspected(&[], fresh());
    if let Some(Ok(schema)) = world.inspection.as_mut().map(|found| found.schema.as_mut()) {
        schema.is_locked = true;
    }
    let status = Status::new(Kind::Waiting, "waiting for another process to migrate the database; nothing to do");
    assert_eq!((step(&world), shown(&first(&world))), (None, status));
}

/// A world in which this hook finds what an earlier run of the migration left.
fn with_run(outcome: &job::Outcome, ended: i64, world: World) -> World {
    let mut world = inspected(&[], world);
    let header = match step(&world) {
        Some(Step::RunJob(_, header, _)) => header,
        other => panic!("{other:?}"),
    };
    let run = Run { change: "5".to_owned(), header, outcome: outcome.clone(), ended: Some(ended), ..Run::default() };
    world.inspection.as_mut().unwrap().runs.insert(Job::Migrate, run);
    world
}

#[test]
fn a_migration_that_an_earlier_hook_began_is_followed() {
    let world = with_run(&job::Outcome::Running, NOW, fresh());
    assert_eq!(step(&world), Some(Step::FollowJob(Job::Migrate, "5".to_owned())));
}

#[test]
fn a_failed_migration_blocks_with_its_name_and_is_remembered() {
    let mut world = with_run(&job::Outcome::Failed(Excerpt::of("2 AddFoo")), NOW, fresh());
    let decision = first(&world);
    assert_eq!(decision.step, None);
    assert_eq!(shown(&decision).kind, Kind::Blocked);
    assert!(
        shown(&decision).message.starts_with("the migration failed: 2 AddFoo; next try at 14:46 UTC"),
        "{:?}",
        shown(&decision)
    );
    commit(&mut world, &decision);
    assert!(world.fleet().memory.attempt().is_some());
}

#[test]
fn a_failed_migration_is_tried_again_after_an_hour_or_when_something_changed() {
    let failed = job::Outcome::Failed(Excerpt::of("2 AddFoo"));
    let later = with_run(&failed, NOW - 3600, fresh());
    assert!(matches!(step(&later), Some(Step::RunJob(..))));
    let mut elsewhere = with_run(&failed, NOW, fresh());
    elsewhere.relations.one_mut(&database::ENDPOINT).bag.insert("endpoints".to_owned(), "other:5432".to_owned());
    assert!(matches!(step(&elsewhere), Some(Step::RunJob(..))));
    let mut restarted = with_run(&failed, NOW, fresh());
    container(&mut restarted).boot_id = "another".to_owned();
    assert!(matches!(step(&restarted), Some(Step::RunJob(..))));
}

#[test]
fn an_absurd_time_of_a_failure_is_tolerated() {
    let failed = job::Outcome::Failed(Excerpt::of("2 AddFoo"));
    assert!(matches!(step(&with_run(&failed, i64::MIN, fresh())), Some(Step::RunJob(..))));
    let decision = first(&with_run(&failed, i64::MAX, fresh()));
    assert_eq!((decision.step.clone(), shown(&decision).kind), (None, Kind::Blocked));
}

#[test]
fn a_failure_in_the_future_rests_an_hour_from_when_it_was_first_seen() {
    let failed = job::Outcome::Failed(Excerpt::of("2 AddFoo"));
    let mut world = with_run(&failed, NOW + 1_000_000_000, fresh());
    let found = world.inspection.clone();
    for now in [NOW, NOW + 3599] {
        let decision = first(&World { now, ..world.clone() });
        assert!(shown(&decision).message.contains("; next try at 14:46 UTC;"), "{:?}", shown(&decision));
        commit(&mut world, &decision);
        world.inspection = found.clone();
    }
    assert!(matches!(step(&World { now: NOW + 3600, ..world }), Some(Step::RunJob(..))));
}

#[test]
fn a_failure_that_was_noted_in_the_future_counts_as_now() {
    let mut world = with_run(&job::Outcome::Failed(Excerpt::of("2 AddFoo")), NOW, fresh());
    let decision = first(&world);
    commit(&mut world, &decision);
    for (now, next) in [(5000, Some("02:23 UTC")), (5000 + 3599, Some("02:23 UTC")), (5000 + 3600, None)] {
        world = inspected(&[], World { now, ..world });
        let decision = first(&world);
        let text = next.map(|next| format!("the migration failed: see its log; next try at {next};"));
        let is_resting = text.is_some_and(|text| shown(&decision).message.starts_with(&text));
        assert_eq!((is_resting, decision.step.is_some()), (next.is_some(), next.is_none()), "{:?}", shown(&decision));
        commit(&mut world, &decision);
    }
}

#[test]
fn a_migration_that_outlasts_a_hook_is_shown_and_the_next_hook_follows_it_again() {
    let world = with_run(&job::Outcome::Running, NOW, fresh());
    let mut journal = Journal::default();
    journal.note(&Step::FollowJob(Job::Migrate, "5".to_owned()), &Outcome::StillRuns);
    let decision = decide(&world, &journal);
    let text = "the migration still runs; the next hook follows it again; see juju ssh ";
    assert!(decision.step.is_none() && shown(&decision).message.starts_with(text), "{:?}", shown(&decision));
    assert_eq!(step(&world), Some(Step::FollowJob(Job::Migrate, "5".to_owned())));
}

#[test]
fn a_job_gets_only_the_variables_that_it_needs() {
    let options = json!({"smtp_address": "mail", "smtp_password": "hunter2", "throttle_level": "strict"});
    let world = inspected(&[], with_options(&options, fresh()));
    let Some(Step::RunJob(_, _, environment)) = step(&world) else { panic!("{:?}", step(&world)) };
    let names: Vec<String> = environment.exposed().into_keys().collect();
    let expected = [
        "DISCOURSE_DB_HOST",
        "DISCOURSE_DB_NAME",
        "DISCOURSE_DB_PASSWORD",
        "DISCOURSE_DB_PORT",
        "DISCOURSE_DB_USERNAME",
        "DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE",
        "DISCOURSE_FORCE_HTTPS",
        "DISCOURSE_HOSTNAME",
        "DISCOURSE_MAX_CATEGORY_NESTING",
        "DISCOURSE_REDIS_HOST",
        "DISCOURSE_REDIS_PORT",
        "RAILS_ENV",
        "RAILS_LOG_TO_STDOUT",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_refused_extension_names_the_option_of_the_provider() {
    let mut world = fresh();
    let primary = format!("pg-primary.{}.svc.cluster.local:5432", world.model);
    let bag = &mut world.relations.one_mut(&database::ENDPOINT).bag;
    bag.extend([("endpoints".to_owned(), primary), ("version".to_owned(), "16.4".to_owned())]);
    let refused = job::Outcome::ExtensionRefused("pg_trgm".to_owned());
    let status = shown(&first(&with_run(&refused, NOW, world)));
    let text = "PostgreSQL refuses the extension pg_trgm: juju config pg plugin-pg-trgm-enable=true; next try at ";
    assert!(status.kind == Kind::Blocked && status.message.starts_with(text), "{status:?}");
}

#[test]
fn a_lost_migration_begins_again_but_not_twice_in_one_hook() {
    let world = with_run(&job::Outcome::Lost, NOW, fresh());
    let Some(begun) = step(&world) else { panic!("nothing begins") };
    // One that a killed hook began, and that this one only followed, is as good as none.
    let followed = Step::FollowJob(Job::Migrate, "5".to_owned());
    assert!(matches!(decide(&world, &done(&[followed])).step, Some(it) if matches!(it.what, Step::RunJob(..))));
    let decision = decide(&world, &done(&[begun]));
    let status = Status::new(Kind::Waiting, "the migration was interrupted; the next hook begins again");
    assert_eq!((decision.step.clone(), shown(&decision)), (None, status));
}

#[test]
fn a_migration_that_says_it_is_done_but_is_not_has_failed() {
    let world = with_run(&job::Outcome::Done, NOW, fresh());
    assert_eq!((step(&world), shown(&first(&world)).kind), (None, Kind::Blocked));
}

#[test]
fn a_failed_seed_holds_a_complete_schema_back_until_a_migration_ends_well() {
    let mut world = with_run(&job::Outcome::SeedFailed(Excerpt::of("no such column")), NOW, fresh());
    let found = world.inspection.as_mut().unwrap();
    found.schema = Ok(schema(ALL));
    let decision = first(&world);
    assert!(shown(&decision).message.starts_with("the migration failed: seeding failed: no such column;"));
    commit(&mut world, &decision);
    container(&mut world).boot_id = "another".to_owned();
    let world = inspected(ALL, world);
    let Some(Step::RunJob(Job::Migrate, header, _)) = step(&world) else { panic!("{:?}", step(&world)) };
    let mut world = world;
    let run = Run { change: "6".to_owned(), header, outcome: job::Outcome::Done, ended: Some(NOW), ..Run::default() };
    world.inspection.as_mut().unwrap().runs.insert(Job::Migrate, run);
    assert!(matches!(step(&world), Some(Step::Replan(_))));
    let decision = first(&world);
    commit(&mut world, &decision);
    assert_eq!(world.fleet().memory.attempt(), None);
}

#[test]
fn each_of_two_failed_jobs_rests_for_an_hour_whichever_failed_last() {
    let options = json!({
        "s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b", "s3_region": "r",
        "s3_cdn_url": "https://cdn.example.com",
    });
    let mut world = inspected(&["1", "2"], with_options(&options, fresh()));
    let failed = |header: &str, ended| Run {
        change: "5".to_owned(),
        header: header.to_owned(),
        outcome: job::Outcome::Failed(Excerpt::of("no")),
        ended: Some(ended),
        ..Run::default()
    };
    let mut due = Vec::new();
    for ended in [NOW - 10, NOW - 5] {
        let Some(Step::RunJob(job, header, _)) = step(&world) else { panic!("{:?}", step(&world)) };
        let found = world.inspection.as_mut().unwrap();
        found.runs.insert(job, failed(&header, ended));
        due.push(job);
    }
    assert_eq!(due, [Job::Migrate, Job::UploadAssets]);
    let found = world.inspection.clone();
    for (now, is_due) in [(NOW, false), (NOW + 3000, false), (NOW + 3600, true)] {
        (world.now, world.inspection) = (now, found.clone());
        assert_eq!(matches!(step(&world), Some(Step::RunJob(..))), is_due, "{now}");
        let decision = first(&world);
        commit(&mut world, &decision);
    }
}

#[test]
fn a_job_that_could_not_note_what_it_ran_for_rests_as_well() {
    let mut world = inspected(&[], fresh());
    let due = step(&world).unwrap();
    let failed = job::Outcome::Failed(Excerpt::of("exit code 2"));
    let run =
        Run { change: "5".to_owned(), header: String::new(), outcome: failed, ended: Some(NOW), ..Run::default() };
    let found = Inspection { runs: BTreeMap::from([(Job::Migrate, run)]), ..world.inspection.clone().unwrap() };
    world.inspection = Some(found.clone());
    let decision = decide(&world, &done(&[due]));
    assert_eq!((&decision.step, shown(&decision).kind), (&None, Kind::Blocked));
    commit(&mut world, &decision);
    world.inspection = Some(found);
    assert_eq!((step(&world), shown(&first(&world)).kind), (None, Kind::Blocked));
}

#[test]
fn a_failed_job_is_tried_again_at_once_with_another_secret() {
    let options = |key: &str| {
        json!({
            "s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": key, "s3_bucket": "b", "s3_region": "r",
            "s3_cdn_url": "https://cdn.example.com",
        })
    };
    let mut world = inspected(ALL, with_options(&options("wrong"), settled()));
    let Some(Step::RunJob(Job::UploadAssets, header, _)) = step(&world) else { panic!("{:?}", step(&world)) };
    let outcome = job::Outcome::Failed(Excerpt::of("denied"));
    let run = Run { change: "7".to_owned(), header, outcome, ended: Some(NOW), ..Run::default() };
    world.inspection.as_mut().unwrap().runs.insert(Job::UploadAssets, run);
    assert_eq!(step(&world), None);
    let world = with_options(&options("right"), world);
    assert!(matches!(step(&world), Some(Step::RunJob(Job::UploadAssets, ..))));
}
