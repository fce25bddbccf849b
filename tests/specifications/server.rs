//! The server under Pebble, with the image's own launcher: what happens to requests while it is stopped.

use std::{
    fs,
    io::{self, Read, Write},
    net::{IpAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::forum::{Forum, Outcome, image_copy};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// How long the launcher keeps accepting requests once it has to stop; nominal time, like the next two.
const DRAIN: Duration = Duration::from_secs(8);
/// An answer that takes longer than the drain, and not as long as the kill delay: by the stage's clock four seconds, which leaves the
/// hooks three of them before the stop.
const SLOW: Duration = Duration::from_secs(20);
/// When Pebble kills what has not ended by itself.
const KILL_DELAY: Duration = Duration::from_secs(25);
/// When Unicorn kills a worker that has not answered; real time.
const WORKER_TIMEOUT: Duration = Duration::from_secs(30);
/// How late anything may be on a busy machine; real time.
const SLACK: Duration = Duration::from_secs(10);
/// An answer that never comes.
const NEVER: Duration = Duration::from_mins(10);

#[test]
fn a_running_request_is_answered_before_the_server_restarts() {
    let mut forum = serving();
    let request = Request::begin(&forum, forum.stage.clock().scaled(SLOW));
    forum.set("max_category_nesting", 3);
    assert_eq!(forum.settle(), Outcome::restarted());
    request.assert_answered(&forum);
}

#[test]
fn a_request_that_arrives_while_the_server_drains_is_answered() {
    let mut forum = serving();
    let address = (forum.stage.unit(0).address(), 3000);
    let refused = thread::spawn(move || {
        while is_served(address) {}
        OffsetDateTime::now_utc()
    });
    forum.set("max_category_nesting", 3);
    forum.settle();
    let (refused, drained) = (refused.join().unwrap(), last_stop(&forum).0 + forum.stage.clock().scaled(DRAIN));
    assert!(refused >= drained, "refused at {refused}, not {drained} or later");
}

#[test]
fn a_running_request_is_answered_before_the_server_stops() {
    let mut forum = serving();
    let request = Request::begin(&forum, forum.stage.clock().scaled(SLOW));
    forum.stage.unrelate("redis").unwrap();
    let expected = "blocked: no redis: juju integrate discourse-k8s:redis redis-k8s:redis";
    assert_eq!(forum.settle().without_posts(), Outcome::unready(expected));
    assert_eq!(processes(&forum), []);
    request.assert_answered(&forum);
}

#[test]
fn a_hanging_worker_delays_a_restart_by_the_kill_delay_and_no_longer() {
    let mut forum = serving();
    let old = processes(&forum);
    let request = Request::begin(&forum, NEVER);
    forum.set("max_category_nesting", 3);
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(request.end().0, "", "the server ended without an answer");
    let (begin, end) = last_stop(&forum);
    let (took, least) = ((end - begin).unsigned_abs(), forum.stage.clock().scaled(KILL_DELAY));
    assert!((least..least + SLACK).contains(&took), "stopped in {took:?}, not {least:?}");
    let new = processes(&forum);
    let survivors: Vec<_> = old.iter().filter(|process| new.contains(process)).collect();
    assert!(survivors.is_empty() && new.len() == old.len(), "{survivors:?} in {new:?}, before {old:?}");
}

#[test]
fn a_hanging_worker_is_replaced_while_the_others_serve() {
    let mut forum = serving();
    let (old, begin) = (processes(&forum), OffsetDateTime::now_utc());
    let request = Request::begin(&forum, NEVER);
    while !request.is_over() {
        assert!(is_served((forum.stage.unit(0).address(), 3000)));
    }
    let (answer, end) = request.end();
    let took = (end - begin).unsigned_abs();
    assert!((WORKER_TIMEOUT..WORKER_TIMEOUT + SLACK).contains(&took) && answer.is_empty(), "{answer:?} after {took:?}");
    assert_eq!(forum.settle(), Outcome::active());
    let new = processes(&forum);
    let gone = old.iter().filter(|process| !new.contains(process)).count();
    assert_eq!((gone, new.len()), (1, old.len()), "{new:?}, before {old:?}");
}

/// A forum that serves, and whose launcher drains for as long as in production, by the stage's clock.
#[track_caller]
fn serving() -> Forum {
    let image = image_copy();
    let settings = image.path().join("image.env");
    let mut forum = Forum::related_from(image);
    let drain = forum.stage.clock().scaled(DRAIN).as_secs_f64();
    fs::write(settings, format!("LAUNCH_DRAIN={drain}\n")).unwrap();
    assert_eq!(forum.settle(), Outcome::migrated());
    forum
}

/// A request for a page that takes its time.
struct Request(thread::JoinHandle<(String, OffsetDateTime)>);

impl Request {
    #[track_caller]
    fn begin(forum: &Forum, duration: Duration) -> Self {
        let mut stream = TcpStream::connect((forum.stage.unit(0).address(), 3000)).unwrap();
        let slow = format!("GET /slow?seconds={} HTTP/1.0\r\n\r\n", duration.as_secs_f64());
        stream.write_all(slow.as_bytes()).unwrap();
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
    #[track_caller]
    fn end(self) -> (String, OffsetDateTime) {
        self.0.join().unwrap()
    }

    /// The page is complete; its answer ended after the server's stop began, and the stop waited for it.
    #[track_caller]
    fn assert_answered(self, forum: &Forum) {
        let (answer, end) = self.end();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nslept\n"), "{answer:?}");
        let (begin, stopped) = last_stop(forum);
        assert!((begin..stopped).contains(&end), "{end} is not between {begin} and {stopped}");
    }
}

/// Whether the forum answers a request that is made now.
fn is_served(address: (IpAddr, u16)) -> bool {
    thread::sleep(Duration::from_millis(20));
    let ask = |mut stream: TcpStream| {
        stream.write_all(b"GET /srv/status HTTP/1.0\r\n\r\n")?;
        io::read_to_string(stream)
    };
    TcpStream::connect(address).and_then(ask).is_ok_and(|answer| answer.ends_with("ok"))
}

/// When Pebble last began to stop the server, and when the server had stopped.
#[track_caller]
fn last_stop(forum: &Forum) -> (OffsetDateTime, OffsetDateTime) {
    let changes = forum.pebble("/v1/changes?select=all");
    let tasks = changes.as_array().unwrap().iter().filter_map(|change| change["tasks"].as_array()).flatten();
    let is_stop = |task: &&Value| task["kind"] == "stop" && task["summary"].as_str().unwrap().contains("\"discourse\"");
    let time = |task: &Value, key: &str| OffsetDateTime::parse(task[key].as_str().unwrap(), &Rfc3339).unwrap();
    tasks.filter(is_stop).map(|task| (time(task, "spawn-time"), time(task, "ready-time"))).max().unwrap()
}

/// The processes of the server: its launcher, its session, and whatever they left behind; not the gate's check.
#[track_caller]
fn processes(forum: &Forum) -> Vec<(i32, String)> {
    let others =
        |line: &str| line.starts_with("/charm/bin/pebble") || line.contains("metrics-forwarder") || line == "false";
    forum.pod().processes("discourse").into_iter().filter(|(_, line)| !others(line)).collect()
}
