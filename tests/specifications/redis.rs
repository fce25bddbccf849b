//! The relation `redis`: failover, and missing or invalid data.

use crate::forum::{Forum, Outcome};

#[test]
fn a_failover_that_only_the_application_databag_shows_is_followed() {
    let mut forum = Forum::active();
    forum.redis.fail_over().unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
}

#[test]
fn a_missing_port_is_waited_for_and_an_invalid_one_blocks() {
    let mut forum = Forum::related();
    let invalid = "blocked: redis: port must be a number from 1 to 65535: correct it in redis-k8s";
    for (port, expected) in
        [("", "waiting: waiting for port in the relation redis"), ("six", invalid), ("70000", invalid)]
    {
        forum.redis.restore();
        forum.redis.write("port", port);
        assert_eq!(forum.settle(), Outcome::unready(expected), "{port}");
    }
}

#[test]
fn withdrawn_data_is_waited_for_while_the_server_runs() {
    let mut forum = Forum::active();
    forum.redis.withhold("port");
    assert_eq!(forum.settle(), Outcome::unchanged("waiting: waiting for port in the relation redis"));
    forum.redis.restore();
    assert_eq!(forum.settle(), Outcome::active());
}
