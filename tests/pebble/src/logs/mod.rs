//! The output of services: kept for a while, read by clients, forwarded to log targets.

pub mod buffer;
pub mod entry;
pub mod forward;
pub mod gatherer;
pub mod loki;
pub mod push;

pub use buffer::Buffer;
pub use entry::Entry;
pub use forward::Forwarding;
