//! Answers to requests: the metrics, or one line of text.

use std::sync::Arc;

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
};

use crate::{
    collector::{Collector, Lack, Metrics},
    notes::{Failure, Notes},
};

/// The only path.
const PATH: &str = "/metrics";
/// The default content type of metrics.
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// An answer whose body is the metrics or a text.
pub type Answer = Response<Full<Bytes>>;

/// Answers requests.
#[derive(Debug)]
pub struct Forwarder {
    collector: Collector,
    notes: Arc<Notes>,
}

impl Forwarder {
    /// Forwards to a collector, and logs failures.
    pub fn new(collector: Collector, notes: Arc<Notes>) -> Self {
        Self { collector, notes }
    }

    /// Answers one request by its method and path; its body is not read.
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
            Ok(metrics) => {
                self.notes.collector_answered();
                pass_on(metrics)
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

/// The collector's body and content type, without its other headers.
fn pass_on(metrics: Metrics) -> Answer {
    let mut answer = Response::new(Full::new(metrics.body));
    answer.headers_mut().insert(header::CONTENT_TYPE, metrics.content_type.unwrap_or(METRICS));
    answer
}

fn text(status: StatusCode, line: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(format!("{line}\n"))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer
}
