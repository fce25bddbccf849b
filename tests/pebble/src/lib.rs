//! A stand-in for Pebble, the service manager of workload containers, for tests without the real one.
//!
//! It starts like Pebble, serves the same HTTP API, and runs real processes. Every wait goes through one clock that can be
//! scaled. One room per noun of the API: [`plan`], [`services`], [`checks`], [`changes`], [`exec`], [`files`], [`notices`],
//! [`logs`] and [`identities`]; [`server`] is their door, [`daemon`] what they share. [`hosted`] runs it inside a test, with
//! programs that are played and time that the test drives.
//!
//! *Source*: Pebble v1.26.0, its documentation and its answers.

pub mod changes;
pub mod checks;
pub mod cli;
pub mod daemon;
pub mod duration;
pub mod errno;
pub mod exec;
pub mod files;
pub mod hosted;
pub mod http_client;
pub mod identities;
pub mod logs;
pub mod notices;
pub mod plan;
pub mod processes;
pub mod server;
pub mod services;
pub mod state;
pub mod timestamp;
pub mod yaml;

/// The version that this stand-in behaves like.
pub const VERSION: &str = "v1.26.0";
