//! What comes of a task's work.

/// The end of a task's work.
#[derive(Default)]
pub struct Outcome {
    /// Why it failed.
    pub error: Option<String>,
    /// What is to be done once the task's new status is known.
    pub afterwards: Option<Box<dyn FnOnce() + Send>>,
}

impl Outcome {
    /// It is done.
    #[must_use]
    pub fn done() -> Self {
        Self::default()
    }

    /// It failed.
    #[must_use]
    pub fn failed(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), afterwards: None }
    }
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        Self { error: result.err(), afterwards: None }
    }
}
