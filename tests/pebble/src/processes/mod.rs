//! Child processes: whom they run as, how they start, and who hears of their end.

pub mod account;
pub mod lookup;
pub mod machine;
pub mod reaper;
pub mod signals;
pub mod spawn;

pub use machine::{Kernel, Machine};
pub use reaper::Reaper;
pub use spawn::{Launch, Leadership};
