//! `list-backups`: the backups, and whether each can be restored here.

use serde::Serialize;

use crate::{
    discourse::{backup::Backup, postgresql::Postgresql, sizing::readable},
    workload,
};

use super::{Action, Failure, Results, Scene, backups::Location, table::table};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "list-backups", done: "nothing was changed", perform: |scene| Box::pin(perform(scene)) };

/// A backup as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    #[serde(flatten)]
    backup: Backup,
    schema: Option<String>,
    restorable: bool,
    why: Option<String>,
}

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let format = scene.parameters.choice("format", &["text", "json"])?;
    let environment = scene.operation_environment()?;
    let location = match scene.parameters.choice("location", &["configured", "local", "s3"])? {
        "local" => Location::Local,
        "s3" => Location::S3,
        _ => Location::configured(&environment),
    };
    let backups = scene.backups(location).await?;
    let (database, _) = workload::ask_servers(scene.clients.pebble, &environment).await;
    let database = database.ok();
    let rows: Vec<Row> = backups.into_iter().map(|backup| Row::of(backup, database.as_ref())).collect();
    let newest = rows.first().map(|row| row.backup.id.clone());
    let shown = if format == "json" { serde_json::to_string(&rows).unwrap_or_default() } else { text(scene, &rows) };
    let results = [("backups", shown), ("count", rows.len().to_string()), ("location", location.text(scene))];
    Ok(results.into_iter().chain(newest.map(|id| ("newest", id))).collect())
}

impl Row {
    fn of(backup: Backup, database: Option<&Postgresql>) -> Self {
        let newest = database.and_then(|database| database.newest_migration.as_deref());
        let why = backup.obstacle(newest).or_else(|| database.and_then(Postgresql::restore_obstacle));
        Self { schema: backup.schema().map(str::to_owned), restorable: why.is_none(), why, backup }
    }
}

fn text(scene: &Scene<'_>, rows: &[Row]) -> String {
    let cells = rows.iter().map(|row| {
        let restorable = row.why.as_ref().map_or_else(|| "yes".to_owned(), |why| format!("no: {why}"));
        let age = row.backup.time.map_or_else(|| "?".to_owned(), |time| age(scene.world.now.saturating_sub(time)));
        let schema = row.schema.clone().unwrap_or_else(|| "-".to_owned());
        [row.backup.id.clone(), readable(row.backup.size), age, schema, restorable]
    });
    table(["backup-id", "size", "age", "schema", "restorable"], cells)
}

/// How long ago something was.
fn age(seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_in_the_unit_that_people_use() {
        assert_eq!([-5, 59, 7199, 7200, 172_800].map(age), ["0 min", "0 min", "119 min", "2 h", "2 d"]);
    }
}
