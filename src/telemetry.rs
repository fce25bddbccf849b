//! The trace of a hook: which parts of it took how long.
//!
//! Code marks its parts with spans of the `tracing` crate. [`layer`] keeps the closed ones in memory, and [`send`] posts them
//! as one trace to an OTLP receiver over HTTP, after the hook's work.
//!
//! *Cost*: about a microsecond for each span, whether or not a receiver is known; a socket is opened in [`send`] only.
//!
//! *Secrets*: a span keeps its name and the fields `event`, `relation`, `step` and `tool`. Events, other fields and the texts
//! of errors are dropped.
//!
//! *Limits*: the 2,000 spans that closed last are kept. They include the outermost ones, since a span closes after its
//! children; `dropped_spans` on the outermost span counts the others.
//!
//! *Source*: OTLP specification 1.x, "OTLP/HTTP" and "JSON Protobuf Encoding".

mod error;
mod parent;
#[cfg(test)]
mod receiver;
mod recorder;
mod sender;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::LazyLock;

use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

use crate::relations::topology::Topology;
use recorder::Recorder;
use trace::Random;

pub use error::SendError;
pub use parent::Parent;

static RECORDER: LazyLock<Recorder> = LazyLock::new(Recorder::default);

/// The layer of a subscriber that records this crate's spans of level INFO and above for [`send`].
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    RECORDER.clone()
}

/// Posts the spans that closed since the last call as one trace, to `<receiver>/v1/traces`; without spans it does nothing.
///
/// A span that is still open is not part of the trace: call this after the outermost one has closed.
///
/// *Units*: it takes two seconds at most. A name server that does not answer holds a thread for longer, so the runtime must be
/// shut down in the background.
///
/// # Errors
///
/// The trace is lost, which is no reason to fail a hook.
pub async fn send(receiver: &str, topology: &Topology, parent: Option<&Parent>) -> Result<(), SendError> {
    let random = Random { trace: rand::random(), spans: rand::random() };
    match trace::join(&RECORDER.take(), topology, parent, random) {
        Some(trace) => sender::post(receiver, &trace).await,
        None => Ok(()),
    }
}
