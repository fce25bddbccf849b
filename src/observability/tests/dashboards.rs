//! Checks of the dashboards: what they show, of whom, and where an alert begins.

use super::*;
use crate::{juju::UnitName, relations::topology::Topology};

/// What restricts a query to the chosen units.
const CHOSEN: &str = "juju_model=~\"$juju_model\",juju_model_uuid=~\"$juju_model_uuid\",\
                      juju_application=~\"$juju_application\",juju_unit=~\"$juju_unit\"";

fn titles(panels: &[Value]) -> Vec<String> {
    panels.iter().map(|panel| text(&panel["title"])).collect()
}

/// The thresholds of a panel, each with its colour; the first has no value.
fn steps(panel: &Value) -> Vec<(Option<f64>, String)> {
    let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array();
    let step = |step: &Value| (step["value"].as_f64(), text(&step["color"]));
    steps.map(|steps| steps.iter().map(step).collect()).unwrap_or_default()
}

/// All texts of a document.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(values) => values.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn dashboards_have_the_uids_of_the_python_charm_and_newer_versions() {
    let facts = |it: Value| {
        json!([it["uid"], it["title"], it["version"].as_u64() > Some(50), it["version"].as_u64() > Some(1)])
    };
    let expected = [
        json!(["6f0532a9c282514f1e71ab89b4357454cfc2b51b", "Discourse Stats", true, true]),
        json!(["2080bac9940d9de00fcad9af42614e4a99b1caa1", "Discourse Service Health", false, true]),
    ];
    assert_eq!(dashboards().map(facts).collect::<Vec<_>>(), expected);
}

#[test]
fn dashboards_leave_fields_of_grafana_unset() {
    for dashboard in dashboards() {
        assert_eq!(dashboard["id"], Value::Null);
        assert!(dashboard.get("__inputs").is_none());
        let tags = dashboard["tags"].as_array().unwrap();
        assert_eq!(tags.iter().filter(|tag| **tag == "charm: discourse-k8s").count(), 1);
    }
}

/// Grafana's charm adds those that are missing: units and data sources.
#[test]
fn one_forum_is_shown_at_a_time() {
    for dashboard in dashboards() {
        let choice = |it: &Value| json!([it["name"], it["multi"], it["includeAll"], it["datasource"]["uid"]]);
        let expected = ["juju_model", "juju_model_uuid", "juju_application"];
        let expected = expected.map(|name| json!([name, false, false, "${prometheusds}"]));
        assert_eq!(list(&dashboard["templating"]["list"]).iter().map(choice).collect::<Vec<_>>(), expected);
    }
}

/// A Prometheus knows the targets of other charms, too.
#[test]
fn only_targets_of_this_charm_are_counted_and_offered() {
    let of_rules: BTreeSet<String> = all_rules(&ALERT_RULES).into_iter().map(|rule| rule.expr).collect();
    let others = expressions().into_iter().filter(|it| !of_rules.contains(it));
    for (expression, (metric, labels)) in others.flat_map(|it| selectors(&it).into_iter().map(move |s| (it.clone(), s)))
    {
        assert!(metric != "up" || labels.iter().any(|label| label == "juju_charm"), "{expression}");
    }
}

#[test]
fn whatever_names_the_charm_has_its_name_in_metadata_yaml() {
    let metadata: Value = serde_yaml::from_str(include_str!("../../../metadata.yaml")).unwrap();
    let name = text(&metadata["name"]);
    let unit: UnitName = "forum/0".parse().unwrap();
    assert_eq!(Topology::of(&unit, "", "").charm_name, name);
    let texts = dashboards().flat_map(|it| texts(&it)).chain(all_rules(&LOG_RULES).into_iter().map(|rule| rule.expr));
    let mut count = 0;
    for text in texts {
        let selected = text.split("charm=\"").skip(1).map(|rest| rest.split('"').next());
        for found in selected.chain(text.strip_prefix("charm: ").map(Some)) {
            assert_eq!(found, Some(name.as_str()), "{text}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn each_dashboard_links_to_the_other_and_keeps_what_is_chosen() {
    let all: Vec<Value> = dashboards().collect();
    for dashboard in &all {
        let [link] = list(&dashboard["links"]).try_into().unwrap();
        assert_eq!((&link["type"], &link["includeVars"]), (&json!("dashboards"), &json!(true)));
        assert!(link["keepTime"] == true && !list(&link["tags"]).is_empty());
        assert!(all.iter().all(|other| list(&link["tags"]).iter().all(|tag| list(&other["tags"]).contains(tag))));
    }
}

#[test]
fn panels_have_unique_ids_and_query_the_selected_source() {
    for dashboard in dashboards() {
        let ids: BTreeSet<u64> = list(&dashboard["panels"]).iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), list(&dashboard["panels"]).len());
    }
    for panel in panels() {
        let (kind, uid) =
            if panel["type"] == "logs" { ("loki", "${lokids}") } else { ("prometheus", "${prometheusds}") };
        let source = json!({"type": kind, "uid": uid});
        assert_eq!(panel["datasource"], source, "{}", panel["title"]);
        assert!(list(&panel["targets"]).iter().all(|target| target["datasource"] == source), "{}", panel["title"]);
    }
}

#[test]
fn panels_do_not_overlap() {
    for dashboard in dashboards() {
        let number = |panel: &Value, key: &str| panel["gridPos"][key].as_u64().unwrap();
        let mut cells = BTreeSet::new();
        for panel in list(&dashboard["panels"]) {
            for x in number(&panel, "x")..number(&panel, "x") + number(&panel, "w") {
                for y in number(&panel, "y")..number(&panel, "y") + number(&panel, "h") {
                    assert!(x < 24 && cells.insert((x, y)), "{}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn no_title_comes_twice_and_every_panel_is_explained() {
    let titles = titles(&panels());
    assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len(), "{titles:?}");
    for panel in panels() {
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{}", panel["title"]);
    }
}

#[test]
fn service_health_shows_the_four_golden_signals_jobs_stores_and_logs() {
    let health = dashboards().nth(1).unwrap();
    let rows: Vec<Value> = list(&health["panels"]).into_iter().filter(|panel| panel["type"] == "row").collect();
    let signals = ["Overview", "Latency", "Traffic", "Errors", "Saturation"];
    let expected = [&signals[..], &["Background jobs", "Stores", "Ruby and JavaScript", "Logs"]].concat();
    assert_eq!(titles(&rows), expected);
}

#[test]
fn logs_are_those_of_the_chosen_units() {
    let queries: Vec<String> = panels_of("loki").iter().flat_map(queries).collect();
    let all = format!("{{charm=\"discourse-k8s\",{CHOSEN}}}");
    let errors = format!("{all} |~ `(?i)(error|exception|fatal|failed)`");
    assert_eq!(queries, [errors, all]);
}

#[test]
fn annotations_are_restricted_to_the_chosen_units() {
    for annotation in dashboards().flat_map(|it| list(&it["annotations"]["list"])) {
        let expression = text(&annotation["expr"]);
        assert_eq!(expression.matches("discourse_").count(), expression.matches(CHOSEN).count(), "{expression}");
    }
}

/// Over time, other series are among the ten highest at each moment, and all of them are drawn.
#[test]
fn the_highest_ten_are_asked_for_once() {
    let targets: Vec<Value> = panels().iter().flat_map(|panel| list(&panel["targets"])).collect();
    let (highest, others): (Vec<_>, Vec<_>) = targets.iter().partition(|it| text(&it["expr"]).contains("topk("));
    assert!(highest.len() == 3 && highest.iter().all(|target| target["instant"] == true), "{highest:?}");
    assert!(others.iter().all(|target| target.get("instant").is_none()), "{others:?}");
}

#[test]
fn every_stat_says_what_is_good() {
    let stats: Vec<Value> = panels().into_iter().filter(|panel| panel["type"] == "stat").collect();
    let colours = |panel: &Value| steps(panel).into_iter().map(|step| step.1).collect::<Vec<_>>().join(" ");
    let found: Vec<_> = stats.iter().map(|panel| (text(&panel["title"]), colours(panel))).collect();
    let expected = [
        ("Units up", "red green"),
        ("Units down", "green red"),
        ("PostgreSQL", "red green"),
        ("Redis", "red green"),
        ("Read-only mode", "green red"),
        ("Sidekiq processes", "red green"),
        ("Releases", "orange green"),
    ];
    assert_eq!(found, expected.map(|(title, colours)| (title.to_owned(), colours.to_owned())));
    assert!(stats.iter().flat_map(steps).all(|(value, _)| value.is_none_or(|value| (value - 1.0).abs() < 1e-9)));
}

#[test]
fn lines_in_panels_are_thresholds_of_alerts_on_the_same_metric() {
    let lines = panels().into_iter().filter(|panel| panel["type"] == "timeseries" && !steps(panel).is_empty());
    let lines: Vec<Value> = lines.collect();
    let expected = [
        "Response time",
        "Queue latency",
        "Error rate",
        "Concurrent requests",
        "Memory",
        "Threads and deferred jobs",
        "Free space in /tmp",
        "Queued jobs",
        "Highest sequence",
    ];
    assert_eq!(titles(&lines), expected);
    for panel in lines {
        assert_eq!(
            panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"], "dashed",
            "{}",
            panel["title"]
        );
        for value in steps(&panel).into_iter().filter_map(|step| step.0) {
            assert!(all_rules(&ALERT_RULES).iter().any(|rule| is_threshold(rule, value, &panel)), "{value} in {panel}");
        }
    }
}

/// Whether a rule compares a metric of the panel with the value.
fn is_threshold(rule: &Rule, value: f64, panel: &Value) -> bool {
    let metrics = |text: &String| selectors(text).into_iter().map(|it| it.0).collect::<BTreeSet<_>>();
    let shown: BTreeSet<String> = queries(panel).iter().flat_map(metrics).collect();
    let words: Vec<&str> = rule.expr.split_whitespace().collect();
    let is_compared = |pair: &[&str]| {
        [">", "<"].contains(&pair[0]) && pair[1].parse().is_ok_and(|limit: f64| (limit - value).abs() < 1e-9)
    };
    !shown.is_disjoint(&metrics(&rule.expr)) && words.windows(2).any(is_compared)
}
