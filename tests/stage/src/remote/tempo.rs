//! Tempo, as far as its clients need it: a receiver of OTLP over HTTP, which records what is posted to it.

use super::{
    Scripted, lock,
    receiver::{Post, Receiver},
};
use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::Databag,
    sandbox::Sandbox,
};
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// `tempo-coordinator-k8s` with the interface `tracing`, without a database; clones are the same application.
#[derive(Debug, Clone)]
pub struct Tempo {
    announced: Scripted,
    is_silent: bool,
    receiver: Arc<Mutex<Option<Receiver>>>,
}

impl Tempo {
    /// An application of this name; its server starts when the stage deploys it.
    #[must_use]
    pub fn new(application: &str) -> Self {
        let announced = Scripted::new(application, "tracing", "tracing");
        Self { announced, is_silent: false, receiver: Arc::default() }
    }

    /// Its server accepts every connection, but never answers.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.is_silent = true;
        self
    }

    /// The oldest request that was not yet taken; waits for it, in real time.
    ///
    /// *Empty*: none came in time.
    #[must_use]
    pub fn next_post(&self, timeout: Duration) -> Option<Post> {
        lock(&self.receiver).as_ref()?.next(timeout)
    }

    /// All requests that came and were not yet taken.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        std::iter::from_fn(|| self.next_post(Duration::ZERO)).collect()
    }

    /// What our application publishes, as it was read last.
    #[must_use]
    pub fn heard_app(&self) -> Databag {
        self.announced.heard_app()
    }
}

impl Remote for Tempo {
    fn application(&self) -> &str {
        self.announced.application()
    }

    fn endpoint(&self) -> (&str, &str) {
        self.announced.endpoint()
    }

    fn deployed(&mut self, sandbox: &Sandbox) -> Result<(), RemoteError> {
        let receiver = Receiver::start(sandbox.address()?, self.is_silent)?;
        let url = format!("http://{}", receiver.address());
        let receivers = json!([{"protocol": {"name": "otlp_http", "type": "http"}, "url": url}]);
        self.announced.say("receivers", &receivers.to_string());
        *lock(&self.receiver) = Some(receiver);
        Ok(())
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        self.announced.related(relation)
    }

    fn unrelated(&mut self, relation: u32) -> Result<(), RemoteError> {
        self.announced.unrelated(relation)
    }
}
