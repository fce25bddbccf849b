//! `/v1/notices`.

use super::{
    access::{self, Origin},
    body::{self, BodyError},
    changes::optional_duration,
    reply::{self, Reply},
    route::Call,
};
use crate::{
    daemon::Daemon,
    identities::Access,
    notices::{Filter, Kind, Occurrence},
    timestamp,
};
use hyper::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Bytes of a key.
const LONGEST_KEY: usize = 256;
/// Bytes of data, as JSON.
const MOST_DATA: usize = 4096;

/// The notices that pass a filter; with a timeout, waits for the first.
///
/// # Errors
/// The filter is invalid, or not for this user.
pub async fn list(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let Some(filter) = filter(daemon, call)? else { return Ok(reply::sync(&json!([]))) };
    let timeout = optional_duration(call.query.get("timeout"), "timeout")?;
    let mut repeats = daemon.world().state.notices.repeats.subscribe();
    let waiting = async {
        loop {
            let found = select(daemon, &filter);
            if found.as_array().is_some_and(|found| !found.is_empty()) {
                return found;
            }
            if repeats.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let found = match timeout.filter(|timeout| !timeout.is_zero()) {
        None => select(daemon, &filter),
        Some(timeout) => {
            let _waiting = daemon.brake.wait();
            daemon.clock.within(timeout, waiting).await.unwrap_or_else(|_| json!([]))
        }
    };
    Ok(reply::sync(&found))
}

/// Adds an occurrence of a custom notice.
///
/// # Errors
/// The request is invalid.
pub fn add(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("request body")?;
    let refuse = |error: BodyError| reply::bad_request(&format!("cannot decode request body: {error}"));
    let (action, kind) = (body.text("action").map_err(refuse)?, body.text("type").map_err(refuse)?);
    let (key, repeat) = (body.text("key").map_err(refuse)?, body.text("repeat-after").map_err(refuse)?);
    if action != "add" {
        return Err(reply::bad_request(&format!("invalid action {action:?}")));
    }
    if kind != "custom" {
        return Err(reply::bad_request(&format!("invalid type {kind:?} (can only add \"custom\" notices)")));
    }
    if !is_key(&key) {
        return Err(reply::bad_request(&format!("invalid key {key:?} (must be in \"example.com/path\" format)")));
    }
    if key.len() > LONGEST_KEY {
        return Err(reply::bad_request(&format!("key must be {LONGEST_KEY} bytes or less")));
    }
    let repeat_after = optional_duration(&repeat, "repeat-after")?.unwrap_or_default();
    let data = data(body.get("data"))?;
    let Origin::Socket(user) = call.origin else { return Err(forbidden("cannot determine UID of request")) };
    let new = Occurrence { user: Some(user), kind: Kind::Custom, key, data, repeat_after };
    let mut world = daemon.world();
    world.state.is_modified = true;
    let id = world.state.notices.add(timestamp::now(daemon.clock), new);
    Ok(reply::sync(&json!({"id": id.to_string()})))
}

/// One notice.
///
/// # Errors
/// There is none with this number, or it is another user's.
pub fn show(daemon: &Daemon, call: &Call, id: &str) -> Result<Reply, Reply> {
    let world = daemon.world();
    let notice = id.parse().ok().and_then(|id| world.state.notices.find(id));
    let notice = notice.ok_or_else(|| reply::not_found(&format!("cannot find notice with ID {id:?}")))?;
    let is_admin = access::access(&world, call.origin) == Some(Access::Admin);
    if is_admin || notice.user.is_none_or(|user| call.origin == Origin::Socket(user)) {
        return Ok(reply::sync(&notice.view()));
    }
    Err(forbidden(&format!("not allowed to access notice with id {id:?}")))
}

fn select(daemon: &Daemon, filter: &Filter) -> Value {
    let world = daemon.world();
    world
        .state
        .notices
        .select(timestamp::now(daemon.clock), filter)
        .into_iter()
        .map(crate::notices::Notice::view)
        .collect()
}

/// `None` if only unknown types are asked for.
fn filter(daemon: &Daemon, call: &Call) -> Result<Option<Filter>, Reply> {
    let user = user(daemon, call)?;
    let words = call.query.list("types");
    let kinds: Vec<_> = words.iter().filter_map(|word| Kind::read(word)).collect();
    if kinds.is_empty() && !words.is_empty() {
        return Ok(None);
    }
    let after = call.query.get("after");
    let time = timestamp::parse(after);
    if time.is_none() && !after.is_empty() {
        let cause = format!("parsing time {after:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse");
        return Err(reply::bad_request(&format!("invalid \"after\" timestamp: {cause}")));
    }
    Ok(Some(Filter { user, kinds, keys: call.query.list("keys"), after: time }))
}

/// Whose notices are asked for; `None` means everybody's.
fn user(daemon: &Daemon, call: &Call) -> Result<Option<u32>, Reply> {
    let Origin::Socket(own) = call.origin else { return Err(forbidden("cannot determine UID of request")) };
    let is_admin = access::access(&daemon.world(), call.origin) == Some(Access::Admin);
    let (has_id, has_users) = (call.query.has("user-id"), call.query.has("users"));
    for (is_used, name) in [(has_id, "user-id"), (has_users, "users")] {
        if is_used && !is_admin {
            return Err(forbidden(&format!("only admins may use the {name:?} filter")));
        }
    }
    if has_id && has_users {
        return Err(reply::bad_request("cannot use both \"users\" and \"user-id\" parameters"));
    }
    if has_users && call.query.get("users") != "all" {
        return Err(reply::bad_request("invalid \"users\" filter: must be \"all\""));
    }
    if has_id {
        let [id] = call
            .query
            .list("user-id")
            .try_into()
            .map_err(|_| reply::bad_request("invalid \"user-id\" filter: must only include one \"user-id\""))?;
        let bad = |cause: String| reply::bad_request(&format!("invalid \"user-id\" filter: {cause}"));
        let number: i64 = id.parse().map_err(|_| bad(format!("strconv.ParseInt: parsing {id:?}: invalid syntax")))?;
        let user = u32::try_from(number).map_err(|_| bad(format!("user ID is not a valid uint32: {number}")));
        return user.map(Some);
    }
    Ok(if has_users { None } else { Some(own) })
}

fn data(value: Option<&Value>) -> Result<BTreeMap<String, String>, Reply> {
    let Some(value) = value else { return Ok(BTreeMap::new()) };
    if value.to_string().len() > MOST_DATA {
        return Err(reply::bad_request(&format!("total size of data must be {MOST_DATA} bytes or less")));
    }
    let refuse = |value: &Value, wanted: &str| {
        let kind = body::kind(value);
        let cause = format!("json: cannot unmarshal {kind} into Go value of type {wanted}");
        reply::bad_request(&format!("cannot decode notice data: {cause}"))
    };
    let entries = value.as_object().ok_or_else(|| refuse(value, "map[string]string"))?;
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        _ => None,
    };
    let read = |(key, value): (&String, &Value)| {
        text(value).map(|text| (key.clone(), text)).ok_or_else(|| refuse(value, "string"))
    };
    entries.iter().map(read).collect()
}

/// A domain with at least two parts, and a path with at least one; all of lower-case words with dashes.
fn is_key(key: &str) -> bool {
    let is_word = |word: &str| {
        let is_part = |part: &str| {
            !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        };
        word.split('-').all(is_part)
    };
    let Some((domain, path)) = key.split_once('/') else { return false };
    domain.contains('.') && domain.split('.').all(is_word) && path.split('/').all(is_word)
}

fn forbidden(message: &str) -> Reply {
    reply::error(StatusCode::FORBIDDEN, message, None)
}
