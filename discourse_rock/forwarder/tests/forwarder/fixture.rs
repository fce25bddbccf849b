//! The program under test, a collector that does as it is told, and a client that sends bytes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};

/// What the collector of Discourse answers.
pub const METRICS: &str = "# TYPE discourse_rss gauge\ndiscourse_rss{type=\"web\"} 1\n";
/// What Prometheus sends.
pub const GET: &str = "GET /metrics HTTP/1.1\r\nHost: pod\r\n\r\n";
pub const AWAY: &str = "the collector is away\n";
pub const SLOW: &str = "the collector does not answer in time\n";
pub const GARBLED: &str = "the collector answers no metrics\n";
/// Long enough for anything that happens, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A collector that notes what it is asked and does something with each connection.
pub struct Collector {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    /// Answers with metrics.
    pub fn healthy() -> Self {
        Self::answering(&format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nServer: WEBrick\r\nContent-Length: {}\r\n\r\n{METRICS}",
            METRICS.len()
        ))
    }

    /// Answers with these bytes and closes the connection.
    pub fn answering(bytes: &str) -> Self {
        let bytes = bytes.to_owned();
        Self::doing(move |mut stream| drop(stream.write_all(bytes.as_bytes())))
    }

    /// Does something with each connection once its request has come.
    pub fn doing(act: impl Fn(TcpStream) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let head = head_of(&stream);
                noted.lock().unwrap().push(head);
                let act = act.clone();
                thread::spawn(move || act(stream));
            }
        });
        Self { address, requests }
    }

    /// Says this and nothing more, and keeps the connection open.
    pub fn stuck_after(bytes: &'static str) -> Self {
        Self::doing(move |mut stream| {
            drop(stream.write_all(bytes.as_bytes()));
            thread::sleep(2 * PATIENCE);
        })
    }

    /// Answers with metrics, each after so long, one request after the other.
    pub fn one_at_a_time(pause: Duration) -> Self {
        let busy = Arc::<Mutex<()>>::default();
        Self::doing(move |stream| {
            let _turn = busy.lock().unwrap();
            thread::sleep(pause);
            send_metrics(stream);
        })
    }

    /// Sends so many blocks of 64 KiB without saying how many they are.
    pub fn endless(blocks: usize) -> Self {
        Self::doing(move |stream| send_blocks(stream, blocks))
    }

    /// Sends a little, again and again.
    pub fn dribbling() -> Self {
        Self::doing(|mut stream| {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
            while stream.write_all(b"x").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        })
    }

    /// Waits until so many requests came.
    pub fn await_requests(&self, number: usize) {
        wait_for("requests", || (self.requests().len() >= number).then_some(()));
    }

    /// The heads of all requests that came.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn send_metrics(mut stream: TcpStream) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", METRICS.len());
    drop(stream.write_all((head + METRICS).as_bytes()));
}

/// Answers with so many blocks of 64 KiB, or until the connection ends.
fn send_blocks(mut stream: TcpStream, blocks: usize) {
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
    let block = vec![b'x'; 1 << 16];
    (0..blocks).take_while(|_| stream.write_all(&block).is_ok()).for_each(drop);
}

fn head_of(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// The program under test.
pub struct Forwarder {
    pub address: SocketAddr,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Forwarder {
    /// Starts with deadlines of a second.
    pub fn of(collector: &impl ToString) -> Self {
        Self::with(&["--listen", "127.0.0.1:0", "--deadline", "1", "--collector", &collector.to_string()])
    }

    /// Starts with these arguments, and waits until it listens.
    pub fn with(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_metrics-forwarder"))
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (noted, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| noted.lock().unwrap().push(line));
        });
        let said = || log.lock().unwrap().first().and_then(|line| line.rsplit(' ').next()?.parse().ok());
        let address = wait_for("the program to listen", said);
        Self { address, child, log }
    }

    /// The lines of the log so far, without the program's name.
    pub fn log(&self) -> Vec<String> {
        let lines = self.log.lock().unwrap();
        lines.iter().map(|line| line.trim_start_matches("metrics-forwarder: ").to_owned()).collect()
    }

    /// Waits until the log has so many lines.
    pub fn await_log(&self, lines: usize) -> Vec<String> {
        wait_for("the log", || Some(self.log()).filter(|log| log.len() >= lines))
    }

    /// Opens a connection and sends something, perhaps not all.
    pub fn connect(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    }

    /// As `connect`, from another address of the loopback.
    pub fn connect_from(&self, address: [u8; 4], bytes: &str) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        socket.connect(&self.address.into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    }

    /// All that comes back for these bytes until the connection ends.
    pub fn send(&self, bytes: &str) -> String {
        read(self.connect(bytes))
    }

    /// Status and body of the answer to a request without headers of its own.
    pub fn request(&self, method: &str, target: &str) -> (String, String) {
        split(&self.send(&format!("{method} {target} HTTP/1.1\r\nHost: pod\r\n\r\n")))
    }

    /// Sends a signal and waits for the end.
    pub fn end_by(&mut self, signal: &str) -> (ExitStatus, Duration) {
        let begin = Instant::now();
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        let status = wait_for("the program to end", || self.child.try_wait().unwrap());
        (status, begin.elapsed())
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A forwarder with the deadlines that it has by itself.
pub fn with_default_deadlines(collector: &Collector) -> Forwarder {
    Forwarder::with(&["--listen", "127.0.0.1:0", "--collector", &collector.address.to_string()])
}

/// Reads until the other side closes, however it does that.
pub fn read(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    assert!(!matches!(&ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "no end: {bytes:?}");
    drop(stream.shutdown(Shutdown::Both));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status and the body of an answer.
pub fn split(answer: &str) -> (String, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    (head.split(' ').nth(1).unwrap_or("none").to_owned(), body.to_owned())
}

/// An address at which nobody listens.
pub fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Status and body, to compare with.
pub fn answer(status: &str, body: &str) -> (String, String) {
    (status.to_owned(), body.to_owned())
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
