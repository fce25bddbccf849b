//! What is wrong with options: mistakes, which an operator must correct, and warnings.

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

/// What is found when options are checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Every mistake; if there is any, the options must not be used.
    pub mistakes: Vec<Mistake>,
    /// Warnings about values that work but are probably not intended.
    pub warnings: Vec<String>,
}

impl Findings {
    /// Adds what else is found.
    pub fn extend(&mut self, others: Self) {
        self.mistakes.extend(others.mistakes);
        self.warnings.extend(others.warnings);
    }
}

impl From<Vec<Mistake>> for Findings {
    fn from(mistakes: Vec<Mistake>) -> Self {
        Self { mistakes, warnings: Vec::new() }
    }
}
