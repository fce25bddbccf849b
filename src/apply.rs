//! Carrying a decision out. Nothing here knows the world: each step returns its outcome.

mod gate;
mod job;
mod log_targets;
mod publish;
mod replan;
mod restores;
mod secret_key;
mod side_services;

use std::time::Duration;

use crate::{
    clients::Clients,
    decision::Step,
    discourse::{
        certificates::Certificates,
        image::{GATE_CHECK, JOB_LOGS, METRICS_SERVICE, READY_CHECK, SERVICE, SIDEKIQ_SERVICE, USER},
        layer,
    },
    journal::Outcome,
    juju::{self, ToolError},
    pebble::{Layer, Pebble, PebbleError, Plan},
    status::Status,
    workload,
};

pub use publish::publish;
pub use restores::change as change_aside;
pub use secret_key::{add as add_secret_key, generate as generate_secret_key, kept as kept_secret_key};

/// How long a change of services may take: longer than a kill delay and a start together.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(90);

/// Does a step.
///
/// What Pebble refuses is an outcome, which becomes a status.
pub async fn step(clients: &mut Clients<'_>, step: &Step) -> Outcome {
    carry_out(clients, step).await.unwrap_or_else(|error| outcome(&error))
}

async fn carry_out(clients: &mut Clients<'_>, step: &Step) -> Result<Outcome, PebbleError> {
    let pebble = clients.pebble;
    if step.changes_services() {
        pebble.wait_services(CHANGE_TIMEOUT).await?;
    }
    match step {
        Step::Inspect(environment, migrations) => {
            workload::inspect(pebble, environment, migrations).await.map(Box::new).map(Outcome::Found)
        }
        Step::FindSecretKey(id, environment) => secret_key::find(clients, id.as_deref(), environment).await,
        Step::FollowJob(job, change) => job::follow(clients, *job, &change.clone().into()).await,
        Step::RunJob(job, header, environment) => job::run(clients, *job, header, environment).await,
        Step::Replan(environment) => replan::replan(pebble, environment.as_ref()).await,
        Step::Restart(services) => replan::restart(pebble, services).await,
        Step::OpenGate => gate::open(clients).await,
        Step::AwaitRequests => gate::await_requests(pebble).await,
        Step::ShutGate => gate::shut(pebble).await.map(|()| Outcome::Done),
        Step::WriteCertificates(certificates) => write_certificates(pebble, certificates).await,
        Step::DisableService(name) => side_services::disable(pebble, name).await,
        Step::StartServices(names) => side_services::start(pebble, names).await,
        Step::SetLogTargets(targets) => log_targets::set(pebble, targets).await,
        Step::RemoveMark(environment, mark) => restores::remove_mark(pebble, environment, mark).await,
        Step::MoveBack(environment, mark) => restores::move_back(pebble, environment, mark).await,
        Step::StopServices => stop_services(pebble).await,
    }
}

/// A Pebble that is gone is seen by the next observation; what it refuses deserves a log line.
fn outcome(error: &PebbleError) -> Outcome {
    if error.is_unreachable() {
        return Outcome::Gone;
    }
    tracing::warn!("{error}");
    Outcome::Refused(error.to_string())
}

/// Shows a status unless it is shown already.
///
/// # Errors
/// [`ToolError`] if it cannot be set.
pub async fn report(clients: &mut Clients<'_>, status: &Status) -> Result<(), ToolError> {
    let status = juju::Status { status: status.kind.word().to_owned(), message: status.message.clone() };
    if clients.current_status.as_ref() != Some(&status) {
        clients.tools.status_set(&status.status, &status.message).await?;
        clients.current_status = Some(status);
    }
    Ok(())
}

/// Shows how a step goes on; one that cannot be shown goes on all the same.
async fn show(clients: &mut Clients<'_>, progress: &Status) {
    let is_new = clients.current_status.as_ref().is_none_or(|shown| shown.message != progress.message);
    if clients.is_action
        && is_new
        && let Err(error) = clients.tools.action_log(&progress.message).await
    {
        tracing::warn!("{error}");
    }
    if let Err(error) = report(clients, progress).await {
        tracing::warn!("{error}");
    }
}

async fn write_certificates(pebble: &Pebble, certificates: &Certificates) -> Result<Outcome, PebbleError> {
    pebble.make_dir(JOB_LOGS, USER, USER).await?;
    pebble.write_file(&certificates.path, &certificates.text, USER).await?;
    Ok(Outcome::Done)
}

/// Stops services and checks, and takes the environment of the services, which holds passwords, out of the plan.
///
/// The gate is shut first, and stays so if the services were ever started: the launcher serves until the ingress has dropped the pod.
/// The layer about services comes last, since a log target that does not respond can hold it up.
async fn stop_services(pebble: &Pebble) -> Result<Outcome, PebbleError> {
    let plan = pebble.plan().await?;
    // Only what the charm's own layer defines stays as it is when another layer comes.
    let checks = layer::missing_checks(&plan);
    if !checks.is_empty() {
        pebble.add_layer(layer::LABEL, &Layer { checks, ..Layer::default() }).await?;
    }
    let has_served = layer::was_started(&plan);
    if has_served {
        gate::shut(pebble).await?;
    }
    stop_known_services(pebble, &plan).await?;
    let checks: &[&str] = if has_served { &[READY_CHECK] } else { &[GATE_CHECK, READY_CHECK] };
    stop_known_checks(pebble, &plan, checks).await?;
    let services = layer::without_environment(&plan);
    if !services.is_empty() {
        pebble.add_layer(layer::LABEL, &Layer { services, ..Layer::default() }).await?;
    }
    Ok(Outcome::Done)
}

/// Pebble refuses to stop services if any of them is not in its plan.
async fn stop_known_services(pebble: &Pebble, plan: &Plan) -> Result<(), PebbleError> {
    let mut known = vec![SERVICE, METRICS_SERVICE, SIDEKIQ_SERVICE];
    known.retain(|name| plan.services.contains_key(*name));
    if known.is_empty() {
        return Ok(());
    }
    let change = pebble.stop(&known).await?;
    pebble.wait_change(&change, CHANGE_TIMEOUT).await.map(drop)
}

/// The same is true of checks.
async fn stop_known_checks(pebble: &Pebble, plan: &Plan, checks: &[&str]) -> Result<(), PebbleError> {
    let mut known = checks.to_vec();
    known.retain(|name| plan.checks.contains_key(*name));
    if known.is_empty() { Ok(()) } else { pebble.stop_checks(&known).await.map(drop) }
}
