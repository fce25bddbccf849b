//! Failures of hook tools.

use std::io;

/// The failure of a hook tool.
#[derive(Debug, thiserror::Error)]
#[error("run {tool}: {fault}")]
pub struct ToolError {
    /// Name of the tool.
    pub tool: &'static str,
    /// What happened.
    #[source]
    pub fault: Fault,
}

/// The ways in which a hook tool fails.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No program has this name: Juju did not start this process, or is too old to have the tool.
    #[error("there is no such tool")]
    Missing,
    /// The program could not be started or waited for, for example because an argument is too long.
    #[error("it could not be run")]
    Unrunnable(#[source] io::Error),
    /// The tool failed: with exit code 1 if Juju rejected the request, with 2 if an argument was invalid.
    #[error("exit code {code}: {message}")]
    Failed {
        /// Exit code.
        code: i32,
        /// Its standard error, on one line.
        message: String,
    },
    /// A signal ended the tool, most likely because Juju is shutting the unit down.
    #[error("signal {signal} ended it")]
    Killed {
        /// Number of the signal.
        signal: i32,
    },
    /// The tool succeeded, but its output does not have the documented format. The output may contain secrets and is not kept.
    #[error("its output is not {expected}")]
    Unreadable {
        /// What was expected, such as `a list of units`.
        expected: &'static str,
    },
}

impl ToolError {
    /// Whether the unit may not read the requested item, such as a secret without a grant.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.rejected_with("permission denied")
    }

    /// Whether the requested item does not exist, such as a removed secret.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.rejected_with("not found")
    }

    /// Whether the given secret URI is invalid.
    #[must_use]
    pub fn is_invalid_uri(&self) -> bool {
        matches!(&self.fault, Fault::Failed { code: 2, message } if message.contains("not valid"))
    }

    /// Whether only the leader may make this request.
    ///
    /// *Source*: Juju `internal/worker/uniter/runner/jujuc/relation-set.go`, which has its own message for this.
    #[must_use]
    pub fn is_not_leader(&self) -> bool {
        self.rejected_with("is not the leader") || self.rejected_with("cannot write relation settings")
    }

    fn rejected_with(&self, words: &str) -> bool {
        matches!(&self.fault, Fault::Failed { code: 1, message } if message.contains(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i32, message: &str) -> ToolError {
        ToolError { tool: "secret-get", fault: Fault::Failed { code, message: message.to_owned() } }
    }

    fn kinds(error: &ToolError) -> (bool, bool, bool) {
        (error.is_permission_denied(), error.is_not_found(), error.is_not_leader())
    }

    #[test]
    fn rejections_are_distinguished_by_their_messages() {
        assert_eq!(kinds(&failed(1, "permission denied")), (true, false, false));
        assert_eq!(kinds(&failed(1, "secret \"9m4e\" not found")), (false, true, false));
        assert_eq!(kinds(&failed(1, "this unit is not the leader")), (false, false, true));
        assert_eq!(kinds(&failed(1, "cannot write relation settings")), (false, false, true));
    }

    #[test]
    fn a_relation_that_is_not_found_is_an_invalid_argument_and_not_a_missing_item() {
        let error = failed(2, "invalid value \"x:99\" for option -r: relation not found");
        assert_eq!(kinds(&error), (false, false, false));
    }

    #[test]
    fn a_missing_tool_is_not_a_missing_item() {
        let error = ToolError { tool: "secret-get", fault: Fault::Missing };
        assert_eq!(kinds(&error), (false, false, false));
    }
}
