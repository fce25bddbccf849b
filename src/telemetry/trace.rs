//! Recorded spans as one trace in OTLP's JSON encoding.
//!
//! *Source*: opentelemetry-proto, `docs/specification.md` and `trace.proto`: identifiers in hexadecimal digits, times as decimal
//! texts, enumerations as numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{
    Parent,
    recorder::{ClosedSpan, Recording},
};
use crate::relations::topology::Topology;

/// The kind of a span that is neither a request nor its answer.
const INTERNAL: u32 = 1;

/// The flags of a sampled span whose parent is in this process.
const LOCAL_PARENT: u32 = 0x101;

/// The flags of a sampled span whose parent is elsewhere.
const REMOTE_PARENT: u32 = 0x301;

/// The status of a span that failed; 0 is no status.
const ERROR: u32 = 2;

/// What makes the identifiers of a trace different from those of any other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Random {
    pub(super) trace: u128,
    pub(super) spans: u64,
}

/// A trace under way.
struct Trace<'a> {
    id: String,
    spans: u64,
    parent: Option<&'a Parent>,
    dropped: usize,
}

/// Joins the spans to one trace, below the parent if there is one.
///
/// *Empty*: nothing was recorded.
pub(super) fn join(
    recording: &Recording,
    topology: &Topology,
    parent: Option<&Parent>,
    random: Random,
) -> Option<Value> {
    let own = || format!("{:032x}", random.trace.max(1));
    let id = parent.map_or_else(own, |parent| parent.trace.clone());
    let trace = Trace { id, spans: random.spans, parent, dropped: recording.dropped };
    let spans: Vec<Value> = recording.spans.iter().map(|span| trace.span(span)).collect();
    let is_empty = spans.is_empty();
    let scope = json!({"scope": {"name": env!("CARGO_PKG_NAME")}, "spans": spans});
    (!is_empty).then(|| json!({"resourceSpans": [{"resource": resource(topology), "scopeSpans": [scope]}]}))
}

impl Trace<'_> {
    fn span(&self, span: &ClosedSpan) -> Value {
        let (around, flags) = match (span.parent, self.parent) {
            (Some(number), _) => (self.span_id(number), LOCAL_PARENT),
            (None, Some(parent)) => (parent.span.clone(), REMOTE_PARENT),
            (None, None) => (String::new(), LOCAL_PARENT),
        };
        json!({
            "traceId": self.id,
            "spanId": self.span_id(span.id),
            "parentSpanId": around,
            "flags": flags,
            "name": span.name,
            "kind": INTERNAL,
            "startTimeUnixNano": nanoseconds(span.start),
            "endTimeUnixNano": nanoseconds(span.end),
            "attributes": self.attributes(span),
            "status": {"code": if span.is_failed { ERROR } else { 0 }},
        })
    }

    /// The numbers of spans are different in one process only.
    fn span_id(&self, number: u64) -> String {
        format!("{:016x}", (self.spans ^ number).max(1))
    }

    fn attributes(&self, span: &ClosedSpan) -> Vec<Value> {
        let own = span.attributes.iter().map(|(name, value)| attribute(name, value));
        let is_outermost = span.parent.is_none() && self.dropped > 0;
        let dropped = json!({"key": "dropped_spans", "value": {"intValue": self.dropped.to_string()}});
        own.chain(is_outermost.then_some(dropped)).collect()
    }
}

/// The service, under OpenTelemetry's names, and under those that metrics and logs of charms carry.
fn resource(topology: &Topology) -> Value {
    let attributes = [
        ("service.name", topology.application.as_str()),
        ("service.instance.id", &topology.unit),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("juju_model", &topology.model),
        ("juju_model_uuid", &topology.model_uuid),
        ("juju_application", &topology.application),
        ("juju_unit", &topology.unit),
        ("juju_charm", &topology.charm_name),
    ];
    json!({"attributes": attributes.map(|(name, value)| attribute(name, value))})
}

fn attribute(name: &str, value: &str) -> Value {
    json!({"key": name, "value": {"stringValue": value}})
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
