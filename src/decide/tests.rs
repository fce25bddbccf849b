//! Specifications of the decision: worlds in, decisions out.

mod databags;
mod first_migration;
mod fleet;
mod migration;
mod readiness;
mod replicas;
mod restores;
mod serving;
mod side_services;
mod silence;
mod simulation;
mod unreadable;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::decide;
use crate::{
    decision::{Decision, Step, StepKind},
    discourse::{
        aside::Aside,
        environment::Environment,
        image::{Image, METRICS_SERVICE, Migrations, SERVICE, SIDEKIQ_SERVICE},
        job::{Job, Run},
        layer,
        schema::Schema,
        sizing::Limits,
        variables::Proxy,
    },
    fleet::SECRET_KEY,
    journal::{Journal, Outcome},
    juju::{self, UnitName},
    pebble::{Layer, Plan},
    relations::{Databag, Endpoint, Owner, Relation, Relations, database, endpoint, nginx_route, redis, restart},
    secret::Secret,
    status::{Kind, Names, Reason, Status, Topic},
    world::{Check, Container, Inspection, Service, World},
};

const NOW: i64 = 1_000_000;

/// All migrations of the image.
const ALL: &[&str] = &["1", "2", "3"];

fn bag(value: &Value) -> Databag {
    serde_json::from_value(value.clone()).unwrap()
}

fn image(revision: &str) -> Image {
    Image {
        version: "2026.1.7".to_owned(),
        revision: revision.to_owned(),
        migrations: Migrations::parse("pre 1\npre 2\npost 3\n").unwrap(),
    }
}

fn relation(endpoint: &Endpoint, app: &str, remote: &Value) -> Relation {
    Relation {
        endpoint: endpoint.name,
        app: Some(app.to_owned()),
        bag: bag(remote),
        own_app: Some(Databag::new()),
        ..Relation::default()
    }
}

/// PostgreSQL, Redis, a route and the peer relation, each complete.
fn relations() -> Relations {
    let postgresql = json!({"database": "discourse", "endpoints": "pg:5432", "username": "u", "password": "p"});
    let postgresql =
        Relation { id: 1, is_cross_model: Some(false), ..relation(&database::ENDPOINT, "pg", &postgresql) };
    let units = [("redis/0".parse().unwrap(), bag(&json!({"port": "6379"})))].into();
    let leader = relation(&redis::ENDPOINT, "redis", &json!({"leader-host": "redis-0"}));
    let mut relations = Relations::default();
    relations.insert(&database::ENDPOINT, vec![postgresql]);
    relations.insert(&redis::ENDPOINT, vec![Relation { id: 2, units, ..leader }]);
    relations.insert(
        &nginx_route::ENDPOINT,
        vec![Relation { id: 3, ..relation(&nginx_route::ENDPOINT, "nginx", &json!({})) }],
    );
    relations.insert(&restart::ENDPOINT, vec![relation(&restart::ENDPOINT, "forum", &json!({}))]);
    relations
}

/// A leader, alone and related, whose container has just started.
pub(crate) fn fresh() -> World {
    World {
        unit: UnitName { application: "forum".to_owned(), number: 0 },
        model: "prod".to_owned(),
        model_uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
        proxy: Proxy::default(),
        now: NOW,
        is_leader: true,
        shown: juju::Status { status: "active".to_owned(), message: String::new() },
        options: std::iter::empty().collect(),
        option_secrets: BTreeMap::new(),
        relations: relations(),
        address: Ok(None),
        is_upgraded: false,
        framework_state: Vec::new(),
        container: Ok(Container {
            boot_id: "boot".to_owned(),
            image: Ok(image("r1")),
            plan: Plan::default(),
            service: Service::Stopped,
            others: BTreeMap::new(),
            is_replan_due: false,
            limits: Limits::default(),
            gate: Check::Down,
            ready: Check::Unproven,
        }),
        is_leaving: false,
        units: BTreeSet::new(),
        secret_key: None,
        inspection: None,
    }
}

/// A world whose empty database was asked, and what else was found.
pub(crate) fn with_inspection(world: World, change: impl FnOnce(&mut Inspection)) -> World {
    let mut inspection = found(&[]);
    change(&mut inspection);
    World { inspection: Some(inspection), ..world }
}

pub(crate) fn with_options(options: &Value, world: World) -> World {
    World { options: options.as_object().unwrap().clone().into_iter().collect(), ..world }
}

/// Options with which units share their uploads.
fn shared_uploads() -> Value {
    json!({
        "s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b", "s3_region": "r",
    })
}

/// A world with one more relation.
pub(crate) fn with_relation(endpoint: &'static Endpoint, app: &str, remote: &Value, mut world: World) -> World {
    world.relations.insert(endpoint, vec![relation(endpoint, app, remote)]);
    world
}

/// A world with another unit that has published this.
pub(crate) fn with_peer(number: u32, published: &Value, mut world: World) -> World {
    let peers = world.relations.one_mut(&restart::ENDPOINT);
    peers.units.insert(UnitName { application: "forum".to_owned(), number }, bag(published));
    world
}

fn container(world: &mut World) -> &mut Container {
    world.container.as_mut().unwrap()
}

fn schema(applied: &[&str]) -> Schema {
    let missing = |versions: &[&str]| versions.iter().filter(|version| !applied.contains(version)).count();
    Schema {
        pending_pre: missing(&["1", "2"]),
        pending_post: missing(&["3"]),
        is_locked: false,
        is_empty: applied.is_empty(),
        aside: Aside::default(),
    }
}

fn key() -> Secret {
    Secret::from("0f".repeat(64))
}

fn found(applied: &[&str]) -> Inspection {
    Inspection { schema: Ok(schema(applied)), database: None, redis: None, runs: BTreeMap::new() }
}

fn inspected(applied: &[&str], world: World) -> World {
    World { inspection: Some(found(applied)), secret_key: Some(key()), ..world }
}

fn shown(decision: &Decision) -> Status {
    decision.status(Names { unit: &"forum/0".parse().unwrap() })
}

/// The first decision of a hook.
pub(crate) fn first(world: &World) -> Decision {
    decide(world, &Journal::default())
}

fn step(world: &World) -> Option<Step> {
    first(world).step.map(|step| step.what)
}

/// A journal in which these steps were done.
fn done(steps: &[Step]) -> Journal {
    let mut journal = Journal::default();
    for step in steps {
        journal.note(step, &Outcome::Done);
    }
    journal
}

/// What Pebble makes of a step; `applied` is what a migration leaves in the database.
fn play(world: &mut World, journal: &Journal, step: &Step, applied: &[&str]) -> Outcome {
    let container = container(world);
    match step {
        Step::FindSecretKey(..) => return Outcome::Key(key()),
        Step::Inspect(..) => return Outcome::Found(Box::new(found(if journal.has_job() { applied } else { &[] }))),
        Step::Replan(environment) => replan(container, environment.as_ref()),
        Step::Restart(_) => replan(container, None),
        Step::DisableService(name) => disable(container, name),
        Step::StartServices(names) => {
            container.others.extend(names.iter().map(|name| (name.clone(), Service::Running(Some(NOW)))));
        }
        Step::SetLogTargets(targets) => container.plan.log_targets.extend(targets.clone()),
        Step::OpenGate => (container.gate, container.ready) = (Check::Stopped, Check::Up),
        Step::ShutGate => container.gate = Check::Down,
        Step::StopServices => {
            container.service = Service::Stopped;
            let has_served = layer::was_started(&container.plan);
            container.gate = if has_served { Check::Down } else { Check::Stopped };
            container.ready = Check::Stopped;
            container.plan.services.extend(layer::without_environment(&container.plan));
        }
        _ => {}
    }
    Outcome::Done
}

/// What a replan makes of a container: what is in the plan and enabled runs, behind the gate.
fn replan(container: &mut Container, environment: Option<&Environment>) {
    if let Some(environment) = environment {
        let Layer { services, checks, .. } = layer::layer(environment);
        container.plan.services.extend(services);
        container.plan.checks = checks;
    }
    (container.service, container.gate) = (Service::Running(Some(NOW)), Check::Down);
    container.is_replan_due = false;
    let enabled = container.plan.services.iter().filter(|(name, it)| *name != SERVICE && it.startup == "enabled");
    container.others.extend(enabled.map(|(name, _)| (name.clone(), Service::Running(Some(NOW)))));
}

fn disable(container: &mut Container, name: &str) {
    let disabled = layer::disabled(&container.plan.services[name]);
    container.plan.services.insert(name.to_owned(), disabled);
    container.others.insert(name.to_owned(), Service::Stopped);
}

/// Plays a hook to its end and then what Juju keeps of it; returns the steps and the last decision.
fn hook(world: &mut World, applied: &[&str]) -> (Vec<StepKind>, Decision) {
    let (mut journal, mut steps) = (Journal::default(), Vec::new());
    let mut decision = decide(world, &journal);
    while let Some(step) = decision.step.take() {
        let outcome = play(world, &journal, &step.what, applied);
        journal.note(&step.what, &outcome);
        note_key(world, &outcome);
        world.inspection = outcome.inspection(&step.what, world.inspection.take());
        steps.push(step.what.kind());
        assert!(steps.len() < 10, "{steps:?}");
        decision = decide(world, &journal);
    }
    commit(world, &decision);
    (steps, decision)
}

fn note_key(world: &mut World, outcome: &Outcome) {
    if let Outcome::Key(key) = outcome {
        world.secret_key = Some(key.clone());
    }
}

fn commit(world: &mut World, decision: &Decision) {
    for databag in &decision.databags {
        let relation = world.relations.one_mut(endpoint(databag.endpoint).unwrap());
        let own = match databag.write.owner {
            Owner::Unit => &mut relation.own_unit,
            Owner::App => relation.own_app.as_mut().unwrap(),
        };
        own.extend(databag.write.changes.clone());
        own.retain(|_, value| !value.is_empty());
        relation.is_cross_model = None;
    }
    if decision.keep_secret_key.is_some() {
        let app = world.relations.one_mut(&restart::ENDPOINT).own_app.as_mut().unwrap();
        app.insert(SECRET_KEY.to_owned(), "cq7i7dd7s9ht5h2m8v2g".to_owned());
    }
    (world.inspection, world.secret_key) = (None, None);
}

/// A leader that serves, with nothing left to do.
pub(crate) fn settled() -> World {
    let mut world = fresh();
    hook(&mut world, ALL);
    hook(&mut world, ALL);
    world
}

fn active() -> Status {
    let more = "and 1 more warning: juju run forum/0 explain";
    Status::new(Kind::Active, format!("uploads are lost with the pod: set s3_enabled; {more}"))
}
