//! What Prometheus gets from a collector, well or not.

use crate::fixture::{
    AWAY, Collector, Forwarder, GARBLED, GET, METRICS, SLOW, answer, nowhere, read, split, with_default_deadlines,
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

const SLOW_LINE: &str = "the collector is slow: no answer within 1 s; further ones of this kind are not logged";

#[test]
fn metrics_are_passed_on() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    assert_eq!(forwarder.request("GET", "/metrics"), answer("200", METRICS));
    let head = forwarder.send(GET).split("\r\n\r\n").next().unwrap().to_lowercase();
    let mut names: Vec<_> = head.lines().skip(1).map(|line| line.split(": ").next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["connection", "content-length", "content-type", "date"]);
    assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
}

#[test]
fn a_head_request_gets_no_body_and_asks_the_collector_as_usual() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    assert_eq!(forwarder.request("HEAD", "/metrics"), answer("200", ""));
    assert!(collector.requests().concat().starts_with("GET /metrics HTTP/1.1\n"));
}

#[test]
fn a_hundred_scrapes_work_and_leave_no_line_in_the_log() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    for _ in 0..100 {
        assert_eq!(forwarder.request("GET", "/metrics"), answer("200", METRICS));
    }
    assert_eq!(collector.requests().len(), 100);
    assert_eq!(forwarder.log().len(), 1);
}

#[test]
fn a_collector_that_is_away_is_a_bad_gateway_and_logged_once() {
    let away = nowhere();
    let forwarder = Forwarder::of(&away);
    for _ in 0..5 {
        assert_eq!(forwarder.request("GET", "/metrics"), answer("502", AWAY));
    }
    let log = forwarder.await_log(2);
    assert_eq!(log[0], format!("serving the metrics of {away} on {}", forwarder.address));
    assert!(log[1].starts_with("the collector is away: "), "{log:?}");
    assert_eq!(log.len(), 2, "{log:?}");
}

#[test]
fn a_collector_that_comes_back_is_served_and_logged() {
    let away = nowhere();
    let forwarder = Forwarder::of(&away);
    assert_eq!(forwarder.request("GET", "/metrics"), answer("502", AWAY));
    let listener = TcpListener::bind(&away).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.read(&mut [0; 1024]));
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nup 1"));
    });
    let answer = forwarder.send(GET);
    assert_eq!(split(&answer).1, "up 1");
    assert!(answer.to_lowercase().contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    assert_eq!(forwarder.await_log(3)[2], "the collector answers again");
}

#[test]
fn a_collector_whose_name_is_unknown_is_a_bad_gateway() {
    let forwarder = Forwarder::of(&"nobody.invalid:9405");
    let (status, body) = forwarder.request("GET", "/metrics");
    assert!([("502", AWAY), ("504", SLOW)].contains(&(status.as_str(), body.as_str())), "{status} {body}");
}

#[test]
fn a_collector_that_does_not_end_its_answer_is_a_gateway_timeout() {
    for (name, collector) in [
        ("silent", Collector::stuck_after("")),
        ("half a head", Collector::stuck_after("HTTP/1.1 200 OK\r\nContent-")),
        ("half a body", Collector::stuck_after("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndiscourse_rss 1\n")),
        ("a body in small pieces", Collector::dribbling()),
    ] {
        let forwarder = Forwarder::of(&collector.address);
        assert_eq!(forwarder.request("GET", "/metrics"), answer("504", SLOW), "{name}");
        assert_eq!(forwarder.await_log(2)[1..].concat(), SLOW_LINE, "{name}");
    }
}

#[test]
fn a_collector_that_hangs_in_the_middle_is_cut_off() {
    let (cut, is_cut) = mpsc::channel();
    let collector = Collector::doing(move |mut stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndiscourse_rss 1\n"));
        drop(stream.read_to_end(&mut Vec::new()));
        let _ = cut.send(());
    });
    let forwarder = Forwarder::of(&collector.address);
    let begin = Instant::now();
    assert_eq!(forwarder.request("GET", "/metrics"), answer("504", SLOW));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(is_cut.recv_timeout(Duration::from_secs(10)), Ok(()));
}

#[test]
fn a_collector_that_answers_garbage_is_a_bad_gateway() {
    let endless = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: x\r\n".repeat(30_000));
    for garbage in [
        "",
        "hello\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
        &endless,
    ] {
        let forwarder = Forwarder::of(&Collector::answering(garbage).address);
        let start: String = garbage.chars().take(60).collect();
        assert_eq!(forwarder.request("GET", "/metrics"), answer("502", GARBLED), "{start:?}");
    }
}

#[test]
fn an_answer_of_any_length_is_passed_on_up_to_the_limit() {
    for (blocks, status) in [(255, "200"), (257, "502")] {
        let forwarder = with_default_deadlines(&Collector::endless(blocks));
        let (found, body) = split(&forwarder.send(GET));
        assert_eq!(found, status, "{blocks} blocks");
        assert!(status != "200" || body.len() == blocks << 16, "{} bytes", body.len());
    }
}

#[test]
fn all_who_ask_at_the_same_time_get_one_answer_of_the_collector() {
    let collector = Collector::one_at_a_time(Duration::from_secs(1));
    let forwarder = with_default_deadlines(&collector);
    let clients: Vec<TcpStream> = (0..16).map(|_| forwarder.connect(GET)).collect();
    let answers: Vec<_> = clients.into_iter().map(|client| split(&read(client))).collect();
    assert_eq!(answers, vec![answer("200", METRICS); 16]);
    assert_eq!(collector.requests().len(), 1);
    assert_eq!(forwarder.request("GET", "/metrics"), answer("200", METRICS));
    assert_eq!(collector.requests().len(), 2, "an answer is not kept for later");
}

#[test]
fn a_request_goes_on_for_the_others_when_the_client_leaves_for_whom_it_began() {
    let collector = Collector::one_at_a_time(Duration::from_secs(1));
    let forwarder = with_default_deadlines(&collector);
    let first = forwarder.connect(GET);
    collector.await_requests(1);
    let second = forwarder.connect(GET);
    drop(first);
    assert_eq!(split(&read(second)), answer("200", METRICS));
    assert_eq!(collector.requests().len(), 1);
}
