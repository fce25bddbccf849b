//! Juju's hook tools: one runner, one error type, one file per family of tools.
//!
//! Only this room starts processes. It has no policy: every failure of a tool is an error for the caller, never an absent value.

mod actions;
mod config;
mod error;
mod log;
mod name;
mod network;
mod patience;
mod ports;
mod process;
mod relations;
mod runner;
mod secrets;
mod state;
mod status;
mod yaml;

pub use error::{Fault, ToolError};
pub use name::{InvalidName, RelationId, UnitName, secret_id};
pub use relations::Target;
pub use runner::Tools;
pub use secrets::SECRET_KEY;
pub use status::Status;
pub(crate) use yaml::yaml_safe_json;
