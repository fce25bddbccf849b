//! `list-plugins`: the plugins of the image, and which of them are on.

use serde::Serialize;

use crate::{
    discourse::{
        answer,
        environment::Environment,
        image::{PLUGINS, RESOURCE},
        plugins::{self, Plugin, State},
    },
    excerpt::Excerpt,
    workload,
};

use super::{Action, Failure, Results, Scene, table::table};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "list-plugins", done: "nothing was changed", perform: |scene| Box::pin(perform(scene)) };

/// How much of a commit is shown to people.
const SHORT: usize = 12;

/// A plugin as it is shown.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    version: Option<String>,
    commit: Option<String>,
    state: State,
}

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let format = scene.parameters.choice("format", &["text", "json"])?;
    let (plugins, complaint) = states(scene).await?;
    let rows: Vec<Row> = plugins.iter().map(|(plugin, state)| Row::of(plugin, *state)).collect();
    let count = rows.len().to_string();
    let shown = if format == "json" { serde_json::to_string(&rows).unwrap_or_default() } else { text(&rows) };
    let warning = complaint.map(|text| ("warning", format!("what the database has set is unknown: {text}")));
    Ok([("plugins", shown), ("count", count)].into_iter().chain(warning).collect())
}

/// The plugins of the image, each with its state, and why the database does not tell it.
pub(super) async fn states(scene: &Scene<'_>) -> Result<(Vec<(Plugin, State)>, Option<Excerpt>), Failure> {
    let plugins = of_image(scene).await?;
    let environment = scene.known().environment;
    let answer = settings(scene, &environment, &plugins).await;
    let settings = answer.as_deref().ok().map(plugins::settings);
    let variables = environment.exposed();
    let state = |plugin: &Plugin| plugin.state(&variables, settings.as_ref());
    let states = plugins.iter().map(|plugin| (plugin.clone(), state(plugin))).collect();
    Ok((states, answer.err()))
}

async fn of_image(scene: &Scene<'_>) -> Result<Vec<Plugin>, Failure> {
    let app = &scene.context.unit.application;
    let files = scene.clients.pebble.read_files(&[PLUGINS]).await.map_err(|error| scene.away(&error))?;
    let content = files.get(PLUGINS).and_then(|read| read.as_deref().ok());
    let list = content.and_then(|bytes| plugins::parse(std::str::from_utf8(bytes).ok()?));
    let no_list = || {
        let newer = format!("juju attach-resource {app} {RESOURCE}=<image>");
        Failure(format!("the image has no list of its plugins, which newer ones have: {newer}"))
    };
    list.ok_or_else(no_list)
}

/// What the database answers, or why it does not.
async fn settings(scene: &Scene<'_>, environment: &Environment, plugins: &[Plugin]) -> Result<String, Excerpt> {
    if environment.get("DISCOURSE_DB_HOST").is_empty() {
        return Err(Excerpt::of("no relation gives it"));
    }
    let show = |text: &str| answer::excerpt(text, &environment.exposed(), &[]);
    let script = plugins::script(plugins);
    match workload::psql(scene.clients.pebble, environment, script, workload::DATABASE_PATIENCE).await {
        Ok(answer) => answer.map_err(|complaint| show(&complaint)),
        Err(error) => Err(show(&error.to_string())),
    }
}

impl Row {
    fn of(plugin: &Plugin, state: State) -> Self {
        let Plugin { name, version, commit, .. } = plugin.clone();
        Self { name, version, commit, state }
    }
}

fn text(rows: &[Row]) -> String {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let cells = rows.iter().map(|row| {
        let commit = known(&row.commit).chars().take(SHORT).collect();
        [row.name.clone(), known(&row.version), commit, row.state.word().to_owned()]
    });
    table(["name", "version", "commit", "state"], cells)
}
