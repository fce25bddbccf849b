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
async fn a_job_is_followed_for_as_many_questions_as_fit_into_an_hour_if_pebble_does_not_wait() {
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
    let until = sleep(Duration::from_mins(1)).deadline();
    let mut shown = 0;
    let show = async |_| shown += 1;
    let has_ended = workload::follow(&pebble, Job::Migrate, &change, until, show).await.unwrap();
    assert_eq!((has_ended, asked.load(Ordering::Relaxed), shown), (false, 720, 720));
}
