//! Texts for people: the model as `juju status` shows it, and what the hooks cost.

mod cost;
mod table;

pub(crate) use cost::mebibytes;
pub use cost::{Cost, cost};
pub(crate) use table::Table;

use crate::{
    charm::Role,
    model::{ActionStatus, Application, End, Model, Relation, Status, Unit, ports},
};

/// A text like that of `juju status --relations`.
#[must_use]
pub fn status(model: &Model) -> String {
    let mut sections = vec![header(model), applications(model), units(model)];
    if !model.relations.is_empty() {
        sections.push(relations(model));
    }
    sections.join("\n")
}

fn header(model: &Model) -> String {
    let mut table = Table::new(&["Model", "Controller", "Version"]);
    table.row([model.name.clone(), "stage".to_owned(), model.juju.to_string()]);
    table.to_string()
}

fn applications(model: &Model) -> String {
    let mut table = Table::new(&["App", "Version", "Status", "Scale", "Charm", "Rev", "Message"]);
    for application in model.applications.values() {
        let units = || model.units_of(&application.name).map(|(_, unit)| unit);
        let version = units().map(|unit| unit.workload_version.trim()).find(|version| !version.is_empty());
        let status = shown_application_status(model, application);
        table.row([
            application.name.clone(),
            version.unwrap_or_default().to_owned(),
            status.status.to_string(),
            units().count().to_string(),
            application.charm.name.clone(),
            application.revision.to_string(),
            status.message,
        ]);
    }
    table.to_string()
}

/// What the charm set, else the leader's.
fn shown_application_status(model: &Model, application: &Application) -> Status {
    let leader = application.leader.as_ref().and_then(|leader| model.units.get(leader));
    if application.status_history.is_empty() {
        leader.map(shown_status).unwrap_or_default()
    } else {
        application.status.clone()
    }
}

fn units(model: &Model) -> String {
    let mut table = Table::new(&["Unit", "Workload", "Agent", "Address", "Ports", "Message"]);
    for (name, unit) in &model.units {
        let status = shown_status(unit);
        let star = if model.is_leader(name) { "*" } else { "" };
        table.row([
            format!("{name}{star}"),
            status.status.to_string(),
            agent(model, name, unit),
            unit.address.to_string(),
            ports::shown(&unit.opened_ports).join(","),
            status.message,
        ]);
    }
    table.to_string()
}

/// The agent's error hides the status that the charm set.
fn shown_status(unit: &Unit) -> Status {
    if unit.is_in_error() { unit.agent_status.clone() } else { unit.status.clone() }
}

fn agent(model: &Model, name: &str, unit: &Unit) -> String {
    let runs = model.actions.values().any(|action| action.unit == name && action.status == ActionStatus::Running);
    let word = match unit {
        _ if runs => "executing",
        unit if !unit.memory.installed => "allocating",
        _ => "idle",
    };
    word.to_owned()
}

fn relations(model: &Model) -> String {
    let mut table = Table::new(&["Integration provider", "Requirer", "Interface", "Type"]);
    for relation in model.relations.values() {
        let (provider, requirer) = sides(model, relation);
        let kind = if relation.is_peer() { "peer" } else { "regular" };
        table.row([provider, requirer, relation.interface.clone(), kind.to_owned()]);
    }
    table.to_string()
}

fn sides(model: &Model, relation: &Relation) -> (String, String) {
    let name = |end: Option<&End>| end.map(End::name).unwrap_or_default();
    let (first, last) = (relation.ends.first(), relation.ends.last());
    let requires = |end: &End| {
        let declared = model.application_of(&end.application).charm.endpoints.get(&end.endpoint);
        declared.is_some_and(|endpoint| endpoint.role == Role::Requires)
    };
    if first.is_some_and(requires) { (name(last), name(first)) } else { (name(first), name(last)) }
}
