//! Specifications of the decision: worlds in, decisions out.

mod companions;
mod migration;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::decide;
use crate::{
    decision::{Decision, Owner, Step},
    discourse::{
        environment::{Environment, Proxy},
        image::{Image, METRICS_SERVICE, Migrations, SERVICE, SIDEKIQ_SERVICE},
        job::{Job, Outcome, Run},
        layer,
        schema::Schema,
    },
    juju::UnitName,
    pebble::{Layer, Plan},
    relations::{Databag, Remote, database, redis, restart},
    status::{Kind, Status},
    world::{Check, Chore, Container, History, Inspection, Integrations, NginxRoute, Service, World},
};

const NOW: i64 = 1_000_000;

fn bag(value: &Value) -> Databag {
    serde_json::from_value(value.clone()).unwrap()
}

fn image(revision: &str) -> Image {
    let numbers = |list: &[&str]| list.iter().map(|number| (*number).to_owned()).collect::<BTreeSet<_>>();
    Image {
        version: "2026.1.7".to_owned(),
        revision: revision.to_owned(),
        migrations: Migrations { pre: numbers(&["1", "2"]), post: numbers(&["3"]) },
    }
}

fn database() -> database::Relation {
    database::Relation {
        id: 1,
        remote_app: Some("pg".to_owned()),
        remote: bag(&json!({"database": "discourse", "endpoints": "pg:5432", "username": "u", "password": "p"})),
        unit_states: Vec::new(),
        own_app: Some(Databag::new()),
        own_unit: Databag::new(),
        user_secret: crate::relations::SecretContent::Unnamed,
        is_cross_model: Some(false),
    }
}

/// A leader, alone and related, whose container has just started.
pub(super) fn fresh() -> World {
    World {
        unit: UnitName { application: "forum".to_owned(), number: 0 },
        model: "prod".to_owned(),
        model_uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
        proxy: Proxy::default(),
        now: NOW,
        is_leader: true,
        options: std::iter::empty().collect(),
        database: Some(database()),
        redis: Some(redis::Relation {
            id: 2,
            remote: bag(&json!({"leader-host": "redis-0"})),
            units: [(0, bag(&json!({"port": "6379"})))].into(),
        }),
        nginx_route: Some(NginxRoute { id: 3, own_app: Some(Databag::new()) }),
        integrations: Integrations::default(),
        restart: Some(restart::Relation::default()),
        container: Some(Container {
            boot_id: "boot".to_owned(),
            image: Ok(image("r1")),
            plan: Plan::default(),
            service: Service::Stopped,
            others: BTreeMap::new(),
            is_replanned: false,
            gate: Check::Down,
            ready: Check::Unproven,
        }),
        inspection: None,
        history: History::default(),
    }
}

fn with_options(options: &Value, world: World) -> World {
    World { options: options.as_object().unwrap().clone().into_iter().collect(), ..world }
}

fn container(world: &mut World) -> &mut Container {
    world.container.as_mut().unwrap()
}

fn schema(applied: &[&str]) -> Schema {
    Schema { applied: applied.iter().map(|number| (*number).to_owned()).collect(), is_locked: false }
}

fn inspected(applied: &[&str], world: World) -> World {
    World { inspection: Some(Inspection { schema: Ok(schema(applied)), migrate: None, upload: None }), ..world }
}

fn step(world: &World) -> Option<Step> {
    decide(world).step.map(|step| step.what)
}

/// What Juju and Pebble make of a decision; `applied` is what a migration leaves in the database.
fn play(world: &mut World, step: Step, applied: &[&str]) -> &'static str {
    match step {
        Step::Inspect(_) => {
            *world = inspected(if world.history.jobs.is_empty() { &[] } else { applied }, world.clone());
            "inspect"
        }
        Step::Run(job, ..) | Step::Follow(job, _) => {
            world.history.jobs.push(job);
            world.inspection = None;
            "job"
        }
        Step::Serve(environment) => {
            world.history.has_served = true;
            serve(container(world), environment.as_ref());
            "serve"
        }
        Step::Trust(_) => {
            world.history.chores.insert(Chore::Trust);
            "trust"
        }
        Step::Retire(name) => {
            retire(container(world), name);
            "retire"
        }
        Step::Start(names) => {
            container(world).others.extend(names.into_iter().map(|name| (name, Service::Running(Some(NOW)))));
            "start"
        }
        Step::Forward(targets) => {
            container(world).plan.log_targets.extend(targets);
            "forward"
        }
        Step::Open => {
            world.history.has_opened = true;
            container(world).gate = Check::Stopped;
            container(world).ready = Check::Up;
            "open"
        }
        Step::Withdraw => {
            world.history.has_withdrawn = true;
            container(world).service = Service::Stopped;
            container(world).gate = Check::Stopped;
            container(world).ready = Check::Stopped;
            "withdraw"
        }
    }
}

/// What a replan makes of a container: what is in the plan and enabled runs, behind the gate.
fn serve(container: &mut Container, environment: Option<&Environment>) {
    if let Some(environment) = environment {
        let Layer { services, checks, .. } = layer::layer(environment);
        container.plan.services.extend(services);
        container.plan.checks = checks;
    }
    (container.service, container.gate) = (Service::Running(Some(NOW)), Check::Down);
    let enabled = container.plan.services.iter().filter(|(name, it)| *name != SERVICE && it.startup == "enabled");
    container.others.extend(enabled.map(|(name, _)| (name.clone(), Service::Running(Some(NOW)))));
}

fn retire(container: &mut Container, name: &str) {
    let retired = layer::retired(&container.plan.services[name]);
    container.plan.services.insert(name.to_owned(), retired);
    container.others.insert(name.to_owned(), Service::Stopped);
}

/// Plays a hook to its end and then what Juju keeps of it; returns the steps and the last decision.
fn hook(world: &mut World, applied: &[&str]) -> (Vec<&'static str>, Decision) {
    let mut steps = Vec::new();
    while let Some(step) = step(world) {
        steps.push(play(world, step, applied));
        assert!(steps.len() < 10, "{steps:?}");
    }
    let decision = decide(world);
    commit(world, &decision);
    (steps, decision)
}

fn commit(world: &mut World, decision: &Decision) {
    for write in &decision.bags {
        let own = match (write.endpoint, write.owner) {
            ("restart", Owner::Unit) => &mut world.restart.as_mut().unwrap().own,
            ("restart", Owner::App) => &mut world.restart.as_mut().unwrap().app,
            ("nginx-route", _) => world.nginx_route.as_mut().unwrap().own_app.as_mut().unwrap(),
            (_, Owner::Unit) => &mut world.database.as_mut().unwrap().own_unit,
            (_, Owner::App) => world.database.as_mut().unwrap().own_app.as_mut().unwrap(),
        };
        own.extend(write.changes.clone());
        own.retain(|_, value| !value.is_empty());
    }
    world.history = History::default();
    world.inspection = None;
}

/// A leader that serves, with nothing left to do.
fn settled() -> World {
    let mut world = fresh();
    hook(&mut world, &["1", "2", "3"]);
    hook(&mut world, &["1", "2", "3"]);
    world
}

fn active() -> Status {
    Status::new(Kind::Active, "uploads are lost with the pod: set s3_enabled")
}

#[test]
fn from_nothing_to_serving_the_database_is_asked_twice_and_migrated_once() {
    let (steps, decision) = hook(&mut fresh(), &["1", "2", "3"]);
    assert_eq!((steps, decision.status), (vec!["inspect", "job", "inspect", "serve", "open"], active()));
}

#[test]
fn a_hook_that_migrated_writes_no_application_bag_and_the_next_one_does() {
    let mut world = fresh();
    let (_, first) = hook(&mut world, &["1", "2", "3"]);
    let (_, second) = hook(&mut world, &["1", "2", "3"]);
    let written = |decision: &Decision| {
        decision.bags.iter().filter(|write| write.owner == Owner::App).map(|write| write.endpoint).collect::<Vec<_>>()
    };
    assert_eq!((written(&first), written(&second)), (vec![], vec!["database", "nginx-route"]));
}

#[test]
fn a_settled_unit_does_nothing() {
    let decision = decide(&settled());
    let nothing = Decision {
        bags: Vec::new(),
        open_port: None,
        version: None,
        application_status: None,
        complaints: Vec::new(),
        step: None,
        status: active(),
    };
    assert_eq!(decision, nothing);
}

#[test]
fn a_restarted_container_whose_database_is_migrated_boots_no_rails() {
    let mut world = settled();
    let fresh_container = fresh().container;
    world.container = fresh_container;
    let migrated = inspected(&["1", "2", "3"], world);
    assert!(matches!(step(&migrated), Some(Step::Serve(Some(_)))));
}

#[test]
fn a_database_that_does_not_answer_is_waited_for() {
    let mut world = inspected(&[], fresh());
    world.inspection.as_mut().unwrap().schema = Err("connection refused".to_owned());
    let status = Status::new(Kind::Waiting, "waiting for PostgreSQL: connection refused");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

#[test]
fn a_changed_option_restarts_and_the_reason_names_it() {
    let world = with_options(&json!({"max_category_nesting": 3}), settled());
    let step = decide(&world).step.unwrap();
    assert!(matches!(step.what, Step::Serve(Some(_))));
    assert_eq!(step.why, "changed: max_category_nesting");
}

#[test]
fn a_moved_primary_restarts_without_asking_the_database() {
    let mut world = settled();
    world.database.as_mut().unwrap().remote.insert("endpoints".to_owned(), "pg-new:5432".to_owned());
    assert!(matches!(step(&world), Some(Step::Serve(Some(_)))));
}

#[test]
fn a_swapped_database_is_asked_before_the_restart() {
    let mut world = settled();
    world.database.as_mut().unwrap().id = 9;
    world.database.as_mut().unwrap().remote.insert("database".to_owned(), "other".to_owned());
    assert!(matches!(step(&world), Some(Step::Inspect(_))));
    assert!(matches!(step(&inspected(&[], world)), Some(Step::Run(Job::Migrate, ..))));
}

#[test]
fn a_shut_gate_before_a_running_service_is_opened_only_after_a_replan() {
    let mut world = settled();
    container(&mut world).gate = Check::Down;
    let (steps, decision) = hook(&mut world, &[]);
    assert_eq!((steps, decision.status), (vec!["serve", "open"], active()));
}

#[test]
fn behind_a_gate_that_was_shut_before_a_replan_the_server_is_asked_unless_its_check_is_down() {
    let mut world = settled();
    container(&mut world).gate = Check::Down;
    container(&mut world).is_replanned = true;
    assert_eq!(step(&world), Some(Step::Open));
    container(&mut world).ready = Check::Down;
    let status = Status::new(Kind::Waiting, "waiting for Discourse to start; nothing to do");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

#[test]
fn mistaken_options_block_and_leave_the_running_service_alone() {
    let world = with_options(&json!({"max_category_nesting": 9, "external_hostname": "new.example.com"}), settled());
    let decision = decide(&world);
    assert_eq!(decision.status, Status::new(Kind::Blocked, "max_category_nesting must be 2 or 3"));
    assert_eq!((decision.step, decision.bags), (None, Vec::new()));
}

#[test]
fn a_missing_relation_stops_the_service_and_opens_the_gate() {
    let mut world = World { database: None, redis: None, ..settled() };
    let (steps, decision) = hook(&mut world, &[]);
    let text =
        "no database: juju integrate forum:database postgresql-k8s; no redis: juju integrate forum:redis redis-k8s";
    assert_eq!((steps, decision.status), (vec!["withdraw"], Status::new(Kind::Blocked, text)));
    assert_eq!(step(&world), None);
}

#[test]
fn withdrawn_data_leave_the_service_running_and_name_the_key() {
    for (key, endpoint) in [("endpoints", "database"), ("password", "database")] {
        let mut world = settled();
        world.database.as_mut().unwrap().remote.remove(key);
        let status = Status::new(Kind::Waiting, format!("waiting for {key} in the relation {endpoint}"));
        assert_eq!((step(&world), decide(&world).status), (None, status));
    }
    let mut world = settled();
    world.redis.as_mut().unwrap().units.clear();
    let status = Status::new(Kind::Waiting, "waiting for a unit in the relation redis");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

#[test]
fn without_pebble_bags_are_written_and_the_rest_waits() {
    let mut world = fresh();
    world.container = None;
    let decision = decide(&world);
    let status = Status::new(Kind::Waiting, "waiting for Pebble in the container discourse; nothing to do");
    assert_eq!((decision.step, decision.status), (None, status));
    assert_eq!(decision.bags.len(), 3);
}

#[test]
fn a_crashed_service_is_left_to_pebble_and_its_log_is_pointed_at() {
    let mut world = settled();
    container(&mut world).service = Service::Crashed;
    let status =
        Status::new(Kind::Waiting, "Discourse does not stay up: juju ssh --container discourse forum/0 pebble logs");
    assert_eq!((step(&world), decide(&world).status), (None, status));
}

#[test]
fn a_service_whose_check_is_down_is_not_active() {
    let mut world = settled();
    container(&mut world).ready = Check::Down;
    assert_eq!(decide(&world).status.kind, Kind::Waiting);
}

#[test]
fn a_follower_writes_no_application_bag() {
    let mut world = World { is_leader: false, ..fresh() };
    world.nginx_route.as_mut().unwrap().own_app = None;
    world.database.as_mut().unwrap().own_app = None;
    assert!(decide(&world).bags.iter().all(|write| write.owner == Owner::Unit));
}

const S3: &str = r#"{"s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b",
    "s3_region": "r", "s3_cdn_url": "https://cdn"}"#;

#[test]
fn assets_are_uploaded_once_and_only_if_browsers_load_them_from_there() {
    let mut options: Value = serde_json::from_str(S3).unwrap();
    let mut world = with_options(&options, settled());
    assert!(matches!(step(&world), Some(Step::Inspect(_))));
    world = inspected(&["1", "2", "3"], world);
    let Some(Step::Run(Job::UploadAssets, header, _)) = step(&world) else { panic!("{:?}", step(&world)) };
    let run = Run { change: "7".to_owned(), header, outcome: Outcome::Done, ended: Some(NOW) };
    world.inspection.as_mut().unwrap().upload = Some(run);
    assert!(matches!(step(&world), Some(Step::Serve(Some(_)))));
    let uploaded = decide(&world);
    commit(&mut world, &uploaded);
    assert!(matches!(step(&world), Some(Step::Serve(Some(_)))), "uploaded before: no second look");
    options["s3_cdn_url"] = json!("");
    assert!(matches!(step(&with_options(&options, settled())), Some(Step::Serve(Some(_)))));
}

#[test]
fn a_decision_can_be_printed_without_a_secret() {
    let decision = decide(&World { database: Some(database()), ..fresh() });
    let text = serde_json::to_string(&decision).unwrap() + &format!("{decision:?}");
    assert!(text.contains("DISCOURSE_DB_PASSWORD") && !text.contains("\"p\""), "{text}");
}

#[test]
fn withdrawn_data_of_an_identity_provider_leaves_its_variables_and_its_authorities_as_they_run() {
    let mut world = with_options(&json!({"force_https": true, "external_hostname": "forum.example.com"}), settled());
    world.integrations.oauth = Some(Remote {
        app: Some("hydra".to_owned()),
        bag: bag(&json!({
            "issuer_url": "https://iam.example.com", "client_id": "forum", "client_secret": "s", "ca_chain": "[\"PEM\"]",
        })),
        ..Remote::default()
    });
    hook(&mut world, &["1", "2", "3"]);
    let running = container(&mut world).plan.clone();
    assert!(running.services["discourse"].environment.contains_key("SSL_CERT_FILE"));
    world.history = History::default();
    world.integrations.oauth.as_mut().unwrap().bag.remove("issuer_url");
    let decision = decide(&world);
    let status = Status::new(Kind::Waiting, "waiting for issuer_url in the relation oauth");
    assert_eq!((decision.step, decision.status), (None, status));
}
