//! Restores: who stops, who begins, and what nobody does before one has ended.

use super::*;
use crate::{
    discourse::{
        aside::{Aside, Mark, Stage},
        job::Outcome as Ended,
    },
    excerpt::Excerpt,
    relations::{
        oauth,
        restart::{Request, RequestState, What},
    },
    status::Restores,
    world::NoContainer,
};

const BACKUP: &str = "forum-v20260101000000.sql.gz";
const ID: &str = "forum/0:restore:19700112T134640Z";

fn mark(stage: Stage) -> Mark {
    Mark { backup: BACKUP.to_owned(), stage, time: NOW, unit: "forum/0".to_owned() }
}

fn request(state: RequestState) -> Request {
    let what = What::Restore { backup: BACKUP.to_owned(), location: "local".to_owned(), disable_emails: true };
    Request { id: ID.to_owned(), time: NOW, what, state }
}

/// A world whose database was asked, with this put aside.
fn with_aside(aside: Aside, world: World) -> World {
    let mut world = inspected(ALL, world);
    world.inspection.as_mut().unwrap().schema.as_mut().unwrap().aside = aside;
    world
}

fn marked(stage: Stage) -> Aside {
    Aside { kept: 7, tables: 0, mark: Some(mark(stage)), operation: None }
}

/// A unit that has asked for a restore.
fn asking(state: RequestState, mut world: World) -> World {
    let change = world.remember_request(&request(state));
    assert_eq!(change.len(), 1);
    world
}

fn with_run(outcome: Ended, mut world: World) -> World {
    let run = Run { change: "9".to_owned(), header: ID.to_owned(), outcome, ..Run::default() };
    world.inspection.as_mut().unwrap().runs.insert(Job::Restore, run);
    world
}

fn remembered(world: &World) -> Option<String> {
    let decision = first(world);
    let peers = decision.databags.iter().find(|it| it.endpoint == "restart" && it.write.owner == Owner::Unit);
    peers.and_then(|it| it.write.changes.get("restore").cloned())
}

#[test]
fn while_a_mark_is_set_nothing_starts_or_migrates_whatever_the_database_holds() {
    for (aside, reason) in [
        (marked(Stage::Begun), Restores::Interrupted(BACKUP.to_owned())),
        (Aside { tables: 200, kept: 0, ..marked(Stage::Asked) }, Restores::Interrupted(BACKUP.to_owned())),
        (
            Aside { operation: Some("restore".to_owned()), ..marked(Stage::Begun) },
            Restores::Runs(format!("the restore of {BACKUP}"), "forum/0".to_owned()),
        ),
        (
            Aside { mark: Some(Mark { backup: "rollback".to_owned(), ..mark(Stage::Asked) }), ..marked(Stage::Asked) },
            Restores::NotRolledBack("discourse".to_owned()),
        ),
        (Aside { mark: None, ..marked(Stage::Begun) }, Restores::Away("discourse".to_owned())),
    ] {
        for applied in [&[][..], ALL] {
            let mut world = with_aside(aside.clone(), fresh());
            world.inspection.as_mut().unwrap().schema = Ok(Schema { aside: aside.clone(), ..schema(applied) });
            let decision = first(&world);
            assert!(decision.step.is_none(), "{aside:?}: {:?}", decision.step);
            assert!(decision.reasons.contains(&Reason::Restores(reason.clone())), "{:?}", decision.reasons);
        }
    }
}

#[test]
fn what_an_earlier_restore_has_kept_keeps_nothing_from_starting() {
    let world = with_aside(Aside { kept: 7, tables: 200, ..Aside::default() }, fresh());
    assert!(matches!(step(&world), Some(Step::Replan(_))), "{:?}", step(&world));
}

#[test]
fn a_migration_waits_for_the_end_of_an_operation() {
    let mut world = inspected(&[], fresh());
    world.inspection.as_mut().unwrap().schema.as_mut().unwrap().aside.operation = Some("backup".to_owned());
    assert_eq!(step(&world), None);
    let reason = Reason::Restores(Restores::Operation("backup".to_owned()));
    assert!(first(&world).reasons.contains(&reason));
}

#[test]
fn a_unit_stops_for_another_one_and_says_so_once_it_has() {
    let live = json!({"image": "r1", "restore": request(RequestState::Asked).text()});
    let world = with_peer(1, &live, settled());
    assert!(matches!(step(&world), Some(Step::Inspect(..))), "{:?}", step(&world));
    let mut silent = inspected(ALL, world.clone());
    silent.inspection.as_mut().unwrap().schema = Err(Excerpt::of("no answer within 20 s"));
    assert_eq!(step(&silent), Some(Step::StopServices));
    let mut world = with_aside(marked(Stage::Asked), world);
    assert_eq!(step(&world), Some(Step::StopServices));
    container(&mut world).service = Service::Stopped;
    let decision = first(&world);
    let acks: Vec<&str> =
        decision.databags.iter().filter_map(|it| it.write.changes.get("restore-ack").map(String::as_str)).collect();
    assert_eq!(acks, [ID]);
}

#[test]
fn a_unit_goes_on_if_the_database_knows_nothing_of_the_restore_that_a_lost_unit_asks_to_stop_for() {
    let live = json!({"image": "r1", "restore": request(RequestState::Begun).text()});
    let whole = Aside { tables: 200, ..Aside::default() };
    let serving = with_aside(whole.clone(), with_peer(1, &live, settled()));
    assert_eq!(step(&serving), None);
    let mut added = with_aside(whole, with_peer(1, &live, settled()));
    container(&mut added).service = Service::Stopped;
    assert!(matches!(step(&added), Some(Step::Replan(_))), "{:?}", step(&added));
}

#[test]
fn a_unit_stops_for_the_newest_request_since_a_lost_unit_takes_none_back() {
    let lost =
        Request { id: "forum/1:restore:19700112T120000Z".to_owned(), time: NOW - 4000, ..request(RequestState::Asked) };
    let published = |request: &Request| json!({"image": "r1", "restore": request.text()});
    let mut world = with_peer(1, &published(&lost), with_peer(2, &published(&request(RequestState::Asked)), settled()));
    container(&mut world).service = Service::Stopped;
    let decision = first(&world);
    let acks = decision.databags.iter().filter_map(|it| it.write.changes.get("restore-ack"));
    assert_eq!(acks.collect::<Vec<_>>(), [ID]);
}

#[test]
fn a_unit_whose_container_cannot_be_seen_has_not_stopped() {
    let live = json!({"image": "r1", "restore": request(RequestState::Asked).text()});
    let world = World { container: Err(NoContainer::Unreachable), ..with_peer(1, &live, settled()) };
    let acks = first(&world).databags.into_iter().filter(|it| it.write.changes.contains_key("restore-ack"));
    assert_eq!(acks.count(), 0);
}

#[test]
fn a_restore_does_not_begin_beside_a_server_that_did_not_stop() {
    let world = with_aside(marked(Stage::Asked), asking(RequestState::Asked, settled()));
    let Some(stop @ Step::StopServices) = step(&world) else { panic!("{:?}", step(&world)) };
    let decision = decide(&world, &done(&[stop]));
    assert!(!matches!(decision.step.map(|step| step.what), Some(Step::RunJob(Job::Restore, ..))));
}

#[test]
fn a_restore_begins_once_every_unit_has_stopped_and_only_once() {
    let serving = with_options(&shared_uploads(), settled());
    let waiting = with_peer(1, &json!({"image": "r1"}), asking(RequestState::Asked, serving.clone()));
    let waiting = with_aside(marked(Stage::Asked), waiting);
    assert!(!matches!(step(&waiting), Some(Step::StopServices | Step::RunJob(..))), "{:?}", step(&waiting));

    let stopped = json!({"image": "r1", "restore-ack": ID});
    let mut ready = with_aside(marked(Stage::Asked), with_peer(1, &stopped, asking(RequestState::Asked, serving)));
    assert_eq!(step(&ready), Some(Step::StopServices));
    container(&mut ready).service = Service::Stopped;
    let Some(Step::RunJob(Job::Restore, header, environment)) = step(&ready) else { panic!("{:?}", step(&ready)) };
    let parameters: Value = serde_json::from_str(environment.get("CHARM_REQUEST")).unwrap();
    assert_eq!((header.as_str(), &parameters["backup"]), (ID, &json!(BACKUP)));

    let silent = |outcome| {
        let mut world = with_run(outcome, ready.clone());
        let run = world.inspection.as_mut().unwrap().runs.get_mut(&Job::Restore).unwrap();
        (run.header, run.begun) = (String::new(), Some(NOW));
        world
    };
    for begun in [
        silent(Ended::Running),
        silent(Ended::Failed(Excerpt::of("exit code 2"))),
        with_aside(marked(Stage::Begun), ready.clone()),
        asking(RequestState::Begun, ready.clone()),
        with_run(Ended::Lost, with_aside(marked(Stage::Begun), ready.clone())),
    ] {
        assert!(!matches!(step(&begun), Some(Step::RunJob(..))), "{:?}", step(&begun));
    }
}

#[test]
fn a_restore_in_a_new_container_finds_the_certificates_of_the_storage() {
    let client = json!({
        "issuer_url": "https://iam.example.com", "client_id": "forum", "client_secret": "s",
        "ca_chain": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    });
    let options = json!({"force_https": true, "external_hostname": "forum.example.com"});
    let related = with_relation(&oauth::ENDPOINT, "hydra", &client, with_options(&options, settled()));
    let mut world = with_aside(marked(Stage::Asked), asking(RequestState::Asked, related));
    container(&mut world).service = Service::Stopped;
    let Some(write @ Step::WriteCertificates(_)) = step(&world) else { panic!("{:?}", step(&world)) };
    let next = decide(&world, &done(&[write])).step.map(|step| step.what);
    assert!(matches!(next, Some(Step::RunJob(Job::Restore, ..))), "{next:?}");
}

#[test]
fn a_restore_that_a_unit_did_not_stop_for_in_time_is_given_up() {
    let world = with_peer(1, &json!({"image": "r1"}), asking(RequestState::Asked, settled()));
    let world = World { now: NOW + 601, ..with_aside(marked(Stage::Asked), world) };
    let Some(remove) = step(&world) else { panic!("no step") };
    assert!(matches!(&remove, Step::RemoveMark(_, it) if *it == mark(Stage::Asked)), "{remove:?}");
    let after = with_aside(Aside { tables: 200, ..Aside::default() }, world);
    let decision = decide(&after, &done(&[remove]));
    let warning =
        format!("the restore of {BACKUP} was given up, nothing was changed: forum/1 did not stop within 10 minutes");
    let request = request(RequestState::Over(warning)).text();
    let kept = decision.databags.iter().find_map(|it| it.write.changes.get("restore"));
    assert_eq!(kept, Some(&request));
}

#[test]
fn a_restore_that_has_ended_is_forgotten_or_leaves_a_warning() {
    let over = Aside { tables: 200, ..Aside::default() };
    let begun = with_aside(over, asking(RequestState::Begun, settled()));
    assert_eq!(remembered(&with_run(Ended::Done, begun.clone())), Some(String::new()));
    let failed = remembered(&with_run(Ended::Failed(Excerpt::of("no space")), begun.clone())).unwrap();
    assert!(failed.contains("failed, the forum is as it was (no space)"), "{failed}");
    let runs = with_run(Ended::Running, begun);
    assert!(matches!(step(&runs), Some(Step::FollowJob(Job::Restore, _))));
}

#[test]
fn a_mark_of_a_restore_that_a_lost_unit_asked_for_is_removed_by_whoever_sees_it() {
    let live = json!({"image": "r1", "restore": request(RequestState::Asked).text()});
    let mut stopped = with_peer(1, &live, with_options(&shared_uploads(), settled()));
    container(&mut stopped).service = Service::Stopped;
    let acknowledging = first(&stopped);
    commit(&mut stopped, &acknowledging);
    let seen_after = |seconds| World { now: NOW + seconds, ..with_aside(marked(Stage::Asked), stopped.clone()) };
    assert_eq!(step(&seen_after(660)), None);
    let removal = step(&seen_after(661));
    assert!(matches!(&removal, Some(Step::RemoveMark(_, it)) if *it == mark(Stage::Asked)), "{removal:?}");
    let free = World { now: NOW + 661, ..with_aside(Aside { tables: 200, ..Aside::default() }, stopped.clone()) };
    assert!(matches!(step(&free), Some(Step::Replan(_))), "{:?}", step(&free));
}

#[test]
fn a_rollback_that_does_not_succeed_is_given_up_with_its_cause() {
    let wanted = Request { what: What::Rollback, ..request(RequestState::Asked) };
    let mut world = settled();
    world.remember_request(&wanted);
    container(&mut world).service = Service::Stopped;
    let its = Mark { backup: "rollback".to_owned(), ..mark(Stage::Asked) };
    let aside = Aside { kept: 7, tables: 200, mark: Some(its.clone()), operation: None };
    let waiting = with_aside(aside.clone(), world.clone());
    let Some(moving @ Step::MoveBack(..)) = step(&waiting) else { panic!("{:?}", step(&waiting)) };
    let mut failed = Journal::default();
    failed.note(&moving, &Outcome::NotMoved(Excerpt::of("another operation runs")));
    let removal = decide(&waiting, &failed).step.unwrap().what;
    assert!(matches!(&removal, Step::RemoveMark(_, it) if *it == its), "{removal:?}");
    failed.note(&removal, &Outcome::Done);
    let decision = decide(&with_aside(Aside { mark: None, ..aside.clone() }, world.clone()), &failed);
    let kept = decision.databags.iter().find_map(|it| it.write.changes.get("restore"));
    let text = "the rollback of a restore was given up, nothing was changed: another operation runs";
    assert!(kept.is_some_and(|kept| kept.contains(text)), "{kept:?}");

    failed = Journal::default();
    failed.note(&moving, &Outcome::NotMoved(Excerpt::of("another unit has removed the mark")));
    let changed = decide(&with_aside(Aside { mark: None, ..aside.clone() }, world.clone()), &failed);
    let kept = changed.databags.iter().find_map(|it| it.write.changes.get("restore"));
    assert!(kept.is_some_and(|kept| kept.contains("another unit has removed the mark")), "{kept:?}");
    let moved = decide(&with_aside(Aside { mark: None, kept: 0, ..aside.clone() }, world.clone()), &failed);
    let kept = moved.databags.iter().find_map(|it| it.write.changes.get("restore"));
    assert_eq!(kept.map(String::as_str), Some(""));

    let late = with_peer(1, &json!({"image": "r1"}), world);
    let late = World { now: NOW + 601, ..with_aside(aside, late) };
    assert!(matches!(step(&late), Some(Step::RemoveMark(..))), "{:?}", step(&late));
}

#[test]
fn a_job_that_fails_once_the_forum_is_restored_leaves_the_restored_forum() {
    let over = Aside { tables: 200, kept: 7, ..Aside::default() };
    let begun = with_aside(over, asking(RequestState::Begun, settled()));
    assert_eq!(remembered(&with_run(Ended::Failed(Excerpt::of("SIGTERM")), begun)), Some(String::new()));
}

#[test]
fn a_restore_that_changed_nothing_is_told_of_for_a_day() {
    let world = asking(RequestState::Over("it failed".to_owned()), settled());
    assert_eq!(remembered(&world), None);
    assert_eq!(remembered(&World { now: NOW + 86_401, ..world }), Some(String::new()));
}
