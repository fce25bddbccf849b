//! Pebble: a typed client for its API over the Unix socket; one transport, one file per noun of the API.
//!
//! No policy is here: what to do about an answer is the caller's to say. What Pebble may leave out is optional; words that are
//! not known are kept as they are.
//!
//! *Source*: Pebble `internals/daemon`, 1.26.0 to 1.32.1.

mod changes;
mod checks;
mod duration;
mod error;
mod exec;
mod files;
mod output;
mod plan;
mod services;
mod system;
mod transport;
mod websocket;

pub use changes::{Change, ChangeId, Select, Task};
pub use checks::{CheckInfo, CheckStatus, RefreshOutcome};
pub use error::PebbleError;
pub use exec::{ExecRequest, ExecResult};
pub use files::{PathError, PathErrorKind};
pub use plan::{Check, ExecCheck, HttpCheck, Layer, LogTarget, Plan, Service};
pub use services::{ServiceInfo, ServiceStatus};
pub use system::SystemInfo;
pub use transport::Pebble;
