//! A hosted Pebble: time goes by only while a client waits or the test drives it, and programs are played.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not there fails its test")]

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::Duration,
};

use clock::Follower;
use nix::{errno::Errno, sys::signal::Signal};
use pebble::{
    checks::probe::Failure,
    daemon::Options,
    hosted::{Hosted, Hosting},
    plan::check::HttpProbe,
    processes::{Launch, Machine, machine::Answer},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A machine on which no program starts and no server answers.
struct Nothing;

impl Machine for Nothing {
    fn start(&self, _launch: Launch<'_>) -> Result<(u32, oneshot::Receiver<i32>), String> {
        Err("there is no program".to_owned())
    }

    fn signal(&self, _pid: u32, _signal: Signal) -> Result<(), Errno> {
        Err(Errno::ESRCH)
    }

    fn signal_group(&self, _leader: u32, _signal: Signal) -> Result<(), Errno> {
        Err(Errno::ESRCH)
    }

    fn note(&self, _line: &str) {}

    fn ask<'a>(&'a self, _probe: &'a HttpProbe) -> Answer<'a> {
        Box::pin(std::future::ready(Err(Failure::new("connection refused"))))
    }
}

/// A Pebble below a folder, and that folder.
fn hosted(layer: &str) -> (Hosted, TempDir) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("pebble/layers")).unwrap();
    std::fs::write(root.path().join("pebble/layers/001-test.yaml"), layer).unwrap();
    let options = Options { dir: "/pebble".into(), socket: "/socket".into(), is_held: true, ..Options::default() };
    let hosting = Hosting { root: root.path().to_owned(), options, machine: Arc::new(Nothing), passed: Duration::ZERO };
    (Hosted::start(hosting).unwrap(), root)
}

fn get(root: &Path, path: &str) -> Value {
    let mut stream = UnixStream::connect(root.join("socket")).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: pebble\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str::<Value>(answer.split_once("\r\n\r\n").unwrap().1).unwrap()["result"].clone()
}

#[test]
fn an_hour_that_a_client_waits_goes_by_at_once() {
    let (pebble, root) = hosted("{}");
    get(root.path(), "/v1/notices?keys=example.com/never&timeout=1h");
    let passed = pebble.passed();
    assert!(passed >= Duration::from_hours(1), "{passed:?}");
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(pebble.passed(), passed, "the time goes on though nobody waits");
}

#[test]
fn checks_run_as_often_as_the_driven_time_says() {
    let check = "{override: replace, period: 10s, threshold: 100, http: {url: 'http://localhost:3000'}}";
    let (pebble, root) = hosted(&format!("checks: {{web: {check}}}"));
    pebble.follow(Duration::from_secs(95));
    assert_eq!(get(root.path(), "/v1/checks")[0]["failures"], 9);
}
