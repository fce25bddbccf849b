//! Parameters, results and messages of the running action.

use serde_json::{Map, Value};

use crate::juju::{ToolError, Tools, runner::argument};

impl Tools {
    /// The action's parameters.
    ///
    /// *Empty*: a parameter that was not given and has no default is left out.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn action_get(&self) -> Result<Map<String, Value>, ToolError> {
        self.read("action-get", &["--format=json"], "a map of parameters").await
    }

    /// Sets results, which the operator gets when the action ends.
    ///
    /// *Empty*: the tool is not run.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn action_set(&self, results: &[(&str, &str)]) -> Result<(), ToolError> {
        if results.is_empty() {
            return Ok(());
        }
        let pairs: Vec<String> = results.iter().map(|(key, value)| argument(&format!("{key}={value}"))).collect();
        self.run("action-set", &pairs.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    /// Marks the action as failed, with a message; `dispatch` continues.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn action_fail(&self, message: &str) -> Result<(), ToolError> {
        self.run("action-fail", &["--", &argument(message)]).await
    }

    /// Shows the operator a progress message at once.
    ///
    /// *Empty*: the tool is not run.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn action_log(&self, message: &str) -> Result<(), ToolError> {
        if message.is_empty() {
            return Ok(());
        }
        self.run("action-log", &["--", &argument(message)]).await
    }
}
