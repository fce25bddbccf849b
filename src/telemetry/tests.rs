#![expect(clippy::disallowed_methods, reason = "takes the time of a request")]

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tracing::{Instrument, field::Empty, info_span};
use tracing_subscriber::{layer::SubscriberExt, registry};

use super::{
    receiver::{Receiver, closed_port},
    recorder::{ClosedSpan, LIMIT, Recording},
    *,
};

fn topology() -> Topology {
    Topology {
        model: "forum-prod".to_owned(),
        model_uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
        application: "forum".to_owned(),
        unit: "forum/0".to_owned(),
        charm_name: "discourse-k8s".to_owned(),
    }
}

fn parent() -> Parent {
    Parent::parse("80f198ee56343ba864fe8b2a57d3eff7", "ff00000000000001").unwrap()
}

/// What is recorded while a work is done, in a runtime as the charm's.
fn recorded(work: impl AsyncFnOnce()) -> Recording {
    let recorder = Recorder::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(registry().with(recorder.clone()), || runtime.block_on(work()));
    recorder.take()
}

/// Each span as `name < name of its parent`, in the order in which they closed.
fn lineage(recording: &Recording) -> Vec<String> {
    let name = |id| recording.spans.iter().find(|span| Some(span.id) == id).map_or("", |span| &span.name);
    recording.spans.iter().map(|span| format!("{} < {}", span.name, name(span.parent))).collect()
}

/// A tool call that lasts until the runtime has turned to the other ones.
async fn call(tool: &'static str) {
    async {
        tokio::task::yield_now().await;
        async { tokio::task::yield_now().await }
            .instrument(info_span!("read", otel.name = format!("read {tool}")))
            .await;
    }
    .instrument(info_span!("tool", otel.name = tool, tool))
    .await;
}

fn span(id: u64, parent: Option<u64>, name: &str, attribute: (&'static str, &str)) -> ClosedSpan {
    let start = SystemTime::UNIX_EPOCH + Duration::new(1_760_000_000, 123_456_789);
    ClosedSpan {
        id,
        parent,
        name: name.to_owned(),
        start,
        end: start + Duration::from_millis(5),
        attributes: vec![(attribute.0, attribute.1.to_owned())],
        is_failed: false,
    }
}

/// A hook with one tool call, which failed.
fn small() -> Recording {
    let call = ClosedSpan { is_failed: true, ..span(2, Some(1), "relation-get", ("tool", "relation-get")) };
    Recording { spans: [call, span(1, None, "hook", ("event", "config-changed"))].into(), dropped: 3 }
}

const RANDOM: Random = Random { trace: 7, spans: 0x10 };

fn written(recording: &Recording, parent: Option<&Parent>) -> Value {
    trace::join(recording, &topology(), parent, RANDOM).unwrap()
}

#[test]
fn a_trace_is_written_as_otlp_json() {
    let golden = include_str!("trace.json").replace("VERSION", env!("CARGO_PKG_VERSION"));
    let golden: Value = serde_json::from_str(&golden).unwrap();
    assert_eq!(written(&small(), Some(&parent())), golden);
}

#[test]
fn without_a_parent_the_trace_has_an_identifier_of_its_own() {
    let mut recording = small();
    recording.spans.push_front(span(3, None, "early", ("step", "x")));
    let trace = written(&recording, None);
    let spans = trace["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let ids: Vec<[&Value; 3]> =
        spans.iter().map(|span| ["traceId", "parentSpanId", "flags"].map(|key| &span[key])).collect();
    let own = "00000000000000000000000000000007";
    assert_eq!(json!(ids), json!([[own, "", 257], [own, "0000000000000011", 257], [own, "", 257]]));
}

#[test]
fn nothing_recorded_is_no_trace() {
    assert_eq!(trace::join(&Recording::default(), &topology(), Some(&parent()), RANDOM), None);
}

#[test]
fn a_span_is_a_child_of_the_code_that_opened_it_while_others_run() {
    let recording = recorded(async || {
        let observe = async || {
            tokio::join!(call("config-get"), call("relation-get"));
        };
        async {
            observe().instrument(info_span!("observe")).await;
            info_span!("decide").in_scope(|| ());
        }
        .instrument(info_span!("hook"))
        .await;
    });
    let expected = [
        "read config-get < config-get",
        "config-get < observe",
        "read relation-get < relation-get",
        "relation-get < observe",
        "observe < hook",
        "decide < hook",
        "hook < ",
    ];
    assert_eq!(lineage(&recording), expected);
}

#[test]
fn only_fields_on_the_list_are_kept() {
    let recording = recorded(async || {
        let error = std::io::Error::other("hunter2");
        let error: &(dyn std::error::Error + 'static) = &error;
        let span =
            info_span!("tool", tool = "secret-get", password = "hunter2", error = Empty, otel.status_code = "error");
        span.record("error", error);
        span.in_scope(|| tracing::error!("hunter2"));
        drop(info_span!("step", otel.status_code = "error", otel.status_description = "hunter2"));
    });
    assert_eq!(recording.spans.back().unwrap().attributes, [("tool", "secret-get".to_owned())]);
    assert!(!format!("{recording:?}").contains("hunter2"));
}

#[test]
fn a_failed_span_says_so_and_not_why() {
    let recording = recorded(async || {
        let span = info_span!("tool", otel.status_code = Empty);
        span.record("otel.status_code", "ERROR");
    });
    assert!(recording.spans.front().unwrap().is_failed);
}

#[test]
fn spans_of_other_crates_and_fine_ones_are_not_recorded() {
    let recording = recorded(async || {
        drop(info_span!(target: "hyper::client", "not ours"));
        drop(tracing::debug_span!("too fine"));
        drop(info_span!("ours"));
    });
    assert_eq!(lineage(&recording), ["ours < "]);
}

#[test]
fn the_spans_that_closed_last_are_kept_and_the_others_counted() {
    let recording = recorded(async || {
        let hook = info_span!("hook");
        (0..LIMIT + 4).for_each(|_| drop(info_span!(parent: &hook, "tool")));
    });
    assert_eq!((recording.spans.len(), recording.dropped), (LIMIT, 5));
    assert_eq!(recording.spans.back().unwrap().name, "hook");
}

#[tokio::test]
async fn a_receiver_reads_what_was_sent() {
    let receiver = Receiver::answering("200 OK");
    sender::post(&receiver.url, &written(&small(), Some(&parent()))).await.unwrap();
    let post = receiver.post();
    assert_eq!((post.line.as_str(), post.content_type.as_str()), ("POST /v1/traces HTTP/1.1", "application/json"));
    assert_eq!(post.body, written(&small(), Some(&parent())));
}

#[tokio::test]
async fn the_spans_of_the_program_are_sent_once() {
    tracing::subscriber::with_default(registry().with(layer()), || drop(info_span!("hook")));
    let receiver = Receiver::answering("200 OK");
    send(&receiver.url, &topology(), None).await.unwrap();
    assert_eq!(receiver.post().body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"], "hook");
    send("not a receiver", &topology(), None).await.unwrap();
}

async fn failure(url: &str) -> String {
    sender::post(url, &written(&small(), None)).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_receiver_that_refuses_or_redirects_is_an_error() {
    for (status, code) in [("400 Bad Request", 400), ("307 Temporary Redirect\r\nLocation: /", 307)] {
        let receiver = Receiver::answering(status);
        let expected = format!("sending the trace failed: the receiver answered with status {code}");
        assert_eq!(failure(&receiver.url).await, expected);
    }
}

#[tokio::test]
async fn a_closed_port_is_an_error() {
    assert_eq!(failure(&closed_port()).await, "sending the trace failed: Connection refused (os error 111)");
}

#[tokio::test]
async fn a_silent_receiver_costs_two_seconds() {
    let start = Instant::now();
    assert_eq!(failure(&Receiver::silent().url).await, "sending the trace failed: no answer in time");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_trace_that_no_receiver_takes_is_not_sent() {
    let mut recording = small();
    recording.spans[0].attributes = vec![("tool", "x".repeat(4 << 20))];
    let outcome = sender::post(&closed_port(), &written(&recording, None)).await;
    assert!(matches!(outcome, Err(SendError::Size(_))), "{outcome:?}");
}
