//! The client side of HTTP: one request per connection, for checks and log pushes.

use crate::checks::tcp;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, Uri,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;

/// Bytes of an answer that are read.
const MOST_BYTES: usize = 1024 * 1024;
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 10;

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The words after it.
    pub reason: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// Gets a URL, following redirects.
///
/// # Errors
/// No answer came; the message reads as Go's client writes it.
pub async fn get(url: &str, headers: &[(&String, &String)]) -> Result<Answer, String> {
    let mut url = url.to_owned();
    for _ in 0..=MOST_REDIRECTS {
        let uri = parse(&url).map_err(|error| format!("Get {url:?}: {error}"))?;
        let mut request = request(Method::GET, &uri);
        for (name, value) in headers {
            if !name.eq_ignore_ascii_case("host") {
                request = request.header(name.as_str(), value.as_str());
            }
        }
        let request = request.body(Full::default()).map_err(|error| format!("cannot build request: {error}"))?;
        let response = exchange(&uri, request).await.map_err(|error| format!("Get {url:?}: {error}"))?;
        match redirect(&url, &response) {
            Some(next) => url = next,
            None => return answer(response).await,
        }
    }
    Err(format!("Get {url:?}: stopped after {MOST_REDIRECTS} redirects"))
}

/// Posts a body to a URL.
///
/// # Errors
/// No answer came; the message reads as Go's client writes it.
pub async fn post(url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, String> {
    let frame = |error: String| format!("Post {url:?}: {error}");
    let uri = parse(url).map_err(frame)?;
    let mut request = request(Method::POST, &uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::from(body)).map_err(|error| frame(error.to_string()))?;
    answer(exchange(&uri, request).await.map_err(frame)?).await
}

fn parse(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| format!("parse {url:?}: invalid URL"))?;
    match uri.scheme_str() {
        Some("http") if uri.host().is_some() => Ok(uri),
        Some("http") => Err("http: no Host in request URL".to_owned()),
        scheme => Err(format!("unsupported protocol scheme {:?}", scheme.unwrap_or_default())),
    }
}

fn request(method: Method, uri: &Uri) -> hyper::http::request::Builder {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned());
    Request::builder().method(method).uri(path).header(header::HOST, host.unwrap_or_default())
}

async fn exchange(uri: &Uri, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, String> {
    let stream = tcp::connect(uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    sender
        .send_request(request)
        .await
        .map_err(|error| if error.is_incomplete_message() { "EOF".to_owned() } else { error.to_string() })
}

async fn answer(response: Response<Incoming>) -> Result<Answer, String> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default().to_owned();
    let body = Limited::new(response.into_body(), MOST_BYTES).collect().await.map(|body| body.to_bytes().to_vec());
    Ok(Answer { status: status.as_u16(), reason, body: body.unwrap_or_default() })
}

/// Where a redirect leads.
fn redirect(url: &str, response: &Response<Incoming>) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    if location.contains("://") {
        return Some(location.to_owned());
    }
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let directory = rest.rsplit_once('/').map_or(authority, |(directory, _)| directory);
    Some(match location.strip_prefix('/') {
        Some(path) => format!("{scheme}://{authority}/{path}"),
        None => format!("{scheme}://{directory}/{location}"),
    })
}
