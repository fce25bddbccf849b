//! The relation `database`: what PostgreSQL's charm may announce, and what becomes of it.

use crate::forum::{ACTIVE, Forum, posts, rails_boots, server_starts};
use stage::remote::{Endpoints, Postgresql};

#[test]
fn a_rotated_password_restarts_the_server_and_is_never_shown() {
    let mut forum = Forum::active();
    forum.postgresql.rotate_password().unwrap();
    let (_, password) = forum.postgresql.credentials().unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs), server_starts(&runs)), (ACTIVE, vec![], 1));
    assert!(crate::forum::names(&runs).contains(&"secret-changed"), "{:?}", crate::forum::names(&runs));
    assert!(!forum.log().contains(&password));
}

#[test]
fn a_provider_that_writes_clear_text_serves_as_well() {
    let mut forum = Forum::deployed(1);
    forum.postgresql = Postgresql::new("old-postgresql").in_clear_text();
    forum.relate();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
}

#[test]
fn an_ipv6_endpoint_is_understood() {
    let mut forum = Forum::deployed(1);
    forum.postgresql.announce(Endpoints::Ipv6);
    forum.relate();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
}

#[test]
fn withdrawn_endpoints_leave_the_server_running_until_they_come_back() {
    let mut forum = Forum::active();
    forum.postgresql.announce(Endpoints::Withdrawn);
    let withdrawn = forum.settle();
    assert_eq!(forum.status(), "waiting: waiting for endpoints in the relation database");
    assert_eq!(posts(&withdrawn), Vec::<String>::new());
    forum.postgresql.announce(Endpoints::Name);
    let restored = forum.settle();
    assert_eq!((forum.status().as_str(), posts(&restored)), (ACTIVE, vec![]));
}

#[test]
fn malformed_and_half_written_bags_wait_and_name_the_key() {
    for (key, value, status) in [
        ("endpoints", "pg", "waiting: waiting for endpoints: \"pg\" is not host:port in the relation database"),
        ("endpoints", "pg:0", "waiting: waiting for endpoints: \"pg:0\" is not host:port in the relation database"),
        ("secret-user", "secret:nonsense", "waiting: waiting for a readable secret-user in the relation database"),
        ("secret-user", "no uri\n", "waiting: waiting for a readable secret-user in the relation database"),
        ("password", "", "waiting: waiting for password in the relation database"),
        ("username", "", "waiting: waiting for username in the relation database"),
        ("subordinated", "true", "waiting: waiting for state in the relation database"),
    ] {
        let mut forum = Forum::deployed(1);
        forum.postgresql.write(key, value);
        forum.relate();
        forum.settle();
        assert_eq!(forum.status(), status, "{key}={value}\n{}", forum.log());
    }
}

#[test]
fn only_what_the_provider_needs_is_written_and_what_the_python_charm_left_is_removed() {
    let mut forum = Forum::active();
    let database = forum.stage.model_mut().relation_mut("database").unwrap();
    let own = database.local_units.get_mut("discourse-k8s/0").unwrap();
    own.insert("data".to_owned(), "{\"password\": \"secret\"}".to_owned());
    forum.stage.update_status(0).unwrap();
    assert!(!forum.stage.unit_bag("database", 0).contains_key("data"));
    let keys: Vec<String> = forum.stage.app_bag("database").into_keys().collect();
    assert_eq!(keys, ["database", "provided-secrets", "requested-secrets"]);
}
