//! Loki, as far as its clients need it: an address for pushes, which are recorded.

use super::{Scripted, lock};
use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::Databag,
    pod::message::{Body, Head},
    sandbox::Sandbox,
};
use serde_json::{Value, json};
use std::{
    io::{self, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

/// `loki-k8s` with the interface `loki_push_api`, without a database; clones are the same application.
#[derive(Debug, Clone)]
pub struct Loki {
    announced: Scripted,
    pushes: Arc<Mutex<Option<Receiver<Value>>>>,
}

impl Loki {
    /// An application of this name; its server starts when the stage deploys it.
    #[must_use]
    pub fn new(application: &str) -> Self {
        Self { announced: Scripted::new(application, "logging", "loki_push_api"), pushes: Arc::default() }
    }

    /// The oldest push that was not yet taken; waits for it, in real time.
    ///
    /// *Empty*: none came in time.
    #[must_use]
    pub fn next_push(&self, timeout: Duration) -> Option<Value> {
        lock(&self.pushes).as_ref()?.recv_timeout(timeout).ok()
    }

    /// What our application publishes, as it was read last.
    #[must_use]
    pub fn heard_app(&self) -> Databag {
        self.announced.heard_app()
    }
}

impl Remote for Loki {
    fn application(&self) -> &str {
        self.announced.application()
    }

    fn endpoint(&self) -> (&str, &str) {
        self.announced.endpoint()
    }

    fn deployed(&mut self, sandbox: &Sandbox) -> Result<(), RemoteError> {
        let listener = TcpListener::bind((sandbox.address()?, 0))?;
        let url = format!("http://{}/loki/api/v1/push", listener.local_addr()?);
        self.announced.say_as_unit("endpoint", &json!({"url": url}).to_string());
        let (sender, receiver) = mpsc::channel();
        *lock(&self.pushes) = Some(receiver);
        thread::spawn(move || serve(&listener, &sender));
        Ok(())
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        self.announced.related(relation)
    }

    fn unrelated(&mut self, relation: u32) -> Result<(), RemoteError> {
        self.announced.unrelated(relation)
    }
}

/// Takes one push per connection, until the application is dropped.
fn serve(listener: &TcpListener, pushes: &Sender<Value>) {
    for stream in listener.incoming() {
        // A client that breaks off is no push.
        let Ok(Some(push)) = stream.and_then(|stream| receive(&stream)) else { continue };
        if pushes.send(push).is_err() {
            return;
        }
    }
}

/// *Empty*: the request has no body of known length, or it is not JSON.
fn receive(mut stream: &TcpStream) -> io::Result<Option<Value>> {
    let mut reader = BufReader::new(stream);
    let Some(head) = Head::read(&mut reader)? else { return Ok(None) };
    let body = head.request_body();
    let mut bytes = Vec::new();
    if matches!(body, Body::Sized(_)) {
        body.copy(&mut reader, &mut bytes)?;
    }
    let push = serde_json::from_slice(&bytes).ok();
    let status = if push.is_some() { "204 No Content" } else { "400 Bad Request" };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(push)
}
