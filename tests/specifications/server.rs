//! The server under Pebble, with the image's own launcher: what becomes of those who wait for an answer while it is stopped.

use std::{
    fs,
    io::{self, Read, Write},
    net::{IpAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::forum::{ACTIVE, Forum, faulty_image, server_starts};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// How long the launcher keeps accepting once it was told to stop; nominal time, like the next two.
const DRAIN: Duration = Duration::from_secs(8);
/// An answer that takes longer than the drain, and not as long as the kill delay.
const SLOW: Duration = Duration::from_secs(15);
/// When Pebble kills what has not ended by itself.
const KILL_DELAY: Duration = Duration::from_secs(25);
/// When Unicorn kills a worker that has not answered, by a clock that nobody can make faster.
const WORKER_TIMEOUT: Duration = Duration::from_secs(30);
/// How late anything may be on a busy machine; real time.
const SLACK: Duration = Duration::from_secs(10);
/// An answer that nobody will see.
const NEVER: Duration = Duration::from_mins(10);

#[test]
fn a_request_under_way_is_answered_before_the_server_restarts() {
    let mut forum = serving();
    let visit = Visit::begin(&forum, forum.stage.clock().scaled(SLOW));
    forum.stage.config([("max_category_nesting", json!(3))]).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 1), "{}", forum.log());
    visit.assert_answered(&forum);
}

#[test]
fn whoever_comes_while_the_server_drains_is_answered() {
    let mut forum = serving();
    let address = (forum.stage.unit(0).address(), 3000);
    let refused = thread::spawn(move || {
        while is_served(address) {}
        OffsetDateTime::now_utc()
    });
    forum.stage.config([("max_category_nesting", json!(3))]).unwrap();
    forum.settle();
    let (refused, drained) = (refused.join().unwrap(), last_stop(&forum).0 + forum.stage.clock().scaled(DRAIN));
    assert!(refused >= drained, "refused at {refused}, not {drained} or later");
}

#[test]
fn a_request_under_way_is_answered_before_the_server_stops() {
    let mut forum = serving();
    let visit = Visit::begin(&forum, forum.stage.clock().scaled(SLOW));
    forum.stage.unrelate("redis").unwrap();
    let runs = forum.settle();
    assert_eq!(forum.status(), "blocked: no redis: juju integrate discourse-k8s:redis redis-k8s");
    assert_eq!((server_starts(&runs), processes(&forum)), (0, vec![]));
    visit.assert_answered(&forum);
}

#[test]
fn a_worker_that_hangs_holds_up_a_restart_for_the_kill_delay_and_no_longer() {
    let mut forum = serving();
    let old = processes(&forum);
    let visit = Visit::begin(&forum, NEVER);
    forum.stage.config([("max_category_nesting", json!(3))]).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 1), "{}", forum.log());
    assert_eq!(visit.end().0, "", "the server ended without an answer");
    let (begin, end) = last_stop(&forum);
    let (took, least) = ((end - begin).unsigned_abs(), forum.stage.clock().scaled(KILL_DELAY));
    assert!((least..least + SLACK).contains(&took), "stopped in {took:?}, not {least:?}");
    let new = processes(&forum);
    let survivors: Vec<_> = old.iter().filter(|process| new.contains(process)).collect();
    assert!(survivors.is_empty() && new.len() == old.len(), "{survivors:?} in {new:?}, before {old:?}");
}

#[test]
fn a_worker_that_hangs_is_replaced_while_the_others_serve() {
    let mut forum = serving();
    let (old, begin) = (processes(&forum), OffsetDateTime::now_utc());
    let visit = Visit::begin(&forum, NEVER);
    while !visit.is_over() {
        assert!(is_served((forum.stage.unit(0).address(), 3000)));
    }
    let (answer, end) = visit.end();
    let took = (end - begin).unsigned_abs();
    assert!((WORKER_TIMEOUT..WORKER_TIMEOUT + SLACK).contains(&took) && answer.is_empty(), "{answer:?} after {took:?}");
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 0));
    let new = processes(&forum);
    let gone = old.iter().filter(|process| !new.contains(process)).count();
    assert_eq!((gone, new.len()), (1, old.len()), "{new:?}, before {old:?}");
}

/// A forum that serves, and whose launcher drains for as long as in production, by the stage's clock.
fn serving() -> Forum {
    let image = faulty_image(&[]);
    let settings = image.path().join("image.env");
    let mut forum = Forum::related_from(image);
    let drain = forum.stage.clock().scaled(DRAIN).as_secs_f64();
    fs::write(settings, format!("LAUNCH_DRAIN={drain}\n")).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    forum
}

/// Somebody who waits for a page that takes its time.
struct Visit(thread::JoinHandle<(String, OffsetDateTime)>);

impl Visit {
    fn begin(forum: &Forum, duration: Duration) -> Self {
        let mut stream = TcpStream::connect((forum.stage.unit(0).address(), 3000)).unwrap();
        let request = format!("GET /slow?seconds={} HTTP/1.0\r\n\r\n", duration.as_secs_f64());
        stream.write_all(request.as_bytes()).unwrap();
        Self(thread::spawn(move || {
            let mut answer = Vec::new();
            // A connection that is cut is an end like any other: what came until then is the answer.
            let _ = stream.read_to_end(&mut answer);
            (String::from_utf8(answer).unwrap(), OffsetDateTime::now_utc())
        }))
    }

    fn is_over(&self) -> bool {
        self.0.is_finished()
    }

    /// The answer, and when the connection ended.
    fn end(self) -> (String, OffsetDateTime) {
        self.0.join().unwrap()
    }

    /// The page came whole, and it was the server's stop that waited for it.
    fn assert_answered(self, forum: &Forum) {
        let (answer, end) = self.end();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nslept\n"), "{answer:?}");
        let (begin, stopped) = last_stop(forum);
        let drained = begin + forum.stage.clock().scaled(DRAIN);
        assert!((drained..stopped).contains(&end), "{end} is not between {drained} and {stopped}");
    }
}

/// Whether the forum's status page is there for somebody who comes now.
fn is_served(address: (IpAddr, u16)) -> bool {
    thread::sleep(Duration::from_millis(20));
    let ask = |mut stream: TcpStream| {
        stream.write_all(b"GET /srv/status HTTP/1.0\r\n\r\n")?;
        io::read_to_string(stream)
    };
    TcpStream::connect(address).and_then(ask).is_ok_and(|answer| answer.ends_with("ok"))
}

/// When Pebble began to stop the server the last time, and when it had done it.
fn last_stop(forum: &Forum) -> (OffsetDateTime, OffsetDateTime) {
    let changes = forum.stage.pod(0).unwrap().read("discourse", "/v1/changes?select=all").unwrap();
    let tasks = changes.as_array().unwrap().iter().filter_map(|change| change["tasks"].as_array()).flatten();
    let is_stop = |task: &&Value| task["kind"] == "stop" && task["summary"].as_str().unwrap().contains("\"discourse\"");
    let time = |task: &Value, key: &str| OffsetDateTime::parse(task[key].as_str().unwrap(), &Rfc3339).unwrap();
    tasks.filter(is_stop).map(|task| (time(task, "spawn-time"), time(task, "ready-time"))).max().unwrap()
}

/// The processes of the server: its launcher, its session, and whatever they left behind; not the gate's check.
fn processes(forum: &Forum) -> Vec<(i32, String)> {
    let others =
        |line: &str| line.starts_with("/charm/bin/pebble") || line.contains("metrics-forwarder") || line == "false";
    forum.stage.pod(0).unwrap().processes("discourse").into_iter().filter(|(_, line)| !others(line)).collect()
}
