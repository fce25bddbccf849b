//! The relation `database`: what PostgreSQL's charm may publish, and what the charm makes of it.

use crate::forum::{Forum, Outcome, names};
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
fn missing_data_is_waited_for_by_key_and_invalid_data_blocks() {
    let mut forum = Forum::related();
    for endpoints in ["pg", "pg:0"] {
        forum.postgresql.write("endpoints", endpoints);
        let expected = "blocked: database: endpoints must be a list of host:port: correct it in postgresql-k8s";
        assert_eq!(forum.settle(), Outcome::unready(expected), "{endpoints}");
    }
    for (key, value, missing) in [
        ("secret-user", "secret:nonsense", "a readable secret-user"),
        ("secret-user", "no uri\n", "a readable secret-user"),
        ("password", "", "password"),
        ("username", "", "username"),
        ("subordinated", "true", "state"),
    ] {
        forum.postgresql.restore();
        forum.postgresql.write(key, value);
        let expected = format!("waiting: waiting for {missing} in the relation database");
        assert_eq!(forum.settle(), Outcome::unready(&expected), "{key}={value}");
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
