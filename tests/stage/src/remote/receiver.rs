//! An HTTP server that records what is posted to it.

use crate::pod::message::{Body, Head};
use serde_json::Value;
use std::{
    io::{self, BufReader, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Sender},
    thread,
    time::Duration,
};

/// A request with a JSON document.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Its path.
    pub path: String,
    /// The document.
    pub body: Value,
}

/// A running server; once its owner is gone, the next request ends it.
#[derive(Debug)]
pub(super) struct Receiver {
    address: SocketAddr,
    posts: mpsc::Receiver<Post>,
}

impl Receiver {
    /// Starts a server at an address; a silent one records requests, too, but never answers.
    pub(super) fn start(address: IpAddr, is_silent: bool) -> io::Result<Self> {
        let listener = TcpListener::bind((address, 0))?;
        let address = listener.local_addr()?;
        let (sender, posts) = mpsc::channel();
        thread::spawn(move || serve(&listener, &sender, is_silent));
        Ok(Self { address, posts })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The oldest request that was not yet taken; waits for it, in real time.
    ///
    /// *Empty*: none came in time.
    pub(super) fn next(&self, timeout: Duration) -> Option<Post> {
        self.posts.recv_timeout(timeout).ok()
    }
}

/// Takes one request per connection.
fn serve(listener: &TcpListener, posts: &Sender<Post>, is_silent: bool) {
    let mut silent = Vec::new();
    for stream in listener.incoming() {
        // A client that breaks off has posted nothing.
        let Ok((stream, post)) = stream.and_then(|stream| receive(&stream).map(|post| (stream, post))) else {
            continue;
        };
        // A client that was answered may look at once for what it posted.
        let is_accepted = post.is_some();
        if post.is_some_and(|post| posts.send(post).is_err()) {
            return;
        }
        if is_silent {
            silent.push(stream);
        } else {
            let _ = answer(&stream, is_accepted);
        }
    }
}

/// *Empty*: the request has no body of known length, or it is not JSON.
fn receive(stream: &TcpStream) -> io::Result<Option<Post>> {
    let mut reader = BufReader::new(stream);
    let Some(head) = Head::read(&mut reader)? else { return Ok(None) };
    let body = head.request_body();
    let mut bytes = Vec::new();
    if matches!(body, Body::Sized(_)) {
        body.copy(&mut reader, &mut bytes)?;
    }
    let path = head.word(1).to_owned();
    Ok(serde_json::from_slice(&bytes).ok().map(|body| Post { path, body }))
}

fn answer(mut stream: &TcpStream, is_accepted: bool) -> io::Result<()> {
    let status = if is_accepted { "204 No Content" } else { "400 Bad Request" };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, net::Ipv4Addr};

    #[test]
    fn a_client_that_was_answered_finds_what_it_posted() {
        let receiver = Receiver::start(Ipv4Addr::LOCALHOST.into(), false).unwrap();
        for number in 0..200 {
            let mut client = TcpStream::connect(receiver.address()).unwrap();
            client.write_all(b"POST /v1/traces HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}").unwrap();
            let mut answer = [0; 12];
            client.read_exact(&mut answer).unwrap();
            assert_eq!((&answer, receiver.next(Duration::ZERO).is_some()), (b"HTTP/1.1 204", true), "{number}");
        }
    }
}
