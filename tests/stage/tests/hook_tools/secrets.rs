//! Secrets of the charm: made, changed, described and removed.

use crate::bench::{Bench, UNIT, bag, fails, prints, silence};
use serde_json::{Value, json};
use stage::{Databag, HookEvent, Secret, Version};

/// The only secret that the model holds.
fn only(bench: &mut Bench) -> (String, Secret) {
    let secrets = bench.model().secrets.clone();
    assert_eq!(secrets.len(), 1, "{secrets:?}");
    secrets.into_iter().next().unwrap()
}

/// What the only secret holds.
pub fn content(bench: &mut Bench) -> Databag {
    only(bench).1.content().cloned().unwrap()
}

/// A secret of the application with one revision; gives its id.
fn owned(bench: &mut Bench) -> String {
    let reply = bench.call("secret-add --label mine user=admin pass=word");
    reply.stdout.trim().to_owned()
}

#[test]
fn a_new_secret_prints_its_uri() {
    let mut bench = Bench::leader();
    let reply = bench.call("secret-add user=admin pass=word");
    let (id, secret) = only(&mut bench);
    assert_eq!(reply, prints(&format!("secret:{id}\n")));
    assert_eq!(secret.revisions, [(1, bag(&[("user", "admin"), ("pass", "word")]))].into());
    assert!(id.len() == 20 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
}

#[test]
fn in_juju_4_the_uri_of_a_new_secret_names_the_model() {
    let mut bench = Bench::of(Version::V4_0);
    let reply = bench.call("secret-add user=admin");
    let (model, id) = (bench.model().uuid.clone(), only(&mut bench).0);
    assert_eq!(reply, prints(&format!("secret://{model}/{id}\n")));
    assert_eq!(bench.call(&format!("secret-get secret://{model}/{id}")), prints("user: admin\n"));
}

#[test]
fn ids_of_secrets_are_never_used_again() {
    let mut bench = Bench::leader();
    let first = owned(&mut bench);
    bench.call(&format!("secret-remove {first}"));
    assert_ne!(owned(&mut bench), first);
}

#[test]
fn a_secret_is_the_applications_unless_the_unit_keeps_it() {
    let owner = |line: &str| {
        let mut bench = Bench::leader();
        bench.call(line);
        serde_json::to_value(only(&mut bench).1.owner).unwrap()
    };
    assert_eq!(owner("secret-add key=v"), json!({"application": "probe"}));
    assert_eq!(owner("secret-add --owner application key=v"), json!({"application": "probe"}));
    assert_eq!(owner("secret-add --owner unit key=v"), json!({"unit": UNIT}));
}

#[test]
fn only_the_leader_adds_secrets_of_the_application() {
    let mut bench = Bench::follower();
    let replies = bench.calls(&["secret-add key=v", "secret-add --owner unit key=v"]);
    assert_eq!((&replies[0], replies[1].code), (&fails("this unit is not the leader"), 0));
}

#[test]
fn a_label_is_taken_once_in_a_hook_at_once_and_else_at_its_end() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "secret-add --label mine key=1",
        "secret-add --label mine key=2",
        "secret-add --label other key=3",
    ]);
    let exists = fails("secret with label \"mine\" already exists");
    assert_eq!((replies[0].code, &replies[1], replies[2].code), (0, &exists, 0));
    let (late, replies) = bench.hook(&HookEvent::update_status(), &["secret-add --label mine key=4"], 0);
    assert_eq!((replies[0].code, late.is_success(), bench.model().secrets.len()), (0, false, 2));
}

#[test]
fn a_secret_is_described_to_its_owner() {
    let mut bench = Bench::leader();
    let add = "secret-add --label mine --description 'what for' --rotate daily --expire 2030-01-02T03:04:05Z key=v";
    bench.call(add);
    let id = only(&mut bench).0;
    let replies = bench
        .calls(&[&format!("secret-info-get --format=json secret:{id}"), "secret-info-get --format=json --label mine"]);
    let mut shown: Value = serde_json::from_str(&replies[0].stdout).unwrap();
    let entry = shown[&id].as_object_mut().unwrap();
    assert_eq!(entry.remove("expiry"), Some(json!("2030-01-02T03:04:05Z")));
    assert!(entry.remove("rotates").is_some());
    let wanted =
        json!({"revision": 1, "label": "mine", "owner": "application", "description": "what for", "rotation": "daily"});
    assert_eq!(Value::Object(entry.clone()), wanted);
    assert_eq!(replies[0], replies[1]);
}

#[test]
fn a_plain_secrets_description_is_short() {
    let mut bench = Bench::leader();
    bench.call("secret-add --owner unit key=v");
    let id = only(&mut bench).0;
    let reply = bench.call(&format!("secret-info-get --format=json {id}"));
    assert_eq!(
        serde_json::from_str::<Value>(&reply.stdout).unwrap(),
        json!({&id: {"revision": 1, "label": "", "owner": "unit", "rotation": "never"}})
    );
}

#[test]
fn a_description_is_asked_for_by_uri_or_by_label() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    let both = bench.call(&format!("secret-info-get {id} --label mine"));
    let neither = bench.call("secret-info-get");
    assert_eq!((both.code, neither.code), (2, 2), "{} {}", both.stderr, neither.stderr);
    assert_eq!(bench.call("secret-info-get --label nope"), fails("secret \"nope\" not found"));
}

#[test]
fn secrets_of_the_application_are_described_to_the_leader_only() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    bench.model().application_mut().leader = Some("probe/1".to_owned());
    let bare = id.trim_start_matches("secret:").to_owned();
    assert_eq!(bench.call(&format!("secret-info-get {id}")), fails(&format!("secret \"{bare}\" not found")));
}

#[test]
fn times_and_rotations_are_checked() {
    let mut bench = Bench::leader();
    let good =
        ["never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"].map(|word| format!("--rotate {word}"));
    let times = ["2030-01-02T03:04:05Z", "2030-01-02T03:04:05", "1h30m", "90s"].map(|time| format!("--expire {time}"));
    for flags in good.iter().chain(&times) {
        assert_eq!(bench.call(&format!("secret-add {flags} key=v")).code, 0, "{flags}");
    }
    for flags in ["--rotate sometimes", "--expire soon", "--expire 0s", "--expire -1h"] {
        let reply = bench.call(&format!("secret-add {flags} key=v"));
        assert_eq!((reply.code, reply.stderr.starts_with("ERROR ")), (2, true), "{flags}");
    }
}

#[test]
fn new_content_takes_the_place_of_the_old() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    assert_eq!(bench.call(&format!("secret-set {id} pass=new")), silence());
    let revisions = only(&mut bench).1.revisions;
    assert_eq!(revisions, [(1, bag(&[("user", "admin"), ("pass", "word")])), (2, bag(&[("pass", "new")]))].into());
}

#[test]
fn the_same_content_is_no_new_revision() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    assert_eq!(bench.call(&format!("secret-set {id} pass=word user=admin")), silence());
    assert_eq!(only(&mut bench).1.latest(), 1);
}

#[test]
fn without_content_only_the_description_changes() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    assert_eq!(bench.call(&format!("secret-set {id} --label yours --rotate yearly")), silence());
    let (_, secret) = only(&mut bench);
    assert_eq!(
        (secret.label.as_deref(), secret.rotate.as_deref(), secret.latest()),
        (Some("yours"), Some("yearly"), 1)
    );
}

#[test]
fn changing_what_is_not_there_or_not_owned_fails_only_at_the_end() {
    let mut bench = Bench::leader();
    let foreign = bench.foreign_secret("pg", &[("key", "v")]);
    for id in ["secret:d0c3ujopc9ms7auc5qr0", &foreign] {
        let (run, replies) = bench.hook(&HookEvent::update_status(), &[&format!("secret-set {id} key=new")], 0);
        assert_eq!((replies, run.is_success()), (vec![silence()], false), "{id}");
    }
}

#[test]
fn a_secret_goes_whole_or_by_revision() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    bench.call(&format!("secret-set {id} pass=two"));
    assert_eq!(bench.call(&format!("secret-remove {id} --revision 1")), silence());
    assert_eq!(only(&mut bench).1.revisions, [(2, bag(&[("pass", "two")]))].into());
    assert_eq!(bench.call(&format!("secret-remove {id}")), silence());
    assert!(bench.model().secrets.is_empty());
}

#[test]
fn the_tracked_revision_may_be_removed() {
    let mut bench = Bench::leader();
    let id = owned(&mut bench);
    bench.call(&format!("secret-set {id} pass=two"));
    bench.call(&format!("secret-get {id} --refresh"));
    assert_eq!(bench.call(&format!("secret-remove {id} --revision 2")), silence());
    let bare = id.trim_start_matches("secret:").to_owned();
    assert_eq!(bench.call(&format!("secret-get {id}")), fails(&format!("secret revision \"{bare}/2\" not found")));
}

#[test]
fn own_secrets_are_listed() {
    let mut bench = Bench::leader();
    bench.foreign_secret("pg", &[("key", "v")]);
    assert_eq!(bench.call("secret-ids --format=json"), prints("null\n"));
    let id = owned(&mut bench);
    let reply = bench.call("secret-ids --format=json");
    assert_eq!(reply, prints(&format!("[\"{}\"]\n", id.trim_start_matches("secret:"))));
}
