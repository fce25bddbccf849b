//! One hook tool as a process: its input, its output and its end.

#![expect(clippy::disallowed_types, reason = "hook tools are processes")]

use std::{
    io,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitStatus, Stdio},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    try_join,
};

use crate::juju::Fault;

/// The longest output that is accepted of one tool; as many are held as run at once. *Units*: bytes.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// The beginning of standard error that is kept. *Units*: bytes.
const MESSAGE_LIMIT: usize = 4096;

/// Runs a program and returns its output; a caller who gives up kills it.
///
/// # Errors
/// [`Fault`] unless it ends with exit code 0 and an output of bearable length.
pub(super) async fn run(program: &Path, arguments: &[&str], stdin: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
    let mut child = start(program, arguments, stdin.is_some()).map_err(unrunnable)?;
    let (pipe, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        // A tool that rejects its arguments closes its input.
        if let (Some(mut pipe), Some(bytes)) = (pipe, stdin) {
            let _ = pipe.write_all(bytes).await;
        }
        Ok(())
    };
    let ((), output, message) = try_join!(feed, whole(stdout), beginning(stderr))?;
    accept(child.wait().await.map_err(unrunnable)?, output, &message)
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

/// All of an output: what is cut off could change its meaning.
async fn whole(pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Fault> {
    let mut output = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(OUTPUT_LIMIT + 1).read_to_end(&mut output).await.map_err(Fault::Unrunnable)?;
    }
    if u64::try_from(output.len()).is_ok_and(|length| length <= OUTPUT_LIMIT) {
        Ok(output)
    } else {
        Err(Fault::TooLong)
    }
}

/// The beginning of an output for people, which is read to its end all the same, so that its writer is never held up.
async fn beginning(pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Fault> {
    let (mut kept, mut piece) = (Vec::new(), [0; MESSAGE_LIMIT]);
    let Some(mut pipe) = pipe else { return Ok(kept) };
    loop {
        let length = pipe.read(&mut piece).await.map_err(Fault::Unrunnable)?;
        if length == 0 {
            return Ok(kept);
        }
        let room = MESSAGE_LIMIT - kept.len();
        kept.extend(piece.iter().take(length.min(room)));
    }
}

fn unrunnable(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound => Fault::Missing,
        _ => Fault::Unrunnable(error),
    }
}

fn accept(status: ExitStatus, output: Vec<u8>, message: &[u8]) -> Result<Vec<u8>, Fault> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(output),
        (Some(code), _) => Err(Fault::Failed { code, message: error_message(message) }),
        (None, signal) => Err(Fault::Killed { signal: signal.unwrap_or_default() }),
    }
}

/// Standard error as one line, without the word that begins every message.
fn error_message(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("ERROR ").unwrap_or(&line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_message_is_one_line_without_its_first_word() {
        assert_eq!(error_message(b"ERROR no\nrelation  id\n"), "no relation id");
    }
}
