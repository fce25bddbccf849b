//! Checks of the data: names that Discourse exports, and formats that Prometheus, Loki and Grafana accept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::relations::rules::{self, Group, Rule};

/// The exported metrics and their own labels.
///
/// *Source*: github.com/discourse/discourse-prometheus, `lib/collector.rb` and `lib/internal_metric` of August 2026; the collector's
/// own come from the library `prometheus_exporter` 2.2.
const METRICS: [(&str, &str); 72] = [
    ("up", ""),
    // Counters
    ("discourse_page_views", "db type device"),
    ("discourse_http_requests", "db api verb type status"),
    ("discourse_http_forced_anon_count", "db api verb type status"),
    ("discourse_http_anon_cache_store", "success content_type logged_in controller action"),
    ("discourse_http_anon_cache_hit", "success content_type logged_in controller action"),
    ("discourse_scheduled_job_count", "job_name success"),
    ("discourse_scheduled_job_duration_seconds", "job_name success"),
    ("discourse_sidekiq_job_count", "job_name success"),
    ("discourse_sidekiq_job_duration_seconds", "job_name success"),
    // Histograms
    ("discourse_http_requests_duration_seconds_", "success content_type logged_in controller action"),
    ("discourse_http_requests_application_duration_seconds_", "success content_type logged_in controller action"),
    ("discourse_http_requests_redis_duration_seconds_", "success content_type logged_in controller action"),
    ("discourse_http_requests_sql_duration_seconds_", "success content_type logged_in controller action"),
    ("discourse_http_requests_net_duration_seconds_", "success content_type logged_in controller action"),
    ("discourse_http_requests_gc_duration_seconds_", "success content_type logged_in controller action"),
    ("discourse_http_requests_queue_duration_seconds_", ""),
    // Summaries
    ("discourse_http_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_application_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_redis_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_sql_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_net_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_gc_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_queue_duration_seconds", "quantile"),
    // Gauges of requests
    ("discourse_active_app_reqs", ""),
    ("discourse_queued_app_reqs", ""),
    ("discourse_http_sql_calls_per_request", "success content_type logged_in controller action"),
    ("discourse_http_gc_major_count", "success content_type logged_in controller action"),
    ("discourse_http_gc_minor_count", "success content_type logged_in controller action"),
    // Gauges of jobs
    ("discourse_sidekiq_jobs_enqueued", "queue"),
    ("discourse_sidekiq_queue_latency_seconds", "queue"),
    ("discourse_sidekiq_processes", ""),
    ("discourse_sidekiq_workers", ""),
    ("discourse_sidekiq_paused", "db"),
    ("discourse_sidekiq_jobs_stuck", "job_name"),
    ("discourse_scheduled_jobs_stuck", "job_name"),
    // Gauges of health
    ("discourse_postgres_primary_available", ""),
    ("discourse_postgres_replica_available", ""),
    ("discourse_postgres_readonly_mode", ""),
    ("discourse_postgres_highest_sequence", "db"),
    ("discourse_redis_primary_available", "type"),
    ("discourse_redis_replica_available", "type"),
    ("discourse_readonly_sites", "key"),
    ("discourse_missing_s3_uploads", "db"),
    ("discourse_tmp_dir_available_bytes", ""),
    ("discourse_version_info", "revision version"),
    // Processes
    ("discourse_rss", "type pid"),
    ("discourse_thread_count", "type pid"),
    ("discourse_heap_live_slots", "type pid"),
    ("discourse_heap_free_slots", "type pid"),
    ("discourse_v8_heap_size", "type pid"),
    ("discourse_v8_used_heap_size", "type pid"),
    ("discourse_v8_physical_size", "type pid"),
    ("discourse_v8_heap_count", "type pid"),
    ("discourse_deferred_jobs_queued", "type pid"),
    ("discourse_active_record_connections_count", "type pid status"),
    ("discourse_active_record_failover_count", "type pid"),
    ("discourse_redis_failover_count", "type pid"),
    ("discourse_process_cpu_seconds_total", "type pid"),
    ("discourse_major_gc_count", "type pid"),
    ("discourse_minor_gc_count", "type pid"),
    ("discourse_total_allocated_objects", "type pid"),
    ("discourse_gc_major_by", "type pid reason"),
    ("discourse_job_failures", "type pid job family"),
    // The collector
    ("discourse_collector_working", ""),
    ("discourse_collector_rss", ""),
    ("discourse_collector_metrics_total", ""),
    ("discourse_collector_sessions_total", ""),
    ("discourse_collector_bad_metrics_total", ""),
    // Deprecated twins
    ("discourse_redis_master_available", "type"),
    ("discourse_redis_slave_available", "type"),
    ("discourse_postgres_master_available", ""),
];

/// The labels that scraping adds to each metric.
const SCRAPED: &str = "instance juju_unit";

fn groups(files: &[&str]) -> Vec<Group> {
    files.iter().flat_map(|text| rules::read(text).unwrap().groups).collect()
}

fn all_rules(files: &[&str]) -> Vec<Rule> {
    groups(files).into_iter().flat_map(|group| group.rules).collect()
}

fn dashboards() -> impl Iterator<Item = Value> {
    DASHBOARDS.iter().map(|dashboard| serde_json::from_str(dashboard.content).unwrap())
}

fn panels(dashboard: &Value) -> &Vec<Value> {
    dashboard["panels"].as_array().unwrap()
}

fn expressions() -> Vec<String> {
    let rules = all_rules(&ALERT_RULES).into_iter().map(|rule| rule.expr);
    let text = |target: &Value| target["expr"].as_str().unwrap().to_owned();
    let targets = |panel: &Value| panel["targets"].as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    rules.chain(dashboards().flat_map(|it| panels(&it).iter().flat_map(targets).collect::<Vec<_>>())).collect()
}

/// The metrics of an expression, each with the labels of its selector.
fn selectors(expression: &str) -> Vec<(String, Vec<String>)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = expression.match_indices(|c: char| is_word(c)).map(|(at, _)| at);
    let starts = starts.filter(|at| *at == 0 || !expression[..*at].ends_with(is_word));
    let selector = |at: usize| {
        let rest = &expression[at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let braces = rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |it| it.0);
        let labels = braces.split(',').filter_map(|it| it.split_once(['=', '!'])).map(|it| it.0.to_owned());
        (rest[..end].to_owned(), labels.collect())
    };
    starts.map(selector).filter(|(name, _)| name == "up" || name.starts_with("discourse_")).collect()
}

/// The labels of a metric that Discourse exports; histograms have three suffixes.
fn labels_of(metric: &str) -> Option<&'static str> {
    let known: BTreeMap<&str, &str> = METRICS.into();
    let stem = ["bucket", "sum", "count"].iter().find_map(|suffix| metric.strip_suffix(suffix));
    known.get(metric).or_else(|| known.get(stem?)).copied()
}

#[test]
fn rules_and_dashboards_use_only_what_discourse_exports() {
    for expression in expressions() {
        let selectors = selectors(&expression);
        assert!(!selectors.is_empty(), "no metric in {expression}");
        for (metric, labels) in selectors {
            let known = labels_of(&metric).unwrap_or_else(|| panic!("{metric} in {expression}"));
            for label in labels {
                let mut all = known.split(' ').chain(SCRAPED.split(' '));
                assert!(all.any(|it| it == label), "{label} of {metric} in {expression}");
            }
        }
    }
}

#[test]
fn expressions_aggregate_by_labels_that_their_metrics_have() {
    for expression in expressions() {
        let known: BTreeSet<&str> = selectors(&expression)
            .iter()
            .filter_map(|(metric, _)| labels_of(metric))
            .flat_map(|it| it.split(' '))
            .collect();
        for list in expression.split(" by (").skip(1).chain(expression.split(" on (").skip(1)) {
            for label in list.split_once(')').unwrap().0.split(", ") {
                let is_known = label == "le" || known.contains(label) || SCRAPED.split(' ').any(|it| it == label);
                assert!(is_known, "{label} in {expression}");
            }
        }
    }
}

#[test]
fn names_of_groups_and_alerts_are_unique() {
    for files in [&ALERT_RULES[..], &LOG_RULES[..]] {
        let groups: Vec<String> = groups(files).into_iter().map(|group| group.name).collect();
        let alerts: Vec<String> = all_rules(files).into_iter().map(|rule| rule.alert).collect();
        for names in [groups, alerts] {
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        }
    }
}

#[test]
fn every_rule_has_a_severity_and_a_description() {
    for rule in all_rules(&ALERT_RULES).into_iter().chain(all_rules(&LOG_RULES)) {
        assert_eq!(rule.labels.keys().collect::<Vec<_>>(), ["severity"], "{}", rule.alert);
        assert!(["critical", "warning"].contains(&rule.labels["severity"].as_str()), "{}", rule.alert);
        assert_eq!(rule.annotations.keys().collect::<Vec<_>>(), ["description", "summary"], "{}", rule.alert);
        assert!(rule.annotations.values().all(|text| !text.contains('\n')), "{}", rule.alert);
    }
}

#[test]
fn every_alert_for_prometheus_has_a_test_in_which_it_fires() {
    let tests = [
        include_str!("../../tests/observability/rules/missing.yaml"),
        include_str!("../../tests/observability/rules/traffic.yaml"),
        include_str!("../../tests/observability/rules/jobs.yaml"),
        include_str!("../../tests/observability/rules/stores.yaml"),
        include_str!("../../tests/observability/rules/processes.yaml"),
        include_str!("../../tests/observability/rules/host_health.yaml"),
    ];
    for (file, tests) in ALERT_RULES.iter().zip(tests) {
        for rule in all_rules(&[file]) {
            let fires = format!("ALERTS{{alertname=\"{}\", alertstate=\"firing\"", rule.alert);
            assert!(tests.contains(&fires), "{fires}");
        }
    }
}

#[test]
fn no_expression_names_a_model_or_an_application() {
    for rule in all_rules(&ALERT_RULES).into_iter().chain(all_rules(&LOG_RULES)) {
        for word in ["%%", "juju_model", "juju_application", "juju_charm"] {
            assert!(!rule.expr.contains(word), "{}: {word}", rule.alert);
        }
    }
}

#[test]
fn log_rules_count_lines_of_the_charm_by_unit() {
    for rule in all_rules(&LOG_RULES) {
        let counted = rule.expr.strip_prefix("sum by (juju_unit) (count_over_time({charm=\"discourse-k8s\"} ");
        let (filter, rest) = counted.unwrap_or_else(|| panic!("{}", rule.expr)).rsplit_once("` [").unwrap();
        let words = filter.strip_prefix("|= `").or_else(|| filter.strip_prefix("|~ `")).unwrap();
        assert!(!words.is_empty() && !words.contains('`'), "{}", rule.expr);
        let (time, limit) = rest.split_once("])) > ").unwrap();
        assert!(["10m", "15m", "30m", "3h"].contains(&time), "{}", rule.expr);
        assert!(limit.parse::<u32>().is_ok(), "{}", rule.expr);
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
        assert_eq!(dashboard["templating"]["list"], json!([]));
        assert!(dashboard.get("__inputs").is_none());
        let tags = dashboard["tags"].as_array().unwrap();
        assert_eq!(tags.iter().filter(|tag| **tag == "charm: discourse-k8s").count(), 1);
    }
}

#[test]
fn panels_have_unique_ids_and_query_the_selected_prometheus() {
    let source = json!({"type": "prometheus", "uid": "${prometheusds}"});
    for dashboard in dashboards() {
        let ids: BTreeSet<u64> = panels(&dashboard).iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels(&dashboard).len());
        for panel in panels(&dashboard) {
            assert_eq!(panel["datasource"], source);
            assert!(panel["targets"].as_array().unwrap().iter().all(|target| target["datasource"] == source));
        }
    }
}

#[test]
fn panels_do_not_overlap() {
    for dashboard in dashboards() {
        let number = |panel: &Value, key: &str| panel["gridPos"][key].as_u64().unwrap();
        let mut cells = BTreeSet::new();
        for panel in panels(&dashboard) {
            for x in number(panel, "x")..number(panel, "x") + number(panel, "w") {
                for y in number(panel, "y")..number(panel, "y") + number(panel, "h") {
                    assert!(x < 24 && cells.insert((x, y)), "{}", panel["title"]);
                }
            }
        }
    }
}
