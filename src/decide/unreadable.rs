//! The relations that Juju did not show in this hook, and the address of the pod.

use crate::{
    relations::{ENDPOINTS, Need, Relation},
    status::{Reason, Topic},
    world::World,
};

/// A reason for each endpoint with such a relation, and for the address: a warning, unless a server is not started for it.
pub(super) fn unreadable(world: &World) -> Vec<Reason> {
    let failed = ENDPOINTS.into_iter().filter_map(|endpoint| {
        let problem = world.relations.all(endpoint).iter().find_map(Relation::failure)?;
        Some(match endpoint.need {
            Need::WhenRelated if !world.is_running() => Reason::Tool(problem.to_string()),
            Need::Observability => Reason::Transient(Topic::Observability, problem.to_string()),
            _ => Reason::Transient(Topic::Relation, problem.to_string()),
        })
    });
    let address =
        world.address.as_ref().err().map(|why| {
            Reason::Transient(Topic::Relation, format!("relations do not get the address of the pod: {why}"))
        });
    failed.chain(address).collect()
}
