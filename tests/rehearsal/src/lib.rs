//! What the rehearsal and the charm's specifications share.

pub mod providers;
pub mod visitor;
