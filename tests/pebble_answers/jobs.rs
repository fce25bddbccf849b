//! Jobs that are followed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use discourse_k8s::{discourse::job::Job, workload};
use tokio::time::sleep;

use crate::server::{http, result, server};

#[tokio::test]
async fn a_job_is_followed_until_the_patience_ends_and_asked_for_once_a_second_by_a_pebble_that_does_not_wait() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let pebble = server(move |request| match request.split_whitespace().nth(1).unwrap_or_default() {
        path if path.contains("wait") => {
            counted.fetch_add(1, Ordering::Relaxed);
            Some(http("504 Gateway Timeout", r#"{"type":"error","result":{"message":"timed out"}}"#))
        }
        _ => Some(result("[]")),
    });
    let change = "1".to_owned().into();
    let until = sleep(Duration::from_millis(1500)).deadline();
    let mut shown = Vec::new();
    let show = async |at| shown.push(at);
    let has_ended = workload::follow(&pebble, Job::Migrate, &change, until, show).await.unwrap();
    assert_eq!((has_ended, asked.load(Ordering::Relaxed), shown), (false, 2, vec![None, None]));
}
