//! Every recorded exchange with the hook tools of Juju 3.6 and 4.0, played on the stage: each answer and each end of a hook is one test.
//!
//! `STAGE_EXCHANGES` names another folder of recordings to play in place of this checkout's.

mod player;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use player::{
    comparison::Outcome,
    playing::{self, Verdict},
    recording::Scenario,
};
use stage::Version;
use std::{
    collections::{BTreeMap, HashMap},
    env,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// A hook waits for its tools, and they for the agent.
const PLAYS_AT_A_TIME: usize = 4;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(PLAYS_AT_A_TIME));
    let other = env::var_os("STAGE_EXCHANGES").filter(|folder| !folder.is_empty());
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/exchanges");
    let skipped = Skipped::default();
    match Scenario::read_all(&other.map_or(checkout, PathBuf::from)) {
        Ok(scenarios) => {
            let conclusion = libtest_mimic::run(&arguments, trials(scenarios, &skipped));
            tell(&skipped);
            conclusion.exit_code()
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What was skipped, by its reason.
type Skipped = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

fn tell(skipped: &Skipped) {
    for (reason, names) in skipped.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("skipped {}: {reason}: {}", names.len(), names.join(" "));
    }
}

/// The tests of all scenarios, first the first of each: they begin different plays.
fn trials(scenarios: Vec<Scenario>, skipped: &Skipped) -> Vec<Trial> {
    let plays = scenarios.into_iter().flat_map(|scenario| {
        let scenario = Arc::new(scenario);
        let versions: Vec<Version> = scenario.versions().collect();
        versions.into_iter().map(move |version| Play::new(Arc::clone(&scenario), version))
    });
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for play in plays {
        let play = Arc::new(play);
        for (place, name) in playing::names(&play.scenario, play.version).into_iter().enumerate() {
            let (play, skipped) = (Arc::clone(&play), Arc::clone(skipped));
            let trial = Trial::ignorable_test(name.clone(), move || play.completion(&name, &skipped));
            if place == 0 { first.push(trial) } else { rest.push(trial) }
        }
    }
    first.into_iter().chain(rest).collect()
}

/// A scenario that is played once somebody asks for a verdict.
struct Play {
    scenario: Arc<Scenario>,
    version: Version,
    verdicts: OnceLock<Result<HashMap<String, Outcome>, String>>,
}

impl Play {
    fn new(scenario: Arc<Scenario>, version: Version) -> Self {
        Self { scenario, version, verdicts: OnceLock::new() }
    }

    fn completion(&self, name: &str, skipped: &Skipped) -> Result<Completion, Failed> {
        let verdicts = self.verdicts.get_or_init(|| {
            let played = playing::play(&self.scenario, self.version).map_err(|error| stage::play::chain(&error))?;
            Ok(played.into_iter().map(|Verdict { name, outcome }| (name, outcome)).collect())
        });
        match verdicts.as_ref()?.get(name) {
            Some(Outcome::Equal) => Ok(Completion::Completed),
            Some(Outcome::Skipped(reason)) => {
                let mut skipped = skipped.lock().unwrap_or_else(PoisonError::into_inner);
                skipped.entry(reason.clone()).or_default().push(name.to_owned());
                Ok(Completion::ignored_with(reason.clone()))
            }
            Some(Outcome::Failed(difference)) => Err(difference.into()),
            None => Err("not played".into()),
        }
    }
}
