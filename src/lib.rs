//! The Discourse charm: one way through every hook.
//!
//! ```text
//!  Juju ── environment ─▶ dispatch ─▶ Event
//!                                      │
//!    hook tools, Pebble ─▶ observe ─▶ World          plain values
//!                                      │
//!                                   decide           pure and total: no IO, no clock, no randomness, never fails
//!                                      │
//!                                   Decision         { databags, port, version, at most one step, status }
//!                                      │
//!                                   apply ─▶ hook tools, Pebble
//!                                      │
//!               a step was done? ── yes ─▶ note it, decide again (bounded)     no ─▶ report and exit
//! ```
//!
//! Every hook runs the same loop: the event is a wake-up, the state of the world is the truth. Each step is safe to repeat and safe
//! to be killed in; what must be remembered lives in Juju, never in files of the charm's container.
//!
//! The rooms, in reading order. Only `juju` starts processes, only `pebble` and `telemetry` open sockets, only `main.rs` exits;
//! `relations`, `discourse` and `decide` do no IO.

// Processes, sockets, files, clocks and the environment: the rooms that touch them expect these lints.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod dispatch;

pub mod charm;

pub mod reconcile;

pub mod clients;

pub mod world;

pub mod observe;

pub mod decision;

pub mod decide;

pub mod status;

pub mod journal;

pub mod apply;

pub mod actions;

pub mod explain;

pub mod diagnosis;

pub mod fleet;

pub mod workload;

pub mod relations;

pub mod discourse;

pub mod observability;

pub mod juju;

pub mod pebble;

pub mod log;

pub mod telemetry;

pub mod secret;

pub mod excerpt;

pub mod address;

pub mod digest;
