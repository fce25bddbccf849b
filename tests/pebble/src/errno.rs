//! The words for errors of the operating system, as clients know them: `open /x: no such file or directory`.

use nix::errno::Errno;
use std::io;

/// The bare cause of an error, in lower case, without its number.
#[must_use]
pub fn describe(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |code| Errno::from_raw(code).desc().to_lowercase())
}

/// A failed call on a path.
#[must_use]
pub fn on_path(call: &str, path: &str, error: &io::Error) -> String {
    format!("{call} {path}: {}", describe(error))
}
