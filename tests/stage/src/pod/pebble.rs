//! Which Pebble runs in the containers.

use crate::http::Question;
use clock::Clock;
use pebble::processes::Machine;
use std::{
    env, fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How long a probe waits, however fast the stage's clock is.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// A program that is Pebble, or stands in for it, or the stand-in within this program.
#[derive(Debug, Clone)]
pub struct Pebble(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Real(PathBuf),
    StandIn(PathBuf),
    Hosted(Workload),
}

/// What runs in the containers of hosted Pebbles.
#[derive(Clone)]
pub struct Workload(Arc<MachineOf>);

/// What a container finds around it.
type MachineOf = dyn Fn(&Place) -> Arc<dyn Machine> + Send + Sync;

/// A container that starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The host name of its pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The folder that is its root.
    pub root: PathBuf,
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
        Self(Kind::Real(program.to_owned()))
    }

    /// A program with Pebble's command line and one more option, `--time-scale`.
    #[must_use]
    pub fn stand_in(program: &Path) -> Self {
        Self(Kind::StandIn(program.to_owned()))
    }

    /// The stand-in within this program, with time that the stage's clock drives, and programs that are played.
    #[must_use]
    pub fn hosted(machine: impl Fn(&Place) -> Arc<dyn Machine> + Send + Sync + 'static) -> Self {
        Self(Kind::Hosted(Workload(Arc::new(machine))))
    }

    /// The program.
    ///
    /// *Empty*: it runs within this program.
    #[must_use]
    pub fn program(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Real(program) | Kind::StandIn(program) => Some(program),
            Kind::Hosted(_) => None,
        }
    }

    /// What a hosted one finds in a container; `None` if it is a program.
    pub(super) fn machine(&self, place: &Place) -> Option<Arc<dyn Machine>> {
        match &self.0 {
            Kind::Hosted(workload) => Some((workload.0)(place)),
            Kind::Real(_) | Kind::StandIn(_) => None,
        }
    }

    /// Whether it runs within this program.
    pub(super) fn is_hosted(&self) -> bool {
        matches!(self.0, Kind::Hosted(_))
    }

    /// The clock that a stage with this Pebble can follow: a real one has real seconds.
    #[must_use]
    pub fn clock(&self, wanted: Clock) -> Clock {
        if matches!(self.0, Kind::Real(_)) { Clock::real() } else { wanted }
    }

    /// The arguments that Juju gives Pebble in its container with this number.
    ///
    /// *Source*: Juju 3.6, `internal/provider/kubernetes/application/application.go`.
    pub(super) fn arguments(&self, number: usize, clock: Clock) -> Vec<String> {
        let port = format!(":{}", port(number));
        let mut arguments =
            ["run", "--create-dirs", "--hold", "--http", &port, "--verbose"].map(str::to_owned).to_vec();
        if matches!(self.0, Kind::StandIn(_)) && !clock.is_real() {
            arguments.extend(["--time-scale".to_owned(), clock.to_string()]);
        }
        arguments
    }
}

impl fmt::Debug for Workload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Workload")
    }
}

/// What a probe of Kubernetes finds at a pod's container with this number.
pub(crate) fn is_healthy(pod: IpAddr, number: usize, level: &str) -> bool {
    let path = format!("/v1/health?level={level}");
    let answer = Question::get(&path).ask((pod, port(number)), PROBE_TIMEOUT);
    answer.is_ok_and(|answer| answer.status == 200)
}

/// The port for health probes of the container with this number.
fn port(number: usize) -> u16 {
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
