//! The relations that Juju did not show in this hook, and the address of the pod.

use crate::{
    relations::{ENDPOINTS, Need, Relation, endpoint},
    status::{Reason, Topic},
    world::World,
};

/// A reason for each endpoint with such a relation, and for the address: a warning, unless a server is not started for it.
pub(super) fn unreadable(world: &World) -> Vec<Reason> {
    let mut failed: Vec<&Relation> = ENDPOINTS
        .into_iter()
        .filter_map(|endpoint| world.relations.all(endpoint).iter().find(|it| it.failure().is_some()))
        .collect();
    // The causes first: other relations wait for those that could not be read.
    failed.sort_by_key(|relation| relation.unreadable.is_none());
    let failed = failed.into_iter().filter_map(|relation| reason(world, relation));
    let address =
        world.address.as_ref().err().map(|why| {
            Reason::Transient(Topic::Relation, format!("relations do not get the address of the pod: {why}"))
        });
    failed.chain(address).collect()
}

fn reason(world: &World, relation: &Relation) -> Option<Reason> {
    let text = relation.failure()?.to_string();
    Some(match endpoint(relation.endpoint)?.need {
        Need::WhenRelated if !world.is_running() => Reason::Tool(text),
        Need::Observability => Reason::Transient(Topic::Observability, text),
        _ => Reason::Transient(Topic::Relation, text),
    })
}
