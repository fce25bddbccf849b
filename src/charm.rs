//! The one way through a hook: observe, decide, apply, and again until nothing is left to do; then report.

use std::path::Path;

use crate::{
    actions,
    apply::{self, Hands},
    decide::decide,
    decision::{Decision, Owner, Step},
    dispatch::{Context, Event, Wake},
    juju::{ToolError, Tools},
    log,
    observe::{self, observe},
    pebble::Pebble,
    status::{Names, Reason, Status},
    world::World,
};

/// Where Juju mounts the socket of the workload's Pebble.
pub const SOCKET: &str = "/charm/containers/discourse/pebble.socket";

/// More steps than any way from nothing to a serving unit has.
const MOST_STEPS: usize = 16;

/// Does what the event asks for. It never fails a hook: what goes wrong becomes a status or the message of an action.
pub async fn run(context: &Context, now: i64) {
    let tools = Tools::new();
    let pebble = Pebble::new(Path::new(SOCKET));
    match &context.event {
        Event::Ignored => {}
        Event::Reconcile(wake) => Box::pin(reconcile(context, wake, &tools, &pebble, now)).await,
        Event::Action(name) => actions::run(name, context, &tools, &pebble).await,
    }
    log::flush(&tools).await;
}

async fn reconcile(context: &Context, wake: &Wake, tools: &Tools, pebble: &Pebble, now: i64) {
    let mut hands = Hands { tools, pebble, shown: None };
    if let Err(error) = Box::pin(converge(context, wake, &mut hands, now)).await {
        tracing::warn!("{error}");
        complain(context, tools, &error).await;
    }
}

async fn converge(context: &Context, wake: &Wake, hands: &mut Hands<'_>, now: i64) -> Result<(), ToolError> {
    let observation = Box::pin(observe(context, wake, hands.tools, hands.pebble, now)).await?;
    hands.shown = observation.shown;
    let mut world = observation.world;
    if wake.is_upgrade {
        forget_framework_state(hands.tools).await;
    }
    let decision = work(hands, &mut world).await?;
    for complaint in &decision.complaints {
        tracing::warn!("{complaint}");
    }
    apply::tell(hands.tools, &decision).await?;
    apply::report(hands, &decision.status).await
}

/// Does the steps, one at a time, each decided on what the one before has left.
async fn work(hands: &mut Hands<'_>, world: &mut World) -> Result<Decision, ToolError> {
    let mut decision = decide(world);
    for _ in 0..MOST_STEPS {
        let Some(step) = decision.step.take() else { break };
        if let Step::Serve(_) = step.what {
            tracing::info!("(re)starting Discourse: {}", step.why);
        }
        apply::step(hands, world, step.what).await?;
        world.set_container(observe::container(hands.pebble).await);
        decision = decide(world);
    }
    if world.history.has_served && decision.bags.iter().any(|write| write.owner == Owner::App) {
        // A lease lasts half a minute, and a write for the application without one fails the whole hook.
        world.is_leader = hands.tools.is_leader().await?;
        decision = decide(world);
    }
    Ok(decision)
}

/// A hook whose tools fail writes nothing but this status, and not even that if the tool for it is among them.
async fn complain(context: &Context, tools: &Tools, error: &ToolError) {
    let unit = context.unit.to_string();
    let names = Names { app: &context.unit.application, unit: &unit };
    let status = Status::from_reasons(&[Reason::Tool(error.to_string())], names);
    drop(tools.status_set(status.kind.word(), &status.message).await);
}

/// The Python charm's framework kept its state at the controller; nobody reads it any more, and nothing depends on this.
async fn forget_framework_state(tools: &Tools) {
    let Ok(state) = tools.state_get().await else { return };
    let is_framework = |key: &&str| key.starts_with("StoredStateData[") || key.starts_with('#');
    let keys: Vec<&str> = state.keys().map(String::as_str).filter(is_framework).collect();
    drop(tools.state_delete(&keys).await);
}
