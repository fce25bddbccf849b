//! Options that an operator must correct.

/// An invalid option, which an operator must correct.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Mistake {
    /// The option.
    pub option: &'static str,
    /// What is wrong, and the remedy.
    pub text: String,
}

impl Mistake {
    /// A mistake in an option.
    pub fn new(option: &'static str, text: impl Into<String>) -> Self {
        Self { option, text: text.into() }
    }
}
