//! Plays the recorded exchanges of `tests/pebble/exchanges` and compares answer by answer with what the real Pebble answered.
//!
//! Each file is one test, named after it. The program under test is this crate's own binary, or the one that the environment
//! variable `PEBBLE` names. `cargo test -p pebble --test exchanges NAME` plays some of them; what a charm does not use is
//! marked optional and ignored unless `-- --include-ignored` asks for it.

#[path = "exchanges/answer.rs"]
mod answer;
#[path = "exchanges/comparison.rs"]
mod comparison;
#[path = "exchanges/deed.rs"]
mod deed;
#[path = "exchanges/doubt.rs"]
mod doubt;
#[path = "exchanges/execution.rs"]
mod execution;
#[path = "exchanges/form.rs"]
mod form;
#[path = "exchanges/http.rs"]
mod http;
#[path = "exchanges/listener.rs"]
mod listener;
#[path = "exchanges/names.rs"]
mod names;
#[path = "exchanges/player.rs"]
mod player;
#[path = "exchanges/processes.rs"]
mod processes;
#[path = "exchanges/program.rs"]
mod program;
#[path = "exchanges/pushes.rs"]
mod pushes;
#[path = "exchanges/scenario.rs"]
mod scenario;
#[path = "exchanges/trouble.rs"]
mod trouble;
#[path = "exchanges/values.rs"]
mod values;
#[path = "exchanges/websocket.rs"]
mod websocket;
#[path = "exchanges/worker.rs"]
mod worker;

use libtest_mimic::{Arguments, Trial};
use scenario::Scenario;
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use trouble::{Outcome, Trouble};

/// The recorded exchanges.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/exchanges");

/// How long to wait for one answer, one wanted value, one start or end of the program.
const PATIENCE: Duration = Duration::from_secs(20);

/// Exchanges played at the same time: they mostly wait.
const AT_A_TIME: usize = 4;

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    match words.next().as_deref() {
        Some(worker::PLAY) => worker::play(words),
        Some(worker::CONNECT) => worker::connect(words),
        _ => play_all(),
    }
}

/// One test per file, the slow ones first; the exit code of the test run.
fn play_all() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_A_TIME);
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(Trouble(text)) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn trials() -> Outcome<Vec<Trial>> {
    let program = program_under_test()?;
    let mut scenarios = Vec::new();
    for entry in Path::new(FOLDER).read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "json") {
            scenarios.push((Scenario::read(&path)?, path));
        }
    }
    scenarios.sort_by(|(one, first), (other, second)| other.slow.total_cmp(&one.slow).then(first.cmp(second)));
    let mut trials: Vec<_> = scenarios.iter().map(|(scenario, path)| trial(scenario, path, program.clone())).collect();
    trials.push(Trial::test("a-changed-answer-is-noticed", move || {
        doubt::notices_a_change(&program).map_err(Into::into)
    }));
    Ok(trials)
}

fn trial(scenario: &Scenario, path: &Path, program: PathBuf) -> Trial {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let wants = worker::Wants { root: scenario.root, process_namespace: scenario.pid1 };
    let path = path.to_owned();
    let test = Trial::test(name, move || worker::run(&path, &program, wants).map_err(Into::into));
    if scenario.optional { test.with_kind("optional: no charm needs it").with_ignored_flag(true) } else { test }
}

fn program_under_test() -> Outcome<PathBuf> {
    match env::var_os("PEBBLE").filter(|path| !path.is_empty()) {
        Some(path) => {
            let path = PathBuf::from(path);
            path.canonicalize().map_err(|error| Trouble(format!("PEBBLE={}: {error}", path.display())))
        }
        None => Ok(env!("CARGO_BIN_EXE_pebble").into()),
    }
}
