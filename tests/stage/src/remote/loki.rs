//! Loki, as far as its clients need it: an address for pushes, which are recorded.

use super::{Scripted, lock, receiver::Receiver};
use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::Databag,
    sandbox::Sandbox,
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// `loki-k8s` with the interface `loki_push_api`, without a database; clones are the same application.
#[derive(Debug, Clone)]
pub struct Loki {
    announced: Scripted,
    is_silent: bool,
    receiver: Arc<Mutex<Option<Receiver>>>,
}

impl Loki {
    /// An application of this name; its server starts when the stage deploys it.
    #[must_use]
    pub fn new(application: &str) -> Self {
        let announced = Scripted::new(application, "logging", "loki_push_api");
        Self { announced, is_silent: false, receiver: Arc::default() }
    }

    /// Its server accepts every connection, but never answers.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.is_silent = true;
        self
    }

    /// The oldest push that was not yet taken; waits for it, in real time.
    ///
    /// *Empty*: none came in time.
    #[must_use]
    pub fn next_push(&self, timeout: Duration) -> Option<Value> {
        Some(lock(&self.receiver).as_ref()?.next(timeout)?.body)
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
        let receiver = Receiver::start(sandbox.address()?, self.is_silent)?;
        let url = format!("http://{}/loki/api/v1/push", receiver.address());
        self.announced.say_as_unit("endpoint", &json!({"url": url}).to_string());
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
