//! From what was observed to the wanted state: decide, do a step, look again; then report.

use tracing::{Instrument, info_span};

use crate::{
    apply,
    clients::Clients,
    decide::decide,
    decision::{Decision, Step, StepKind},
    dispatch::Context,
    journal::{Journal, Outcome},
    juju::ToolError,
    observe,
    relations::Owner,
    world::World,
};

/// More steps than any way from nothing to a serving unit has.
const MOST_STEPS: usize = 16;

/// Goes on from a world until nothing is left to do, and reports.
///
/// # Errors
/// [`ToolError`] if Juju cannot be told the status, or does not say who leads.
pub async fn go_on(context: &Context, clients: &mut Clients<'_>, world: World) -> Result<(), ToolError> {
    let decision = Box::pin(steps(clients, world)).await?;
    report(context, clients, decision).instrument(info_span!("report")).await
}

async fn report(context: &Context, clients: &mut Clients<'_>, mut decision: Decision) -> Result<(), ToolError> {
    for line in decision.complaints.iter().chain(&decision.warnings) {
        tracing::warn!("{line}");
    }
    let refused = apply::publish(clients.tools, &decision).await;
    for reason in &refused {
        tracing::warn!("{}", reason.text(context.names()));
    }
    decision.reasons.extend(refused);
    apply::report(clients, &decision.status(context.names())).await
}

/// Does the steps, one at a time, each decided on what the one before has left; returns the decision without a step.
async fn steps(clients: &mut Clients<'_>, mut world: World) -> Result<Decision, ToolError> {
    let mut journal = Journal::default();
    let mut decision = decided(&world, &journal);
    for _ in 0..MOST_STEPS {
        let Some(step) = decision.step.take() else { break };
        match step.what {
            Step::Replan(_) | Step::Restart(_) => tracing::info!("(re)starting Discourse: {}", step.why),
            Step::StopServices => tracing::info!("stopping Discourse: {}", step.why),
            _ => {}
        }
        let kind = step.what.kind().to_string();
        let span = info_span!("step", otel.name = kind, step = kind);
        let outcome = apply::step(clients, &step.what).instrument(span).await;
        journal.note(&step.what, &outcome);
        if let Outcome::Key(key) = &outcome {
            world.secret_key = Some(key.clone());
        }
        world.inspection = outcome.inspection(&step.what, world.inspection);
        world.container = observe::container(clients.pebble).await;
        decision = decided(&world, &journal);
    }
    let is_app_written = decision.databags.iter().any(|it| it.write.owner == Owner::App);
    if journal.has(StepKind::Replan) && is_app_written {
        // A lease lasts half a minute, and a write for the application without one fails the whole hook.
        world.is_leader = clients.tools.is_leader().await?;
        decision = decided(&world, &journal);
    }
    Ok(decision)
}

fn decided(world: &World, journal: &Journal) -> Decision {
    info_span!("decide").in_scope(|| decide(world, journal))
}
