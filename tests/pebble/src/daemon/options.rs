//! How Pebble is started: by its command line and a few variables.

use clock::Clock;
use std::{env, path::PathBuf};

/// Options of one run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The directory with layers and state.
    pub dir: PathBuf,
    /// The Unix socket.
    pub socket: PathBuf,
    /// The TCP address.
    pub http: Option<String>,
    /// Whether the directory is made if it is missing.
    pub creates_dirs: bool,
    /// Whether enabled services wait for a request.
    pub is_held: bool,
    /// Whether the output of services is shown.
    pub is_verbose: bool,
    /// Where the state is kept. *Empty*: nowhere.
    pub state_file: Option<PathBuf>,
    /// Filled into an empty directory.
    pub copy_once: Option<PathBuf>,
    /// Identities to begin with.
    pub identities: Option<PathBuf>,
    /// All time.
    pub clock: Clock,
}

impl Options {
    /// The options in the environment: `PEBBLE`, `PEBBLE_SOCKET`, `PEBBLE_COPY_ONCE`, `PEBBLE_PERSIST` and `PEBBLE_VERBOSE`.
    #[must_use]
    pub fn from_environment() -> Self {
        let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let is_persistent = env::var("PEBBLE_PERSIST").map_or(true, |value| value != "never");
        let dir = path("PEBBLE").unwrap_or_else(|| PathBuf::from("/var/lib/pebble/default"));
        Self {
            socket: path("PEBBLE_SOCKET").unwrap_or_else(|| dir.join(".pebble.socket")),
            state_file: Some(dir.join(".pebble.state")).filter(|_| is_persistent),
            dir,
            is_verbose: env::var("PEBBLE_VERBOSE").is_ok_and(|value| value == "1"),
            copy_once: path("PEBBLE_COPY_ONCE"),
            ..Self::default()
        }
    }
}
