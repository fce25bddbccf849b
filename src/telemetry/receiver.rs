//! A receiver of traces for tests.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a server in a thread, for tests")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use serde_json::Value;

/// A request as it arrived.
#[derive(Debug, PartialEq)]
pub(super) struct Post {
    pub line: String,
    pub content_type: String,
    pub body: Value,
}

/// A server on this machine that takes one request.
pub(super) struct Receiver {
    pub url: String,
    posts: mpsc::Receiver<Post>,
}

impl Receiver {
    /// Answers with a status line, such as `200 OK`, and further headers.
    pub(super) fn answering(status: &'static str) -> Self {
        Self::serving(move |stream| {
            stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
        })
    }

    /// Reads and says nothing until the other side is gone.
    pub(super) fn silent() -> Self {
        Self::serving(|stream| drop(stream.read(&mut [0])))
    }

    /// The request that came.
    pub(super) fn post(&self) -> Post {
        self.posts.recv().unwrap()
    }

    fn serving(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, posts) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            sender.send(read(&mut stream)).unwrap();
            answer(&mut stream);
        });
        Self { url, posts }
    }
}

/// The address of a port that nobody listens on.
pub(super) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn read(stream: &mut TcpStream) -> Post {
    let mut bytes = Vec::new();
    let head = loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
        }
    };
    let mut body = vec![0; header(&head, "content-length").parse::<usize>().unwrap()];
    body[..bytes.len()].copy_from_slice(&bytes);
    stream.read_exact(&mut body[bytes.len()..]).unwrap();
    let line = head.lines().next().unwrap().to_owned();
    Post { line, content_type: header(&head, "content-type"), body: serde_json::from_slice(&body).unwrap() }
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next().unwrap()
}
