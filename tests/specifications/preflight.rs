//! Before anything is migrated or started, the servers are asked what they are; what deserves a warning is shown as long as it is so.

use crate::forum::{ACTIVE, Forum, Outcome};

#[test]
fn a_redis_that_throws_jobs_away_is_warned_of_until_it_does_not() {
    let mut forum = Forum::related();
    forum.redis.query(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).unwrap();
    forum.settle();
    let warned = "active: Redis may throw jobs such as mails away: set its maxmemory-policy to noeviction; \
                  and 2 more warnings: juju run discourse-k8s/0 explain";
    assert_eq!(forum.status(), warned);
    assert_eq!(forum.update_status(), Outcome::unchanged(warned), "nobody is asked again");
    assert_eq!(forum.stage.unit_bag("restart", 0)["preflight"], "eviction");
    forum.redis.query(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).unwrap();
    forum.stage.kill_container(0).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE);
}

#[test]
fn tables_of_another_user_are_warned_of() {
    let mut forum = Forum::active();
    forum.postgresql.query("CREATE TABLE others (id integer)").unwrap();
    forum.stage.kill_container(0).unwrap();
    forum.settle();
    let warned = "active: tables of the forum belong to another user of PostgreSQL: REASSIGN OWNED; and 2 more";
    assert!(forum.status().starts_with(warned), "{}", forum.status());
}
