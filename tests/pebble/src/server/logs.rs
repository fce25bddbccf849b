//! `GET /v1/logs`.

use super::{
    reply::{self, Reply, ReplyBody},
    route::Call,
};
use crate::{
    daemon::Daemon,
    logs::{Buffer, Entry, buffer::Place},
};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Response, StatusCode,
    body::{Bytes, Frame},
    header,
};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;

/// Lines that a request without a number gets.
const DEFAULT_COUNT: usize = 30;

/// A buffer and how far it was read.
type Reading = (Arc<Buffer>, Place);

/// The last lines of services, and what follows if that was asked for.
///
/// # Errors
/// A parameter is invalid.
pub fn show(daemon: &Arc<Daemon>, call: &Call) -> Result<Reply, Reply> {
    let follow = match call.query.get("follow") {
        "true" => true,
        "" | "false" => false,
        _ => return Err(reply::bad_request("follow parameter must be \"true\" or \"false\"")),
    };
    let count = match (call.query.get("n"), follow) {
        ("-1", _) => None,
        ("", true) => Some(0),
        ("", false) => Some(DEFAULT_COUNT),
        (number, _) => {
            let count = number.parse().map_err(|_| reply::bad_request("n must be -1, 0, or a positive integer"))?;
            Some(count)
        }
    };
    let mut readings = readings(daemon, &call.query.list("services"), count);
    let lines = read(&mut readings);
    let skipped = count.map_or(0, |count| lines.len().saturating_sub(count));
    let text: String = lines.iter().skip(skipped).map(row).collect();
    let body = if follow {
        following(text, readings)
    } else {
        reply::with_type(StatusCode::OK, "", text).into_response().into_body()
    };
    let response = Response::builder().header(header::CONTENT_TYPE, "application/x-ndjson");
    Ok(response.body(body).map_or_else(|_| reply::empty(), Reply::from))
}

fn readings(daemon: &Daemon, names: &[String], count: Option<usize>) -> Vec<Reading> {
    let world = daemon.world();
    let wanted = world.services.by_name.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    wanted.map(|(_, service)| (Arc::clone(&service.logs), service.logs.place(count))).collect()
}

/// New lines of all services, by time.
fn read(readings: &mut [Reading]) -> Vec<Entry> {
    let mut entries: Vec<_> = readings.iter_mut().flat_map(|(buffer, place)| buffer.read(place)).collect();
    entries.sort_by_key(|entry| entry.time);
    entries
}

fn row(entry: &Entry) -> String {
    format!("{}\n", entry.view())
}

/// A body without end.
fn following(text: String, readings: Vec<Reading>) -> ReplyBody {
    let (sender, receiver) = mpsc::channel(16);
    let first = sender.clone();
    tokio::spawn(async move {
        let _ = first.send(text).await;
        for (buffer, place) in readings {
            tokio::spawn(pass_on(buffer, place, sender.clone()));
        }
    });
    let frames = stream::unfold(receiver, |mut receiver| async {
        let text = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), receiver))
    });
    StreamBody::new(frames).boxed_unsync()
}

async fn pass_on(buffer: Arc<Buffer>, mut place: Place, sender: mpsc::Sender<String>) {
    let mut grown = buffer.watch();
    loop {
        let text: String = buffer.read(&mut place).iter().map(row).collect();
        if !text.is_empty() && sender.send(text).await.is_err() {
            return;
        }
        tokio::select! {
            grown = grown.changed() => if grown.is_err() { return },
            () = sender.closed() => return,
        }
    }
}
