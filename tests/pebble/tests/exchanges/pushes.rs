//! What came to a port, as answers of a step.

use crate::{
    deed::Received,
    listener::{Arrival, Listener},
    trouble::{Outcome, Trouble},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A log line with the labels of its stream.
type Line = (Value, Value);

/// Waits for what a step wants, and shows it.
pub async fn received(listener: &Listener, step: &Received) -> Outcome<Value> {
    if let Some(lines) = step.lines {
        let enough = |arrivals: &Vec<Arrival>| pushed_lines(arrivals).map_or(true, |pushed| pushed.len() >= lines);
        return pushes(&listener.arrivals(enough).await, step);
    }
    let count = step.count.unwrap_or(1);
    let arrivals = listener.arrivals(|arrivals| arrivals.len() >= count).await;
    Ok(arrivals.iter().map(|arrival| plain(arrival, &step.headers)).collect())
}

/// A request as it came: its line, and the wanted headers.
fn plain(arrival: &Arrival, wanted: &[String]) -> Value {
    let mut entry = Map::new();
    entry.insert("request".to_owned(), arrival.line.clone().into());
    if !wanted.is_empty() {
        entry.insert("headers".to_owned(), headers(arrival, wanted));
    }
    entry.into()
}

fn headers(arrival: &Arrival, wanted: &[String]) -> Value {
    let found = wanted.iter().filter_map(|name| {
        let value = arrival.headers.get(name)?;
        Some((name.clone(), Value::from(String::from_utf8_lossy(value.as_bytes()))))
    });
    found.collect::<Map<_, _>>().into()
}

/// Pushes to Loki, the lines of each stream together: how they are split over requests is left to chance.
fn pushes(arrivals: &[Arrival], step: &Received) -> Outcome<Value> {
    let mut streams: BTreeMap<String, (Value, Vec<Value>)> = BTreeMap::new();
    for (labels, line) in pushed_lines(arrivals)? {
        let (_, lines) = streams.entry(in_order(&labels)).or_insert_with(|| (labels, Vec::new()));
        if !(step.distinct && lines.contains(&line)) {
            lines.push(line);
        }
    }
    let requests: BTreeSet<&str> = arrivals.iter().map(|arrival| arrival.line.as_str()).collect();
    let streams: Vec<_> = streams.values().map(|(labels, lines)| json!({"stream": labels, "lines": lines})).collect();
    let mut answer = json!({"requests": requests, "streams": streams});
    if let (Some(first), false, Some(members)) = (arrivals.first(), step.headers.is_empty(), answer.as_object_mut()) {
        members.insert("headers".to_owned(), headers(first, &step.headers));
    }
    Ok(answer)
}

/// Labels as text, the same in whatever order they came.
fn in_order(labels: &Value) -> String {
    let sorted: BTreeMap<_, _> = labels.as_object().into_iter().flatten().collect();
    format!("{sorted:?}")
}

/// Each log line in the pushes, in the order in which they came.
fn pushed_lines(arrivals: &[Arrival]) -> Outcome<Vec<Line>> {
    let mut found = Vec::new();
    for arrival in arrivals {
        let lines = serde_json::from_slice(&arrival.body).ok().and_then(|push: Value| lines_of(&push));
        let body = || String::from_utf8_lossy(&arrival.body).into_owned();
        found.extend(lines.ok_or_else(|| Trouble(format!("this is no push to Loki: {}", body())))?);
    }
    Ok(found)
}

fn lines_of(push: &Value) -> Option<Vec<Line>> {
    let mut found = Vec::new();
    for stream in push.get("streams")?.as_array()? {
        let labels = stream.get("stream")?;
        for entry in stream.get("values")?.as_array()? {
            let (stamp, line) = (entry.get(0)?, entry.get(1)?);
            let line = if is_nanoseconds(stamp) { line.clone() } else { json!([stamp, line]) };
            found.push((labels.clone(), line));
        }
    }
    Some(found)
}

fn is_nanoseconds(stamp: &Value) -> bool {
    stamp.as_str().is_some_and(|text| text.len() == 19 && text.bytes().all(|byte| byte.is_ascii_digit()))
}
