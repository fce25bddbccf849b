//! The environment of the server, from everything that is understood.

use std::collections::BTreeMap;

use crate::{
    discourse::{
        certificates::{Certificates, VARIABLE},
        environment::{Environment, Origin, Variable},
        secret_key, variables,
    },
    relations::{ENDPOINTS, Endpoint, Given, database::Database, ingress, replica::Replicas},
    secret::Secret,
    world::World,
};

use super::{Known, Understanding};

/// The environment; later variables take precedence: options, then relations.
pub(super) fn environment(world: &World, known: &Understanding) -> Environment {
    let mut environment = Environment::default();
    let running = world.running_environment();
    environment.extend(variables::fixed());
    environment.extend(secret_key(world, &running).map(|key| (secret_key::VARIABLE, key)));
    environment.extend(known.options.settings.variables());
    let limits = world.container.as_ref().map(|container| container.limits).unwrap_or_default();
    environment.extend(known.options.settings.sizing.variables(limits));
    for (option, endpoint) in &known.unread_options.options {
        keep(&mut environment, endpoint, &running, Origin::Option(option));
    }
    environment.extend(known.database.have().into_iter().flat_map(Database::variables));
    environment.extend(all_given(known).flat_map(|given| given.variables.clone()));
    environment.extend(replicas(known).flat_map(|replicas| replicas.variables(&running)));
    environment.extend(world.proxy.variables());
    environment
        .extend(known.certificates.as_ref().map(|it| (VARIABLE, Variable::plain(&it.path, certificate_origin(known)))));
    keeping(environment, known, &running)
}

/// The secret key that was found, or with which the server runs.
fn secret_key(world: &World, running: &BTreeMap<String, String>) -> Option<Variable> {
    let running =
        || running.get(secret_key::VARIABLE).filter(|key| secret_key::is_valid(key)).cloned().map(Secret::from);
    world.secret_key.clone().or_else(running).map(|key| Variable::hidden(&key, Origin::Charm))
}

/// The certificate authorities that relations name.
pub(super) fn certificates(known: &Understanding) -> Option<Certificates> {
    Certificates::of(all_given(known).map(|given| given.certificates.clone()))
}

/// The first relation that names certificates.
fn certificate_origin(known: &Understanding) -> Origin {
    let is_naming = |endpoint: &&Endpoint| {
        let given = known.given.get(endpoint.name).and_then(Known::have);
        given.is_some_and(|given| !given.certificates.is_empty())
    };
    let endpoint = ENDPOINTS.into_iter().find(is_naming);
    endpoint.map_or(Origin::Charm, |endpoint| Origin::Relation(endpoint.name, "certificates"))
}

/// What may have set a variable.
pub(super) fn sources(variable: &str) -> Vec<Origin> {
    let is_setting = |endpoint: &&Endpoint| endpoint.variables.iter().any(|prefix| variable.starts_with(prefix));
    let relations = ENDPOINTS.into_iter().filter(is_setting).map(|endpoint| Origin::Relation(endpoint.name, ""));
    variables::sources(variable).into_iter().chain(relations).collect()
}

/// An environment in which the variables of relations whose data is missing or invalid are as they run.
fn keeping(mut environment: Environment, known: &Understanding, running: &BTreeMap<String, String>) -> Environment {
    let is_lacking = |endpoint: &&Endpoint| match endpoint.name {
        name if name == ingress::ENDPOINT.name => known.has_ingress_problem(),
        name => matches!(known.given.get(name), Some(Known::Lacking(_))),
    };
    for endpoint in ENDPOINTS.into_iter().filter(is_lacking) {
        keep(&mut environment, endpoint, running, Origin::Relation(endpoint.name, ""));
    }
    environment
}

/// Leaves the variables that an endpoint's relations or the options for the same service set as they run.
fn keep(environment: &mut Environment, endpoint: &Endpoint, running: &BTreeMap<String, String>, origin: Origin) {
    let is_used = endpoint.variables.first().is_some_and(|prefix| running.keys().any(|it| it.starts_with(prefix)));
    let mut kept = [endpoint.variables, endpoint.dependent_variables].concat();
    // Other relations name certificates in the same file, and options none.
    let has_certificates = is_used && matches!(origin, Origin::Relation(..));
    kept.retain(|name| has_certificates || *name != VARIABLE);
    environment.keep(&kept, running, origin);
}

/// The replicas that the required relations offer.
fn replicas(known: &Understanding) -> impl Iterator<Item = &Replicas> {
    let of_database = known.database.have().and_then(|database| database.replicas.as_ref());
    all_given(known).filter_map(|given| given.replicas.as_ref()).chain(of_database)
}

fn all_given(known: &Understanding) -> impl Iterator<Item = &Given> {
    ENDPOINTS.into_iter().filter_map(|endpoint| known.given.get(endpoint.name)?.have())
}
