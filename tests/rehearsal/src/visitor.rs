//! A visitor of the forum, who reaches the pod's address from the network around it.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    time::Duration,
};

/// How long an answer may take. *Units*: real time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What the forum answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The status code.
    pub status: u16,
    /// The text.
    pub body: String,
}

/// Asks the forum on a pod for a page.
///
/// # Errors
/// Nobody answers in time, or not in HTTP.
pub fn ask(address: IpAddr, method: &str, path: &str) -> io::Result<Page> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(address, 3000), ANSWER_TIMEOUT)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let request = format!("{method} {path} HTTP/1.0\r\nHost: forum.example.com\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    understand(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP"))
}

fn understand(answer: &str) -> Option<Page> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Page { status, body: body.to_owned() })
}
