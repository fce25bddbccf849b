//! The way from `juju deploy` to a forum that serves, and back.

use crate::forum::{ACTIVE, Forum, names, posts, rails_boots, server_starts};
use serde_json::json;

#[test]
fn a_deployed_forum_says_all_that_it_lacks() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    assert_eq!(
        forum.status(),
        "blocked: no database: juju integrate discourse-k8s:database postgresql-k8s; \
         no redis: juju integrate discourse-k8s:redis redis-k8s"
    );
}

#[test]
fn from_deploy_to_active_rails_is_booted_once_besides_the_server() {
    let mut forum = Forum::related();
    let runs = forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    assert_eq!(rails_boots(&runs), ["bin/rake charm:migrate"]);
    assert_eq!(server_starts(&runs), 1);
    assert_eq!(forum.stage.unit(0).opened_ports(), ["3000/tcp"]);
    assert_eq!(forum.stage.unit(0).workload_version(), "2026.1.7");
    assert!(forum.stage.is_ready(0));
}

#[test]
fn a_changed_option_restarts_the_server_once_and_logs_its_name_but_no_value() {
    let mut forum = Forum::active();
    forum.stage.config([("smtp_password", json!("hunter2-hunter2"))]).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 1));
    let said = forum.log();
    assert!(said.contains("(re)starting Discourse: changed: smtp_password"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_broken_option_leaves_the_server_alone_until_it_is_repaired() {
    let mut forum = Forum::active();
    forum.stage.config([("max_category_nesting", json!(9))]).unwrap();
    let broken = forum.settle();
    assert_eq!(forum.status(), "blocked: max_category_nesting must be 2 or 3");
    assert_eq!(posts(&broken), Vec::<String>::new());
    forum.stage.config([("max_category_nesting", json!(2))]).unwrap();
    let repaired = forum.settle();
    assert_eq!((forum.status().as_str(), posts(&repaired)), (ACTIVE, vec![]));
}

#[test]
fn a_restarted_container_serves_again_without_a_boot_of_rails_besides_the_server() {
    let mut forum = Forum::active();
    forum.stage.kill_container(0).unwrap();
    let runs = forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    assert_eq!((rails_boots(&runs), server_starts(&runs)), (vec![], 1));
}

#[test]
fn a_removed_database_stops_the_server_and_a_new_one_is_set_up() {
    let mut forum = Forum::active();
    forum.stage.unrelate("database").unwrap();
    forum.settle();
    assert_eq!(forum.status(), "blocked: no database: juju integrate discourse-k8s:database postgresql-k8s");
    assert!(forum.stage.is_ready(0), "a unit without relations holds up no roll-out");
    let other = stage::remote::Postgresql::new("other-postgresql");
    forum.stage.relate("database", other).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs)), (ACTIVE, vec!["bin/rake charm:migrate".to_owned()]));
}

#[test]
fn stop_and_remove_do_nothing() {
    let mut forum = Forum::active();
    forum.stage.remove();
    let runs = forum.settle();
    let last: Vec<_> = runs.iter().filter(|run| ["stop", "remove"].contains(&run.hook.as_str())).collect();
    assert_eq!(last.iter().map(|run| (run.tools.len(), run.requests.len())).collect::<Vec<_>>(), [(0, 0), (0, 0)]);
    assert!(names(&runs).ends_with(&["stop", "remove"]), "{:?}", names(&runs));
}
