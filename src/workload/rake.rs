//! Rake tasks of the image, in the environment of the running server.

use std::time::Duration;

use crate::{
    discourse::image::{APP, RAKE, SERVICE},
    pebble::{ExecRequest, ExecResult, Pebble, PebbleError},
    secret::Secret,
};

/// Runs a task, which reads its input from standard input: one boot of Rails. It dies with this process.
///
/// # Errors
/// [`PebbleError`] if Pebble does not run it, or if it takes longer than the timeout.
pub async fn rake(pebble: &Pebble, task: &str, input: Secret, timeout: Duration) -> Result<ExecResult, PebbleError> {
    pebble
        .exec(&ExecRequest {
            command: vec![RAKE.to_owned(), task.to_owned()],
            service_context: Some(SERVICE.to_owned()),
            working_dir: Some(APP.to_owned()),
            stdin: Some(input),
            timeout,
            ..ExecRequest::default()
        })
        .await
}
