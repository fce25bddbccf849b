//! Lines in Juju's log.

use crate::juju::{
    ToolError, Tools,
    runner::{argument, pieces},
};

impl Tools {
    /// Writes a message to Juju's log at once; a long one is split.
    ///
    /// *Empty*: the tool is not run.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn juju_log(&self, level: &str, text: &str) -> Result<(), ToolError> {
        for piece in pieces(text) {
            self.run("juju-log", &["-l", level, "--", &argument(piece)]).await?;
        }
        Ok(())
    }
}
