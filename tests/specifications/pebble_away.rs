//! Pebble that is not there, answers nonsense, or dies in the middle: an ordinary state, and the next event finishes the work.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::forum::{ACTIVE, Forum, MIGRATE, Outcome};
use stage::pod::Fault;

const NO_PEBBLE: &str = "waiting: waiting for Pebble in the container discourse; nothing to do";

/// How long a migration takes that no test waits for; no other test uses this number. *Units*: seconds.
const ENDLESS: &str = "61";

#[test]
fn pebble_is_waited_for_while_it_does_not_answer() {
    let mut forum = Forum::active();
    for fault in [Fault::Gone, Fault::Refused, Fault::Cut(0), Fault::Cut(12), Fault::Cut(150), Fault::Cut(400)] {
        forum.pod().set_fault(Some(fault));
        assert_eq!(forum.update_status(), Outcome::unchanged(NO_PEBBLE), "{fault:?}");
        forum.pod().set_fault(None);
        assert_eq!(forum.update_status(), Outcome::active(), "{fault:?}");
    }
}

#[test]
fn a_slow_pebble_is_waited_for_up_to_a_limit() {
    let mut forum = Forum::active();
    for (seconds, status) in [(1, ACTIVE), (6, "waiting: Pebble refuses: GET /v1/")] {
        let delay = forum.stage.clock().nominal(Duration::from_secs(seconds));
        forum.pod().set_fault(Some(Fault::Slow(delay)));
        forum.update_status().assert_unchanged(status);
    }
    assert!(forum.status().ends_with(": no answer in time; the next hook tries again"), "{}", forum.status());
}

#[test]
fn work_that_pebble_could_not_accept_is_done_by_the_next_hook() {
    let mut forum = Forum::active();
    forum.set("smtp_domain", "example.com");
    forum.pod().set_fault(Some(Fault::Gone));
    assert_eq!(forum.settle(), Outcome::unchanged(NO_PEBBLE));
    forum.pod().set_fault(None);
    let mut runs = vec![forum.stage.update_status(0).unwrap()];
    runs.extend(forum.run_hooks());
    assert_eq!(forum.outcome(&runs), Outcome::restarted());
}

#[test]
fn a_migration_during_which_pebble_dies_is_started_again() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    // Files of a container are those of its image again once it has restarted.
    forum.turn_on("migrate-sleep", ENDLESS);
    let killer = kill_pebble_at_boot(&forum);
    forum.relate();
    let mut runs = forum.run_hooks();
    killer.join().unwrap();
    runs.push(forum.stage.update_status(0).unwrap());
    runs.extend(forum.run_hooks());
    assert!(forum.statuses().contains(&NO_PEBBLE.to_owned()), "{:?}", forum.statuses());
    let migrated_twice = Outcome { rails_boots: vec![MIGRATE.to_owned(); 2], ..Outcome::migrated() };
    assert_eq!(forum.outcome(&runs), migrated_twice);
}

#[test]
fn nonsense_in_place_of_the_answers_of_pebble_is_reported_and_changes_nothing() {
    let mut forum = Forum::active();
    let socket = forum.pod().container_dir().join("containers/discourse/pebble.socket");
    for answer in hostile_answers() {
        forum.pod().set_fault(Some(Fault::Gone));
        let impostor = Impostor::start(&socket, &answer);
        let outcome = forum.update_status();
        impostor.stop();
        let (status, shown) = (&outcome.status, String::from_utf8_lossy(&answer).chars().take(300).collect::<String>());
        assert!(status == NO_PEBBLE || status.starts_with("waiting: Pebble refuses: GET /v1/"), "{status} for {shown}");
        assert!(!status.contains(char::is_control), "{status:?} for {shown}");
        assert_eq!(outcome, Outcome::unchanged(status), "{shown}");
        forum.pod().set_fault(None);
    }
    assert_eq!(forum.update_status(), Outcome::active());
}

/// Kills the first unit's Pebble and all that it runs in the middle of a hook, when a command of the workload begins.
#[track_caller]
fn kill_pebble_at_boot(forum: &Forum) -> thread::JoinHandle<()> {
    let pod = forum.pod();
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

/// A server on Pebble's socket that is not Pebble.
struct Impostor {
    socket: PathBuf,
    is_stopped: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Impostor {
    #[track_caller]
    fn start(socket: &Path, answer: &[u8]) -> Self {
        let (listener, answer) = (UnixListener::bind(socket).unwrap(), answer.to_vec());
        let is_stopped = Arc::new(AtomicBool::new(false));
        let is_last = is_stopped.clone();
        let thread = thread::spawn(move || {
            for caller in listener.incoming().take_while(|_| !is_last.load(Ordering::SeqCst)) {
                let mut caller = caller.unwrap();
                // A caller that gave up before it sent its request gets no answer.
                if let Ok(1..) = caller.read(&mut [0; 4096]) {
                    let _ = caller.write_all(&answer);
                }
            }
        });
        Self { socket: socket.to_owned(), is_stopped, thread }
    }

    #[track_caller]
    fn stop(self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        drop(UnixStream::connect(&self.socket).unwrap());
        self.thread.join().unwrap();
        fs::remove_file(&self.socket).unwrap();
    }
}
