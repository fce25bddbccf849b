//! Carrying a decision out.

mod companions;
mod forward;
mod gate;
mod job;
mod serve;

use crate::{
    decision::{Decision, Owner, Step},
    discourse::{
        certificates::Certificates,
        image::{GATE_CHECK, JOB_LOGS, METRICS_SERVICE, READY_CHECK, SERVICE, SIDEKIQ_SERVICE, USER},
    },
    juju::{RelationId, Target, ToolError, Tools},
    observe,
    pebble::{Pebble, PebbleError},
    status::Status,
    world::{Chore, World},
};

/// What carries a decision out: the two ways to the outside, and the status as Juju shows it.
#[derive(Debug)]
pub struct Hands<'a> {
    /// Juju.
    pub tools: &'a Tools,
    /// The workload.
    pub pebble: &'a Pebble,
    /// The status that was read or set last.
    pub shown: Option<Status>,
}

/// Does a step and notes in the world what is to be known of it.
///
/// # Errors
/// [`ToolError`] if the progress cannot be shown. What Pebble refuses is noted: the decision makes a status of it.
pub async fn step(hands: &mut Hands<'_>, world: &mut World, step: Step) -> Result<(), ToolError> {
    let pebble = hands.pebble;
    let done = match step {
        Step::Inspect(environment) => observe::inspect(pebble, &environment).await.map(|found| {
            world.inspection = Some(found);
        }),
        Step::Follow(job, change) => job::follow(hands, world, job, &change.into()).await?,
        Step::Run(job, header, environment) => job::run(hands, world, job, &header, &environment).await?,
        Step::Serve(environment) => serve::serve(pebble, world, environment.as_ref()).await,
        Step::Trust(certificates) => trust(pebble, world, &certificates).await,
        Step::Retire(name) => companions::retire(pebble, world, name).await,
        Step::Start(names) => companions::start(pebble, world, &names).await,
        Step::Forward(targets) => forward::forward(pebble, world, targets).await,
        Step::Open => gate::open(pebble, world).await,
        Step::Withdraw => withdraw(pebble, world).await,
    };
    if let Err(error) = done {
        note_trouble(world, &error);
    }
    Ok(())
}

/// Writes the differences that Juju is to know.
///
/// The databags come last: they note what Juju was told, and a call that fails before them is made again by the next hook.
///
/// # Errors
/// [`ToolError`] of the first tool that fails.
pub async fn tell(tools: &Tools, decision: &Decision) -> Result<(), ToolError> {
    if let Some(port) = &decision.open_port {
        tools.open_port(&port.what).await?;
    }
    if let Some(version) = &decision.version {
        tools.application_version_set(&version.what).await?;
    }
    if let Some(status) = &decision.application_status {
        tools.application_status_set(status.what.kind.word(), &status.what.message).await?;
    }
    for write in &decision.bags {
        let target = match write.owner {
            Owner::App => Target::App,
            Owner::Unit => Target::Unit,
        };
        let id = RelationId { endpoint: write.endpoint.to_owned(), number: write.relation };
        tools.relation_set(&id, target, &write.changes).await?;
    }
    Ok(())
}

/// Shows a status unless it is shown already.
///
/// # Errors
/// [`ToolError`] if it cannot be set.
pub async fn report(hands: &mut Hands<'_>, status: &Status) -> Result<(), ToolError> {
    if hands.shown.as_ref() != Some(status) {
        hands.tools.status_set(status.kind.word(), &status.message).await?;
        hands.shown = Some(status.clone());
    }
    Ok(())
}

async fn trust(pebble: &Pebble, world: &mut World, certificates: &Certificates) -> Result<(), PebbleError> {
    world.history.chores.insert(Chore::Trust);
    pebble.make_dir(JOB_LOGS, USER, USER).await?;
    pebble.write_file(&certificates.path, &certificates.text, USER).await
}

async fn withdraw(pebble: &Pebble, world: &mut World) -> Result<(), PebbleError> {
    world.history.has_withdrawn = true;
    tracing::info!("stopping Discourse: a required relation does not exist");
    let services = pebble.services().await?;
    let known: Vec<&str> = [SERVICE, METRICS_SERVICE, SIDEKIQ_SERVICE]
        .into_iter()
        .filter(|name| services.iter().any(|service| service.name == *name))
        .collect();
    if !known.is_empty() {
        let change = pebble.stop(&known).await?;
        pebble.wait_change(&change, serve::PATIENCE).await?;
    }
    let checks = pebble.checks().await?;
    let known: Vec<&str> =
        [GATE_CHECK, READY_CHECK].into_iter().filter(|name| checks.iter().any(|check| check.name == *name)).collect();
    if !known.is_empty() {
        pebble.stop_checks(&known).await?;
    }
    Ok(())
}

/// A Pebble that is gone is seen by the next observation; what it refuses is worth a status and a log line.
fn note_trouble(world: &mut World, error: &PebbleError) {
    if !error.is_unreachable() {
        tracing::warn!("{error}");
        world.history.trouble = Some(error.to_string());
    }
}
