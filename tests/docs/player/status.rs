//! What `juju status` shows.

use stage::{
    Status, StatusKind, UnitView,
    model::{names, ports},
};

use crate::world::World;

/// The tables, each after a blank line.
pub fn text(world: &World, controller: &str) -> String {
    let model = world.stage.model();
    let mut tables = vec![table(
        &["Model", "Controller", "Cloud/Region", "Version", "SLA", "Timestamp"],
        &[[&model.name, controller, "microk8s/localhost", "3.6.14", "unsupported", "10:00:00Z"]
            .map(str::to_owned)
            .to_vec()],
    )];
    let offers: Vec<Vec<String>> = saas(world);
    if !offers.is_empty() {
        tables.push(table(&["SAAS", "Status", "Store", "URL"], &offers));
    }
    let headings = ["App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Address", "Exposed", "Message"];
    tables.push(table(&headings, &applications(world)));
    tables.push(table(&["Unit", "Workload", "Agent", "Address", "Ports", "Message"], &units(world)));
    tables.join("\n")
}

fn saas(world: &World) -> Vec<Vec<String>> {
    let offers = world.others.iter().filter_map(|(name, other)| Some((name, other.offer.as_ref()?)));
    offers.map(|(name, url)| vec![name.clone(), "active".to_owned(), "local".to_owned(), url.clone()]).collect()
}

fn applications(world: &World) -> Vec<Vec<String>> {
    let applications = world.stage.model().applications.values();
    let shown = applications
        .filter(|application| world.others.get(&application.name).is_none_or(|other| other.offer.is_none()));
    let row = |application: &stage::model::Application| {
        let units = world.units(&application.name);
        let whole: Vec<_> = units.iter().map(|unit| world.stage.unit(unit)).collect();
        let version = whole.iter().map(UnitView::workload_version).find(|version| !version.is_empty());
        let status = application_status(world, application);
        let fixed = ["", "", ""].map(str::to_owned);
        let [channel, revision, address] = fixed;
        let (name, charm) = (application.name.clone(), application.charm.name.clone());
        let (version, scale) = (version.unwrap_or_default(), units.len().to_string());
        vec![
            name,
            version.trim().to_owned(),
            status.status.to_string(),
            scale,
            charm,
            channel,
            revision,
            address,
            "no".to_owned(),
            status.message,
        ]
    };
    shown.map(row).collect()
}

/// What the charm set, else its first unit's.
fn application_status(world: &World, application: &stage::model::Application) -> Status {
    let is_set = !application.status_history.is_empty();
    let leader = application.leader.as_ref().filter(|_| !is_set).map(|leader| world.stage.unit(leader).status());
    let other = (!world.is_own(&application.name)).then(|| Status::active(""));
    other.or(leader).unwrap_or_else(|| application.status.clone())
}

fn units(world: &World) -> Vec<Vec<String>> {
    let names = world.stage.model().applications.keys().flat_map(|application| world.units(application));
    let row = |name: String| {
        let application = names::application_of(&name);
        let leads = world.stage.model().is_leader(&name) || !world.is_own(application) && name.ends_with("/0");
        let unit = world.stage.unit(&name);
        let status = if world.is_own(application) { unit.status() } else { Status::new(StatusKind::Active, "") };
        let ports = ports::shown(&unit.whole().opened_ports).join(",");
        let star = if leads { "*" } else { "" };
        vec![
            format!("{name}{star}"),
            status.status.to_string(),
            "idle".to_owned(),
            unit.address().to_string(),
            ports,
            status.message,
        ]
    };
    names.map(row).collect()
}

/// Columns that are as wide as their widest cell.
fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(headings.get(column).map(|heading| heading.len())).max().unwrap_or_default()
    };
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let headings: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
    line(&headings) + &rows.iter().map(|row| line(row)).collect::<String>()
}
