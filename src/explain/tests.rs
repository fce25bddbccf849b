use serde_json::{Value, json};

use super::*;
use crate::{
    decide::tests::{first, fresh, settled, with_options, with_peer, with_relation},
    relations::{database, oauth, s3, smtp},
    world::NoContainer,
};

fn explained(world: &World) -> Explanation {
    Explanation::of(world, &first(world))
}

fn json(world: &World) -> Value {
    serde_json::from_str(&explained(world).json()).unwrap()
}

/// The row of an endpoint.
fn row(world: &World, endpoint: &str) -> Value {
    let all = json(world)["relations"].clone();
    all.as_array().unwrap().iter().find(|row| row["endpoint"] == endpoint).unwrap().clone()
}

#[test]
fn a_unit_that_serves_has_nothing_to_do() {
    let text = explained(&settled()).text();
    assert!(text.starts_with("forum/0 in the model prod, the leader\nstatus: active: uploads are lost"), "{text}");
    assert!(text.contains("\nnext step: none\n"), "{text}");
    assert_eq!(json(&settled())["server"], "serving");
}

#[test]
fn the_next_step_and_the_differences_of_the_plan_are_named() {
    let world = with_options(&json!({"max_category_nesting": 3}), settled());
    let explanation = json(&world);
    let nesting = "DISCOURSE_MAX_CATEGORY_NESTING";
    let change = json!({"variable": nesting, "origin": "max_category_nesting", "waits-for-restart": false});
    assert_eq!(explanation["changes"], json!([change]));
    assert_eq!(explanation["next-step"], "bring the services to the plan");
    assert_eq!(explanation["why"], "changed: max_category_nesting");
    assert_eq!(explanation["server"], "outdated");
}

#[test]
fn a_replica_that_waits_for_the_next_restart_is_named() {
    let mut world = settled();
    let bag = &mut world.relations.one_mut(&database::ENDPOINT).bag;
    bag.insert("read-only-endpoints".to_owned(), "pg-replicas:5432".to_owned());
    let text = explained(&world).text();
    let row = "\n  DISCOURSE_DB_REPLICA_HOST (relation database: read-only-endpoints), with the next restart\n";
    assert!(text.contains(row) && text.contains("\nnext step: none\n"), "{text}");
    assert_eq!(json(&world)["server"], "serving");
}

#[test]
fn a_relation_shows_its_address_its_keys_and_what_is_missing() {
    let database = json!({
        "endpoint": "database", "id": 1, "application": "pg", "address": "pg:5432", "problem": null,
        "keys": ["database", "endpoints", "password", "username"],
    });
    assert_eq!(row(&fresh(), "database"), database);
    let half = with_relation(&s3::ENDPOINT, "s3", &json!({"access-key": "id"}), settled());
    assert_eq!(row(&half, "s3")["problem"], "waiting for secret-key in the relation s3");
    assert_eq!(row(&half, "saml")["id"], Value::Null);
}

#[test]
fn no_credential_and_no_value_of_an_unknown_key_is_shown() {
    let mail = json!({
        "host": "mail.example.com", "port": "25", "auth_type": "plain", "transport_security": "none", "user": "hunter2",
        "password": "hunter2", "unknown": "hunter2",
    });
    let client = json!({"issuer_url": "https://u:hunter2@iam.example.com/hunter2", "client_id": "x", "client_secret": "hunter2"});
    let https = with_options(&json!({"force_https": true, "external_hostname": "a.example.com"}), settled());
    let world = with_relation(&oauth::ENDPOINT, "hydra", &client, with_relation(&smtp::ENDPOINT, "mail", &mail, https));
    let shown = explained(&world).text() + &explained(&world).json();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("mail.example.com:25") && shown.contains("unknown"), "{shown}");
}

#[test]
fn whatever_relations_hold_an_explanation_fits_into_an_argument() {
    let keys = (0..3_000).map(|number| (format!("{number}\u{1b}{}", "\"é".repeat(200)), json!("x".repeat(100))));
    let huge = Value::Object(keys.collect());
    let mut world = fresh();
    for endpoint in ENDPOINTS.into_iter().filter(|endpoint| endpoint.role == crate::relations::Role::Provider) {
        world = with_relation(endpoint, &"a".repeat(5_000), &huge, world);
    }
    world = with_relation(&smtp::ENDPOINT, &"a".repeat(5_000), &huge, world);
    for number in 1..1_000 {
        world = with_peer(number, &json!({"image": "i".repeat(1_000)}), world);
    }
    let explanation = explained(&world);
    let (text, json) = (explanation.text(), explanation.json());
    assert!(text.len() <= LIMIT && json.len() <= LIMIT, "{} {}", text.len(), json.len());
    assert!(!text.contains('\u{1b}') && text.contains(" rows are left out"), "{text}");
    assert!(serde_json::from_str::<Value>(&json).is_ok());
}

#[test]
fn a_container_that_cannot_be_seen_is_explained_as_well() {
    let world = World { container: Err(NoContainer::Unreachable), ..settled() };
    let explanation = json(&world);
    let waiting = json!({"kind": "waiting", "message": "waiting for Pebble in the container discourse; nothing to do"});
    assert_eq!((&explanation["server"], &explanation["status"]), (&Value::Null, &waiting));
}
