//! The short forms in which the files hold answers and long texts.

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::StatusCode;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Longer texts stand in the files as their size and digest.
const LONG: usize = 2048;

/// Bytes as text, or as base64 where they are no text.
pub fn readable(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.into(),
        _ if bytes.len() > LONG => digest(bytes),
        _ => json!({"base64": STANDARD.encode(bytes)}),
    }
}

/// JSON, or what stands in its place.
pub fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!({"no-json": readable(bytes)}))
}

fn digest(bytes: &[u8]) -> Value {
    let hex = Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    json!({"bytes": bytes.len(), "sha256": hex})
}

/// An answer with its texts as the files hold them: several lines as `lines`, long ones as a digest.
pub fn fold(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, item)| (key, fold(item))).collect(),
        Value::Array(items) => items.into_iter().map(fold).collect(),
        Value::String(text) if text.chars().count() > LONG => digest(text.as_bytes()),
        Value::String(text) if text.trim_end_matches('\n').contains('\n') => {
            json!({"lines": text.split('\n').collect::<Vec<_>>()})
        }
        other => other,
    }
}

/// A value of a file with its texts whole: `lines` joined, `again` repeated.
pub fn unfold(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            whole_text(&members).unwrap_or_else(|| members.into_iter().map(|(key, item)| (key, unfold(item))).collect())
        }
        Value::Array(items) => items.into_iter().map(unfold).collect(),
        other => other,
    }
}

fn whole_text(members: &Map<String, Value>) -> Option<Value> {
    if let (Some(Value::Array(lines)), 1) = (members.get("lines"), members.len()) {
        let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
        return Some(lines.join("\n").into());
    }
    let times = usize::try_from(members.get("times")?.as_u64()?).ok()?;
    Some(members.get("again")?.as_str()?.repeat(times).into())
}

/// The text behind a folded value, for a comparison with an expression.
pub fn text_of(folded: &Value) -> String {
    match unfold(folded.clone()) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The whole answer behind `{"200 sync": result}`; answers in another form are whole as they are.
pub fn expand(answer: &Value) -> Value {
    let Some(members) = answer.as_object() else { return answer.clone() };
    if let Some(post) = members.get("post") {
        let mut members = members.clone();
        members.insert("post".to_owned(), expand(post));
        return members.into();
    }
    match members.iter().next().and_then(|(head, result)| Some((envelope(head)?, head, result))) {
        Some((answer, head, result)) => filled(answer, result, members.iter().filter(|(key, _)| *key != head)),
        None => answer.clone(),
    }
}

/// The answer that a head such as `404 error` stands for, without its result.
fn envelope(head: &str) -> Option<Value> {
    let (status, kind) = head.split_once(' ')?;
    let known = matches!(kind, "sync" | "async" | "error").then_some(status.parse::<u16>().ok()?)?;
    let text = StatusCode::from_u16(known).ok()?.canonical_reason()?;
    let body = json!({"type": kind, "status-code": known, "status": text});
    Some(json!({"status": known, "type": "application/json", "body": body}))
}

fn filled<'a>(mut answer: Value, result: &Value, more: impl Iterator<Item = (&'a String, &'a Value)>) -> Value {
    if let Some(body) = answer.get_mut("body").and_then(Value::as_object_mut) {
        if result != "<no result>" {
            body.insert("result".to_owned(), result.clone());
        }
        body.extend(more.map(|(key, item)| (key.clone(), item.clone())));
    }
    answer
}
