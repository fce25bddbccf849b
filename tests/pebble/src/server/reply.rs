//! Answers: the envelope of results and errors, and the few answers without one.

use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Response, StatusCode,
    body::{Bytes, Frame},
    header,
};
use serde_json::{Map, Value, json};
use std::convert::Infallible;

/// Any answer; in a box, since it is also what requests are refused with.
pub struct Reply(Box<Response<ReplyBody>>);
/// Its body.
pub type ReplyBody = UnsyncBoxBody<Bytes, Infallible>;

/// A longer body is sent in chunks, without its length.
const LONGEST_WHOLE: usize = 2048;

impl Reply {
    /// As the server sends it.
    #[must_use]
    pub fn into_response(self) -> Response<ReplyBody> {
        *self.0
    }
}

impl From<Response<ReplyBody>> for Reply {
    fn from(response: Response<ReplyBody>) -> Self {
        Self(Box::new(response))
    }
}

/// A result.
#[must_use]
pub fn sync(result: &Value) -> Reply {
    sync_with(StatusCode::OK, Some(result))
}

/// A result under any status, or none.
#[must_use]
pub fn sync_with(status: StatusCode, result: Option<&Value>) -> Reply {
    envelope("sync", status, None, result)
}

/// A change that was made.
#[must_use]
pub fn accepted(change: u64, result: &Value) -> Reply {
    envelope("async", StatusCode::ACCEPTED, Some(change), Some(result))
}

/// The request is invalid.
#[must_use]
pub fn bad_request(message: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, message, None)
}

/// There is no such thing.
#[must_use]
pub fn not_found(message: &str) -> Reply {
    error(StatusCode::NOT_FOUND, message, None)
}

/// It did not work.
#[must_use]
pub fn server_error(message: &str) -> Reply {
    error(StatusCode::INTERNAL_SERVER_ERROR, message, None)
}

/// Any error.
#[must_use]
pub fn error(status: StatusCode, message: &str, kind: Option<&str>) -> Reply {
    json(status, error_text(status, message, kind))
}

/// The body of an error.
#[must_use]
pub fn error_text(status: StatusCode, message: &str, kind: Option<&str>) -> String {
    let mut result = json!({"message": message});
    if let (Some(kind), Some(result)) = (kind, result.as_object_mut()) {
        result.insert("kind".to_owned(), json!(kind));
    }
    envelope_value("error", status, None, Some(&result)).to_string()
}

/// The envelope of a result, as a value.
#[must_use]
pub fn envelope_value(kind: &str, status: StatusCode, change: Option<u64>, result: Option<&Value>) -> Value {
    let mut envelope = Map::new();
    envelope.insert("type".to_owned(), json!(kind));
    envelope.insert("status-code".to_owned(), json!(status.as_u16()));
    envelope.insert("status".to_owned(), json!(status.canonical_reason().unwrap_or_default()));
    if let Some(change) = change {
        envelope.insert("change".to_owned(), json!(change.to_string()));
    }
    if let Some(result) = result {
        envelope.insert("result".to_owned(), result.clone());
    }
    Value::Object(envelope)
}

/// An answer with a status of 200 and nothing else.
#[must_use]
pub fn empty() -> Reply {
    Response::new(no_body()).into()
}

/// A text without an envelope.
#[must_use]
pub fn plain(status: StatusCode, text: String) -> Reply {
    with_type(status, "text/plain; charset=utf-8", text)
}

/// A body of any type.
#[must_use]
pub fn with_type(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Reply {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    response.body(whole(body.into())).map_or_else(|_| empty(), Reply::from)
}

/// An empty body.
#[must_use]
pub fn no_body() -> ReplyBody {
    Full::default().boxed_unsync()
}

fn envelope(kind: &str, status: StatusCode, change: Option<u64>, result: Option<&Value>) -> Reply {
    json(status, envelope_value(kind, status, change, result).to_string())
}

fn json(status: StatusCode, text: String) -> Reply {
    with_type(status, "application/json", text)
}

fn whole(bytes: Bytes) -> ReplyBody {
    if bytes.len() <= LONGEST_WHOLE {
        return Full::from(bytes).boxed_unsync();
    }
    StreamBody::new(stream::iter([Ok(Frame::data(bytes))])).boxed_unsync()
}
