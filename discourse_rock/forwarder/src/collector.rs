//! The client of Discourse's collector.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::{Empty, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time};

use crate::notes::Failure;

/// The longest accepted answer, in bytes; that of a busy forum has a few MiB.
const LONGEST_ANSWER: u64 = 64 << 20;
/// The longest accepted head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// The address of the collector, and its time limit.
#[derive(Debug)]
pub struct Collector {
    address: String,
    deadline: Duration,
}

/// The streamed metrics; dropping them closes the connection to the collector.
#[derive(Debug)]
pub struct Metrics {
    body: Limited<Incoming>,
    _connection: JoinSet<()>,
}

/// The reason why there are no metrics.
#[derive(Debug, PartialEq, Eq)]
pub struct Lack {
    /// The kind of failure.
    pub failure: Failure,
    why: String,
}

impl Collector {
    /// A collector at `HOST:PORT`.
    pub fn new(address: String, deadline: Duration) -> Self {
        Self { address, deadline }
    }

    /// Requests the metrics; the request contains nothing that a client sent.
    ///
    /// # Errors
    /// [`Lack`] if the collector does not listen, takes too long, or answers with something else.
    pub async fn ask(&self) -> Result<Response<Metrics>, Lack> {
        let slow = |_| Lack { failure: Failure::Slow, why: format!("no answer within {} s", self.deadline.as_secs()) };
        time::timeout(self.deadline, self.exchange()).await.map_err(slow)?
    }

    async fn exchange(&self) -> Result<Response<Metrics>, Lack> {
        let stream = TcpStream::connect(&self.address).await.map_err(Lack::of(Failure::Away))?;
        let mut client = http1::Builder::new();
        client.max_buf_size(LONGEST_HEAD);
        let (mut sender, connection) =
            client.handshake(TokioIo::new(stream)).await.map_err(Lack::of(Failure::Garbled))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        let answer = sender.send_request(self.request()?).await.map_err(Lack::of(Failure::Garbled))?;
        check(&answer)?;
        Ok(answer.map(|body| Metrics { body: Limited::new(body, limit()), _connection: driver }))
    }

    fn request(&self) -> Result<Request<Empty<Bytes>>, Lack> {
        Request::get("/metrics")
            .header(header::HOST, &self.address)
            .header(header::CONNECTION, "close")
            .body(Empty::new())
            .map_err(Lack::of(Failure::Away))
    }
}

fn limit() -> usize {
    usize::try_from(LONGEST_ANSWER).unwrap_or(usize::MAX)
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
        length if length > LONGEST_ANSWER => garbled(format!("{length} bytes")),
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

impl Body for Metrics {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
