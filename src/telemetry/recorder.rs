//! Keeps the closed spans in memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use opentelemetry::{
    Context,
    trace::{Status, TracerProvider},
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor},
};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, filter_fn},
    registry::LookupSpan,
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
    pub(super) spans: VecDeque<SpanData>,
    /// How many spans closed before these and were not kept.
    pub(super) dropped: usize,
}

impl Recorder {
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // Sampler and resource are set, or the library would look for them in the environment.
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(Resource::builder_empty().build())
            .with_span_processor(self.clone())
            .build();
        tracing_opentelemetry::layer()
            .with_context_activation(false)
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
            .with_filter(filter_fn(is_recorded).with_max_level_hint(LevelFilter::INFO))
    }

    /// Everything that was recorded since the last call.
    pub(super) fn take(&self) -> Recording {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other crates' spans would show what they send, and events belong to the log.
fn is_recorded(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
    metadata.is_span() && is_ours && *metadata.level() <= Level::INFO
}

impl SpanProcessor for Recorder {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut recording = self.lock();
        recording.spans.push_back(without_secrets(span));
        if recording.spans.len() > LIMIT {
            recording.spans.pop_front();
            recording.dropped += 1;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Leaves what cannot hold a secret: the layer makes an attribute of every field, and of one the description of the status.
fn without_secrets(mut span: SpanData) -> SpanData {
    span.attributes.retain(|attribute| ATTRIBUTES.contains(&attribute.key.as_str()));
    if let Status::Error { .. } = span.status {
        span.status = Status::error("");
    }
    span
}
