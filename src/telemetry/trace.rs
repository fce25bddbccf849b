//! Recorded spans as one trace.

use opentelemetry::{
    KeyValue,
    trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState},
};
use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope},
};
use opentelemetry_sdk::trace::SpanData;

use super::{Parent, recorder::Recording};
use crate::relations::topology::Topology;

/// Joins the spans to one trace, below the parent if there is one.
///
/// *Empty*: nothing was recorded.
pub(super) fn join(
    recording: Recording,
    topology: &Topology,
    parent: Option<Parent>,
) -> Option<ExportTraceServiceRequest> {
    let Recording { spans, dropped } = recording;
    // The library begins a trace with each outermost span; the one that closed last is the hook's.
    let own = spans.back()?.span_context.trace_id();
    let trace = parent.map_or(own, |parent| parent.trace);
    let spans = spans.into_iter().map(|span| place(span, trace, parent, dropped)).collect();
    let resource_spans = group_spans_by_resource_and_scope(spans, &resource(topology));
    Some(ExportTraceServiceRequest { resource_spans })
}

fn place(mut span: SpanData, trace: TraceId, parent: Option<Parent>, dropped: usize) -> SpanData {
    let id = span.span_context.span_id();
    span.span_context = SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE);
    if span.parent_span_id != SpanId::INVALID {
        return span;
    }
    if let Some(parent) = parent {
        span.parent_span_id = parent.span;
        span.parent_span_is_remote = true;
    }
    if dropped > 0 {
        span.attributes.push(KeyValue::new("dropped_spans", i64::try_from(dropped).unwrap_or(i64::MAX)));
    }
    span
}

/// Whose trace it is: OpenTelemetry's names for a service, and those that metrics and logs of charms carry.
fn resource(topology: &Topology) -> ResourceAttributesWithSchema {
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
    let attributes = attributes.map(|(name, value)| KeyValue::new(name, value.to_owned())).to_vec();
    ResourceAttributesWithSchema { attributes: attributes.into(), schema_url: None }
}
