//! The Discourse charm.

pub mod juju;
pub mod log;
pub mod pebble;
pub mod secret;
