//! Redis.

use crate::discourse::redis::Redis;

use super::{Case, Check};

pub(super) fn checks(case: &Case) -> Vec<Check> {
    let Some(found) = &case.found.redis else { return Vec::new() };
    match found {
        Err(complaint) => vec![Check::fail("redis", format!("it does not answer: {complaint}"), "see juju status")],
        Ok(redis) => vec![version(redis), policy(redis), role(redis), memory(redis)],
    }
}

fn version(redis: &Redis) -> Check {
    let fact = format!("Redis {}", redis.version);
    if redis.is_too_old() {
        Check::fail("redis", fact, "Discourse takes 6.2 or later")
    } else {
        Check::ok("redis", fact)
    }
}

fn policy(redis: &Redis) -> Check {
    let fact = format!("maxmemory-policy is {}", redis.policy);
    if !redis.evicts() {
        return Check::ok("redis-policy", fact);
    }
    Check::warn("redis-policy", format!("{fact}, so jobs such as mails may be lost"), "set it to noeviction in Redis")
}

fn role(redis: &Redis) -> Check {
    if redis.is_replica {
        return Check::fail("redis-role", "it is a replica, which takes no writes", "see whether Redis has a leader");
    }
    Check::ok("redis-role", "it takes writes")
}

fn memory(redis: &Redis) -> Check {
    let used = redis.used_memory >> 20;
    if redis.max_memory == 0 {
        return Check::ok("redis-memory", format!("{used} MiB are used, without a limit"));
    }
    let fact = format!("{used} of {} MiB are used", redis.max_memory >> 20);
    let is_full = redis.used_memory.saturating_mul(10) >= redis.max_memory.saturating_mul(9);
    if is_full {
        Check::fail("redis-memory", fact, "raise maxmemory in Redis")
    } else {
        Check::ok("redis-memory", fact)
    }
}
