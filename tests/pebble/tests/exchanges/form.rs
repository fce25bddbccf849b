//! Bodies of several parts: written for requests, taken apart in answers.

use crate::{
    answer::{parsed, readable},
    deed::{Part, Request},
    trouble::Outcome,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// The bytes of a part.
fn content(part: &Part) -> Outcome<Vec<u8>> {
    Ok(match (&part.json, &part.base64) {
        (Some(json), _) => serde_json::to_vec(json)?,
        (None, Some(base64)) => STANDARD.decode(base64)?,
        (None, None) => part.text.repeat(part.times.unwrap_or(1)).into_bytes(),
    })
}

/// Body and content type of a request that is a form.
pub fn written(request: &Request, parts: &[Part]) -> Outcome<(Vec<u8>, String)> {
    let boundary = request.boundary.as_deref().unwrap_or("5f2a9c0e7b314d6885e1c3a7904bd26f");
    let mut body = Vec::new();
    for part in parts {
        let filename = part.filename.as_ref().map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let name = &part.name;
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n");
        body.extend(head.into_bytes());
        body.extend(content(part)?);
        body.extend(b"\r\n");
    }
    if !request.unclosed {
        body.extend(format!("--{boundary}--\r\n").into_bytes());
    }
    Ok((body, format!("multipart/form-data; boundary=\"{boundary}\"")))
}

/// The parts of an answer: headers by lower-case name, and the body.
pub fn taken_apart(content_type: &str, body: &[u8]) -> Value {
    let boundary = content_type.split(';').find_map(|item| item.trim().strip_prefix("boundary="));
    let Some(boundary) = boundary.map(|text| text.trim_matches('"')) else { return "no boundary".into() };
    let whole = [b"\r\n", body].concat();
    let mut chunks = split(&whole, format!("\r\n--{boundary}").as_bytes());
    let last = chunks.pop().unwrap_or_default();
    let mut parts: Vec<Value> = chunks.into_iter().skip(1).map(part).collect();
    if !last.starts_with(b"--") {
        parts.push("the closing boundary is missing".into());
    }
    parts.into()
}

fn part(chunk: &[u8]) -> Value {
    let mut halves = split(chunk, b"\r\n\r\n").into_iter();
    let head = String::from_utf8_lossy(halves.next().unwrap_or_default()).into_owned();
    let content = halves.collect::<Vec<_>>().join(&b"\r\n\r\n"[..]);
    let mut members: Map<String, Value> = head
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.into()))
        .collect();
    let is_json = members.get("content-type").is_some_and(|kind| kind == "application/json");
    members.insert("body".to_owned(), if is_json { parsed(&content) } else { readable(&content) });
    members.into()
}

/// What stands between the places where a separator is found.
fn split<'a>(mut bytes: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(place) = bytes.windows(separator.len()).position(|window| window == separator) {
        let (piece, rest) = bytes.split_at(place);
        pieces.push(piece);
        bytes = rest.get(separator.len()..).unwrap_or_default();
    }
    pieces.push(bytes);
    pieces
}
