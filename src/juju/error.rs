//! Why a hook tool gave no answer.

use std::io;

/// A hook tool that gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("run {tool}: {fault}")]
pub struct ToolError {
    /// Name of the tool.
    pub tool: &'static str,
    /// What happened.
    #[source]
    pub fault: Fault,
}

/// What can happen to a hook tool.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no program of that name: not run by Juju, or a Juju too old for it.
    #[error("there is no such tool")]
    Missing,
    /// The program could not be started or watched: the machine is short of something, or an argument is too long.
    #[error("it could not be run")]
    Unrunnable(#[source] io::Error),
    /// The tool refused: exit code 1 for what it was asked, 2 for how it was asked.
    #[error("exit code {code}: {message}")]
    Failed {
        /// Exit code.
        code: i32,
        /// What it wrote on standard error, on one line.
        message: String,
    },
    /// A signal ended the tool; Juju is shutting the unit down, most likely.
    #[error("signal {signal} ended it")]
    Killed {
        /// Number of the signal.
        signal: i32,
    },
    /// The tool succeeded, but its output was not what it is documented to be. The output may hold secrets and is not kept.
    #[error("its output is not {expected}")]
    Unreadable {
        /// What was expected, such as `a list of texts`.
        expected: &'static str,
    },
}

impl ToolError {
    /// Whether the unit may not read what it asked for, such as a secret without a grant.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.refused_with("permission denied")
    }

    /// Whether what was asked for does not exist, such as a removed secret.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.refused_with("not found")
    }

    /// Whether what was given as the address of a secret is none.
    #[must_use]
    pub fn is_invalid_uri(&self) -> bool {
        matches!(&self.fault, Fault::Failed { code: 2, message } if message.contains("not valid"))
    }

    /// Whether only the leader may do what was tried.
    ///
    /// *Source*: Juju `internal/worker/uniter/runner/jujuc/relation-set.go`, which has words of its own for it.
    #[must_use]
    pub fn is_not_leader(&self) -> bool {
        self.refused_with("is not the leader") || self.refused_with("cannot write relation settings")
    }

    fn refused_with(&self, words: &str) -> bool {
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
    fn refusals_are_told_apart_by_their_words() {
        assert_eq!(kinds(&failed(1, "permission denied")), (true, false, false));
        assert_eq!(kinds(&failed(1, "secret \"9m4e\" not found")), (false, true, false));
        assert_eq!(kinds(&failed(1, "this unit is not the leader")), (false, false, true));
        assert_eq!(kinds(&failed(1, "cannot write relation settings")), (false, false, true));
    }

    #[test]
    fn a_relation_that_is_not_found_is_a_wrong_argument_and_no_absence() {
        let error = failed(2, "invalid value \"x:99\" for option -r: relation not found");
        assert_eq!(kinds(&error), (false, false, false));
    }

    #[test]
    fn a_missing_tool_is_no_absence() {
        let error = ToolError { tool: "secret-get", fault: Fault::Missing };
        assert_eq!(kinds(&error), (false, false, false));
    }
}
