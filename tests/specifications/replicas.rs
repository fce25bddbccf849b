//! Replicas that `database` and `redis` offer: Discourse gets one of each with its next start.

use serde_json::json;

use crate::forum::{Forum, Outcome};

/// The server's variables for replicas.
#[track_caller]
fn replicas(forum: &Forum) -> Vec<String> {
    [forum.variables("DISCOURSE_DB_REPLICA_"), forum.variables("DISCOURSE_REDIS_REPLICA_")].concat()
}

#[test]
fn a_server_that_starts_gets_the_replicas_that_are_offered() {
    let mut forum = Forum::related();
    forum.postgresql.write("read-only-endpoints", "postgresql-k8s-replicas:5432");
    forum.redis.write("leader-host", &forum.redis.address().unwrap().to_string());
    forum.redis.write("hostname", "10.254.0.1");
    assert_eq!(forum.settle(), Outcome::migrated());
    let [database, redis] = ["DB_REPLICA_HOST=postgresql-k8s-replicas", "REDIS_REPLICA_HOST=10.254.0.1"];
    let [database_port, redis_port] = ["DB_REPLICA_PORT=5432", "REDIS_REPLICA_PORT=6379"];
    assert_eq!(replicas(&forum), [database, database_port, redis, redis_port].map(|it| format!("DISCOURSE_{it}")));
}

#[test]
fn a_replica_that_is_the_primary_is_none() {
    let mut forum = Forum::related();
    let primary = "POSTGRESQL-k8s-primary.forum.svc.cluster.local.:5432,postgresql-k8s-primary.forum";
    forum.postgresql.write("read-only-endpoints", primary);
    assert_eq!(forum.settle(), Outcome::migrated());
    assert_eq!(forum.variable("DISCOURSE_DB_HOST"), "postgresql-k8s-primary.forum.svc.cluster.local");
    assert_eq!(replicas(&forum), [""; 0]);
}

#[test]
fn another_replica_alone_restarts_nothing_and_is_used_after_the_next_restart() {
    let mut forum = Forum::active();
    forum.postgresql.write("read-only-endpoints", "postgresql-k8s-replicas:5432");
    assert_eq!(forum.settle(), Outcome::active());
    assert_eq!((forum.update_status(), replicas(&forum)), (Outcome::active(), vec![]));
    let run = forum.stage.run(0, "explain", json!({})).unwrap();
    let waits = "\n  DISCOURSE_DB_REPLICA_HOST (relation database: read-only-endpoints), with the next restart\n";
    assert!(run.results["explanation"].as_str().unwrap().contains(waits), "{:?}", run.results);
    forum.set("max_category_nesting", 3);
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variable("DISCOURSE_DB_REPLICA_HOST"), "postgresql-k8s-replicas");
}

#[test]
fn an_invalid_replica_is_a_warning_and_blocks_nothing() {
    let mut forum = Forum::active();
    forum.postgresql.write("read-only-endpoints", "pg replicas:5432");
    let warning = "active: database: read-only-endpoints must be a list of host:port on the network, so a replica is not used: \
                   correct it in postgresql-k8s; and 2 more warnings: juju run discourse-k8s/0 explain";
    assert_eq!(forum.settle(), Outcome::unchanged(warning));
}
