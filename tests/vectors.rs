//! Every recorded hook, played by the built charm on the stage: the new charm does what the Python charm did, but for the
//! differences that a rule names.
//!
//! `STAGE_VECTORS` names another folder of vectors to play in place of this checkout's.

#[allow(dead_code, reason = "the rest is for the table of differences")]
mod vectors_replay;

use std::{
    collections::BTreeSet,
    env,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use libtest_mimic::{Arguments, Failed, Trial};
use vectors_replay::{
    comparison::compare, facts::recorded, loading::LoadError, playing, recording::Recording, rules, scene,
};

/// The rules that allowed a difference so far, by their position among all rules.
type Used = Arc<Mutex<BTreeSet<usize>>>;

/// Most of a play is waiting, so more run at a time than there are cores.
const PLAYS_AT_A_TIME: usize = 4;
/// How long one play may take. *Units*: real time.
const PLAY_TIMEOUT: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    if let Some(file) = env::args().skip_while(|word| word != "--play").nth(1) {
        return scene::play(&PathBuf::from(file));
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(PLAYS_AT_A_TIME));
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let other = env::var_os("STAGE_VECTORS").filter(|folder| !folder.is_empty());
    let folder = other.as_ref().map_or_else(|| checkout.join("tests/vectors"), PathBuf::from);
    let used = Used::default();
    let trials = match trials(&folder, &used) {
        Ok(trials) => trials,
        Err(error) => {
            eprintln!("{error}: {}", std::error::Error::source(&error).map_or_else(String::new, ToString::to_string));
            return ExitCode::FAILURE;
        }
    };
    let is_whole = other.is_none() && arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.list;
    let plays = libtest_mimic::run(&arguments, trials);
    if is_whole && !plays.has_failed() {
        return libtest_mimic::run(&arguments, vec![unused_rules(used)]).exit_code();
    }
    plays.exit_code()
}

/// One test for each vector; those with relations that the charm does not declare are left out, and counted.
fn trials(folder: &std::path::Path, used: &Used) -> Result<Vec<Trial>, LoadError> {
    let declared = playing::declared_endpoints();
    let trial = |recording: Recording| {
        let undeclared = recording.undeclared(&declared);
        let (name, file, used) = (recording.name.clone(), folder.join(&recording.name), used.clone());
        let trial = Trial::test(name, move || replay(&recording, &file.with_extension("json"), &used));
        if undeclared.is_empty() { trial } else { trial.with_kind(format!("without {}", undeclared.join(", "))) }
            .with_ignored_flag(!undeclared.is_empty())
    };
    Ok(Recording::read_all(folder)?.into_iter().map(trial).collect())
}

fn replay(recording: &Recording, file: &std::path::Path, used: &Used) -> Result<(), Failed> {
    let expected = recorded(recording);
    let (mut played, hooks) = playing::play_apart(file, PLAY_TIMEOUT)?;
    played.forget_unlike(&expected);
    let verdict = compare(recording, &expected, &played);
    used.lock().unwrap_or_else(PoisonError::into_inner).extend(verdict.used);
    if verdict.refused.is_empty() { Ok(()) } else { Err(format!("{}\n\n{hooks}", verdict.refused.join("\n")).into()) }
}

/// No rule is left that no vector needs.
fn unused_rules(used: Used) -> Trial {
    Trial::test("every rule is needed by a vector", move || {
        let used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = rules::all().enumerate().filter(|(position, _)| !used.contains(position));
        let names: Vec<&str> = unused.map(|(_, rule)| rule.on).collect();
        if names.is_empty() { Ok(()) } else { Err(format!("no vector needs the rules on {}", names.join(", ")).into()) }
    })
}
