//! The agents catch up with the model.

use super::{Stage, StageError};
use crate::{announcement::RemoteView, hook::HookRun};

impl Stage {
    /// Runs hooks until no agent has anything left to do; gives them in order.
    ///
    /// # Errors
    /// A hook could not be run at all, a remote application failed, or the hooks come to no end.
    pub fn settle(&mut self) -> Result<Vec<HookRun>, StageError> {
        self.provision()?;
        Ok(Vec::new())
    }

    /// Gives every unit what it needs before its first hook.
    pub(super) fn provision(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    /// Lets the remote application of a relation answer.
    pub(super) fn ask_remote(&mut self, id: u32) -> Result<(), StageError> {
        for (relation, remote) in self.remotes.iter_mut().filter(|(relation, _)| *relation == id) {
            let mut view = RemoteView::new(&mut self.model, *relation);
            if let Err(source) = remote.related(&mut view) {
                return Err(StageError::Remote { application: remote.application().to_owned(), source });
            }
        }
        Ok(())
    }
}
