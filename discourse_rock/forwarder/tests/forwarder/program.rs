//! The program itself: where it listens and how it ends.

use crate::fixture::{Collector, Forwarder, GET, METRICS, answer, read, split};
use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

#[test]
fn it_ends_at_once_with_zero_whatever_is_under_way() {
    for signal in ["-TERM", "-INT"] {
        let collector = Collector::stuck_after("");
        let address = collector.address.to_string();
        let mut forwarder = Forwarder::with(&["--listen", "127.0.0.1:0", "--collector", &address]);
        let clients = [forwarder.connect(GET), forwarder.connect("GET /")];
        thread::sleep(Duration::from_millis(200));
        let (status, took) = forwarder.end_by(signal);
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(took < Duration::from_secs(3), "{signal} took {took:?}");
        drop(clients);
    }
}

#[test]
fn the_unspecified_address_takes_both_families() {
    let collector = Collector::healthy();
    let forwarder = Forwarder::with(&["--listen", "[::]:0", "--collector", &collector.address.to_string()]);
    let port = forwarder.address.port();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.write_all(GET.as_bytes()).unwrap();
    assert_eq!(split(&read(client)), answer("200", METRICS));
    if forwarder.address.is_ipv6() {
        let mut client = TcpStream::connect(("::1", port)).unwrap();
        client.write_all(GET.as_bytes()).unwrap();
        assert_eq!(split(&read(client)), answer("200", METRICS));
    }
}

#[test]
fn a_port_in_use_is_named_and_ends_with_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_metrics-forwarder")).args(["--listen", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with(&format!("metrics-forwarder: listening on {address} failed: ")), "{said}");
}

#[test]
fn help_names_the_defaults() {
    let output = Command::new(env!("CARGO_BIN_EXE_metrics-forwarder")).arg("--help").output().unwrap();
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        ["[::]:9394", "localhost:9405", "METRICS_FORWARDER_LISTEN"].iter().all(|word| help.contains(word)),
        "{help}"
    );
}
