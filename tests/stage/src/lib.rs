//! A stand-in for Juju on this machine: it plays any Kubernetes charm, in any language.
//!
//! A test changes the [`model`] only, through the acts of a [`Stage`]. The [`scheduler`] decides, as Juju's unit agent does, which
//! hooks run and in what order; the [`agent`] runs the charm's `dispatch` with exactly Juju's environment, serves the hook
//! [`tools`] and keeps what they wrote if the hook succeeds. Every run is returned as a [`HookRun`] with what it did and what
//! it cost.

pub mod agent;
pub mod announcement;
pub mod boots;
pub mod charm;
pub mod faults;
pub mod hook;
pub mod http;
pub mod kubernetes;
pub mod model;
pub mod play;
pub mod pod;
pub mod record;
mod remedy;
pub mod remote;
pub mod report;
pub mod sandbox;
pub mod scene;
pub mod scheduler;
mod stage;
pub mod tools;
pub mod traffic;

pub use announcement::{Remote, RemoteError, RemoteView};
pub use faults::{Faults, Outcome};
pub use hook::{Boot, Exit, HookEvent, HookRun, PebbleRequest, RelationStep, SecretStep, ToolCall, WorkloadStep};
pub use model::{
    Action, ActionStatus, Databag, End, Life, LogLine, Model, Relation, Secret, Span, Status, StatusKind, Unit,
    UnitRef, UnknownVersion, Version,
};
pub use record::Record;
pub use stage::{ActionRun, ApplicationActs, Builder, Deployment, SecretEdit, Stage, StageError, UnitView};
