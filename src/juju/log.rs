//! Juju's log.

use crate::juju::{
    ToolError, Tools,
    runner::{argument, pieces},
};

impl Tools {
    /// Writes a text to Juju's log, at once; a long one in several pieces.
    ///
    /// *Empty*: nothing is written.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn juju_log(&self, level: &str, text: &str) -> Result<(), ToolError> {
        for piece in pieces(text) {
            self.run("juju-log", &["-l", level, "--", &argument(piece)]).await?;
        }
        Ok(())
    }
}
