//! A typed client for Pebble's API over its Unix socket: one transport, one file per noun of the API.
//!
//! It has no policy: callers decide what to do about an answer. Fields that Pebble may omit are optional, unknown fields are
//! ignored, and unknown states are kept.
//!
//! *Source*: Pebble `internals/daemon`, 1.26.0 to 1.32.1.

mod changes;
mod checks;
mod duration;
mod error;
mod exec;
mod files;
mod nesting;
mod notices;
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
pub use files::{FileEntry, PathError, PathErrorKind};
pub use output::Output;
pub use plan::{Check, ExecCheck, HttpCheck, Layer, LogTarget, Plan, Service};
pub use services::{ServiceInfo, ServiceStatus};
pub use system::SystemInfo;
pub use transport::Pebble;
