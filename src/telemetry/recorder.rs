//! Keeps the closed spans in memory.
//!
//! Not by the layer of `tracing-opentelemetry`: it costs ten times as much for each span, and every hook would pay for it.

#![expect(clippy::disallowed_methods, reason = "a span has a begin and an end")]

use std::{
    collections::VecDeque,
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// Spans that are kept; an ordinary hook has fewer than a hundred.
pub(super) const LIMIT: usize = 2_000;

/// The fields that are kept. Any other may hold a secret.
const ATTRIBUTES: [&str; 4] = ["event", "relation", "step", "tool"];

/// The memory between the layer and the sender; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Recording>>);

/// Spans in the order in which they closed.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub(super) spans: VecDeque<ClosedSpan>,
    /// How many spans closed before these and were not kept.
    pub(super) dropped: usize,
}

/// A span that has closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClosedSpan {
    /// Its number in this process.
    pub(super) id: u64,
    /// The number of the span around it.
    pub(super) parent: Option<u64>,
    pub(super) name: String,
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) is_failed: bool,
}

/// A span that has not closed yet, as far as it is recorded.
struct OpenSpan {
    start: SystemTime,
    name: Option<String>,
    attributes: Vec<(&'static str, String)>,
    is_failed: bool,
}

impl Recorder {
    /// Everything that was recorded since the last call.
    pub(super) fn take(&self) -> Recording {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, span: ClosedSpan) {
        let mut recording = self.lock();
        recording.spans.push_back(span);
        if recording.spans.len() > LIMIT {
            recording.spans.pop_front();
            recording.dropped += 1;
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| is_recorded(span.metadata())) else { return };
        let mut open = OpenSpan { start: SystemTime::now(), name: None, attributes: Vec::new(), is_failed: false };
        attributes.record(&mut open);
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<OpenSpan>() {
            values.record(open);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<OpenSpan>() else { return };
        self.keep(ClosedSpan {
            id: id.into_u64(),
            parent: parent(&span),
            name: open.name.unwrap_or_else(|| span.name().to_owned()),
            start: open.start,
            end: SystemTime::now(),
            attributes: open.attributes,
            is_failed: open.is_failed,
        });
    }
}

/// Other crates' spans would show what they send.
fn is_recorded(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
    is_ours && *metadata.level() <= Level::INFO
}

/// The nearest span around this one that is recorded.
fn parent<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<u64> {
    let mut around = span.scope().skip(1);
    around.find(|one| one.extensions().get::<OpenSpan>().is_some()).map(|one| one.id().into_u64())
}

/// The names of OpenTelemetry's special fields are those of `tracing-opentelemetry`.
impl Visit for OpenSpan {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => self.name = Some(value.to_owned()),
            "otel.status_code" => self.is_failed = value.eq_ignore_ascii_case("error"),
            name if ATTRIBUTES.contains(&name) => self.attributes.push((name, value.to_owned())),
            _ => {}
        }
    }

    /// Only texts are kept: how anything else prints is not known here.
    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}
