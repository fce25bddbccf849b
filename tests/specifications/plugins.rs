//! The action `list-plugins`: what the image brings, and what of it is on, without Rails.

use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus};

use crate::forum::{Forum, Outcome, writes};

/// The plugins that the image's own sources name.
const NAMES: [&str; 4] = ["discourse-prometheus", "discourse-saml", "discourse-signatures", "discourse-markdown_note"];

#[track_caller]
fn run(forum: &mut Forum, format: &str) -> ActionRun {
    forum.stage.run(0, "list-plugins", json!({"format": format})).unwrap()
}

/// The rows about the plugins above, each with its state alone.
#[track_caller]
fn states(run: &ActionRun) -> Vec<(String, String)> {
    assert_eq!(run.status, ActionStatus::Completed, "{}", run.message);
    let rows: Vec<Value> = serde_json::from_str(run.results["plugins"].as_str().unwrap()).unwrap();
    assert_eq!(json!(rows.len().to_string()), run.results["count"]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = rows.iter().filter(|row| NAMES.contains(&row["name"].as_str().unwrap()));
    rows.map(|row| (text(row, "name"), text(row, "state"))).collect()
}

/// What Discourse keeps of an administrator's settings.
#[track_caller]
fn switch(forum: &Forum, setting: &str, value: &str) {
    let table = "CREATE TABLE IF NOT EXISTS site_settings (name text, data_type integer, value text)";
    forum.postgresql.query(table).unwrap();
    forum.postgresql.query("GRANT SELECT ON site_settings TO PUBLIC").unwrap();
    forum.postgresql.query(&format!("INSERT INTO site_settings VALUES ('{setting}', 5, '{value}')")).unwrap();
}

fn expected(states: [&str; 4]) -> Vec<(String, String)> {
    NAMES.into_iter().zip(states).map(|(name, state)| (name.to_owned(), state.to_owned())).collect()
}

#[test]
fn plugins_are_listed_with_what_an_administrator_has_switched() {
    let mut forum = Forum::active();
    switch(&forum, "signatures_enabled", "t");
    switch(&forum, "markdown_note_enabled", "f");
    let run = run(&mut forum, "json");
    assert_eq!(states(&run), expected(["off", "off", "on", "off"]));
    assert_eq!(run.results.get("warning"), None);
}

#[test]
fn a_list_for_people_has_versions_and_commits_and_changes_nothing() {
    let mut forum = Forum::active();
    switch(&forum, "saml_enabled", "t");
    let run = run(&mut forum, "text");
    let shown = run.results["plugins"].as_str().unwrap();
    let row = shown.lines().find(|line| line.starts_with("discourse-saml ")).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!((cells[1], cells[2].len(), cells[3]), ("0.1", 12, "on"), "{shown}");
    let hooks = [run.hook.unwrap()];
    assert_eq!(
        (forum.outcome(&hooks), writes(&hooks)),
        (Outcome::active().posts(&["POST /v1/exec"]), vec!["action-set"])
    );
}

#[test]
fn without_the_database_the_states_are_unknown_and_the_reason_is_named_without_a_credential() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let alone = run(&mut forum, "json");
    assert_eq!(states(&alone), expected(["unknown"; 4]));
    assert_eq!(alone.results["warning"], "what the database has set is unknown: no relation gives it");
    let mut forum = Forum::active();
    let (_, password) = forum.postgresql.credentials().unwrap();
    let unset = run(&mut forum, "json");
    assert_eq!(states(&unset), expected(["unknown"; 4]));
    let warning = unset.results["warning"].as_str().unwrap();
    assert!(warning.contains("does not exist") && !warning.contains(&password), "{warning}");
}

#[test]
fn an_image_without_a_list_is_named_with_the_remedy() {
    let mut forum = Forum::active();
    std::fs::remove_file(forum.pod().path("discourse", "/srv/discourse/PLUGINS").unwrap()).unwrap();
    let run = run(&mut forum, "text");
    let text = "the image has no list of its plugins, which newer ones have: \
                juju attach-resource discourse-k8s discourse-image=<image>";
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, text));
}

#[test]
fn a_container_that_is_away_is_named_with_the_remedy() {
    let mut forum = Forum::active();
    forum.pod().kill_container("discourse").unwrap();
    let run = run(&mut forum, "text");
    let text = "the container discourse of discourse-k8s/0 does not answer; \
                wait until juju status says active and try again";
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, text));
}
