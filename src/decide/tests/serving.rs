//! The service: when it starts, restarts, waits and stops.

use super::*;
use crate::{
    discourse::job,
    excerpt::Excerpt,
    relations::{ingress, oauth, saml, smtp, tracing},
};

#[test]
fn from_nothing_to_serving_the_database_is_asked_twice_and_migrated_once() {
    let (steps, decision) = hook(&mut fresh(), ALL);
    let migrate = StepKind::Job(Job::Migrate);
    let ask = [StepKind::Inspect, migrate, StepKind::Inspect, StepKind::FindSecretKey];
    assert_eq!(steps, [&ask[..], &[StepKind::Replan, StepKind::OpenGate]].concat());
    assert_eq!(shown(&decision), active());
}

#[test]
fn a_settled_unit_does_nothing() {
    let uploads = "uploads are lost with the pod: set s3_enabled";
    let mail = "no mail leaves, so nobody can register with a password: juju config forum smtp_address=<host>";
    let nothing = Decision {
        databags: Vec::new(),
        open_port: None,
        version: None,
        application_status: None,
        keep_secret_key: None,
        forget: Vec::new(),
        complaints: Vec::new(),
        warnings: Vec::new(),
        step: None,
        reasons: vec![
            Reason::Warning(Topic::Uploads, uploads.to_owned()),
            Reason::Warning(Topic::Mail, mail.to_owned()),
        ],
    };
    assert_eq!(first(&settled()), nothing);
}

#[test]
fn a_restarted_container_whose_database_is_migrated_boots_no_rails() {
    let restarted = World { container: fresh().container, ..settled() };
    assert!(matches!(step(&inspected(ALL, restarted)), Some(Step::Replan(Some(_)))));
}

#[test]
fn a_database_that_does_not_answer_is_waited_for() {
    let mut world = inspected(&[], fresh());
    world.inspection.as_mut().unwrap().schema = Err(crate::excerpt::Excerpt::of("connection refused"));
    let status = Status::new(Kind::Waiting, "waiting for PostgreSQL: connection refused");
    assert_eq!((step(&world), shown(&first(&world))), (None, status));
}

#[test]
fn a_changed_option_restarts_and_the_reason_names_it() {
    let world = with_options(&json!({"max_category_nesting": 3}), settled());
    let step = first(&world).step.unwrap();
    assert!(matches!(step.what, Step::Replan(Some(_))));
    assert_eq!(step.why, "changed: max_category_nesting");
}

#[test]
fn a_moved_primary_restarts_without_asking_the_database() {
    let mut world = settled();
    world.relations.one_mut(&database::ENDPOINT).bag.insert("endpoints".to_owned(), "pg-new:5432".to_owned());
    assert!(matches!(step(&world), Some(Step::Replan(Some(_)))));
}

#[test]
fn a_swapped_database_is_asked_before_the_restart() {
    let mut world = settled();
    world.relations.one_mut(&database::ENDPOINT).id = 9;
    world.relations.one_mut(&database::ENDPOINT).bag.insert("database".to_owned(), "other".to_owned());
    assert!(matches!(step(&world), Some(Step::Inspect(..))));
    assert!(matches!(step(&inspected(&[], world)), Some(Step::RunJob(Job::Migrate, ..))));
}

#[test]
fn mistaken_options_block_and_leave_the_running_service_alone() {
    let world = with_options(&json!({"max_category_nesting": 9, "external_hostname": "new.example.com"}), settled());
    let decision = first(&world);
    assert_eq!(shown(&decision), Status::new(Kind::Blocked, "max_category_nesting must be 2 or 3"));
    assert_eq!((decision.step, decision.databags), (None, Vec::new()));
}

#[test]
fn withdrawn_data_leaves_the_service_running_and_the_key_is_named() {
    for (key, endpoint) in [("endpoints", "database"), ("password", "database")] {
        let mut world = settled();
        world.relations.one_mut(&database::ENDPOINT).bag.remove(key);
        let status = Status::new(Kind::Waiting, format!("waiting for {key} in the relation {endpoint}"));
        assert_eq!((step(&world), shown(&first(&world))), (None, status));
    }
    let mut world = settled();
    world.relations.one_mut(&redis::ENDPOINT).units.clear();
    let status = Status::new(Kind::Waiting, "waiting for a unit in the relation redis");
    assert_eq!((step(&world), shown(&first(&world))), (None, status));
}

#[test]
fn a_crashed_service_is_left_to_pebble_and_its_log_is_pointed_at() {
    let mut world = settled();
    container(&mut world).service = Service::Crashed;
    let status =
        Status::new(Kind::Waiting, "Discourse does not stay up: juju ssh --container discourse forum/0 pebble logs");
    assert_eq!((step(&world), shown(&first(&world))), (None, status));
}

#[test]
fn a_service_whose_check_is_down_is_not_active() {
    let mut world = settled();
    container(&mut world).ready = Check::Down;
    assert_eq!(shown(&first(&world)).kind, Kind::Waiting);
}

const S3: &str = r#"{"s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b",
    "s3_region": "r", "s3_cdn_url": "https://cdn"}"#;

#[test]
fn assets_are_uploaded_once_and_only_if_browsers_load_them_from_there() {
    let mut options: Value = serde_json::from_str(S3).unwrap();
    let mut world = with_options(&options, settled());
    assert!(matches!(step(&world), Some(Step::Inspect(..))));
    world = inspected(ALL, world);
    let Some(Step::RunJob(Job::UploadAssets, header, _)) = step(&world) else { panic!("{:?}", step(&world)) };
    let run = Run { change: "7".to_owned(), header, outcome: job::Outcome::Done, ended: Some(NOW), ..Run::default() };
    world.inspection.as_mut().unwrap().runs.insert(Job::UploadAssets, run);
    assert!(matches!(step(&world), Some(Step::Replan(Some(_)))));
    let uploaded = first(&world);
    commit(&mut world, &uploaded);
    assert!(matches!(step(&world), Some(Step::Replan(Some(_)))), "uploaded before: no second look");
    options["s3_cdn_url"] = json!("");
    assert!(matches!(step(&with_options(&options, settled())), Some(Step::Replan(Some(_)))));
}

#[test]
fn withdrawn_data_of_an_identity_provider_leaves_its_variables_and_certificates_as_they_run() {
    let options = json!({"force_https": true, "external_hostname": "forum.example.com"});
    let authority = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let client = json!({
        "issuer_url": "https://iam.example.com", "client_id": "forum", "client_secret": "s", "ca_chain": authority,
    });
    let mut world = with_relation(&oauth::ENDPOINT, "hydra", &client, with_options(&options, settled()));
    hook(&mut world, ALL);
    let running = container(&mut world).plan.clone();
    assert!(running.services["discourse"].environment.contains_key("SSL_CERT_FILE"));
    world.relations.one_mut(&oauth::ENDPOINT).bag.remove("issuer_url");
    let decision = first(&world);
    let status = Status::new(Kind::Waiting, "waiting for issuer_url in the relation oauth");
    assert_eq!((decision.step.clone(), shown(&decision)), (None, status));
}

#[test]
fn a_change_of_a_relation_is_named_by_relation_and_key() {
    let mail = json!({
        "host": "mail.example.com", "port": "25", "auth_type": "none", "transport_security": "none",
    });
    let mut world = with_relation(&smtp::ENDPOINT, "mail", &mail, settled());
    hook(&mut world, ALL);
    world.relations.one_mut(&smtp::ENDPOINT).bag.insert("port".to_owned(), "26".to_owned());
    assert_eq!(first(&world).step.unwrap().why, "changed: relation smtp: port");
}

#[test]
fn missing_data_waits_and_invalid_data_blocks_also_for_a_relation_that_the_forum_can_do_without() {
    let https = with_options(&json!({"force_https": true}), settled());
    let status = |provider: &Value| shown(&first(&with_relation(&saml::ENDPOINT, "idp", provider, https.clone())));
    let waiting = Status::new(Kind::Waiting, "waiting for entity_id in the relation saml");
    assert_eq!(status(&json!({})), waiting);
    let address = "single_sign_on_service_redirect_";
    let invalid = json!({
        "entity_id": "x", "x509certs": "!", format!("{address}url"): "https://idp.example.com",
        format!("{address}binding"): "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
    });
    let text = "saml: x509certs must be a list of certificates in base64 or PEM: correct it in idp";
    assert_eq!(status(&invalid), Status::new(Kind::Blocked, text));
}

#[test]
fn a_new_server_waits_for_the_mail_server_of_a_relation_without_that_of_the_options() {
    let options = json!({"smtp_address": "old.example.com"});
    let world = with_relation(&smtp::ENDPOINT, "mail", &json!({}), with_options(&options, inspected(ALL, fresh())));
    let Some(Step::Replan(Some(environment))) = step(&world) else { panic!("{:?}", step(&world)) };
    assert_eq!(environment.get("DISCOURSE_SMTP_ADDRESS"), "");
    assert!(!environment.get("DISCOURSE_HOSTNAME").is_empty());
}

#[test]
fn a_mail_server_that_is_named_wrongly_is_one_mistake_and_no_missing_one() {
    let world = with_options(&json!({"smtp_address": "a b"}), settled());
    let texts: Vec<String> = first(&world).reasons.iter().map(|reason| reason.text(world.names())).collect();
    assert!(texts[0].starts_with("smtp_address must be ") && !texts.iter().any(|it| it.contains("no mail leaves")));
}

#[test]
fn the_name_of_a_database_must_be_text_for_discourse() {
    let mut world = settled();
    world.relations.one_mut(&database::ENDPOINT).bag.insert("database".to_owned(), "007".to_owned());
    let text = "database: database must not be a number, true or false: Discourse takes no such value for text: correct it in pg";
    assert_eq!(shown(&first(&world)), Status::new(Kind::Blocked, text));
}

/// A forum behind an ingress, which then leads to a path.
fn behind_an_invalid_ingress(mut world: World) -> World {
    world.relations.insert(&nginx_route::ENDPOINT, Vec::new());
    with_relation(&ingress::ENDPOINT, "traefik-k8s", &json!({"ingress": "{\"url\": \"http://a.io/path\"}"}), world)
}

#[test]
fn a_running_server_keeps_its_address_while_an_ingress_is_invalid_and_a_new_one_does_not_start() {
    let new = first(&behind_an_invalid_ingress(fresh()));
    assert_eq!((new.step.clone(), shown(&new).kind), (None, Kind::Blocked));
    let mut world = with_options(&json!({"external_hostname": "forum.example.com:8443"}), fresh());
    hook(&mut world, ALL);
    hook(&mut world, ALL);
    let mut running = with_options(&json!({}), behind_an_invalid_ingress(world));
    assert_eq!(step(&running), None);
    running.relations.one_mut(&redis::ENDPOINT).bag.insert("leader-host".to_owned(), "redis-1".to_owned());
    let Some(Step::Replan(Some(environment))) = step(&running) else { panic!("{:?}", step(&running)) };
    let kept = ["DISCOURSE_HOSTNAME", "DISCOURSE_PORT", "DISCOURSE_REDIS_HOST"].map(|name| environment.get(name));
    assert_eq!(kept, ["forum.example.com", "8443", "redis-1"]);
}

#[test]
fn a_new_server_does_not_start_with_invalid_data_of_a_relation_that_the_forum_can_do_without() {
    let invalid = json!({"host": "two words", "port": "25", "auth_type": "none", "transport_security": "none"});
    let related = |world| with_relation(&smtp::ENDPOINT, "mail", &invalid, world);
    assert_eq!((first(&related(fresh())).step, step(&related(settled()))), (None, None));
    let traced = with_relation(&tracing::ENDPOINT, "tempo", &json!({"receivers": "["}), fresh());
    assert!(step(&traced).is_some());
}

#[test]
fn a_value_of_a_relation_that_is_too_long_is_named_with_its_key() {
    let bag = json!({
        "host": "mail", "port": "25", "auth_type": "plain", "transport_security": "none", "password": "p",
        "user": "u".repeat(140_000),
    });
    let text = "smtp: user is too long: DISCOURSE_SMTP_USER_NAME can have 131046 bytes: correct it in mail";
    let decision = first(&with_relation(&smtp::ENDPOINT, "mail", &bag, settled()));
    assert_eq!((decision.step.clone(), shown(&decision)), (None, Status::new(Kind::Blocked, text)));
}

#[test]
fn a_warning_about_traces_comes_before_those_that_every_new_forum_has() {
    let receivers = r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "https://tempo:4318"}]"#;
    let status =
        shown(&first(&with_relation(&tracing::ENDPOINT, "tempo", &json!({"receivers": receivers}), settled())));
    assert!(
        status.message.starts_with("tracing: ") && status.message.contains("; and 2 more warnings: "),
        "{status:?}"
    );
}

#[test]
fn a_server_that_waits_for_its_assets_in_another_storage_follows_a_failover_meanwhile() {
    let storage = json!({
        "s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b", "s3_region": "r",
        "s3_cdn_url": "https://cdn.example.com",
    });
    for outcome in [job::Outcome::Failed(Excerpt::of("denied")), job::Outcome::Running, job::Outcome::Done] {
        let mut world = inspected(ALL, with_options(&storage, settled()));
        world.relations.one_mut(&redis::ENDPOINT).bag.insert("leader-host".to_owned(), "redis-1".to_owned());
        let has = |environment: &Environment, name: &str| !environment.get(name).is_empty();
        let Some(Step::Replan(Some(moved))) = step(&world) else { panic!("{:?}", step(&world)) };
        assert_eq!((moved.get("DISCOURSE_REDIS_HOST"), has(&moved, "DISCOURSE_S3_BUCKET")), ("redis-1", false));
        play(&mut world, &Journal::default(), &Step::Replan(Some(moved)), ALL);
        container(&mut world).gate = Check::Stopped;
        let Some(Step::RunJob(Job::UploadAssets, header, given)) = step(&world) else { panic!("{:?}", step(&world)) };
        assert!(has(&given, "DISCOURSE_S3_BUCKET"));
        let run = Run { change: "7".to_owned(), header, outcome: outcome.clone(), ended: Some(NOW), ..Run::default() };
        world.inspection.as_mut().unwrap().runs.insert(Job::UploadAssets, run);
        let expected = match outcome {
            job::Outcome::Done => Some(StepKind::Replan),
            job::Outcome::Running => Some(StepKind::Job(Job::UploadAssets)),
            _ => None,
        };
        assert_eq!(step(&world).map(|it| it.kind()), expected, "{outcome:?}");
    }
}
