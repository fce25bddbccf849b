//! The panels of the dashboards.

use std::fs;

use serde_json::Value;

use crate::{
    page::{assert_holds, one_line, path},
    table::table,
};

const FOLDER: &str = "src/observability/grafana_dashboards";

#[test]
fn the_page_of_dashboards_lists_every_panel() {
    let mut files: Vec<_> = fs::read_dir(path(FOLDER)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let dashboards = files.iter().map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap());
    let made: String = dashboards.map(|dashboard: Value| section(&dashboard)).collect();
    assert_holds("docs/reference/metrics-and-dashboards.md", "panels", &made);
}

fn section(dashboard: &Value) -> String {
    let rows = panels(dashboard).into_iter().map(|panel| [word(&panel["title"]), word(&panel["description"])]);
    format!("### {}\n\n{}\n", word(&dashboard["title"]), table(["Panel", "Shows"], rows))
}

/// The panels, those in folded rows included, without the rows.
fn panels(of: &Value) -> Vec<Value> {
    let all = of["panels"].as_array().into_iter().flatten();
    let all = all.flat_map(|panel| [vec![panel.clone()], panels(panel)].concat());
    all.filter(|panel| panel["type"] != "row").collect()
}

fn word(value: &Value) -> String {
    one_line(value.as_str().unwrap_or_default())
}
