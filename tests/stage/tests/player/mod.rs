//! The player of recorded exchanges with Juju's own hook tools.
//!
//! A scenario says what the controller holds, and which hooks a unit runs: each with calls of tools, their answers, and what the
//! controller holds after it. The stage runs the same hooks; every answer and every end is compared.

mod after;
mod arrangement;
mod charm;
pub mod comparison;
pub mod event;
pub mod playing;
pub mod recording;
mod script;
