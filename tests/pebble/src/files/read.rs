//! Reads files, as parts of one answer.

use super::{FileError, require_absolute, result};
use crate::server::reply;
use hyper::StatusCode;
use serde_json::Value;
use std::fs;

/// The body of an answer with all files that can be read, and what came of each.
#[must_use]
pub fn read(paths: &[String], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    let mut results = Vec::new();
    for path in paths {
        let content = read_one(path);
        if let Ok(content) = &content {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                escape(path)
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        results.push(result(path, content.map(drop)));
    }
    let envelope = reply::envelope_value("sync", StatusCode::OK, None, Some(&Value::Array(results)));
    let tail = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"response\"\r\n\
         Content-Type: application/json\r\n\r\n{envelope}\n\r\n--{boundary}--\r\n"
    );
    body.extend_from_slice(tail.as_bytes());
    body
}

fn read_one(path: &str) -> Result<Vec<u8>, FileError> {
    require_absolute(path)?;
    let meta = fs::metadata(path).map_err(|error| FileError::new("stat", path, error))?;
    if !meta.is_file() {
        return Err(FileError::Request(format!("can only read a regular file: {path:?}")));
    }
    fs::read(path).map_err(|error| FileError::new("open", path, error))
}

fn escape(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "%0D").replace('\n', "%0A")
}
