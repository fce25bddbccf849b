//! `/v1/files`. Work on the disk is done aside, so that other requests need not wait for it.

use super::{
    body::{Body, BodyError},
    reply::{self, Reply},
    route::Call,
};
use crate::files::{self, FileError, Ownership, directories, list, multipart, remove, result, write};
use hyper::{
    StatusCode,
    header::{self, HeaderName},
};
use serde_json::Value;
use uuid::Uuid;

/// A shorter boundary is refused.
const SHORTEST_BOUNDARY: usize = 32;

/// Reads or lists files.
///
/// # Errors
/// The request is invalid, or there is nothing to list.
pub async fn read(call: &Call) -> Result<Reply, Reply> {
    match call.query.get("action") {
        "read" => read_files(call).await,
        "list" => list_files(call).await,
        action => Err(reply::bad_request(&format!("invalid action {action:?}"))),
    }
}

/// Writes files, makes directories, or removes either.
///
/// # Errors
/// The request is invalid.
pub async fn change(call: &Call) -> Result<Reply, Reply> {
    let content_type = text(call, &header::CONTENT_TYPE);
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "multipart/form-data" => {
            let boundary = multipart::parameter(&content_type, "boundary");
            if boundary.len() < SHORTEST_BOUNDARY {
                return Err(reply::bad_request(&format!("invalid boundary {boundary:?}")));
            }
            let body = call.body.clone();
            let written = aside(move || write::write(&body, &boundary)).await?;
            written.map(|results| reply::sync(&results)).map_err(|error| reply::bad_request(&error))
        }
        "application/json" => change_paths(call).await,
        "" => Err(reply::bad_request(&format!("invalid Content-Type {content_type:?}"))),
        _ => Err(reply::bad_request(&format!("invalid media type {media:?}"))),
    }
}

async fn read_files(call: &Call) -> Result<Reply, Reply> {
    let paths = call.query.all("path");
    if paths.is_empty() {
        return Err(reply::bad_request("must specify one or more paths"));
    }
    if text(call, &header::ACCEPT) != "multipart/form-data" {
        return Err(reply::bad_request("must accept multipart/form-data"));
    }
    let boundary = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let body = aside(move || files::read::read(&paths, &boundary)).await?;
    Ok(reply::with_type(StatusCode::OK, &content_type, body))
}

async fn list_files(call: &Call) -> Result<Reply, Reply> {
    let (path, pattern) = (call.query.get("path").to_owned(), call.query.get("pattern").to_owned());
    if path.is_empty() {
        return Err(reply::bad_request("must specify path"));
    }
    let itself = match call.query.get("itself") {
        "true" => true,
        "" | "false" => false,
        _ => return Err(reply::bad_request("itself parameter must be \"true\" or \"false\"")),
    };
    if !path.starts_with('/') {
        return Err(reply::bad_request(&format!("path must be absolute, got {path:?}")));
    }
    let listed = aside(move || list::list(&path, &pattern, itself)).await?;
    listed.map(|entries| reply::sync(&entries)).map_err(|error| {
        let status = match error.kind() {
            "not-found" => StatusCode::NOT_FOUND,
            "permission-denied" => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        reply::error(status, &error.to_string(), Some(error.kind()))
    })
}

async fn change_paths(call: &Call) -> Result<Reply, Reply> {
    let body = call.json("request body")?;
    let action = body.text("action").map_err(|error| refuse(&error))?;
    match action.as_str() {
        "make-dirs" => {
            let dirs = body.objects("dirs", "makeDirsItem.dirs").map_err(|error| refuse(&error))?;
            let items = dirs.iter().map(directory).collect::<Result<Vec<_>, _>>().map_err(|error| refuse(&error))?;
            each(items, |(path, make_parents, ownership)| {
                let made = directories::make(&path, make_parents, &ownership);
                (path, made)
            })
            .await
        }
        "remove" => {
            let paths = body.objects("paths", "removePathsItem.paths").map_err(|error| refuse(&error))?;
            let item = |path: &Body| Ok((path.text("path")?, path.flag("recursive")?));
            let items = paths.iter().map(item).collect::<Result<Vec<_>, _>>().map_err(|error| refuse(&error))?;
            each(items, |(path, recursive)| {
                let removed = remove::remove(&path, recursive);
                (path, removed)
            })
            .await
        }
        "write" => Err(reply::bad_request("must use multipart with \"write\" action")),
        _ => Err(reply::bad_request(&format!("invalid action {action:?}"))),
    }
}

fn directory(body: &Body) -> Result<(String, bool, Ownership), BodyError> {
    Ok((body.text("path")?, body.flag("make-parents")?, Ownership::of(body)?))
}

/// Does something with each item, and tells what came of it.
async fn each<T: Send + 'static>(items: Vec<T>, act: fn(T) -> (String, Result<(), FileError>)) -> Result<Reply, Reply> {
    let results: Value = aside(move || {
        let outcomes = items.into_iter().map(act);
        outcomes.map(|(path, outcome)| result(&path, outcome)).collect()
    })
    .await?;
    Ok(reply::sync(&results))
}

/// Does something in a thread of its own.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Reply> {
    tokio::task::spawn_blocking(work).await.map_err(|_| reply::server_error("internal error"))
}

fn text(call: &Call, name: &HeaderName) -> String {
    call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn refuse(error: &BodyError) -> Reply {
    reply::bad_request(&format!("cannot decode request body: {error}"))
}
