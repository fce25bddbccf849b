//! The way from `juju deploy` to a forum that serves, and back.

use crate::forum::{Forum, Outcome};
use stage::remote::Postgresql;

#[test]
fn a_deployed_forum_names_every_missing_relation() {
    let expected = "blocked: no database: juju integrate discourse-k8s:database postgresql-k8s:database; \
                    no redis: juju integrate discourse-k8s:redis redis-k8s:redis";
    assert_eq!(Forum::deployed(1).settle().without_posts(), Outcome::unchanged(expected));
}

#[test]
fn from_deploy_to_active_the_database_is_migrated_once_and_the_server_started_once() {
    let mut forum = Forum::related();
    assert_eq!(forum.settle(), Outcome::migrated());
    let unit = forum.stage.unit(0);
    assert_eq!((unit.opened_ports(), unit.workload_version()), (vec!["3000/tcp".to_owned()], "2026.1.7".to_owned()));
}

#[test]
fn a_changed_option_restarts_the_server_once_and_its_name_is_logged() {
    let mut forum = Forum::active();
    forum.set("smtp_password", "hunter2-hunter2");
    assert_eq!(forum.settle(), Outcome::restarted());
    assert!(forum.log().contains("(re)starting Discourse: changed: smtp_password"), "{}", forum.log());
}

#[test]
fn an_invalid_option_leaves_the_server_alone_until_it_is_corrected() {
    let mut forum = Forum::active();
    forum.set("max_category_nesting", 9);
    assert_eq!(forum.settle(), Outcome::unchanged("blocked: max_category_nesting must be 2 or 3"));
    forum.set("max_category_nesting", 2);
    assert_eq!(forum.settle(), Outcome::active());
}

#[test]
fn a_restarted_container_serves_again_without_a_migration() {
    let mut forum = Forum::active();
    forum.stage.kill_container(0).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
}

#[test]
fn a_removed_database_stops_the_server() {
    let mut forum = Forum::active();
    forum.stage.unrelate("database").unwrap();
    let expected = "blocked: no database: juju integrate discourse-k8s:database postgresql-k8s:database";
    assert_eq!(forum.settle().without_posts(), Outcome::unready(expected));
    assert_eq!(forum.service("discourse")[0], "inactive");
}

#[test]
fn another_database_is_migrated() {
    let mut forum = Forum::active();
    forum.stage.unrelate("database").unwrap();
    forum.settle();
    forum.stage.relate("database", Postgresql::new("other-postgresql")).unwrap();
    assert_eq!(forum.settle(), Outcome::migrated());
}

#[test]
fn stop_and_remove_do_nothing() {
    let mut forum = Forum::active();
    forum.stage.remove();
    let runs = forum.run_hooks();
    let costs: Vec<_> = runs.iter().map(|run| (run.hook.as_str(), run.tools.len(), run.requests.len())).collect();
    assert!(costs.ends_with(&[("stop", 0, 0), ("remove", 0, 0)]), "{costs:?}");
}
