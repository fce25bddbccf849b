//! What comes next: a step, or what stands in its way.

use crate::{
    decision::{Because, Step},
    status::Reason,
};

/// At most one step, and the reasons for a status that come with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Next {
    pub step: Option<Because<Step>>,
    pub reasons: Vec<Reason>,
}

impl Next {
    /// A step.
    pub fn step(step: Step, why: impl Into<String>) -> Self {
        Self { step: Some(Because::new(step, why)), reasons: Vec::new() }
    }

    /// A step, if its condition holds.
    pub fn step_if(condition: bool, step: Step, why: &str) -> Self {
        Self { step: Because::when(condition, step, why), reasons: Vec::new() }
    }

    /// No step, but a reason.
    pub fn reason(reason: Reason) -> Self {
        Self { step: None, reasons: vec![reason] }
    }

    /// This, and a reason more.
    pub fn with(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }

    /// This step, or the one of another if this has none; the reasons of both.
    pub fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self.step.is_some() {
            return self;
        }
        let Self { step, reasons } = other();
        Self { step, reasons: [self.reasons, reasons].concat() }
    }
}
