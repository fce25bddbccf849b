//! The alerts, from the rules for Prometheus and Loki.

use std::fs;

use serde_yaml::Value;

use crate::page::{assert_holds, one_line, path, text};

/// Where rules are, and whose they are.
const FOLDERS: [(&str, &str); 2] =
    [("Prometheus", "src/observability/prometheus_alert_rules"), ("Loki", "src/observability/loki_alert_rules")];

#[test]
fn the_page_of_alerts_has_a_heading_for_every_rule() {
    let made: String = FOLDERS.map(|(who, folder)| format!("## {who}\n\n{}", sections(folder))).concat();
    assert_holds("docs/reference/alerts.md", "alerts", &made);
}

/// Every rule of a folder, by file and in the order of the files.
fn sections(folder: &str) -> String {
    let mut files: Vec<_> =
        fs::read_dir(path(folder)).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let groups = files.iter().flat_map(|file| {
        let rules: Value = serde_yaml::from_str(&text(&format!("{folder}/{file}"))).unwrap();
        rules["groups"].as_sequence().unwrap().clone()
    });
    groups.flat_map(|group| group["rules"].as_sequence().unwrap().iter().map(section).collect::<Vec<_>>()).collect()
}

/// A rule as a person reads it.
fn section(rule: &Value) -> String {
    let word = |value: &Value| one_line(&filled(value.as_str().unwrap()));
    let (name, annotations) = (word(&rule["alert"]), &rule["annotations"]);
    let expression = rule["expr"].as_str().unwrap().trim();
    format!(
        "### `{name}`\n\n*{}, after* `{}`. {}.\n\n{}\n\n```text\n{expression}\n```\n\n",
        word(&rule["labels"]["severity"]),
        word(&rule["for"]),
        word(&annotations["summary"]).trim_end_matches('.'),
        word(&annotations["description"]),
    )
}

/// The text with words in place of what Prometheus fills in: `{{ $labels.queue }}` and `{{ $value | humanizeDuration }}`.
fn filled(text: &str) -> String {
    let mut parts = text.split("{{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |done, part| {
        let (inside, after) = part.split_once("}}").unwrap();
        let name =
            inside.split('|').next().unwrap_or_default().trim().trim_start_matches("$labels.").trim_start_matches('$');
        format!("{done}*{name}*{after}")
    })
}
