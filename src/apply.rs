//! Carrying a decision out. Nothing here knows the world: each step returns its outcome.

mod gate;
mod job;
mod log_targets;
mod replan;
mod side_services;

use std::time::Duration;

use crate::{
    clients::Clients,
    decision::{Decision, Step},
    discourse::{
        certificates::Certificates,
        image::{GATE_CHECK, JOB_LOGS, METRICS_SERVICE, READY_CHECK, SERVICE, SIDEKIQ_SERVICE, USER},
        layer,
    },
    journal::Outcome,
    juju::{RelationId, Target, ToolError, Tools},
    pebble::{Layer, Pebble, PebbleError},
    relations::Owner,
    status::Status,
    workload,
};

/// How long a change of services may take: longer than a kill delay and a start together.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(90);

/// Does a step.
///
/// # Errors
/// [`ToolError`] if the progress cannot be shown. What Pebble refuses is an outcome, which becomes a status.
pub async fn step(clients: &mut Clients<'_>, step: &Step) -> Result<Outcome, ToolError> {
    let pebble = clients.pebble;
    let done = match step {
        Step::Inspect(environment, migrations) => {
            workload::inspect(pebble, environment, migrations).await.map(Outcome::Found)
        }
        Step::FollowJob(job, change) => job::follow(clients, *job, &change.clone().into()).await?,
        Step::RunJob(job, header, environment) => job::run(clients, *job, header, environment).await?,
        Step::Replan(environment) => replan::replan(pebble, environment.as_ref()).await,
        Step::OpenGate => gate::open(pebble).await,
        Step::WriteCertificates(certificates) => write_certificates(pebble, certificates).await,
        Step::DisableService(name) => side_services::disable(pebble, name).await,
        Step::StartServices(names) => side_services::start(pebble, names).await,
        Step::SetLogTargets(targets) => log_targets::set(pebble, targets).await,
        Step::StopServices => stop_services(pebble).await,
    };
    Ok(done.unwrap_or_else(|error| outcome(&error)))
}

/// A Pebble that is gone is seen by the next observation; what it refuses deserves a log line.
fn outcome(error: &PebbleError) -> Outcome {
    if error.is_unreachable() {
        return Outcome::Gone;
    }
    tracing::warn!("{error}");
    Outcome::Refused(error.to_string())
}

/// Publishes what Juju is to know, the status apart.
///
/// The databags come last: they note what Juju was given, and a call that fails before them is made again by the next hook. Of
/// several databags those of the unit come first.
///
/// # Errors
/// [`ToolError`] of the first tool that fails.
pub async fn publish(tools: &Tools, decision: &Decision) -> Result<(), ToolError> {
    // Nothing depends on what is left there.
    let forget: Vec<&str> = decision.forget.iter().map(String::as_str).collect();
    drop(tools.state_delete(&forget).await);
    if let Some(port) = &decision.open_port {
        tools.open_port(&port.what).await?;
    }
    if let Some(version) = &decision.version {
        tools.application_version_set(&version.what).await?;
    }
    if let Some(status) = &decision.application_status {
        tools.application_status_set(status.what.kind.word(), &status.what.message).await?;
    }
    publish_databags(tools, decision).await
}

async fn publish_databags(tools: &Tools, decision: &Decision) -> Result<(), ToolError> {
    for databag in &decision.databags {
        let target = match databag.write.owner {
            Owner::App => Target::App,
            Owner::Unit => Target::Unit,
        };
        let id = RelationId { endpoint: databag.endpoint.to_owned(), number: databag.relation };
        tools.relation_set(&id, target, &databag.write.changes).await?;
    }
    Ok(())
}

/// Shows a status unless it is shown already.
///
/// # Errors
/// [`ToolError`] if it cannot be set.
pub async fn report(clients: &mut Clients<'_>, status: &Status) -> Result<(), ToolError> {
    if clients.current_status.as_ref() != Some(status) {
        clients.tools.status_set(status.kind.word(), &status.message).await?;
        clients.current_status = Some(status.clone());
    }
    Ok(())
}

async fn write_certificates(pebble: &Pebble, certificates: &Certificates) -> Result<Outcome, PebbleError> {
    pebble.make_dir(JOB_LOGS, USER, USER).await?;
    pebble.write_file(&certificates.path, &certificates.text, USER).await?;
    Ok(Outcome::Done)
}

/// Stops the services and takes their environment, which holds passwords, out of the plan.
///
/// The layer comes last, since a log target that does not respond can hold it up.
async fn stop_services(pebble: &Pebble) -> Result<Outcome, PebbleError> {
    tracing::info!("stopping Discourse: a required relation does not exist");
    let plan = pebble.plan().await?;
    let known: Vec<&str> =
        [SERVICE, METRICS_SERVICE, SIDEKIQ_SERVICE].into_iter().filter(|it| plan.services.contains_key(*it)).collect();
    if !known.is_empty() {
        let change = pebble.stop(&known).await?;
        pebble.wait_change(&change, CHANGE_TIMEOUT).await?;
    }
    let known: Vec<&str> = [GATE_CHECK, READY_CHECK].into_iter().filter(|it| plan.checks.contains_key(*it)).collect();
    if !known.is_empty() {
        pebble.stop_checks(&known).await?;
    }
    let services = layer::without_environment(&plan);
    if !services.is_empty() {
        pebble.add_layer(layer::LABEL, &Layer { services, ..Layer::default() }).await?;
    }
    Ok(Outcome::Done)
}
