//! Which Pebble runs in the containers.

use clock::Clock;
use std::{
    env,
    path::{Path, PathBuf},
};

/// A program that is Pebble, or stands in for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pebble {
    program: PathBuf,
    is_real: bool,
}

impl Pebble {
    /// The real one that `PEBBLE` names, else the stand-in in the folder that `STAGE_BIN` names, else the one beside this program.
    ///
    /// *Empty*: without `STAGE_BIN`, that folder is `target/stage` of the checkout.
    #[must_use]
    pub fn find() -> Self {
        match env::var_os("PEBBLE").filter(|path| !path.is_empty()) {
            Some(path) => Self::real(Path::new(&path)),
            None => Self::stand_in(&stand_in()),
        }
    }

    /// A real Pebble.
    #[must_use]
    pub fn real(program: &Path) -> Self {
        Self { program: program.to_owned(), is_real: true }
    }

    /// A program with Pebble's command line and one more option, `--time-scale`.
    #[must_use]
    pub fn stand_in(program: &Path) -> Self {
        Self { program: program.to_owned(), is_real: false }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The clock that a stage with this Pebble can follow: a real one has real seconds.
    #[must_use]
    pub fn clock(&self, wanted: Clock) -> Clock {
        if self.is_real { Clock::real() } else { wanted }
    }

    /// The arguments that Juju gives Pebble in its container with this number.
    ///
    /// *Source*: Juju 3.6, `internal/provider/kubernetes/application/application.go`.
    pub(super) fn arguments(&self, number: usize, clock: Clock) -> Vec<String> {
        let port = format!(":{}", port(number));
        let mut arguments =
            ["run", "--create-dirs", "--hold", "--http", &port, "--verbose"].map(str::to_owned).to_vec();
        if !self.is_real && !clock.is_real() {
            arguments.extend(["--time-scale".to_owned(), clock.to_string()]);
        }
        arguments
    }
}

/// The port for health probes of the container with this number.
pub(super) fn port(number: usize) -> u16 {
    u16::try_from(number).map_or(u16::MAX, |number| number.saturating_add(38813))
}

/// Beside the tests of a checkout there is another build, which needs shared libraries that an image may not have.
fn stand_in() -> PathBuf {
    let kept = programs().join("pebble");
    let beside = || env::current_exe().ok().map(|program| program.with_file_name("pebble"));
    if kept.is_file() { kept } else { beside().filter(|program| program.is_file()).unwrap_or(kept) }
}

/// The folder of the programs that the stage brings.
pub(crate) fn programs() -> PathBuf {
    env::var_os("STAGE_BIN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/stage"), PathBuf::from)
}
