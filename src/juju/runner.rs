//! The runner of hook tools.

#![expect(clippy::disallowed_types, reason = "hook tools are processes")]

use std::{
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde::de::DeserializeOwned;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};
use tracing::{Instrument, field::Empty, info_span};

use crate::juju::{Fault, ToolError};

/// The longest text in one argument, in bytes; the kernel accepts 131 071.
pub(super) const TEXT_LIMIT: usize = 100_000;

/// The characters of an error message that are kept.
const MESSAGE_LIMIT: usize = 1000;

/// Juju's hook tools.
///
/// Nothing is cached. Several calls may run concurrently; Juju serves them one at a time.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    folder: Option<PathBuf>,
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
        Self { folder: Some(folder.to_owned()) }
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

    async fn complete(&self, tool: &str, arguments: &[&str], stdin: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
        let program = self.folder.as_ref().map_or_else(|| PathBuf::from(tool), |folder| folder.join(tool));
        let outcome = match start(&program, arguments, stdin.is_some()) {
            // On the heap, since callers run many of these concurrently.
            Ok(child) => Box::pin(complete(child, stdin)).await,
            Err(error) => Err(error),
        };
        outcome.map_err(unrunnable).and_then(accept)
    }
}

fn start(program: &Path, arguments: &[&str], is_fed: bool) -> io::Result<Child> {
    Command::new(program)
        .args(arguments)
        .stdin(if is_fed { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Writes a tool's input and waits for it to end. Failed writes are ignored: a tool that rejects its arguments closes its input.
async fn complete(mut child: Child, stdin: Option<&[u8]>) -> io::Result<Output> {
    let pipe = child.stdin.take();
    let feed = async {
        if let (Some(mut pipe), Some(bytes)) = (pipe, stdin) {
            let _ = pipe.write_all(bytes).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    output
}

fn unrunnable(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound => Fault::Missing,
        _ => Fault::Unrunnable(error),
    }
}

fn accept(output: Output) -> Result<Vec<u8>, Fault> {
    match (output.status.code(), output.status.signal()) {
        (Some(0), _) => Ok(output.stdout),
        (Some(code), _) => Err(Fault::Failed { code, message: error_message(&output.stderr) }),
        (None, signal) => Err(Fault::Killed { signal: signal.unwrap_or_default() }),
    }
}

/// Standard error as one line, without the word that begins every message.
fn error_message(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("ERROR ").unwrap_or(&line).chars().take(MESSAGE_LIMIT).collect()
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
    fn an_error_message_is_one_line_without_its_first_word() {
        assert_eq!(error_message(b"ERROR no\nrelation  id\n"), "no relation id");
    }

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
