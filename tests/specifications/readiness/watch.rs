//! Watching from outside whether a pod is ready, while hooks run.

use std::{
    io::{Read, Write},
    net::{IpAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(20);

/// A thread that asks Pebble, as Kubernetes does, and Discourse itself.
pub struct Watch {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Lost>,
}

/// How long what was not there, in real time.
#[derive(Debug, Default)]
pub struct Lost {
    /// The pod was not ready.
    pub readiness: Duration,
    /// Discourse did not answer.
    pub service: Duration,
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
    pub fn end(self) -> Lost {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

fn watch(address: IpAddr, is_over: &AtomicBool) -> Lost {
    let mut lost = Lost::default();
    while !is_over.load(Ordering::SeqCst) {
        let begin = Instant::now();
        let is_ready = is_well(address, 38813, "/v1/health?level=ready");
        let is_serving = is_well(address, 3000, "/srv/status");
        thread::sleep(PERIOD);
        let duration = begin.elapsed();
        lost.readiness += if is_ready { Duration::ZERO } else { duration };
        lost.service += if is_serving { Duration::ZERO } else { duration };
    }
    lost
}

fn is_well(address: IpAddr, port: u16, path: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((address, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).map(|()| status.ends_with(b"200"))
    };
    let answer: std::io::Result<bool> = ask();
    answer.unwrap_or(false)
}
