//! The relation `database`: what PostgreSQL's charm may publish, and what the charm makes of it.

use crate::forum::{Forum, Outcome, names};
use serde_json::json;
use stage::remote::{Endpoints, Postgresql};

/// A forum whose database is this one; no hook has run.
#[track_caller]
fn forum_with(postgresql: Postgresql) -> Forum {
    let mut forum = Forum::deployed(1);
    forum.postgresql = postgresql;
    forum.relate();
    forum
}

#[test]
fn a_rotated_password_restarts_the_server_once() {
    let mut forum = Forum::active();
    forum.postgresql.rotate_password().unwrap();
    let runs = forum.run_hooks();
    assert_eq!(forum.outcome(&runs), Outcome::restarted());
    assert!(names(&runs).contains(&"secret-changed"), "{:?}", names(&runs));
}

#[test]
fn credentials_in_plain_text_are_used_as_well() {
    assert_eq!(forum_with(Postgresql::new("old-postgresql").in_clear_text()).settle(), Outcome::migrated());
}

#[test]
fn an_ipv6_endpoint_is_used_as_well() {
    let postgresql = Postgresql::new("postgresql-k8s");
    postgresql.announce(Endpoints::Ipv6);
    assert_eq!(forum_with(postgresql).settle(), Outcome::migrated());
}

#[test]
fn withdrawn_endpoints_are_waited_for_while_the_server_runs() {
    let mut forum = Forum::active();
    forum.postgresql.announce(Endpoints::Withdrawn);
    assert_eq!(forum.settle(), Outcome::unchanged("waiting: waiting for endpoints in the relation database"));
    forum.postgresql.announce(Endpoints::Name);
    assert_eq!(forum.settle(), Outcome::active());
}

#[test]
fn another_spelling_of_the_primary_restarts_nothing() {
    let mut forum = Forum::active();
    let (host, port) = (forum.variable("DISCOURSE_DB_HOST"), forum.variable("DISCOURSE_DB_PORT"));
    forum.postgresql.write("endpoints", &format!(" {}:{port} ,replicas:1", host.to_uppercase()));
    assert_eq!(forum.settle(), Outcome::active());
    assert_eq!(forum.variable("DISCOURSE_DB_HOST"), host);
}

#[test]
fn a_primary_without_a_port_has_the_usual_one() {
    let mut forum = Forum::related();
    forum.postgresql.write("endpoints", "fd00::1");
    forum.settle();
    let run = forum.stage.run(0, "explain", json!({})).unwrap();
    let explanation = run.results["explanation"].as_str().unwrap();
    assert!(explanation.contains(" with postgresql-k8s at [fd00::1]:5432; "), "{explanation}");
}

#[test]
fn an_endpoint_that_can_be_none_blocks_and_a_running_server_goes_on() {
    let mut forum = Forum::active();
    let list = "endpoints must be a list of host:port";
    for (endpoints, why, remedy) in [
        ("pg:0", list, ""),
        ("p g:5432", list, ""),
        ("fd00::1:5432", "endpoints must be a list of host:port, IPv6 addresses in brackets", ""),
        ("localhost:6432", "endpoints must name a host on the network, not localhost or a folder", OTHER),
        (
            "/run/pgbouncer/instance_0:6432",
            "endpoints must name a host on the network, not localhost or a folder",
            OTHER,
        ),
    ] {
        forum.postgresql.write("endpoints", endpoints);
        let expected = format!("blocked: database: {why}: correct it in postgresql-k8s{remedy}");
        assert_eq!(forum.settle(), Outcome::unchanged(&expected), "{endpoints}");
    }
    forum.postgresql.restore();
    assert_eq!(forum.settle(), Outcome::active());
}

const OTHER: &str = ", or integrate another application";

#[test]
fn what_the_server_answers_is_shown_without_host_user_database_and_password() {
    let mut forum = Forum::related();
    let cannot = |what: &str| Outcome::unready(&format!("waiting: waiting for PostgreSQL: {what}"));
    for (key, value, answer) in [
        ("password", "hunter2", "FATAL: password authentication failed for user \"***\""),
        ("username", "stranger", "FATAL: password authentication failed for user \"***\""),
        ("database", "elsewhere", "FATAL: database \"***\" does not exist"),
        ("endpoints", "postgresql-k8s-primary.forum.svc.cluster.local:1", "Connection refused"),
        (
            "endpoints",
            "no-such-host:5432",
            "could not translate host name \"***\" to address: Name or service not known",
        ),
    ] {
        forum.postgresql.restore();
        forum.postgresql.write(key, value);
        assert_eq!(forum.settle().without_posts(), cannot(answer), "{key}={value}");
    }
}

#[test]
fn missing_data_is_waited_for_by_key_and_invalid_data_blocks() {
    let mut forum = Forum::related();
    for (key, value, expected) in [
        ("endpoints", "pg:", "blocked: database: endpoints must be a list of host:port: correct it in postgresql-k8s"),
        (
            "secret-user",
            "no uri\n",
            "blocked: database: secret-user must be the URI of a secret: correct it in postgresql-k8s",
        ),
        (
            "secret-user",
            "secret:nonsense",
            "waiting: waiting for a readable secret-user in the relation database: postgresql-k8s must grant the secret; \
             if it is a user secret, juju grant-secret <secret-user> discourse-k8s",
        ),
        ("password", "", "waiting: waiting for password in the relation database"),
        ("username", "", "waiting: waiting for username in the relation database"),
        ("endpoints", "", "waiting: waiting for endpoints in the relation database"),
        ("subordinated", "true", "waiting: waiting for state in the relation database"),
    ] {
        forum.postgresql.restore();
        forum.postgresql.write(key, value);
        assert_eq!(forum.settle(), Outcome::unready(expected), "{key}={value}");
    }
}

#[test]
fn only_what_the_provider_needs_is_published_and_leftovers_of_the_python_charm_are_removed() {
    let mut forum = Forum::active();
    forum.stage.write_unit_bag("database", 0, "data", "{\"password\": \"secret\"}").unwrap();
    forum.update_status();
    assert!(!forum.stage.unit_bag("database", 0).contains_key("data"));
    let keys: Vec<String> = forum.stage.app_bag("database").into_keys().collect();
    assert_eq!(keys, ["database", "provided-secrets", "requested-secrets"]);
}

#[test]
fn once_a_required_relation_is_removed_the_plan_holds_no_password_and_it_serves_again_when_it_returns() {
    let mut forum = Forum::active_with(&[("smtp_password", "hunter2".into()), ("sidekiq_as_service", true.into())]);
    for endpoint in ["redis", "database"] {
        let (_, password) = forum.postgresql.credentials().unwrap();
        let held = [password.as_str(), "hunter2"];
        assert!(held.iter().all(|word| forum.plan().to_string().contains(word)), "{endpoint}");
        forum.stage.unrelate(endpoint).unwrap();
        assert!(forum.settle().status.starts_with(&format!("blocked: no {endpoint}")), "{}", forum.status());
        let plan = forum.plan().to_string();
        assert!(!plan.contains("environment") && !held.iter().any(|word| plan.contains(word)), "{endpoint}: {plan}");
        let after = forum.update_status();
        assert_eq!(after, Outcome::unready(&after.status));
        if endpoint == "redis" {
            forum.stage.relate("redis", forum.redis.clone()).unwrap();
            forum.settle();
            assert!(forum.status().starts_with("active"), "{}", forum.status());
        }
    }
}
