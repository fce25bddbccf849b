//! Hooks by their kind, and what a run of one cost and brought.

mod event;
mod run;

pub use event::{HookEvent, RelationStep, SecretStep, WorkloadStep};
pub use run::{Boot, Exit, HookRun, PebbleRequest, ToolCall};
