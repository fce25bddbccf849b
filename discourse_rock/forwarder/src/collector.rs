//! The client of Discourse's collector.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    client::conn::http1,
    header::{self, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::watch, task::JoinSet, time};

use crate::notes::Failure;

/// The longest accepted answer, in bytes; that of a busy forum has a few MiB.
const LONGEST_ANSWER: usize = 16 << 20;
/// The longest accepted head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// The collector, which is asked once for all who ask at the same time: it takes one request after the other, so whoever sends many
/// would keep the others waiting.
#[derive(Debug)]
pub struct Collector {
    exchange: Arc<Exchange>,
    latest: Mutex<Option<watch::Receiver<Option<Answer>>>>,
}

/// Metrics, or the reason why there are none.
pub type Answer = Result<Metrics, Lack>;

/// The metrics as the collector sent them.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Their format.
    pub content_type: Option<HeaderValue>,
    /// All of them.
    pub body: Bytes,
}

/// The address of the collector, and its time limit.
#[derive(Debug)]
struct Exchange {
    address: String,
    deadline: Duration,
}

/// The reason why there are no metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The kind of failure.
    pub failure: Failure,
    why: String,
}

impl Collector {
    /// A collector at `HOST:PORT`.
    pub fn new(address: String, deadline: Duration) -> Self {
        Self { exchange: Arc::new(Exchange { address, deadline }), latest: Mutex::default() }
    }

    /// Requests the metrics, or waits for those that were requested; the request contains nothing that a client sent.
    ///
    /// # Errors
    /// [`Lack`] if the collector does not listen, takes too long, or answers with something else.
    pub async fn ask(&self) -> Answer {
        let mut asked = self.asked();
        let answer = asked.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        answer.unwrap_or_else(|| Err(Lack { failure: Failure::Away, why: "the request was given up".to_owned() }))
    }

    /// The request that runs, or a new one. It is a task of its own, so that it does not end with the client for whom it began.
    fn asked(&self) -> watch::Receiver<Option<Answer>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = latest.as_ref().filter(|asked| asked.borrow().is_none()) {
            return asked.clone();
        }
        let (answer, asked) = watch::channel(None);
        let exchange = Arc::clone(&self.exchange);
        tokio::spawn(async move { answer.send_replace(Some(exchange.within_deadline().await)) });
        latest.insert(asked).clone()
    }
}

impl Exchange {
    async fn within_deadline(&self) -> Answer {
        let slow = |_| Lack { failure: Failure::Slow, why: format!("no answer within {} s", self.deadline.as_secs()) };
        time::timeout(self.deadline, self.run()).await.map_err(slow)?
    }

    async fn run(&self) -> Answer {
        let stream = TcpStream::connect(&self.address).await.map_err(Lack::of(Failure::Away))?;
        let mut client = http1::Builder::new();
        client.max_buf_size(LONGEST_HEAD);
        let (mut sender, connection) =
            client.handshake(TokioIo::new(stream)).await.map_err(Lack::of(Failure::Garbled))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        let answer = sender.send_request(self.request()?).await.map_err(Lack::of(Failure::Garbled))?;
        check(&answer)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(Lack::of(Failure::Garbled))?;
        Ok(Metrics { content_type: head.headers.get(header::CONTENT_TYPE).cloned(), body: body.to_bytes() })
    }

    fn request(&self) -> Result<Request<Empty<Bytes>>, Lack> {
        Request::get("/metrics")
            .header(header::HOST, &self.address)
            .header(header::CONNECTION, "close")
            .body(Empty::new())
            .map_err(Lack::of(Failure::Away))
    }
}

/// Accepts answers with status 200, without an encoding, and of a limited length.
fn check(answer: &Response<Incoming>) -> Result<(), Lack> {
    let garbled = |why: String| Err(Lack { failure: Failure::Garbled, why });
    if answer.status() != StatusCode::OK {
        return garbled(format!("status {}", answer.status().as_u16()));
    }
    if answer.headers().contains_key(header::CONTENT_ENCODING) {
        return garbled("an encoding that was not asked for".to_owned());
    }
    match answer.body().size_hint().lower() {
        length if length > LONGEST_ANSWER as u64 => garbled(format!("{length} bytes")),
        _ => Ok(()),
    }
}

impl Lack {
    fn of<E: fmt::Display>(failure: Failure) -> impl Fn(E) -> Self {
        move |error| Self { failure, why: error.to_string() }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.failure {
            Failure::Away => "the collector is away",
            Failure::Slow => "the collector is slow",
            Failure::Garbled | Failure::Accept => "the collector answers no metrics",
        };
        write!(formatter, "{what}: {}", self.why)
    }
}
