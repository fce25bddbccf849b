//! What an answer carries: one document, or a watch that goes on.

use hyper::body::{Bytes, Frame};
use serde_json::Value;
use std::{
    convert::Infallible,
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Sleep, sleep},
};

/// A document, or lines as long as somebody sends some.
pub(super) enum Body {
    Document(Option<Bytes>),
    Lines(UnboundedReceiver<Bytes>, Option<Pin<Box<Sleep>>>),
}

impl Body {
    pub(super) fn document(value: &Value) -> Self {
        Self::Document(Some(Bytes::from(value.to_string())))
    }

    /// Lines until the limit, or as long as the client stays.
    pub(super) fn lines(lines: UnboundedReceiver<Bytes>, limit: Option<Duration>) -> Self {
        Self::Lines(lines, limit.map(|limit| Box::pin(sleep(limit))))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Document(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Lines(lines, limit) => {
                if limit.as_mut().is_some_and(|limit| limit.as_mut().poll(context).is_ready()) {
                    return Poll::Ready(None);
                }
                lines.poll_recv(context).map(|line| line.map(|line| Ok(Frame::data(line))))
            }
        }
    }
}
