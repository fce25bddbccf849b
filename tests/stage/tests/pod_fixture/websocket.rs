//! As much of RFC 6455 as an exec takes: short frames out, any frames in.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

pub struct Websocket(UnixStream);

impl Websocket {
    pub fn connect(socket: &Path, path: &str) -> Self {
        let mut stream = UnixStream::connect(socket).unwrap();
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        write!(stream, "GET {path} HTTP/1.1\r\nHost: pebble\r\n{upgrade}\r\n{key}\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(read(&mut stream, 1));
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Self(stream)
    }

    /// Sends a frame of this kind: 1 is text, 2 is binary. The mask of zeros changes nothing.
    pub fn send(&mut self, kind: u8, bytes: &[u8]) {
        let length = u8::try_from(bytes.len()).unwrap();
        assert!(length < 126);
        let head = [0x80 | kind, 0x80 | length, 0, 0, 0, 0];
        self.0.write_all(&[&head, bytes].concat()).unwrap();
    }

    /// The binary frames up to the text that ends them.
    pub fn read_output(&mut self) -> String {
        let mut output = Vec::new();
        loop {
            let (kind, bytes) = self.receive();
            match kind {
                2 => output.extend(bytes),
                _ => return String::from_utf8(output).unwrap(),
            }
        }
    }

    fn receive(&mut self) -> (u8, Vec<u8>) {
        let head = read(&mut self.0, 2);
        let length = match head[1] {
            126 => read(&mut self.0, 2),
            127 => read(&mut self.0, 8),
            length => vec![length],
        };
        let length = length.into_iter().fold(0, |sum, byte| sum << 8 | usize::from(byte));
        (head[0] & 0x0f, read(&mut self.0, length))
    }
}

fn read(stream: &mut UnixStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}
