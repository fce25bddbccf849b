//! Connections and HTTP.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use discourse_k8s::pebble::Layer;

use crate::server::{always, is_unreachable, message, result, server};

#[tokio::test]
async fn a_broken_connection_counts_as_unreachable() {
    for cut in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"type\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ] {
        let pebble = always(cut);
        assert!(is_unreachable(pebble.services().await), "read after {cut:?}");
        assert!(is_unreachable(pebble.replan().await), "written after {cut:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_reported() {
    for garbage in
        ["SSH-2.0-hunter2\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 hunter2\r\n\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n"]
    {
        let text = message(always(garbage).services().await);
        assert!(text.starts_with("GET /v1/services: the answer is not HTTP: "), "{garbage:?}: {text}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let pebble = always("HTTP/1.1 301 Moved Permanently\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(message(pebble.plan().await), "GET /v1/plan: the answer with status 301 is not Pebble's JSON");
}

#[tokio::test]
async fn an_answer_of_more_than_16_mib_is_rejected() {
    let pebble = server(|_| Some(result(&format!("\"{}\"", "x".repeat(20 << 20)))));
    assert_eq!(message(pebble.services().await), "GET /v1/services: the answer is longer than 16777216 bytes");
}

#[tokio::test]
async fn a_pebble_that_never_answers_times_out() {
    let begun = Instant::now();
    let pebble = server(|_| None);
    assert_eq!(message(pebble.services().await), "GET /v1/services: no answer in time");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn only_reads_are_retried() {
    let answer_second = |requests: &Arc<AtomicU32>| {
        let requests = Arc::clone(requests);
        server(move |_| if requests.fetch_add(1, Ordering::Relaxed) == 0 { Some(vec![]) } else { Some(result("null")) })
    };
    let (reads, writes) = <(Arc<AtomicU32>, Arc<AtomicU32>)>::default();
    assert_eq!(answer_second(&reads).services().await.unwrap(), []);
    assert!(is_unreachable(answer_second(&writes).add_layer("charm", &Layer::default()).await));
    assert_eq!((reads.load(Ordering::Relaxed), writes.load(Ordering::Relaxed)), (2, 1));
}
