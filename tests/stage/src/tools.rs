//! The hook tools, as the agent serves them.

mod actions;
mod arguments;
mod commit;
mod configuration;
mod flags;
mod format;
mod goal_state;
mod input;
mod leader;
mod network;
mod payloads;
mod pending;
mod pod_spec;
mod ports;
mod quote;
mod registry;
mod relation_read;
mod relation_write;
mod secret_changes;
mod secret_commit;
mod secret_content;
mod secret_info;
mod secret_read;
mod secret_uri;
mod secret_value;
mod secret_write;
pub mod server;
mod session;
mod settings_file;
mod state;
mod status;
mod storage;
mod storage_commit;
mod storage_directive;

pub use arguments::Arguments;
pub use commit::CommitError;
pub use pending::Pending;
pub use registry::{call, is_writer, names};
pub use session::Session;

use std::path::PathBuf;

/// One call of a tool.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// Name of the tool and its arguments.
    pub argv: Vec<String>,
    /// Standard input, once the tool asked for it.
    pub stdin: Option<Vec<u8>>,
    /// The caller's working directory.
    pub dir: PathBuf,
}

/// What a call ends with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Why a call fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// Flags or arguments are wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The work itself failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The call needs standard input, which was not sent yet.
    #[error("hook tool requires stdin, none supplied")]
    WantsStdin,
}

impl ToolError {
    /// Wrong flags or arguments.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Failed work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// A write that only the leader may do.
    #[must_use]
    pub fn not_leader() -> Self {
        Self::failed("this unit is not the leader")
    }

    const fn code(&self) -> i32 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}

impl Answer {
    fn new(result: Result<String, ToolError>) -> Self {
        match result {
            Ok(stdout) => Self { stdout, ..Self::default() },
            Err(error) => Self { code: error.code(), stdout: String::new(), stderr: format!("ERROR {error}\n") },
        }
    }
}
