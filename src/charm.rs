//! The one way through a hook: observe, decide, apply, and again until nothing is left to do; then report.
//!
//! # Flow
//!
//! 1. Juju and Pebble are read, concurrently, into a [`World`](crate::world::World).
//! 2. [`decide`] makes a [`Decision`](crate::decision::Decision) from it: what to write, at most one step that takes time, the status.
//! 3. If there is a step, it is done, noted in the [`Journal`], and the container is read again; then 2.
//! 4. Otherwise port, version, application status and databags are published, what the Python charm left is forgotten, and the status is
//!    set, each only where it differs.
//!
//! # Guarantees
//!
//! * A hook never fails and never panics: what goes wrong becomes a status, a message of an action, or a log line.
//! * A hook that is killed anywhere leaves nothing half-done that the next hook would not finish: each step is safe to repeat, and
//!   the databags, which remember what was done, are written last. Before services are changed, Pebble finishes what it was asked before.
//! * No step is done twice in one hook, except that the database and earlier jobs are inspected again after a job, or after Pebble was
//!   away; there are 16 steps at most.
//! * A hook of Pebble that comes after `stop` starts nothing and reports nothing: the pod goes away.
//! * In the steady state nothing is written to Juju, nothing is posted to Pebble and no Rails boots.
//! * A hook tool that fails is never read as absence, except where the state of the Python charm's framework is looked for: such a hook
//!   changes nothing more and says which tool failed. One that fails for a relation which the forum can do without holds up that
//!   relation alone: what it gave last goes on, and a warning names it. A hook tool that fails to write for such a relation does not
//!   keep the others from being written.
//! * Hooks end even if hook tools do not: each tool has one minute, and whenever one did not answer, the others get half as long. In the
//!   same hook, a tool that did not answer for a relation or a secret is not run again for it.
//!
//! # Assumptions
//!
//! * Juju runs one hook of a unit at a time, and commits databags only if the hook succeeds. After `stop` it empties the status, and
//!   an agent that goes on all the same begins with `start` or `upgrade-charm`.
//! * Juju runs another hook whenever something that was read changes, and `update-status` every five minutes in any case.
//! * Pebble keeps changes and the plan until it is started again, and each start has another boot id.
//!
//! # Caveats
//!
//! * A databag of a remote unit is as old as the last hook about that unit; a wrong decision that follows is corrected by the next.
//! * Juju is read once: what it changes during a long job is seen by the next hook. Only leadership is asked again after a restart,
//!   because a write of a former leader would fail the hook.

use std::path::Path;

use tracing::{Instrument, info_span};

use crate::{
    actions,
    clients::Clients,
    decide::decide,
    diagnosis::Diagnosis,
    dispatch::{Command, Context, Event, Format, Trigger},
    explain::Explanation,
    journal::Journal,
    juju::{ToolError, Tools},
    log,
    observe::observe,
    pebble::Pebble,
    reconcile,
    relations::topology::Topology,
    status::{Kind, Reason, Status},
    telemetry::{self, Parent},
    workload,
};

/// Where Juju mounts the socket of the workload's Pebble.
pub const SOCKET: &str = "/charm/containers/discourse/pebble.socket";

/// Does what the event asks for, then sends the trace of it.
pub async fn run(context: &Context, now: i64) {
    let (tools, pebble) = (Tools::new(), Pebble::new(Path::new(SOCKET)));
    let mut clients = Clients::new(&tools, &pebble);
    let span = info_span!("hook", event = context.name);
    Box::pin(work(context, &mut clients, now)).instrument(span).await;
    if let Some(receiver) = &clients.trace_receiver {
        send_trace(context, receiver).await;
        log::flush(&tools).await;
    }
}

async fn work(context: &Context, clients: &mut Clients<'_>, now: i64) {
    if context.is_new() {
        tracing::info!("this is version {} of the charm", env!("CARGO_PKG_VERSION"));
    }
    match &context.event {
        Event::Ignored | Event::Install | Event::Help | Event::Print(_) => {}
        Event::Reconcile(trigger) => Box::pin(run_hook(context, trigger, clients, now)).await,
        Event::Action(name) => Box::pin(actions::run(name, context, clients, now)).await,
    }
    log::flush(clients.tools).await;
}

/// A trace that cannot be sent is lost.
async fn send_trace(context: &Context, receiver: &str) {
    let (trace, span) = &context.trace;
    let topology = Topology::of(&context.unit, &context.model, &context.model_uuid);
    if let Err(error) = telemetry::send(receiver, &topology, Parent::parse(trace, span).as_ref()).await {
        tracing::info!("{error}");
    }
}

/// What a person asks for: an explanation or a diagnosis.
///
/// # Errors
/// [`ToolError`] if any hook tool fails.
pub async fn answer(context: &Context, command: Command, now: i64) -> Result<String, ToolError> {
    let (tools, pebble) = (Tools::new(), Pebble::new(Path::new(SOCKET)));
    let mut clients = Clients::new(&tools, &pebble);
    let world = Box::pin(observe(context, &Trigger::default(), &mut clients, now)).await?;
    let decision = decide(&world, &Journal::default());
    Ok(match command {
        Command::Explain { format } => {
            shown(&Explanation::of(&world, &decision), format, Explanation::text, Explanation::json)
        }
        Command::Diagnose { format } => {
            let diagnosis = workload::diagnose(&pebble, &world, &decision).await;
            shown(&diagnosis, format, Diagnosis::to_string, Diagnosis::json)
        }
    })
}

fn shown<T>(what: &T, format: Format, text: fn(&T) -> String, json: fn(&T) -> String) -> String {
    match format {
        Format::Text => text(what),
        Format::Json => json(what),
    }
}

/// A hook whose tools fail writes nothing but a status, and not even that if the tool for it is among them.
async fn run_hook(context: &Context, trigger: &Trigger, clients: &mut Clients<'_>, now: i64) {
    if let Err(error) = Box::pin(hook(context, trigger, clients, now)).await {
        tracing::warn!("{error}");
        let status = Status::from_reasons(&[Reason::Tool(error.to_string())], context.names());
        drop(clients.tools.status_set(status.kind.word(), &status.message).await);
    }
}

async fn hook(context: &Context, trigger: &Trigger, clients: &mut Clients<'_>, now: i64) -> Result<(), ToolError> {
    if trigger.is_of_workload && has_stopped(clients).await? {
        return Ok(());
    }
    let world = Box::pin(observe(context, trigger, clients, now)).await?;
    reconcile::go_on(context, clients, world).await
}

/// Whether `stop` was the last hook: Juju then shows a status that no charm would set, until another hook sets one.
async fn has_stopped(clients: &mut Clients<'_>) -> Result<bool, ToolError> {
    let status = clients.tools.status_get().await?;
    let has_stopped = status.status == Kind::Maintenance.word() && status.message.is_empty();
    clients.current_status = Some(status);
    Ok(has_stopped)
}
