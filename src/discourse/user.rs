//! The results of user operations, as the rake task `charm:user` prints them.

use serde::Deserialize;
use serde_json::Value;

use crate::discourse::image::RESULT_MARKER;

/// The result of a successful operation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Success {
    /// Whether the user was created.
    #[serde(default)]
    pub created: bool,
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such user.
    NotFound,
    /// The user exists already.
    Exists,
    /// The account may not belong to whoever reads mail to its address.
    Unconfirmed,
    /// The account is not active.
    Inactive,
    /// Discourse rejected a value with these messages.
    Invalid(String),
    /// Any other failure, described by this text.
    Unexpected(String),
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    error: String,
    #[serde(default)]
    messages: Vec<String>,
}

/// Parses the exit code and the output of the task.
///
/// # Errors
/// [`Refusal`] if the exit code is not 0, or the result line is missing or malformed.
pub fn parse(exit_code: Option<i64>, output: &str) -> Result<Success, Refusal> {
    match (exit_code, result(output)) {
        (Some(0), Some(result)) => {
            serde_json::from_value(result).map_err(|_| Refusal::Unexpected("its result line is malformed".to_owned()))
        }
        (Some(0), None) => Err(Refusal::Unexpected("it printed no result line".to_owned())),
        (Some(2), _) => Err(Refusal::NotFound),
        (Some(3), _) => Err(Refusal::Exists),
        (Some(4), result) => Err(Refusal::Invalid(reason(result).unwrap_or_else(|| "no reason given".to_owned()))),
        (Some(5), _) => Err(Refusal::Unconfirmed),
        (Some(6), _) => Err(Refusal::Inactive),
        (Some(code), result) => {
            Err(Refusal::Unexpected(reason(result).unwrap_or_else(|| format!("it ended with exit code {code}"))))
        }
        (None, _) => Err(Refusal::Unexpected("it was killed".to_owned())),
    }
}

/// The result line of a task, among other output.
#[must_use]
pub fn result(output: &str) -> Option<Value> {
    let line = output.lines().rev().find_map(|line| line.strip_prefix(RESULT_MARKER));
    line.and_then(|line| serde_json::from_str(line).ok())
}

fn reason(result: Option<Value>) -> Option<String> {
    let failure: Failure = serde_json::from_value(result?).ok()?;
    let text = if failure.messages.is_empty() { failure.error } else { failure.messages.join("; ") };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_is_found_in_other_output() {
        let output = "warning: noise\ncharm-result: {\"user\": \"a@b.c\", \"created\": true}\nbye\n";
        assert_eq!(parse(Some(0), output), Ok(Success { created: true }));
    }

    #[test]
    fn every_exit_code_has_a_meaning() {
        let invalid = "charm-result: {\"error\": \"invalid\", \"messages\": [\"too short\", \"too common\"]}";
        for (exit_code, output, refusal) in [
            (Some(2), "", Refusal::NotFound),
            (Some(3), "", Refusal::Exists),
            (Some(4), invalid, Refusal::Invalid("too short; too common".to_owned())),
            (Some(5), "charm-result: {\"error\": \"x\"}", Refusal::Unconfirmed),
            (Some(6), "", Refusal::Inactive),
            (Some(1), "charm-result: {\"error\": \"boom\"}", Refusal::Unexpected("boom".to_owned())),
            (Some(9), "", Refusal::Unexpected("it ended with exit code 9".to_owned())),
            (Some(0), "", Refusal::Unexpected("it printed no result line".to_owned())),
            (Some(0), "charm-result: [1]", Refusal::Unexpected("its result line is malformed".to_owned())),
            (None, "", Refusal::Unexpected("it was killed".to_owned())),
        ] {
            assert_eq!(parse(exit_code, output), Err(refusal), "{exit_code:?} {output:?}");
        }
    }
}
