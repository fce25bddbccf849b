//! `restart`: restarts the server, in this unit's turn if it serves among others.

use crate::{juju::Target, relations::restart, world::Service};

use super::{Action, Failure, Results, Scene};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "restart", done: "the restart is asked for", perform: |scene| Box::pin(perform(scene)) };

/// The note and the wish for a turn come with the action's end; both wake whoever goes on: a leader itself, or the leader.
async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let service = scene.world.container.as_ref().map(|container| container.service);
    let Ok(Service::Running(Some(since))) = service else { return Err(scene.not_set_up()) };
    let (tools, peers) = (scene.clients.tools, scene.own_relation()?);
    tools.relation_set(&peers, Target::Unit, &restart::asking(since)).await?;
    if scene.world.is_leader {
        tools.relation_set(&peers, Target::App, &scene.world.fleet().turn_changes(true)).await?;
    }
    Ok(vec![("status", "asked for its turn".to_owned())])
}
