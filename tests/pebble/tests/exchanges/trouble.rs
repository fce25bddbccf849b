//! Why an exchange cannot be played any further.

use std::{error::Error, fmt};

/// One or more lines that say what went wrong, for the person who reads the test's output.
#[derive(Debug)]
pub struct Trouble(pub String);

/// The result of anything that can get into trouble.
pub type Outcome<T> = Result<T, Trouble>;

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
