//! Texts for people: the model as `juju status` shows it, and what the hooks cost.

mod cost;
mod table;

pub(crate) use cost::mebibytes;
pub use cost::{Cost, cost};
pub(crate) use table::Table;

use crate::model::{ActionStatus, Model, Relation, Unit};

/// A text like that of `juju status --relations`.
#[must_use]
pub fn status(model: &Model) -> String {
    let mut sections = vec![header(model), application(model), units(model)];
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

fn application(model: &Model) -> String {
    let application = &model.application;
    let version =
        model.units.values().map(|unit| unit.workload_version.trim().to_owned()).find(|version| !version.is_empty());
    let leader = application.leader.as_ref().and_then(|leader| model.units.get(leader));
    let status = if application.status_history.is_empty() {
        leader.map(shown_status).unwrap_or_default()
    } else {
        application.status.clone()
    };
    let mut table = Table::new(&["App", "Version", "Status", "Scale", "Charm", "Rev", "Message"]);
    table.row([
        application.name.clone(),
        version.unwrap_or_default(),
        status.status.to_string(),
        model.units.len().to_string(),
        application.charm.name.clone(),
        application.revision.to_string(),
        status.message,
    ]);
    table.to_string()
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
            unit.opened_ports.iter().cloned().collect::<Vec<_>>().join(","),
            status.message,
        ]);
    }
    table.to_string()
}

/// The agent's error hides the status that the charm set.
fn shown_status(unit: &Unit) -> crate::Status {
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
    let mut table = Table::new(&["Integration", "With", "Interface", "Type"]);
    for relation in model.relations.values() {
        let kind = if relation.peer { "peer" } else { "regular" };
        table.row([tag(model, relation), relation.remote_app.clone(), relation.interface.clone(), kind.to_owned()]);
    }
    table.to_string()
}

fn tag(model: &Model, relation: &Relation) -> String {
    format!("{}:{}", model.application.name, relation.endpoint)
}
