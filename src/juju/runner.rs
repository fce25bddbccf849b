//! The runner of hook tools.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{sync::Semaphore, time::timeout};
use tracing::{Instrument, field::Empty, info_span};

use crate::juju::{
    Fault, ToolError,
    patience::{Patience, subject},
    process,
};

/// The longest text in one argument, in bytes; the kernel accepts 131 071.
pub(super) const TEXT_LIMIT: usize = 100_000;

/// How many tools run at once: each holds several open files, of which a process may have 1024, or fewer.
const MOST_AT_ONCE: usize = 32;

/// How long a tool may take; Juju itself needs milliseconds.
const DEADLINE: Duration = Duration::from_mins(1);

/// Juju's hook tools.
///
/// Nothing is cached. Several calls may run concurrently; Juju serves them one at a time. A tool that did not answer in time is not
/// run again for the same relation or secret, and all others get less time.
#[derive(Debug)]
pub struct Tools {
    folder: Option<PathBuf>,
    places: Semaphore,
    patience: RefCell<Patience>,
}

impl Default for Tools {
    fn default() -> Self {
        let patience = RefCell::new(Patience::new(DEADLINE));
        Self { folder: None, places: Semaphore::new(MOST_AT_ONCE), patience }
    }
}

impl Tools {
    /// The tools on `PATH`, where Juju puts those of the running hook.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tools in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()), ..Self::default() }
    }

    /// The same tools with another time in which each must answer.
    #[must_use]
    pub fn answering_within(self, deadline: Duration) -> Self {
        Self { patience: RefCell::new(Patience::new(deadline)), ..self }
    }

    /// Runs a tool and ignores its output.
    pub(super) async fn run(&self, tool: &'static str, arguments: &[&str]) -> Result<(), ToolError> {
        self.output(tool, arguments, None).await.map(drop)
    }

    /// Runs a tool with a text on its standard input and ignores its output.
    pub(super) async fn feed(&self, tool: &'static str, arguments: &[&str], text: &str) -> Result<(), ToolError> {
        self.output(tool, arguments, Some(text.as_bytes())).await.map(drop)
    }

    /// Runs a tool and parses the JSON value that it prints; `expected` names that value in errors.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        tool: &'static str,
        arguments: &[&str],
        expected: &'static str,
    ) -> Result<T, ToolError> {
        let output = self.output(tool, arguments, None).await?;
        serde_json::from_slice(&output).map_err(|_| ToolError { tool, fault: Fault::Unreadable { expected } })
    }

    /// Runs a tool and returns its output.
    pub(super) async fn output(
        &self,
        tool: &'static str,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Vec<u8>, ToolError> {
        let span = info_span!("tool", otel.name = tool, tool, otel.status_code = Empty);
        let output = self.complete(tool, arguments, stdin).instrument(span.clone()).await;
        if output.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        output.map_err(|fault| ToolError { tool, fault })
    }

    async fn complete(&self, tool: &'static str, arguments: &[&str], stdin: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
        // `acquire` fails only on a closed semaphore, and this one is never closed.
        let _place = self.places.acquire().await;
        let subject = subject(tool, arguments);
        let limit = self.patience.borrow().limit(&subject).ok_or(Fault::Silent)?;
        let program = self.folder.as_ref().map_or_else(|| PathBuf::from(tool), |folder| folder.join(tool));
        // On the heap, since callers run many of these concurrently.
        let run = Box::pin(process::run(&program, arguments, stdin));
        timeout(limit, run).await.unwrap_or_else(|_| {
            self.patience.borrow_mut().note_silent(subject, limit);
            Err(Fault::Silent)
        })
    }
}

/// A text that can be an argument: without NUL characters, and no longer than the kernel accepts.
pub(super) fn argument(text: &str) -> String {
    pieces(text).next().unwrap_or_default().replace('\0', "\u{fffd}")
}

/// Splits a text into pieces that can each be an argument, never inside a character.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(boundary(rest))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn boundary(text: &str) -> usize {
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_by_bytes_but_never_inside_a_character() {
        let text = format!("{}ü{}", "x".repeat(TEXT_LIMIT - 1), "y".repeat(TEXT_LIMIT));
        let lengths: Vec<usize> = pieces(&text).map(str::len).collect();
        assert_eq!(lengths, [TEXT_LIMIT - 1, TEXT_LIMIT, 2]);
    }

    #[test]
    fn an_empty_text_has_no_pieces() {
        assert_eq!(pieces("").count(), 0);
    }

    #[test]
    fn an_argument_contains_no_nul_character() {
        assert_eq!(argument("a\0b"), "a\u{fffd}b");
    }
}
