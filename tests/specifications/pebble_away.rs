//! A Pebble that is not there, not itself, or gone in the middle: an ordinary state, and the next event finishes the work.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use crate::forum::{ACTIVE, Forum, assert_harmless, posts, rails_boots, server_starts};
use serde_json::json;
use stage::{HookRun, pod::Fault};

const MIGRATE: &str = "bin/rake charm:migrate";
const NO_PEBBLE: &str = "waiting: waiting for Pebble in the container discourse; nothing to do";

/// A migration that no test waits for, and no other test has. *Units*: seconds.
const ENDLESS: &str = "61";

#[test]
fn a_pebble_that_does_not_answer_is_waited_for() {
    let mut forum = Forum::active();
    for fault in [Fault::Gone, Fault::Refused, Fault::Cut(0), Fault::Cut(12), Fault::Cut(150), Fault::Cut(400)] {
        forum.stage.pod(0).unwrap().set_fault(Some(fault));
        let run = forum.stage.update_status(0).unwrap();
        assert_harmless(&forum, &run);
        assert_eq!(forum.status(), NO_PEBBLE, "{fault:?}");
        forum.stage.pod(0).unwrap().set_fault(None);
        let run = forum.stage.update_status(0).unwrap();
        assert_eq!((forum.status().as_str(), posts(&[run])), (ACTIVE, vec![]), "{fault:?}");
    }
}

#[test]
fn a_slow_pebble_is_waited_for_but_not_for_ever() {
    let mut forum = Forum::active();
    for (seconds, status) in [(1, ACTIVE), (6, "waiting: Pebble refuses: GET /v1/")] {
        let delay = forum.stage.clock().nominal(Duration::from_secs(seconds));
        forum.stage.pod(0).unwrap().set_fault(Some(Fault::Slow(delay)));
        let run = forum.stage.update_status(0).unwrap();
        assert_harmless(&forum, &run);
        assert!(forum.status().starts_with(status), "{}", forum.status());
    }
    assert!(forum.status().ends_with(": no answer in time; the next hook tries again"), "{}", forum.status());
}

#[test]
fn work_that_pebble_could_not_take_is_done_by_the_next_hook() {
    let mut forum = Forum::active();
    forum.stage.config([("smtp_domain", json!("example.com"))]).unwrap();
    forum.stage.pod(0).unwrap().set_fault(Some(Fault::Gone));
    forum.settle();
    assert_eq!(forum.status(), NO_PEBBLE);
    forum.stage.pod(0).unwrap().set_fault(None);
    let mut runs = vec![forum.stage.update_status(0).unwrap()];
    runs.extend(forum.settle());
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 1));
}

#[test]
fn a_pebble_that_dies_during_a_migration_is_waited_for_and_the_migration_begun_again() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    // Files of a container are those of its image again once it has restarted.
    forum.turn_on("migrate-sleep", ENDLESS);
    let killer = kill_pebble_at_boot(&forum);
    forum.relate();
    let mut runs = forum.settle();
    killer.join().unwrap();
    runs.push(forum.stage.update_status(0).unwrap());
    runs.extend(forum.settle());
    assert!(runs.iter().all(HookRun::is_success), "{}", forum.log());
    assert!(forum.statuses().contains(&NO_PEBBLE.to_owned()), "{:?}", forum.statuses());
    assert_eq!(
        (forum.status().as_str(), rails_boots(&runs), server_starts(&runs)),
        (ACTIVE, vec![MIGRATE.to_owned(); 2], 1)
    );
}

#[test]
fn something_that_is_no_pebble_is_named_and_nothing_more() {
    let mut forum = Forum::active();
    let socket = forum.stage.pod(0).unwrap().container_dir().join("containers/discourse/pebble.socket");
    for answer in hostile_answers() {
        forum.stage.pod(0).unwrap().set_fault(Some(Fault::Gone));
        let impostor = Impostor::start(&socket, &answer);
        let run = forum.stage.update_status(0).unwrap();
        impostor.stop();
        assert_harmless(&forum, &run);
        let (status, shown) = (forum.status(), String::from_utf8_lossy(&answer).chars().take(300).collect::<String>());
        assert!(status == NO_PEBBLE || status.starts_with("waiting: Pebble refuses: GET /v1/"), "{status} for {shown}");
        assert!(!status.contains("hunter2") && !status.contains(char::is_control), "{status:?} for {shown}");
        forum.stage.pod(0).unwrap().set_fault(None);
    }
    let run = forum.stage.update_status(0).unwrap();
    assert_eq!((forum.status().as_str(), posts(&[run])), (ACTIVE, vec![]));
}

/// Kills the first unit's Pebble with all that it runs, in the middle of a hook: when a command of the workload begins.
fn kill_pebble_at_boot(forum: &Forum) -> thread::JoinHandle<()> {
    let pod = forum.stage.pod(0).unwrap();
    let is_pebble = |(_, line): &(i32, String)| line.starts_with("/charm/bin/pebble");
    let (pid, _) = pod.processes("discourse").into_iter().find(is_pebble).unwrap();
    let boots = pod.boots().clone();
    thread::spawn(move || {
        while boots.count() == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
    })
}

/// What an impostor might answer to any request.
fn hostile_answers() -> Vec<Vec<u8>> {
    let http = |body: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "hunter2 ".repeat(3 << 20));
    [
        String::new(),
        "hunter2\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nhunter2".to_owned(),
        "HTTP/1.1 302 Found\r\nLocation: http://hunter2/\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 999 What\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhunter2".to_owned(),
        http(""),
        http("hunter2"),
        http("null"),
        http(&nested),
        http(r#"{"type": "sync", "result": null}"#),
        http(r#"{"type": "sync", "result": 42}"#),
        http(r#"{"type": "sync", "result": "{[: hunter2"}"#),
        http(r#"{"type": "sync", "result": ["hunter2"]}"#),
        http(r#"{"type": "sync", "result": {"boot-id": 5, "version": []}}"#),
        http(r#"{"type": "error", "result": "hunter2"}"#),
        http(r#"{"type": "error", "result": {"message": "no\nsuch\u001b thing", "kind": 5}}"#),
        http(r#"{"type": "error", "result": {"message": "no\nsuch\u001b[31m thing", "kind": "odd"}}"#),
        endless,
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// Something that listens where Pebble should.
struct Impostor {
    socket: PathBuf,
    thread: thread::JoinHandle<()>,
}

impl Impostor {
    fn start(socket: &Path, answer: &[u8]) -> Self {
        let (listener, answer) = (UnixListener::bind(socket).unwrap(), answer.to_vec());
        let thread = thread::spawn(move || {
            for caller in listener.incoming() {
                let mut caller = caller.unwrap();
                let mut request = [0; 4096];
                // The last caller says nothing.
                let Ok(1..) = caller.read(&mut request) else { return };
                let _ = caller.write_all(&answer);
            }
        });
        Self { socket: socket.to_owned(), thread }
    }

    fn stop(self) {
        drop(UnixStream::connect(&self.socket).unwrap());
        self.thread.join().unwrap();
        fs::remove_file(&self.socket).unwrap();
    }
}
