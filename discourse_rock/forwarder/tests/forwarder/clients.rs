//! What the network can do with the collector, and what it cannot.

use crate::fixture::{Collector, Forwarder, GET, METRICS, SLOW, answer, read, split, with_default_deadlines};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

#[test]
fn nothing_of_a_request_reaches_the_collector() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    let body = "forged";
    let request = format!(
        "GET /metrics?token=x HTTP/1.1\r\nHost: evil\r\nX-Evil: 1\r\nAccept-Encoding: gzip\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(split(&forwarder.send(&request)), answer("200", METRICS));
    let asked = format!("GET /metrics HTTP/1.1\nhost: {}\nconnection: close\n", collector.address);
    assert_eq!(collector.requests(), [asked]);
}

#[test]
fn other_paths_and_methods_never_reach_the_collector() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    let no_path = answer("404", "only /metrics is here\n");
    let no_method = answer("405", "only GET and HEAD are allowed\n");
    let paths =
        ["/", "/send-metrics", "/ping", "/metrics/", "//metrics", "/Metrics", "/%6detrics", "/metrics/../send-metrics"];
    for path in paths {
        assert_eq!(forwarder.request("GET", path), no_path, "{path}");
    }
    assert_eq!(forwarder.request("OPTIONS", "*"), no_path);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"] {
        assert_eq!(forwarder.request(method, "/metrics"), no_method, "{method}");
    }
    let post = "POST /send-metrics HTTP/1.1\r\nHost: pod\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(split(&forwarder.send(post)), no_path);
    assert_eq!(collector.requests(), Vec::<String>::new());
}

#[test]
fn the_first_request_of_a_connection_is_its_last() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    let answers = forwarder.send(&format!("{GET}POST /send-metrics HTTP/1.1\r\nHost: pod\r\n\r\n{GET}"));
    assert_eq!(split(&answers), answer("200", METRICS));
    assert_eq!(collector.requests().len(), 1);
}

#[test]
fn smuggled_requests_never_reach_the_collector() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    let inner = "POST /send-metrics HTTP/1.1\r\nHost: pod\r\n\r\n";
    for framing in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked".to_owned(),
        "Content-Length: 0\r\nContent-Length: 5".to_owned(),
        "Transfer-Encoding: chunked".to_owned(),
        format!("X: 1\n\n{inner}"),
    ] {
        forwarder.send(&format!("GET /metrics HTTP/1.1\r\nHost: pod\r\n{framing}\r\n\r\n0\r\n\r\n{inner}"));
    }
    let requests = collector.requests();
    assert!(requests.iter().all(|request| request.starts_with("GET /metrics HTTP/1.1\n")), "{requests:?}");
    assert!(!requests.concat().contains("send-metrics"), "{requests:?}");
}

#[test]
fn what_is_no_request_is_refused() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    for bytes in
        ["\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET /metrics HTTP/3.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let (status, _) = split(&forwarder.send(bytes));
        assert!(["400", "none", "505"].contains(&status.as_str()), "{bytes:?}: {status}");
    }
    assert_eq!(collector.requests(), Vec::<String>::new());
    assert_eq!(forwarder.request("GET", "/metrics"), answer("200", METRICS));
}

#[test]
fn oversized_heads_are_refused() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    let fitting = format!("GET /metrics HTTP/1.1\r\nHost: pod\r\nX: {}\r\n\r\n", "x".repeat(7000));
    assert_eq!(split(&forwarder.send(&fitting)), answer("200", METRICS));
    for (much, long) in [(1, 8 << 10), (200, 1)] {
        let headers = format!("X: {}\r\n", "x".repeat(long)).repeat(much);
        let (status, _) = split(&forwarder.send(&format!("GET /metrics HTTP/1.1\r\n{headers}\r\n")));
        assert_eq!(status, "431", "{much} headers of {long} bytes");
    }
    let (status, _) = split(&forwarder.send(&format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(8 << 10))));
    assert!(["414", "431"].contains(&status.as_str()), "{status}");
    assert_eq!(collector.requests().len(), 1);
}

#[test]
fn clients_that_send_slowly_keep_nobody_out() {
    let collector = Collector::healthy();
    let forwarder = with_default_deadlines(&collector);
    let slow: Vec<TcpStream> = (0..64).map(|_| forwarder.connect("GET /metrics HTTP/1.1\r\nX: ")).collect();
    let begin = Instant::now();
    assert_eq!(forwarder.request("GET", "/metrics"), answer("200", METRICS));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    drop(slow);
}

#[test]
fn a_client_that_sends_too_slowly_is_cut_off() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::of(&collector.address);
    let mut slow = forwarder.connect("GET /metrics HTTP/1.1\r\n");
    let begin = Instant::now();
    let mut byte = [0];
    slow.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    while !matches!(slow.read(&mut byte), Ok(0)) && slow.write_all(b"X: 1\r\n").is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(20), "it is never cut off");
    }
    assert!(begin.elapsed() >= Duration::from_millis(900), "{:?}", begin.elapsed());
    assert_eq!(collector.requests(), Vec::<String>::new());
}

#[test]
fn no_more_than_sixteen_connections_are_served_at_once() {
    let collector = Collector::stuck_after("");
    let address = collector.address.to_string();
    let forwarder = Forwarder::with(&["--listen", "127.0.0.1:0", "--deadline", "2", "--collector", &address]);
    let clients: Vec<TcpStream> = (0..40).map(|_| forwarder.connect(GET)).collect();
    let answers: Vec<_> = clients.into_iter().map(|client| split(&read(client))).collect();
    assert_eq!(answers, vec![answer("504", SLOW); 40]);
    assert_eq!(collector.requests().len(), 3, "one for every sixteen");
}

/// Asks as Prometheus does, and must not wait long.
#[track_caller]
fn assert_served(client: TcpStream, begin: Instant) {
    assert_eq!(split(&read(client)), answer("200", METRICS));
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[test]
fn clients_that_ask_and_do_not_read_keep_nobody_out() {
    let forwarder = with_default_deadlines(&Collector::endless(100));
    let silent: Vec<TcpStream> = (0..16).map(|_| forwarder.connect(GET)).collect();
    thread::sleep(Duration::from_millis(500));
    let begin = Instant::now();
    let (status, body) = split(&forwarder.send(GET));
    assert_eq!((status.as_str(), body.len()), ("200", 100 << 16));
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    drop(silent);
}

#[test]
fn clients_of_one_address_keep_no_other_address_out() {
    let collector = Collector::one_at_a_time(Duration::from_secs(1));
    let forwarder = with_default_deadlines(&collector);
    let greedy: Vec<TcpStream> = (0..80).map(|_| forwarder.connect_from([127, 0, 0, 2], GET)).collect();
    collector.await_requests(1);
    assert_served(forwarder.connect(GET), Instant::now());
    drop(greedy);
}

#[test]
fn clients_of_one_address_share_what_they_wait_for() {
    let collector = Collector::one_at_a_time(Duration::from_secs(1));
    let forwarder = with_default_deadlines(&collector);
    let greedy: Vec<TcpStream> = (0..30).map(|_| forwarder.connect(GET)).collect();
    assert_served(forwarder.connect(GET), Instant::now());
    drop(greedy);
}

#[test]
fn clients_that_close_their_half_keep_nobody_out() {
    let collector = Collector::healthy();
    let forwarder = with_default_deadlines(&collector);
    let clients: Vec<TcpStream> =
        ["", "GET /met", GET].repeat(16).into_iter().map(|it| forwarder.connect(it)).collect();
    for client in &clients {
        client.shutdown(Shutdown::Write).unwrap();
    }
    assert_served(forwarder.connect(GET), Instant::now());
    drop(clients);
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let forwarder = with_default_deadlines(&Collector::endless(200));
    let client = forwarder.connect(GET);
    thread::sleep(Duration::from_secs(6));
    let received = read(client);
    assert!((1..200 << 16).contains(&received.len()), "{} bytes", received.len());
}
