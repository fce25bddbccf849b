//! What Pebble is started in.

use super::{Brake, boot};
use crate::processes::{Kernel, Machine};
use std::{io, sync::Arc};

/// The world around one run.
pub struct Surroundings {
    /// What programs and servers there are.
    pub machine: Arc<dyn Machine>,
    /// The identity of the run.
    pub boot_id: String,
    /// Where time stands still unless a client waits.
    pub brake: Brake,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// Children cannot be watched.
    pub fn of_process() -> io::Result<Self> {
        Ok(Self { machine: Arc::new(Kernel::new()?), boot_id: boot::boot_id(), brake: Brake::default() })
    }
}
