//! Questions in HTTP 1.0, one per connection: the answer ends with the connection and comes in one piece.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, TcpStream},
    time::Duration,
};

/// An answer, as far as anybody needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The text; a sign stands for each piece that is none.
    pub body: String,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// `GET` or another method; none of them has a body.
    pub method: &'q str,
    /// The path with its query.
    pub path: &'q str,
    /// The name under which the server is asked.
    pub host: &'q str,
}

impl<'q> Question<'q> {
    /// Asks for what is at a path.
    #[must_use]
    pub const fn get(path: &'q str) -> Self {
        Self { method: "GET", path, host: "localhost" }
    }

    /// Asks a server of the network; `limit` holds for the connection, and for every silence of the server.
    ///
    /// *Units*: `limit` is real time.
    ///
    /// # Errors
    /// Nobody answers in time, or not in HTTP.
    pub fn ask(self, address: (IpAddr, u16), limit: Duration) -> io::Result<Answer> {
        let stream = TcpStream::connect_timeout(&address.into(), limit)?;
        stream.set_read_timeout(Some(limit))?;
        self.ask_over(stream)
    }

    /// Asks over a connection that is there.
    pub(crate) fn ask_over(self, mut stream: impl Read + Write) -> io::Result<Answer> {
        let Self { method, path, host } = self;
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        understand(&String::from_utf8_lossy(&answer)).ok_or_else(|| io::Error::other("the answer is not HTTP, or cut"))
    }
}

fn understand(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}
