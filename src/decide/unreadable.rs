//! The relations that Juju did not show in this hook.

use crate::{
    relations::{ENDPOINTS, Need, Relation},
    status::{Reason, Topic},
    world::World,
};

/// A reason for each endpoint with such a relation: a warning, unless a server is not started for it.
pub(super) fn unreadable(world: &World) -> Vec<Reason> {
    let failed = ENDPOINTS.into_iter().filter_map(|endpoint| {
        let problem = world.relations.all(endpoint).iter().find_map(Relation::failure)?;
        Some(match endpoint.need {
            Need::WhenRelated if !world.is_running() => Reason::Relation(problem),
            Need::Observability => Reason::Warning(Topic::Observability, problem.to_string()),
            _ => Reason::Warning(Topic::Relation, problem.to_string()),
        })
    });
    failed.collect()
}
