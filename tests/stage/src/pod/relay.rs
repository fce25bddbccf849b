//! One connection of the charm, passed on to Pebble request by request.

use super::{
    message::{Body, Head},
    requests::{Fault, Requests},
};
use std::{
    io::{self, BufReader, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    thread,
};

/// The two ends of a connection, and the log.
pub(super) struct Relay {
    charm: BufReader<UnixStream>,
    pebble: BufReader<UnixStream>,
    requests: Requests,
}

/// Writes to the charm until the fault cuts it.
struct Limited<'a> {
    stream: &'a UnixStream,
    left: usize,
}

impl Relay {
    pub(super) fn new(charm: UnixStream, pebble: UnixStream, requests: Requests) -> Self {
        Self { charm: BufReader::new(charm), pebble: BufReader::new(pebble), requests }
    }

    /// Passes messages on until one side ends; then both have ended.
    pub(super) fn run(mut self) {
        // An error is the end of a connection like any other.
        while let Ok(Some(())) = self.exchange() {}
        for stream in [self.charm.get_ref(), self.pebble.get_ref()] {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// One request and its answer; none at the end of the connection.
    fn exchange(&mut self) -> io::Result<Option<()>> {
        let Some(request) = Head::read(&mut self.charm)? else { return Ok(None) };
        let Some(ticket) = self.requests.begin(request.word(0), request.word(1)) else { return Ok(None) };
        // Pebble may answer before it has read everything: then its answer tells, not this error.
        let _ = self.pass_request(&request);
        self.pebble.get_ref().set_read_timeout(self.requests.patience())?;
        let Some(answer) = Head::read(&mut self.pebble)? else { return Ok(None) };
        self.pebble.get_ref().set_read_timeout(None)?;
        if self.requests.end(&ticket, answer.status()).is_none() {
            return Ok(None);
        }
        let mut charm = Limited { stream: self.charm.get_ref(), left: self.limit() };
        charm.write_all(answer.text.as_bytes())?;
        if answer.status() == 101 {
            let left = charm.left;
            return self.splice(left);
        }
        let body = answer.answer_body(request.word(0));
        body.copy(&mut self.pebble, &mut charm)?;
        Ok((body != Body::UntilClose && !answer.is_last()).then_some(()))
    }

    fn pass_request(&mut self, request: &Head) -> io::Result<()> {
        let mut pebble = self.pebble.get_ref();
        pebble.write_all(request.text.as_bytes())?;
        request.request_body().copy(&mut self.charm, &mut pebble)
    }

    fn limit(&self) -> usize {
        match self.requests.fault() {
            Some(Fault::Cut(bytes)) => bytes,
            _ => usize::MAX,
        }
    }

    /// Passes bytes both ways until both sides have closed.
    fn splice(&mut self, left: usize) -> io::Result<Option<()>> {
        let (mut from_charm, to_pebble) = (self.charm.get_ref().try_clone()?, self.pebble.get_ref().try_clone()?);
        (&to_pebble).write_all(self.charm.buffer())?;
        let upwards = thread::spawn(move || pass(&mut from_charm, &mut &to_pebble, &to_pebble));
        let charm = self.charm.get_ref();
        pass(&mut self.pebble, &mut Limited { stream: charm, left }, charm);
        // The charm may wait for an answer that never comes; Pebble sends nothing more.
        let _ = upwards.join();
        Ok(None)
    }
}

/// Passes bytes one way; a side that reads no more ends the other, too.
fn pass(from: &mut impl Read, to: &mut impl Write, end: &UnixStream) {
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => break drop(end.shutdown(Shutdown::Write)),
            Ok(length) => {
                if to.write_all(buffer.get(..length).unwrap_or_default()).is_err() {
                    break drop(end.shutdown(Shutdown::Both));
                }
            }
        }
    }
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let allowed = bytes.get(..bytes.len().min(self.left)).unwrap_or_default();
        if allowed.is_empty() && !bytes.is_empty() {
            return Err(io::Error::other("the answer is cut here"));
        }
        let mut stream = self.stream;
        let written = stream.write(allowed)?;
        self.left = self.left.saturating_sub(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
