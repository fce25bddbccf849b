//! The action `pre-refresh-check`: whether this is a good moment for a refresh, as far as it can be seen before.

use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus};

use crate::forum::{Forum, image, rails_boots, writes};

#[track_caller]
fn run(forum: &mut Forum) -> ActionRun {
    let run = forum.stage.run(0, "pre-refresh-check", json!({"format": "json"})).unwrap();
    assert_eq!(run.status, ActionStatus::Completed, "{}", run.message);
    run
}

/// Whether the forum is ready, and each check with its verdict and fact.
#[track_caller]
fn found(forum: &mut Forum) -> (String, Vec<[String; 3]>) {
    let run = run(forum);
    let document: Value = serde_json::from_str(run.results["checks"].as_str().unwrap()).unwrap();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = document["checks"].as_array().unwrap().iter();
    let checks = checks.map(|check| ["name", "verdict", "fact"].map(|key| text(check, key))).collect();
    (run.results["ready"].as_str().unwrap().to_owned(), checks)
}

/// Whether the forum is ready, and what fails.
#[track_caller]
fn failing(forum: &mut Forum) -> (String, Vec<String>) {
    let (ready, checks) = found(forum);
    let failing = checks.into_iter().filter(|[_, verdict, _]| verdict == "fail");
    (ready, failing.map(|[name, _, fact]| format!("{name}: {fact}")).collect())
}

#[test]
fn a_forum_that_serves_is_ready_and_its_backup_is_asked_for() {
    let mut forum = Forum::active();
    let expected = [
        ["status", "ok", "this unit serves"],
        ["units", "ok", "there is one, so the forum is away meanwhile"],
        ["migrations", "ok", "all have run"],
        ["operations", "ok", "neither a backup nor a restore runs"],
        ["backup", "warn", "there is none in this pod"],
    ];
    let (ready, checks) = found(&mut forum);
    assert_eq!((ready.as_str(), &checks[..5]), ("yes", &expected.map(|check| check.map(str::to_owned))[..]));
    let [name, verdict, fact] = &checks[5];
    assert_eq!((name.as_str(), verdict.as_str()), ("plugins", "ok"));
    assert!(fact.starts_with("a new image must bring those that are on: discourse-mermaid, "), "{fact}");
    let hook = run(&mut forum).hook.unwrap();
    assert_eq!((rails_boots(std::slice::from_ref(&hook)), writes(&[hook])), (vec![], vec!["action-set"]));
}

#[test]
fn a_backup_in_the_pod_is_named_with_its_age() {
    let mut forum = Forum::active();
    let folder = forum.pod().path("discourse", "/srv/discourse/app/public").unwrap().join("backups/default");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("forum-2026-01-01-000000-v20240101000000.tar.gz"), "").unwrap();
    let (_, checks) = found(&mut forum);
    let backup = ["backup", "warn", "the newest in this pod is 0 hours old, and is lost with the pod"];
    assert_eq!(checks[4], backup.map(str::to_owned));
    is_not_ready_while_a_unit_is_being_added(&mut forum);
}

#[track_caller]
fn is_not_ready_while_a_unit_is_being_added(forum: &mut Forum) {
    forum.stage.add_unit();
    let (ready, failing) = failing(forum);
    assert!(ready == "no" && failing.contains(&"units: 0 of 1 other units serve".to_owned()), "{failing:?}");
}

#[test]
fn a_backup_or_restore_under_way_is_waited_for() {
    let mut forum = Forum::active();
    forum.redis.query(&["SET", "default:backup_restore_operation_is_running", "1"]).unwrap();
    assert_eq!(
        failing(&mut forum),
        ("no".to_owned(), vec!["operations: an operation runs, such as a backup or a restore".to_owned()])
    );
}

#[test]
fn a_roll_under_way_is_waited_for() {
    let mut forum = Forum::related_units(3);
    forum.settle();
    assert_eq!(failing(&mut forum), ("yes".to_owned(), vec![]));
    forum.stage.refresh_image(image("two"));
    let image_of = |forum: &Forum, unit: u32| forum.stage.unit_bag("restart", unit)["image"].clone();
    loop {
        let run = forum.stage.step().unwrap().expect("the roll has not ended");
        if run.unit == "discourse-k8s/0" && image_of(&forum, 2) != image_of(&forum, 0) {
            break;
        }
    }
    let (ready, failing) = failing(&mut forum);
    assert_eq!(ready, "no");
    assert_eq!(failing[0], "units: a roll is under way: discourse-k8s/2 runs another image");
}

#[test]
fn what_only_a_hook_finds_is_told_as_the_status_does() {
    let mut forum = Forum::faulty(&[("migrate-fail", "20240205000000")]);
    forum.settle();
    let told = |text: &str| text.contains("the migration failed");
    assert!(told(&forum.status()), "{}", forum.status());
    let (ready, failing) = failing(&mut forum);
    assert!(ready == "no" && told(&failing[0]), "{failing:?}");
    let diagnosis = forum.stage.run(0, "diagnose", json!({})).unwrap();
    let checks = diagnosis.results["checks"].as_str().unwrap();
    assert!(checks.lines().nth(1).is_some_and(|line| line.starts_with("fail  status: ") && told(line)), "{checks}");
}

#[test]
fn a_unit_that_does_not_serve_is_not_ready() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let (ready, failing) = failing(&mut forum);
    assert_eq!(ready, "no");
    assert!(failing[0].starts_with("status: no database: juju integrate "), "{failing:?}");
}
