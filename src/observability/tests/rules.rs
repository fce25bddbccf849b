//! Checks of the alert rules: their names, severities and texts.

use super::*;

fn every_rule() -> impl Iterator<Item = Rule> {
    all_rules(&ALERT_RULES).into_iter().chain(all_rules(&LOG_RULES))
}

#[test]
fn names_of_groups_and_alerts_are_unique() {
    for files in [&ALERT_RULES[..], &LOG_RULES[..]] {
        let names: Vec<String> = groups(files).into_iter().map(|group| group.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }
    let alerts: Vec<String> = every_rule().map(|rule| rule.alert).collect();
    assert_eq!(alerts.iter().collect::<BTreeSet<_>>().len(), alerts.len(), "{alerts:?}");
}

#[test]
fn every_rule_has_a_severity_and_texts() {
    for rule in every_rule() {
        assert_eq!(rule.labels.keys().collect::<Vec<_>>(), ["severity"], "{}", rule.alert);
        assert!(["critical", "warning"].contains(&rule.labels["severity"].as_str()), "{}", rule.alert);
        let texts: Vec<_> = rule.annotations.keys().collect();
        assert_eq!(texts, ["description", "runbook", "summary"], "{}", rule.alert);
        assert!(rule.annotations.values().all(|text| !text.contains('\n')), "{}", rule.alert);
    }
}

#[test]
fn every_rule_names_its_heading_among_the_runbooks() {
    for rule in every_rule() {
        let heading = format!("docs/reference/alerts.md#{}", rule.alert.to_lowercase());
        assert_eq!(rule.annotations["runbook"], heading);
    }
}

/// What a description can point to, so that whoever reads it can act.
const REMEDIES: [&str; 11] = [
    "`juju ",
    "the action ",
    "option",
    "/logs",
    "/sidekiq",
    "/admin",
    "PostgreSQL",
    "Kubernetes",
    "backup",
    "add units",
    "go back",
];

#[test]
fn every_description_says_what_the_alert_means_and_then_what_to_do() {
    for rule in every_rule() {
        let description = &rule.annotations["description"];
        let (meaning, remedy) = description.split_once(". ").unwrap_or_else(|| panic!("one sentence: {description}"));
        assert!(meaning.len() > 30 && description.ends_with('.'), "{}: {description}", rule.alert);
        assert!(REMEDIES.iter().any(|word| remedy.contains(word)), "{}: {remedy}", rule.alert);
        assert!(!rule.annotations["summary"].ends_with('.'), "{}", rule.alert);
    }
}

#[test]
fn every_alert_for_prometheus_has_a_test_in_which_it_fires() {
    let tests = [
        include_str!("../../../tests/observability/rules/traffic.yaml"),
        include_str!("../../../tests/observability/rules/jobs.yaml"),
        include_str!("../../../tests/observability/rules/stores.yaml"),
        include_str!("../../../tests/observability/rules/processes.yaml"),
        include_str!("../../../tests/observability/rules/host_health.yaml"),
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
    for rule in every_rule() {
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

/// For all else, the alert on metrics is critical: an outage pages once.
#[test]
fn logs_are_critical_only_where_no_metric_shows_the_same() {
    let rules = all_rules(&LOG_RULES);
    let critical: Vec<_> = rules.iter().filter(|it| it.labels["severity"] == "critical").map(|it| &it.alert).collect();
    assert_eq!(critical, ["DiscourseOutOfMemory", "DiscourseDiskFull"]);
}
