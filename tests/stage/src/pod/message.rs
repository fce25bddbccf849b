//! Heads and bodies of HTTP 1.1, as far as they must be understood to count requests.

use std::io::{self, BufRead, Write};

/// No head of Pebble or its clients comes near this.
const LONGEST: usize = 64 * 1024;

/// First line and fields of a message, as they came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) text: String,
}

/// How far a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    Sized(u64),
    Chunked,
    /// To the end of the connection.
    UntilClose,
}

impl Head {
    /// *Empty*: none if the connection ended before a message began.
    pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") && bytes != b"\r\n" {
            if bytes.len() > LONGEST {
                return Err(io::Error::other("the head is too long"));
            }
            if stream.read_until(b'\n', &mut bytes)? == 0 {
                return if bytes.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
        Ok(Some(Self { text: String::from_utf8_lossy(&bytes).into_owned() }))
    }

    /// A word of the first line: method and path of a request, status of an answer.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.text.lines().next().unwrap_or_default().split(' ').nth(index).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or(0)
    }

    fn field(&self, name: &str) -> Option<&str> {
        let fields = self.text.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    /// Whether the server ends the connection after this answer.
    pub(crate) fn is_last(&self) -> bool {
        match self.field("connection") {
            Some(value) => value.eq_ignore_ascii_case("close"),
            None => self.word(0) == "HTTP/1.0",
        }
    }

    pub(crate) fn request_body(&self) -> Body {
        self.body().unwrap_or(Body::None)
    }

    pub(crate) fn answer_body(&self, method: &str) -> Body {
        if method == "HEAD" || matches!(self.status(), 100..200 | 204 | 304) {
            return Body::None;
        }
        self.body().unwrap_or(Body::UntilClose)
    }

    fn body(&self) -> Option<Body> {
        if self.field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return Some(Body::Chunked);
        }
        self.field("content-length")?.parse().ok().map(Body::Sized)
    }
}

impl Body {
    /// Passes a body on as it comes.
    pub(crate) fn copy(self, from: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Sized(length) => copy(from, to, length),
            Self::Chunked => copy_chunks(from, to),
            Self::UntilClose => copy(from, to, u64::MAX).or_else(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => Ok(()),
                _ => Err(error),
            }),
        }
    }
}

fn copy(from: &mut impl BufRead, to: &mut impl Write, mut left: u64) -> io::Result<()> {
    while left > 0 {
        let bytes = from.fill_buf()?;
        let length = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(bytes) = bytes.get(..length).filter(|bytes| !bytes.is_empty()) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        to.write_all(bytes)?;
        from.consume(length);
        left -= length as u64;
    }
    Ok(())
}

/// Chunks with their sizes, and the fields after the last one.
fn copy_chunks(from: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    loop {
        let line = copy_line(from, to)?;
        let size =
            u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16).map_err(io::Error::other)?;
        if size == 0 {
            while copy_line(from, to)? != "\r\n" {}
            return Ok(());
        }
        copy(from, to, size + 2)?;
    }
}

fn copy_line(from: &mut impl BufRead, to: &mut impl Write) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    to.write_all(line.as_bytes())?;
    Ok(line)
}
