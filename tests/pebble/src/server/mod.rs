//! The HTTP API: on a Unix socket for everything, on TCP for what is open to all.

pub mod access;
pub mod body;
pub mod changes;
pub mod checks;
pub mod connection;
pub mod files;
pub mod identities;
pub mod layers;
pub mod listen;
pub mod logs;
pub mod metrics;
pub mod notices;
pub mod query;
pub mod reply;
pub mod route;
pub mod services;
pub mod system;
