//! `pre-refresh-check`: whether this is a good moment for `juju refresh`.

use crate::{
    diagnosis::{Check, Diagnosis, Examination, Verdict},
    discourse::{aside::Stage, image::Image, plugins::State},
    excerpt::Excerpt,
    status::Kind,
    workload,
};

use super::{
    Action, Failure, Results, Scene,
    backups::{DAY, Location},
    list_plugins,
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "pre-refresh-check", done: "nothing was changed", perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let format = scene.parameters.choice("format", &["text", "json"])?;
    let environment = scene.known().environment;
    let found = workload::examine(scene.clients.pebble, &environment).await;
    let checks = vec![
        status(scene),
        units(scene),
        migrations(scene).await,
        operations(&found),
        backup(scene, Location::configured(&environment)).await,
        plugins(scene).await,
    ];
    let diagnosis = Diagnosis::from_checks(checks);
    let ready = if diagnosis.worst == Verdict::Fail { "no" } else { "yes" };
    let checks = if format == "json" { diagnosis.json() } else { diagnosis.to_string() };
    Ok(vec![
        ("ready", ready.to_owned()),
        ("checks", checks),
        ("not-checked", "the new image: neither its migrations nor its plugins are seen before it runs".to_owned()),
    ])
}

fn status(scene: &Scene<'_>) -> Check {
    let status = scene.decision.status(scene.world.names());
    let remedy = "first make it active";
    match scene.world.unwell() {
        _ if status.kind != Kind::Active => Check::fail("status", status.message, remedy),
        // What only a hook finds.
        Some(message) => Check::fail("status", Excerpt::of(message).to_string(), remedy),
        None => Check::ok("status", "this unit serves"),
    }
}

/// Whether all units serve with one image, and none restarts.
fn units(scene: &Scene<'_>) -> Check {
    let (fleet, app) = (scene.world.fleet(), &scene.context.unit.application);
    let wait = "wait until juju status shows all units active";
    if let Some(number) = fleet.other_image() {
        return Check::fail("units", format!("a roll is under way: {app}/{number} runs another image"), wait);
    }
    if let Some(number) = fleet.holder() {
        return Check::fail("units", format!("{app}/{number} restarts"), wait);
    }
    // Also those that have not joined the others yet.
    let total = scene.world.units.len().max(fleet.peers.len() + 1);
    let others = fleet.serving_peers();
    if others + 1 < total {
        return Check::fail("units", format!("{others} of {} other units serve", total - 1), wait);
    }
    Check::ok(
        "units",
        if total == 1 {
            "there is one, so the forum is away meanwhile".to_owned()
        } else {
            format!("all {total} serve")
        },
    )
}

/// Whether the database is complete for the image that runs now.
async fn migrations(scene: &Scene<'_>) -> Check {
    let image: Option<&Image> = scene.world.container.as_ref().ok().and_then(|it| it.image.as_ref().ok());
    let Some(image) = image else { return Check::fail("migrations", "the image cannot be seen", "see juju status") };
    let found = workload::inspect(scene.clients.pebble, &scene.known().environment, &image.migrations).await;
    match found.map(|found| found.schema) {
        Ok(Ok(schema)) if schema.pending_pre + schema.pending_post == 0 => Check::ok("migrations", "all have run"),
        Ok(Ok(schema)) => {
            let fact = format!("{} have not run yet", schema.pending_pre + schema.pending_post);
            Check::fail("migrations", fact, "wait until juju status shows all units active")
        }
        Ok(Err(complaint)) => {
            Check::fail("migrations", format!("the database does not answer: {complaint}"), "see juju status")
        }
        Err(_) => Check::fail("migrations", "the container does not answer", "see juju status"),
    }
}

fn operations(found: &Examination) -> Check {
    let database = found.database.as_ref().and_then(|it| it.as_ref().ok());
    let redis = found.redis.as_ref().and_then(|it| it.as_ref().ok());
    let (Some(database), Some(redis)) = (database, redis) else {
        return Check::fail("operations", "the database or Redis does not answer", "see juju status");
    };
    if redis.is_operating || database.aside.operation.is_some() {
        return Check::fail(
            "operations",
            "an operation runs, such as a backup or a restore",
            "wait until it has ended",
        );
    }
    let mark = database.aside.mark.as_ref();
    if mark.is_some_and(|mark| mark.stage == Stage::Asked) {
        return Check::fail("operations", "a restore was asked for", "wait until it has ended");
    }
    if mark.is_some() || database.aside.is_forum_away() {
        return Check::fail("operations", "a restore was interrupted", "see juju status");
    }
    Check::ok("operations", "neither a backup nor a restore runs")
}

/// Those in the object storage are listed by Discourse only, which takes a boot.
async fn backup(scene: &Scene<'_>, location: Location) -> Check {
    let unit = &scene.context.unit;
    if location == Location::S3 {
        let remedy = format!("juju run {unit} list-backups --wait=10m");
        return Check::warn("backup", "those in the object storage are not looked at here", remedy);
    }
    let remedy = format!("juju run {unit} create-backup");
    let newest = scene.backups(location).await.ok().and_then(|backups| backups.first()?.time);
    match newest {
        None => Check::warn("backup", "there is none in this pod", remedy),
        Some(time) => {
            let age = scene.world.now.saturating_sub(time).max(0);
            let fact = format!("the newest in this pod is {} hours old, and is lost with the pod", age / 3600);
            Check::warn("backup", fact, if age < DAY { "copy it first".to_owned() } else { remedy })
        }
    }
}

/// The plugins that are no part of Discourse: a new image without them would lose what they do.
async fn plugins(scene: &Scene<'_>) -> Check {
    let version = scene.world.container.as_ref().ok().and_then(|it| Some(it.image.as_ref().ok()?.version.clone()));
    let listed = list_plugins::states(scene).await;
    let Ok((plugins, _)) = listed else {
        return Check::warn("plugins", "the image does not list them", "see its build");
    };
    let is_own = |state: &State, own: Option<&String>| *state != State::Off && own != version.as_ref();
    let own = plugins.iter().filter(|(plugin, state)| is_own(state, plugin.version.as_ref()));
    let names: Vec<&str> = own.map(|(plugin, _)| plugin.name.as_str()).collect();
    match names.as_slice() {
        [] => Check::ok("plugins", "none is on that is no part of Discourse"),
        names => Check::ok("plugins", format!("a new image must bring those that are on: {}", names.join(", "))),
    }
}
