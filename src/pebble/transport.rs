//! Requests to the socket, and their answers.

#![expect(clippy::disallowed_types, reason = "Pebble listens on a socket")]

use std::{
    error::Error as StdError,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    Client, Method, RequestBuilder, Response, Url,
    header::{ACCEPT, CONTENT_TYPE},
    multipart::Form,
    redirect,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::pebble::{ChangeId, PebbleError};

/// Time for an answer to arrive after Pebble has sent it.
pub(super) const DELIVERY: Duration = Duration::from_secs(5);
/// Time for an answer from Pebble's memory.
pub(super) const READ: Duration = Duration::from_secs(5);
/// Time for one run of a check, which Pebble limits by the check's own timeout.
pub(super) const REFRESH: Duration = Duration::from_secs(15);
/// Time to change Pebble's state, possibly after other requests.
pub(super) const WRITE: Duration = Duration::from_secs(30);
/// Time to add a layer: four log targets that do not respond delay it by ten seconds each for each of four services, and Pebble
/// carries it out even if nobody waits.
pub(super) const LAYER: Duration = Duration::from_mins(3);

/// The longest accepted answer, in bytes.
const BODY_LIMIT: usize = 16 << 20;

/// A client of the Pebble at a socket, which reuses its connections.
#[derive(Debug)]
pub struct Pebble {
    pub(super) socket: PathBuf,
    /// The HTTP client, or why it could not be built, for which no cause is known.
    http: Result<Client, String>,
}

/// One request.
pub(super) struct Request {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Body>,
    accept: &'static str,
    timeout: Duration,
}

/// The body of a request.
enum Body {
    Json(Value),
    Form(Form),
}

/// The answer to a request, not yet parsed.
pub(super) struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// The envelope of every JSON answer.
#[derive(Deserialize)]
pub(super) struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    pub result: Value,
    #[serde(default)]
    change: Option<ChangeId>,
}

#[derive(Deserialize)]
struct Rejection {
    message: String,
    #[serde(default)]
    kind: Option<String>,
}

impl Request {
    pub(super) fn get(path: &str, timeout: Duration) -> Self {
        let accept = "application/json";
        Self { method: Method::GET, path: path.to_owned(), query: Vec::new(), body: None, accept, timeout }
    }

    pub(super) fn post(path: &str, body: Value, timeout: Duration) -> Self {
        Self { method: Method::POST, body: Some(Body::Json(body)), ..Self::get(path, timeout) }
    }

    pub(super) fn form(path: &str, form: Form, timeout: Duration) -> Self {
        Self { method: Method::POST, body: Some(Body::Form(form)), ..Self::get(path, timeout) }
    }

    pub(super) fn with(mut self, parameter: &'static str, value: &str) -> Self {
        self.query.push((parameter, value.to_owned()));
        self
    }

    pub(super) fn accepting(mut self, media_type: &'static str) -> Self {
        self.accept = media_type;
        self
    }

    /// Method and path, by which errors name the request.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn url(&self) -> Option<Url> {
        let mut url = Url::parse("http://pebble").ok()?;
        url.set_path(&self.path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Some(url)
    }
}

impl Pebble {
    /// A client of the Pebble at a socket, which need not exist yet.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        // The proxies of a model apply to the network, never to this socket.
        let client = Client::builder().unix_socket(socket).no_proxy().redirect(redirect::Policy::none()).build();
        Self { socket: socket.to_owned(), http: client.map_err(|error| error.to_string()) }
    }

    /// Requests a value; `expected` names it in errors.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: Request, expected: &str) -> Result<T, PebbleError> {
        let name = request.name();
        let envelope = self.call(request).await?;
        value(&name, envelope.result, expected)
    }

    /// Requests a list, which is empty if it is null, as Go serializes empty lists.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        request: Request,
        expected: &str,
    ) -> Result<Vec<T>, PebbleError> {
        let list: Option<Vec<T>> = self.read(request, expected).await?;
        Ok(list.unwrap_or_default())
    }

    /// Requests a change that continues after the answer, and returns its identifier and the immediate result.
    pub(super) async fn begin(&self, request: Request) -> Result<(ChangeId, Value), PebbleError> {
        let name = request.name();
        let envelope = self.call(request).await?;
        let change = envelope.change.ok_or_else(|| PebbleError::protocol(&name, "the answer names no change"))?;
        Ok((change, envelope.result))
    }

    pub(super) async fn call(&self, request: Request) -> Result<Envelope, PebbleError> {
        let name = request.name();
        let answer = self.send(request).await?;
        open(&name, answer.status, &answer.body)
    }

    /// Sends a request. A read is repeated if the connection breaks, as reused ones may; a write is not, because Pebble may have
    /// carried it out.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, PebbleError> {
        let (name, is_read) = (request.name(), request.method == Method::GET);
        let builder = self.builder(request, &name)?;
        let again = builder.try_clone().filter(|_| is_read);
        match (exchange(&name, builder).await, again) {
            (Err(PebbleError::Unreachable { .. }), Some(again)) => exchange(&name, again).await,
            (outcome, _) => outcome,
        }
    }

    fn builder(&self, request: Request, name: &str) -> Result<RequestBuilder, PebbleError> {
        let url = request.url().ok_or_else(|| PebbleError::protocol(name, "the path makes no valid URL"))?;
        let http = self.http.as_ref().map_err(|reason| PebbleError::protocol(name, reason))?;
        let builder = http.request(request.method, url).header(ACCEPT, request.accept).timeout(request.timeout);
        Ok(match request.body {
            None => builder,
            Some(Body::Json(body)) => builder.json(&body),
            Some(Body::Form(form)) => builder.multipart(form),
        })
    }
}

/// Sends a request and reads the whole answer.
async fn exchange(name: &str, builder: RequestBuilder) -> Result<Answer, PebbleError> {
    // On the heap, since callers run many of these concurrently.
    Box::pin(async {
        let response = builder.send().await.map_err(|error| broken(name, &error))?;
        let status = response.status().as_u16();
        let content_type = content_type(&response);
        Ok(Answer { status, content_type, body: body(name, response).await? })
    })
    .await
}

fn content_type(response: &Response) -> String {
    let header = response.headers().get(CONTENT_TYPE);
    header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

async fn body(name: &str, mut response: Response) -> Result<Vec<u8>, PebbleError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(name, &error))? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_LIMIT {
            return Err(PebbleError::protocol(name, format!("the answer is longer than {BODY_LIMIT} bytes")));
        }
    }
    Ok(body)
}

/// Distinguishes a missing Pebble from a slow one and from another program.
fn broken(name: &str, error: &reqwest::Error) -> PebbleError {
    if error.is_timeout() {
        return PebbleError::timeout(name);
    }
    let is_garbled = causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse);
    let reason = causes(error).last().map(ToString::to_string).unwrap_or_default();
    if is_garbled {
        return PebbleError::protocol(name, format!("the answer is not HTTP: {reason}"));
    }
    PebbleError::unreachable(name, reason)
}

/// An error and its chain of causes.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// Parses the envelope of an answer. Its type decides, not the HTTP status: an unhealthy `/v1/health` answers with 502.
pub(super) fn open(name: &str, status: u16, body: &[u8]) -> Result<Envelope, PebbleError> {
    let envelope: Envelope = serde_json::from_slice(body)
        .map_err(|_| PebbleError::protocol(name, format!("the answer with status {status} is not Pebble's JSON")))?;
    if envelope.kind != "error" {
        return Ok(envelope);
    }
    let Rejection { message, kind } = value(name, envelope.result, "an error")?;
    Err(PebbleError::Api { request: name.to_owned(), status, kind, message })
}

/// Parses a value. Errors omit the parser's message, which would quote the value, and so possibly secrets.
pub(super) fn value<T: DeserializeOwned>(name: &str, value: Value, expected: &str) -> Result<T, PebbleError> {
    serde_json::from_value(value).map_err(|_| PebbleError::protocol(name, format!("the result is not {expected}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(status: u16, body: &str) -> Result<Value, String> {
        open("GET /v1/x", status, body.as_bytes()).map(|envelope| envelope.result).map_err(|error| error.to_string())
    }

    #[test]
    fn a_result_with_a_bad_http_status_is_an_answer() {
        let body = r#"{"type": "sync", "status-code": 502, "status": "Bad Gateway", "result": {"healthy": false}}"#;
        assert_eq!(opened(502, body), Ok(serde_json::json!({"healthy": false})));
    }

    #[test]
    fn a_rejection_keeps_pebbles_message() {
        let body = r#"{"type": "error", "result": {"message": "layer \"a\" already exists"}}"#;
        let message = "GET /v1/x: Pebble answered with status 400: layer \"a\" already exists";
        assert_eq!(opened(400, body), Err(message.to_owned()));
    }

    #[test]
    fn an_answer_without_an_envelope_is_reported_and_not_quoted() {
        let expected = Err("GET /v1/x: the answer with status 200 is not Pebble's JSON".to_owned());
        assert_eq!(
            ["hunter2", "", "[]", "{}", "\"hunter2\"", "{\"type\": 3}"].map(|body| opened(200, body)),
            [(); 6].map(|()| expected.clone())
        );
    }

    #[test]
    fn paths_and_values_are_escaped_in_the_url() {
        let request = Request::get("/v1/files", READ).with("path", "/a b&c=ü").with("path", "/d");
        let url = request.url().unwrap();
        assert_eq!(url.as_str(), "http://pebble/v1/files?path=%2Fa+b%26c%3D%C3%BC&path=%2Fd");
    }
}
