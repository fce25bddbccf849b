//! Failures of hook tools.

use std::io;

use crate::excerpt::Excerpt;

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
    #[error("exit code {code}: {}", Excerpt::of(message))]
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
    /// The tool did not answer in time, now or earlier in this hook, and was killed; Juju's agent may be overloaded.
    #[error("it does not answer")]
    Silent,
    /// The tool printed more than 16 MiB, which nothing that it could tell needs.
    #[error("its output is too long")]
    TooLong,
    /// The tool succeeded, but its output does not have the documented format. The output may contain secrets and is not kept.
    #[error("its output is not {expected}")]
    Unreadable {
        /// What was expected, such as `a list of units`.
        expected: &'static str,
    },
}

impl ToolError {
    /// Whether the unit may not read the requested item, such as a secret without a grant.
    ///
    /// *Source*: the answers of Juju 3.6 and 4.0 differ. Other messages have the same words, such as that the agent's socket may not be
    /// used.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        let is_about_unit =
            |text: &str| text.starts_with('"') && text.ends_with("\" is not allowed to read this secret");
        self.is_rejection(|text| text == "permission denied" || is_about_unit(text))
    }

    /// Whether the requested secret does not exist.
    ///
    /// *Source*: the answers of Juju 3.6 and 4.0 differ.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        const BEGINNINGS: [&str; 3] = ["secret \"", "secret revision \"", "getting latest secret revision: secret "];
        let is_about_secret = |text: &str| BEGINNINGS.iter().any(|beginning| text.starts_with(beginning));
        self.is_rejection(|text| is_about_secret(text) && text.ends_with(" not found"))
    }

    /// Whether the given secret URI is invalid.
    #[must_use]
    pub fn is_invalid_uri(&self) -> bool {
        let is_about_it = |message: &str| message.starts_with("secret URI ") && message.ends_with("not valid");
        matches!(&self.fault, Fault::Failed { code: 2, message } if is_about_it(message))
    }

    /// Whether only the leader may make this request.
    ///
    /// *Source*: Juju `internal/worker/uniter/runner/jujuc/relation-set.go`, which has its own message for this.
    #[must_use]
    pub fn is_not_leader(&self) -> bool {
        self.is_rejection(|text| text.contains("is not the leader") || text.contains("cannot write relation settings"))
    }

    fn is_rejection(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        matches!(&self.fault, Fault::Failed { code: 1, message } if is_meant(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i32, message: &str) -> ToolError {
        ToolError { tool: "secret-get", fault: Fault::Failed { code, message: message.to_owned() } }
    }

    /// What `secret-get` answers, with the exit code of the answer.
    const DENIED: [(i32, &str); 2] = [
        (1, "permission denied"),                               // 3.6
        (1, r#""probe/0" is not allowed to read this secret"#), // 4.0
    ];
    const NOT_FOUND: [(i32, &str); 4] = [
        (1, r#"secret "secret:9m4e2mr0ui3e8a215n9g" not found"#), // 3.6
        (1, r#"secret revision "9m4e2mr0ui3e8a215n3g/1" not found"#), // 3.6
        (1, "getting latest secret revision: secret not found"),  // 4.0
        (1, r#"secret "secret:9m4e2mr0ui3e8a215n3g" revision 1 not found"#), // 4.0
    ];
    const INVALID: [(i32, &str); 3] = [
        (2, r#"secret URI "9M4E2MR0UI3E8A215N1G" not valid"#),
        (2, r#"secret URI "secret:nonsense" not valid"#),
        (2, r#"secret URI "permission denied" not valid"#),
    ];
    const OTHERS: [(i32, &str); 11] = [
        (2, r#"invalid value "99" for option -r: relation not found"#),
        (2, r#"invalid value "smart" for option --format: unknown format "smart""#),
        (2, r#"unrecognized args: ["more"]"#),
        (1, r#"secret label "user" for consumer "unit-probe-0" already exists"#),
        (1, "dial unix @/var/lib/juju/agents/unit-probe-0/agent.socket: connect: connection refused"),
        (1, "dial unix @/var/lib/juju/agents/unit-probe-0/agent.socket: connect: permission denied"),
        (1, "getting secret: host not found"),
        (1, r#"consumer label "db" not found"#),                // 3.6
        (1, r#"secret URI for consumer label "db" not found"#), // 4.0
        (1, r#"secret "secret:9m4e2mr0ui3e8a215n9g": vault not found: permission denied"#),
        (1, r#"unit "probe/0" not found"#),
    ];

    #[test]
    fn the_answers_of_every_version_to_a_secret_that_cannot_be_read_are_told_apart() {
        let refusal = |(code, message): &(i32, &str)| {
            let error = failed(*code, message);
            (error.is_permission_denied(), error.is_not_found(), error.is_invalid_uri())
        };
        for (answers, expected) in [
            (DENIED.as_slice(), (true, false, false)),
            (NOT_FOUND.as_slice(), (false, true, false)),
            (INVALID.as_slice(), (false, false, true)),
            (OTHERS.as_slice(), (false, false, false)),
        ] {
            assert!(answers.iter().all(|answer| refusal(answer) == expected), "{answers:?}");
        }
    }

    #[test]
    fn who_is_not_the_leader_is_told_so_in_two_ways() {
        assert!(failed(1, "this unit is not the leader").is_not_leader());
        assert!(failed(1, "cannot write relation settings").is_not_leader());
        assert!(!failed(1, "permission denied").is_not_leader());
    }

    #[test]
    fn a_missing_tool_is_not_a_missing_item() {
        let error = ToolError { tool: "secret-get", fault: Fault::Missing };
        assert!(!error.is_not_found() && !error.is_permission_denied());
    }
}
