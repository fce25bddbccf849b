//! Watching from outside whether a pod is ready, while hooks run.

use std::{
    io::{Read, Write},
    net::{IpAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use time::OffsetDateTime;

/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(20);

/// How long an answer may take: less than a log target that never answers holds Pebble up.
const PATIENCE: Duration = Duration::from_millis(1500);

/// A beginning and an end.
pub type Span = (OffsetDateTime, OffsetDateTime);

/// A thread that asks Pebble, as Kubernetes does, and Discourse itself.
pub struct Watch {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Look>>,
}

/// One look at a pod.
#[derive(Debug)]
pub struct Look {
    span: Span,
    /// Pebble calls the pod ready.
    is_ready: bool,
    /// Discourse answers.
    is_serving: bool,
}

impl Look {
    /// Whether it is over before a span begins, or begins after it.
    pub fn is_outside(&self, (begin, end): Span) -> bool {
        self.span.1 <= begin || self.span.0 >= end
    }

    /// Whether a user would have been served.
    pub fn is_well(&self) -> bool {
        self.is_ready && self.is_serving
    }
}

impl Watch {
    /// Begins to watch the pod at an address.
    pub fn begin(address: IpAddr) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        Self { is_over, thread: thread::spawn(move || watch(address, &ends)) }
    }

    /// Ends the watch.
    #[track_caller]
    pub fn end(self) -> Vec<Look> {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

fn watch(address: IpAddr, is_over: &AtomicBool) -> Vec<Look> {
    let mut looks = Vec::new();
    while !is_over.load(Ordering::SeqCst) {
        let begin = OffsetDateTime::now_utc();
        let is_ready = is_well(address, 38813, "/v1/health?level=ready");
        let is_serving = is_well(address, 3000, "/srv/status");
        looks.push(Look { span: (begin, OffsetDateTime::now_utc()), is_ready, is_serving });
        thread::sleep(PERIOD);
    }
    looks
}

fn is_well(address: IpAddr, port: u16, path: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((address, port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).map(|()| status.ends_with(b"200"))
    };
    let answer: std::io::Result<bool> = ask();
    answer.unwrap_or(false)
}
