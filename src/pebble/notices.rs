//! Notices, for which a client may wait.

use std::time::Duration;

use serde::de::IgnoredAny;

use crate::pebble::{
    Pebble, PebbleError, duration,
    transport::{DELIVERY, Request},
};

/// A key that nobody gives a notice.
const NEVER: &str = "discourse-k8s.invalid/never";

impl Pebble {
    /// Lets time go by on Pebble's clock: waits for a notice that never comes.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, at once if Pebble ends meanwhile.
    pub async fn wait(&self, time: Duration) -> Result<(), PebbleError> {
        let request = Request::get("/v1/notices", time.saturating_add(DELIVERY))
            .with("keys", NEVER)
            .with("timeout", &duration::format(time));
        self.list::<IgnoredAny>(request, "a list of notices").await.map(drop)
    }
}
