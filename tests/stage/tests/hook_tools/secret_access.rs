//! Who may read a secret, and which revision.

use crate::bench::{Bench, bag, fails, prints, refused, silence};
use serde_json::{Value, json};
use stage::{Life, RelationStep, model::Access};

/// A secret of the application at the other end, readable through a relation.
struct Foreign {
    bench: Bench,
    id: String,
    relation: u32,
}

fn foreign() -> Foreign {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[("pg/0", bag(&[]))]);
    let uri = bench.foreign_secret("pg", &[("password", "one"), ("username", "u")]);
    let id = uri.trim_start_matches("secret:").to_owned();
    bench.secret(&id).access.push(Access { target: "probe".to_owned(), relation: Some(relation) });
    Foreign { bench, id, relation }
}

impl Foreign {
    fn call(&mut self, line: &str) -> crate::bench::Reply {
        self.bench.call(&line.replace("ID", &self.id))
    }

    fn update(&mut self, password: &str) {
        self.bench.secret(&self.id).update(bag(&[("password", password), ("username", "u")]));
    }
}

fn of(password: &str) -> crate::bench::Reply {
    prints(&format!("{{\"password\":\"{password}\",\"username\":\"u\"}}\n"))
}

#[test]
fn content_is_yaml_or_json_or_one_value() {
    let mut foreign = foreign();
    assert_eq!(foreign.call("secret-get secret:ID"), prints("password: one\nusername: u\n"));
    assert_eq!(foreign.call("secret-get --format=json secret:ID"), of("one"));
    assert_eq!(foreign.call("secret-get secret:ID password"), prints("one\n"));
    assert_eq!(foreign.call("secret-get secret:ID password#base64"), prints("b25l\n"));
}

#[test]
fn ids_come_in_three_forms() {
    let mut foreign = foreign();
    for form in ["ID", "secret:ID", "secret://6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14/ID"] {
        assert_eq!(foreign.call(&format!("secret-get --format=json {form}")), of("one"), "{form}");
    }
}

#[test]
fn a_secret_must_be_named_in_a_valid_way() {
    let replies =
        Bench::leader().calls(&["secret-get secret:x", "secret-get", "secret-get --label l --peek --refresh"]);
    assert_eq!(
        replies,
        [
            refused("secret URI \"secret:x\" not valid"),
            refused("require either a secret URI or label"),
            refused("specify one of --peek or --refresh but not both"),
        ]
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    let replies = Bench::leader().calls(&["secret-get secret:d0c3ujopc9ms7auc5qr0", "secret-get --label nope"]);
    assert_eq!(
        replies,
        [fails("secret \"secret:d0c3ujopc9ms7auc5qr0\" not found"), fails("consumer label \"nope\" not found")]
    );
}

#[test]
fn without_a_grant_nothing_is_read() {
    let mut foreign = foreign();
    foreign.bench.secret(&foreign.id).access.clear();
    assert_eq!(foreign.call("secret-get ID"), fails("permission denied"));
}

#[test]
fn a_grant_ends_with_its_relation() {
    let mut foreign = foreign();
    let relation = foreign.relation;
    foreign.bench.relation(relation).life = Life::Dead;
    assert_eq!(foreign.call("secret-get ID"), fails("permission denied"));
}

#[test]
fn a_reader_stays_with_the_revision_that_it_read_first() {
    let mut foreign = foreign();
    assert_eq!(foreign.call("secret-get --format=json ID"), of("one"));
    foreign.update("two");
    assert_eq!(foreign.call("secret-get --format=json ID"), of("one"));
    assert_eq!(foreign.call("secret-get --format=json ID --peek"), of("two"));
    assert_eq!(foreign.call("secret-get --format=json ID"), of("one"));
    assert_eq!(foreign.call("secret-get --format=json ID --refresh"), of("two"));
    assert_eq!(foreign.call("secret-get --format=json ID"), of("two"));
}

#[test]
fn a_look_at_the_newest_revision_pins_nothing_that_was_not_pinned() {
    let mut foreign = foreign();
    foreign.update("two");
    assert_eq!(foreign.call("secret-get --format=json ID"), of("two"));
}

#[test]
fn a_reader_gives_a_secret_a_name_of_its_own() {
    let mut foreign = foreign();
    assert_eq!(foreign.call("secret-get --format=json ID --label database.1.user"), of("one"));
    assert_eq!(foreign.call("secret-get --format=json --label database.1.user"), of("one"));
    let by_label = foreign.call("secret-get --label database.1.user password");
    assert_eq!(by_label, refused("secret URI \"password\" not valid"), "a key needs the id before it");
}

#[test]
fn a_reader_gives_no_two_secrets_the_same_name() {
    let mut foreign = foreign();
    let other = foreign.bench.foreign_secret("pg", &[("password", "other")]);
    let access = Access { target: "probe".to_owned(), relation: Some(foreign.relation) };
    foreign.bench.secret(other.trim_start_matches("secret:")).access.push(access);
    let named = |uri: &str| format!("secret-get --format=json {uri} --label user");
    assert_eq!(foreign.call(&named("secret:ID")), of("one"));
    let taken = fails("secret label \"user\" for consumer \"unit-probe-0\" already exists");
    assert_eq!(foreign.call(&named(&other)), taken);
    assert_eq!(foreign.call(&named("secret:ID")), of("one"));
    assert_eq!(foreign.call(&format!("secret-get {other} password")), prints("other\n"));
}

#[test]
fn names_and_pins_of_readers_outlast_a_failed_hook() {
    let mut foreign = foreign();
    foreign.call("secret-get ID");
    foreign.update("two");
    let line = "secret-get ID --label mine --refresh --format=json".replace("ID", &foreign.id);
    let (run, replies) = foreign.bench.hook(&stage::HookEvent::update_status(), &[&line], 1);
    assert_eq!((run.is_success(), replies), (false, vec![of("two")]));
    assert_eq!(foreign.call("secret-get --format=json --label mine"), of("two"));
}

#[test]
fn owners_stay_with_a_revision_too() {
    let mut bench = Bench::leader();
    let uri = bench.call("secret-add --label own key=one").stdout.trim().to_owned();
    bench.call("secret-get --label own");
    bench.call(&format!("secret-set {uri} key=two"));
    let replies = bench.calls(&[
        "secret-get --label own",
        "secret-get --label own --peek",
        "secret-get --label own --refresh",
        "secret-get --label own",
    ]);
    assert_eq!(replies, ["one", "two", "two", "two"].map(|value| prints(&format!("key: {value}\n"))));
}

#[test]
fn all_units_of_the_owning_application_read_its_secrets() {
    let mut bench = Bench::leader();
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    bench.model().application_mut().leader = Some("probe/1".to_owned());
    assert_eq!(bench.call(&format!("secret-get {uri}")), prints("key: one\n"));
}

#[test]
fn a_secret_is_granted_through_a_relation() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[("pg/0", bag(&[]))]);
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    let id = uri.trim_start_matches("secret:").to_owned();
    assert_eq!(bench.call(&format!("secret-grant {uri} -r {relation}")), silence());
    let to_unit = bench.call(&format!("secret-grant {uri} -r {relation} --unit pg/0"));
    assert_eq!(to_unit, silence(), "its application may read already");
    assert_eq!(bench.secret(&id).access, [Access { target: "pg".to_owned(), relation: Some(relation) }]);
    let shown: Value =
        serde_json::from_str(&bench.call(&format!("secret-info-get --format=json {uri}")).stdout).unwrap();
    let scope = "relation-probe.database#pg.database";
    assert_eq!(shown[&id]["access"], json!([{"target": "application-pg", "scope": scope, "role": "view"}]));
}

#[test]
fn the_last_grant_of_a_hook_counts() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[("pg/0", bag(&[]))]);
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    bench.calls(&[
        &format!("secret-grant {uri} -r {relation}"),
        &format!("secret-grant {uri} -r {relation} --unit pg/0"),
    ]);
    let id = uri.trim_start_matches("secret:").to_owned();
    assert_eq!(bench.secret(&id).access, [Access { target: "pg/0".to_owned(), relation: Some(relation) }]);
    let refusal = "any unit level grants need to be revoked before granting access to the corresponding application";
    assert_eq!(bench.call(&format!("secret-grant {uri} -r {relation}")), fails(refusal));
}

#[test]
fn a_grant_needs_a_secret_a_relation_and_a_unit_of_it() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[]);
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    let missing = "d0c3ujopc9ms7auc5qr0";
    let replies = bench.calls(&[
        "secret-grant",
        &format!("secret-grant {uri}"),
        &format!("secret-grant {uri} -r {relation} --unit redis/0"),
        &format!("secret-grant secret:{missing} -r {relation}"),
    ]);
    assert_eq!(
        replies,
        [
            refused("missing secret URI"),
            refused("no relation id specified"),
            refused("cannot specify unit \"redis/0\" in relation to application \"pg\""),
            fails(&format!("secret \"{missing}\" not found")),
        ]
    );
}

#[test]
fn a_relation_hook_grants_through_its_relation() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[]);
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    bench.calls_about(relation, RelationStep::Created, None, &[&format!("secret-grant {uri}")]);
    let granted = bench.secret(uri.trim_start_matches("secret:")).access.clone();
    assert_eq!(granted, [Access { target: "pg".to_owned(), relation: Some(relation) }]);
}

#[test]
fn a_grant_is_taken_back_by_relation_application_or_unit() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[("pg/0", bag(&[]))]);
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    let id = uri.trim_start_matches("secret:").to_owned();
    for (granted, flags) in
        [("", format!("-r {relation}")), ("", "--app pg".to_owned()), ("--unit pg/0", "--unit pg/0".to_owned())]
    {
        bench.call(&format!("secret-grant {uri} -r {relation} {granted}"));
        assert_eq!(bench.secret(&id).access.len(), 1);
        assert_eq!(bench.call(&format!("secret-revoke {uri} {flags}")), silence());
        assert_eq!(bench.secret(&id).access, [], "{flags}");
    }
}

#[test]
fn what_is_taken_back_must_be_said_in_one_way() {
    let mut bench = Bench::leader();
    let relation = bench.relate("database", "pg", &[]);
    let uri = bench.call("secret-add key=one").stdout.trim().to_owned();
    let replies = bench.calls(&[
        &format!("secret-revoke {uri}"),
        &format!("secret-revoke {uri} -r {relation} --app pg"),
        "secret-revoke",
    ]);
    let both = refused("do not specify both relation and app");
    assert_eq!(replies, [refused("missing relation or application or unit"), both, refused("missing secret URI")]);
}
