//! Checks of the data: names that Discourse exports, and formats that Prometheus, Loki and Grafana accept.

mod dashboards;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::relations::rules::{Group, Rule, read};

/// The exported metrics and their own labels.
///
/// *Source*: github.com/discourse/discourse-prometheus, `lib/collector.rb` and `lib/internal_metric` of August 2026; the collector's
/// own come from the library `prometheus_exporter` 2.2.
///
/// Left out is the time that requests queue (`discourse_http_requests_queue_duration_seconds`): it is always 0, since neither NGINX
/// Ingress Integrator nor Traefik sends the header X-Request-Start.
const METRICS: [(&str, &str); 70] = [
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
    // Summaries
    ("discourse_http_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_application_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_redis_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_sql_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_net_duration_seconds", "success content_type logged_in controller action quantile"),
    ("discourse_http_gc_duration_seconds", "success content_type logged_in controller action quantile"),
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
const SCRAPED: &str = "instance juju_unit juju_charm juju_model juju_model_uuid juju_application";

fn groups(files: &[&str]) -> Vec<Group> {
    files.iter().flat_map(|text| read(text).unwrap().groups).collect()
}

fn all_rules(files: &[&str]) -> Vec<Rule> {
    groups(files).into_iter().flat_map(|group| group.rules).collect()
}

fn dashboards() -> impl Iterator<Item = Value> {
    DASHBOARDS.iter().map(|dashboard| serde_json::from_str(dashboard.content).unwrap())
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

/// The panels of both dashboards without the rows.
fn panels() -> Vec<Value> {
    dashboards().flat_map(|it| list(&it["panels"])).filter(|panel| panel["type"] != "row").collect()
}

/// The panels that ask this kind of data source.
fn panels_of(kind: &str) -> Vec<Value> {
    panels().into_iter().filter(|panel| panel["datasource"]["type"] == kind).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The queries of a panel.
fn queries(panel: &Value) -> Vec<String> {
    list(&panel["targets"]).iter().map(|target| text(&target["expr"])).collect()
}

/// What Prometheus is asked: by rules, panels, annotations and dropdowns.
fn expressions() -> Vec<String> {
    let rules = all_rules(&ALERT_RULES).into_iter().map(|rule| rule.expr);
    let annotations = dashboards().flat_map(|it| list(&it["annotations"]["list"])).map(|it| text(&it["expr"]));
    let dropdowns = dashboards().flat_map(|it| list(&it["templating"]["list"])).map(|it| text(&it["query"]["query"]));
    let panels = panels_of("prometheus").into_iter().flat_map(|panel| queries(&panel));
    rules.chain(panels).chain(annotations).chain(dropdowns).collect()
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
            for label in list.split_once(')').unwrap().0.split(", ").filter(|label| !label.is_empty()) {
                let is_known = label == "le" || known.contains(label) || SCRAPED.split(' ').any(|it| it == label);
                assert!(is_known, "{label} in {expression}");
            }
        }
    }
}
