//! The relation `redis`: failover, and missing or malformed data.

use crate::forum::{Forum, Outcome};

#[test]
fn a_failover_that_only_the_application_databag_shows_is_followed() {
    let mut forum = Forum::active();
    forum.redis.fail_over().unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
}

#[test]
fn missing_or_malformed_data_is_waited_for_by_key() {
    let mut forum = Forum::related();
    for (key, value, missing) in [
        ("port", "", "port"),
        ("port", "six", "port: \"six\" is not a port"),
        ("port", "70000", "port: \"70000\" is not a port"),
    ] {
        forum.redis.restore();
        forum.redis.write(key, value);
        let expected = format!("waiting: waiting for {missing} in the relation redis");
        assert_eq!(forum.settle(), Outcome::unready(&expected), "{key}={value}");
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
