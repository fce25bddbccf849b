//! What a request gets: the metrics, or one line of text.

use std::sync::Arc;

use http_body_util::{Either, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
};

use crate::{
    collector::{Collector, Lack, Metrics},
    notes::{Failure, Notes},
};

/// The one path that there is.
const PATH: &str = "/metrics";
/// What metrics are where the collector does not say it.
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// An answer's body: metrics that are passed on, or a text of our own.
pub type Answer = Response<Either<Metrics, Full<Bytes>>>;

/// Answers requests.
#[derive(Debug)]
pub struct Forwarder {
    collector: Collector,
    notes: Arc<Notes>,
}

impl Forwarder {
    /// Forwards to a collector, and tells of failures.
    pub fn new(collector: Collector, notes: Arc<Notes>) -> Self {
        Self { collector, notes }
    }

    /// Answers one request; only its method and its path count, and its body is not read.
    pub async fn answer(&self, request: &Request<Incoming>) -> Answer {
        if request.uri().path() != PATH {
            return text(StatusCode::NOT_FOUND, "only /metrics is here");
        }
        if *request.method() != Method::GET && *request.method() != Method::HEAD {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed");
            answer.headers_mut().insert(header::ALLOW, ALLOWED);
            return answer;
        }
        self.metrics().await
    }

    async fn metrics(&self) -> Answer {
        match self.collector.ask().await {
            Ok(answer) => {
                self.notes.collector_answered();
                pass_on(answer)
            }
            Err(lack) => self.refuse(&lack),
        }
    }

    fn refuse(&self, lack: &Lack) -> Answer {
        self.notes.failed(lack.failure, lack);
        match lack.failure {
            Failure::Slow => text(StatusCode::GATEWAY_TIMEOUT, "the collector does not answer in time"),
            Failure::Away => text(StatusCode::BAD_GATEWAY, "the collector is away"),
            Failure::Garbled | Failure::Accept => text(StatusCode::BAD_GATEWAY, "the collector answers no metrics"),
        }
    }
}

/// The collector's body and the type that it names; none of its other headers.
fn pass_on(answer: Response<Metrics>) -> Answer {
    let (head, metrics) = answer.into_parts();
    let mut answer = Response::new(Either::Left(metrics));
    let kind = head.headers.get(header::CONTENT_TYPE).cloned().unwrap_or(METRICS);
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn text(status: StatusCode, line: &str) -> Answer {
    let mut answer = Response::new(Either::Right(Full::new(Bytes::from(format!("{line}\n")))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer
}
