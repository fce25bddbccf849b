//! The relation `redis`: failover, and bags that say too little.

use crate::forum::{ACTIVE, Forum, posts, rails_boots, server_starts};

#[test]
fn a_failover_announced_by_the_application_alone_is_followed() {
    let mut forum = Forum::active();
    forum.redis.fail_over().unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs), server_starts(&runs)), (ACTIVE, vec![], 1));
}

#[test]
fn half_written_bags_wait_and_name_the_key() {
    for (key, value, status) in [
        ("port", "", "waiting: waiting for port in the relation redis"),
        ("port", "six", "waiting: waiting for port: \"six\" is not a port in the relation redis"),
        ("port", "70000", "waiting: waiting for port: \"70000\" is not a port in the relation redis"),
    ] {
        let mut forum = Forum::deployed(1);
        forum.redis.write(key, value);
        forum.relate();
        forum.settle();
        assert_eq!(forum.status(), status, "{key}={value}");
    }
}

#[test]
fn withdrawn_data_leave_the_server_running() {
    let mut forum = Forum::active();
    forum.redis.withhold("port");
    let runs = forum.settle();
    assert_eq!(forum.status(), "waiting: waiting for port in the relation redis");
    assert_eq!(posts(&runs), Vec::<String>::new());
    forum.redis.restore();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE);
}
