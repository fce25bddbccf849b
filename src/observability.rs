//! Alert rules and dashboards for Discourse, embedded as data.
//!
//! They use the metrics of the plugin discourse-prometheus and the log lines of Unicorn, Sidekiq and Rails. Expressions name
//! neither model nor application: the monitoring system restricts each rule to the application in its labels.

/// Rule files for Prometheus, in the order in which their groups are sent.
pub const ALERT_RULES: [&str; 5] = [
    include_str!("observability/prometheus_alert_rules/traffic.rules"),
    include_str!("observability/prometheus_alert_rules/jobs.rules"),
    include_str!("observability/prometheus_alert_rules/stores.rules"),
    include_str!("observability/prometheus_alert_rules/processes.rules"),
    include_str!("observability/prometheus_alert_rules/host_health.rules"),
];

/// Rule files for Loki, in the order in which their groups are sent.
pub const LOG_RULES: [&str; 3] = [
    include_str!("observability/loki_alert_rules/web.rules"),
    include_str!("observability/loki_alert_rules/jobs.rules"),
    include_str!("observability/loki_alert_rules/stores.rules"),
];

/// A dashboard for Grafana.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dashboard {
    /// The name of its file without the suffix, which identifies the dashboard in the relation.
    pub name: &'static str,
    /// The UID that Grafana uses if the content has none.
    ///
    /// *Source*: 8 bytes of SHAKE-256 over `discourse-k8s-file:<name>`.
    pub alternative_uid: &'static str,
    /// The dashboard in JSON. Increase its `version` with each edit, because Grafana keeps the highest one.
    ///
    /// Its `uid` equals that of the Python charm's dashboard of this name; otherwise Grafana would show two after a refresh.
    ///
    /// *Source*: 20 bytes of SHAKE-256 over `discourse-k8s-src/grafana_dashboards/<name>.json`.
    pub content: &'static str,
}

/// All dashboards.
pub const DASHBOARDS: [Dashboard; 2] = [
    Dashboard {
        name: "discourse",
        alternative_uid: "ccaed73a5712d5f6",
        content: include_str!("observability/grafana_dashboards/discourse.json"),
    },
    Dashboard {
        name: "discourse_service_health",
        alternative_uid: "f61bdfc0709fe848",
        content: include_str!("observability/grafana_dashboards/discourse_service_health.json"),
    },
];

#[cfg(test)]
mod tests;
