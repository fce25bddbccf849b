//! One request, by a fresh connection or by one that is kept.

use super::{load::Request, report::Connection};
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    error::Error,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, time::timeout};

/// How long a request may take before its client gives up, in real time.
const PATIENCE: Duration = Duration::from_secs(30);

type Sender = SendRequest<Empty<Bytes>>;

/// Sends requests as clients of a Service and as an ingress do, which keeps connections to every pod.
#[derive(Debug, Default)]
pub(super) struct Client {
    idle: Mutex<BTreeMap<SocketAddr, Vec<Sender>>>,
}

/// A connection was closed before the request was on its way.
struct Closed;

impl Client {
    /// Sends a request; gives the time to the first byte of its answer, or what went wrong.
    pub async fn send(&self, pod: SocketAddr, request: &Request, connection: Connection) -> Result<Duration, String> {
        let sent = async {
            match connection {
                Connection::Fresh => send_freshly(pod, request, false).await.map(|(took, _)| took),
                Connection::Kept => self.send_by_kept(pod, request).await,
            }
        };
        timeout(PATIENCE, sent).await.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
    }

    /// A connection that turns out to be closed before anything was sent is replaced.
    async fn send_by_kept(&self, pod: SocketAddr, request: &Request) -> Result<Duration, String> {
        while let Some(mut sender) = self.take(pod) {
            if let Ok(outcome) = exchange(&mut sender, pod, request, true).await {
                self.keep(pod, sender);
                return outcome;
            }
        }
        let (took, sender) = send_freshly(pod, request, true).await?;
        self.keep(pod, sender);
        Ok(took)
    }

    fn take(&self, pod: SocketAddr) -> Option<Sender> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&pod)?.pop()
    }

    fn keep(&self, pod: SocketAddr, sender: Sender) {
        if !sender.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).entry(pod).or_default().push(sender);
        }
    }
}

async fn send_freshly(pod: SocketAddr, request: &Request, is_kept: bool) -> Result<(Duration, Sender), String> {
    let began = Instant::now();
    let stream = TcpStream::connect(pod).await.map_err(|error| format!("connecting: {error}"))?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| chain(&error))?;
    tokio::spawn(connection);
    let connecting = began.elapsed();
    let outcome = exchange(&mut sender, pod, request, is_kept).await;
    let took = outcome.unwrap_or_else(|Closed| Err("closed before the request".to_owned()))?;
    Ok((connecting + took, sender))
}

/// Sends a request and reads the whole answer.
async fn exchange(
    sender: &mut Sender,
    pod: SocketAddr,
    request: &Request,
    is_kept: bool,
) -> Result<Result<Duration, String>, Closed> {
    let Ok(message) = message(pod, request, is_kept) else { return Ok(Err(format!("{request} is no request"))) };
    sender.ready().await.map_err(|_| Closed)?;
    let began = Instant::now();
    let answer = match sender.send_request(message).await {
        Ok(answer) => answer,
        Err(error) if error.is_canceled() => return Err(Closed),
        Err(error) => return Ok(Err(chain(&error))),
    };
    let (took, status) = (began.elapsed(), answer.status());
    Ok(match answer.into_body().collect().await {
        Err(error) => Err(format!("after {status}: {}", chain(&error))),
        Ok(_) if !status.is_success() => Err(format!("answered {status}")),
        Ok(_) => Ok(took),
    })
}

fn message(
    pod: SocketAddr,
    request: &Request,
    is_kept: bool,
) -> Result<hyper::Request<Empty<Bytes>>, hyper::http::Error> {
    let connection = if is_kept { "keep-alive" } else { "close" };
    let head = hyper::Request::builder().method(request.verb.as_str()).uri(&request.path);
    let head = head.header(header::HOST, pod.to_string()).header(header::CONNECTION, connection);
    head.header(header::CONTENT_LENGTH, 0).body(Empty::new())
}

/// An error and its causes on one line.
fn chain(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {}", chain(cause)))
}
