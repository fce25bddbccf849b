//! The relation `redis`: failover, and missing or invalid data.

use crate::forum::{Forum, Outcome};

#[test]
fn a_failover_that_only_the_application_databag_shows_is_followed() {
    let mut forum = Forum::active();
    forum.redis.fail_over().unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
}

#[test]
fn missing_data_is_waited_for_and_invalid_data_blocks() {
    let mut forum = Forum::related();
    let invalid = "blocked: redis: port must be a number from 1 to 65535: correct it in redis-k8s";
    let malformed = "blocked: redis: leader-host must be a host name or address: correct it in redis-k8s";
    let other = "blocked: redis: port must be the one behind leader-host: correct it in redis-k8s";
    for (key, value, expected) in [
        ("port", "", "waiting: waiting for port in the relation redis"),
        ("port", "six", invalid),
        ("port", "70000", invalid),
        ("leader-host", "redis 0", malformed),
        ("leader-host", "redis://redis-0", malformed),
        ("leader-host", "redis-0:6380", other),
    ] {
        forum.redis.restore();
        forum.redis.write(key, value);
        assert_eq!(forum.settle(), Outcome::unready(expected), "{key}={value}");
    }
}

#[test]
fn a_host_is_used_in_whatever_spelling_and_with_a_port_behind_it() {
    let mut forum = Forum::active();
    let host = forum.variable("DISCOURSE_REDIS_HOST");
    for spelling in [format!(" {}\n", host.to_uppercase()), format!("{host}:6379")] {
        forum.redis.write("leader-host", &spelling);
        assert_eq!(forum.settle(), Outcome::active(), "{spelling}");
        assert_eq!(forum.variable("DISCOURSE_REDIS_HOST"), host);
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
