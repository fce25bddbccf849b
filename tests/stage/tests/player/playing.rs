//! One scenario, played on the stage as one version of Juju.

use super::{
    after, arrangement,
    comparison::{self, Outcome},
    event::Event,
    recording::{Answer, Call, End, Hook, Scenario, Varies},
    script::Script,
};
use stage::{HookRun, Secret, Stage, StageError, Version};
use std::{collections::BTreeSet, io};

/// What one exchange, or the end of one hook, came to.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// `state-set::0::3::3.6`: scenario, hook, call or `end`, version.
    pub name: String,
    pub outcome: Outcome,
}

/// A scenario could not be played at all.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error("files of the player")]
    File(#[from] io::Error),
    #[error("the stage")]
    Stage(#[from] StageError),
}

/// The verdicts on every exchange and every end of a scenario, in their order.
pub fn play(scenario: &Scenario, version: Version) -> Result<Vec<Verdict>, PlayError> {
    let folder = tempfile::tempdir()?;
    let stage = arrangement::stage(scenario, version, folder.path())?;
    let mut play = Play { scenario, version, stage, minted: Vec::new(), unsteady: BTreeSet::new() };
    let hooks = scenario.hooks.iter().enumerate().map(|(number, hook)| play.hook(number, hook));
    Ok(hooks.collect::<Result<Vec<_>, PlayError>>()?.concat())
}

/// The names of all verdicts that a scenario gives.
pub fn names(scenario: &Scenario, version: Version) -> Vec<String> {
    let of_hook = |(number, hook): (usize, &Hook)| {
        let calls = (0..hook.calls.len()).map(|place| place.to_string());
        calls.chain(["end".to_owned()]).map(|what| name(scenario, number, &what, version)).collect::<Vec<_>>()
    };
    scenario.hooks.iter().enumerate().flat_map(of_hook).collect()
}

fn name(scenario: &Scenario, hook: usize, what: &str, version: Version) -> String {
    format!("{}::{hook}::{what}::{}", scenario.name, version.series())
}

struct Play<'s> {
    scenario: &'s Scenario,
    version: Version,
    stage: Stage,
    /// The bare id of every `secret-add` so far.
    ///
    /// *Empty*: it failed.
    minted: Vec<Option<String>>,
    /// Keys of the state that the recorded agent may or may not have reached.
    unsteady: BTreeSet<String>,
}

impl Play<'_> {
    fn hook(&mut self, number: usize, hook: &Hook) -> Result<Vec<Verdict>, PlayError> {
        arrangement::prepare(&mut self.stage, hook)?;
        let charm = self.stage.agent_dir(0).map(stage::agent::AgentDir::seen_charm).unwrap_or_default();
        let script = Script::write(charm.parent().unwrap_or(&charm), number, hook)?;
        let run = self.stage.hook_alone(0, &hook.event.hook())?;
        let mut verdicts = Vec::new();
        for (place, call) in hook.calls.iter().enumerate() {
            let outcome = self.exchange(&script, place, call);
            verdicts.push(self.verdict(number, &place.to_string(), outcome));
        }
        if let Some(end) = hook.ends.get(&self.version) {
            let outcome = self.end(&script, hook, &run, end)?;
            verdicts.push(self.verdict(number, "end", outcome));
        }
        Ok(verdicts)
    }

    fn verdict(&self, hook: usize, what: &str, outcome: Outcome) -> Verdict {
        Verdict { name: name(self.scenario, hook, what, self.version), outcome }
    }

    fn exchange(&mut self, script: &Script, place: usize, call: &Call) -> Outcome {
        let got = match script.answer(place) {
            Ok(answer) => answer,
            Err(cause) => return Outcome::Failed(format!("{:?} was not answered: {cause}", call.argv)),
        };
        if call.argv.first().is_some_and(|tool| tool == "secret-add") {
            let uri = got.stdout.trim();
            self.minted.push((got.code == 0).then(|| Secret::bare_id(uri).to_owned()));
        }
        if call.varies == Varies::Keys {
            self.unsteady.extend(call.argv.iter().skip(1).cloned());
        }
        let Some(recorded) = call.answers.get(&self.version) else {
            return Outcome::Skipped(format!("nothing was recorded from {}", self.version.series()));
        };
        let expected = Answer {
            code: recorded.code,
            stdout: self.placed(script, &recorded.stdout),
            stderr: self.placed(script, &recorded.stderr),
        };
        comparison::answers(call, &expected, &got)
    }

    fn end(&self, script: &Script, hook: &Hook, run: &HookRun, end: &End) -> io::Result<Outcome> {
        let is_action = matches!(hook.event, Event::Action(_));
        // What an action comes to is delivered, whatever it is.
        let error = run.exit.error().filter(|_| !is_action).unwrap_or_default();
        let expected = End {
            error: self.placed(script, &end.error),
            action: end.action.as_ref().map(|value| self.placed_in(script, value)),
            after: self.placed_in(script, &end.after),
            env: end.env.clone().map(|env| env.into_iter().map(|(k, v)| (k, self.placed(script, &v))).collect()),
        };
        let got = End {
            error,
            action: after::delivered(self.stage.model(), hook),
            after: after::after(self.stage.model()),
            env: expected.env.is_some().then(|| script.environment()).transpose()?,
        };
        Ok(comparison::ends(&self.unsteady, expected, got))
    }

    /// A recorded text with this run's folders and ids in it.
    fn placed(&self, script: &Script, text: &str) -> String {
        let mut placed = script.placed(text);
        for (place, id) in self.minted.iter().enumerate() {
            let id = id.clone().unwrap_or_default();
            placed = placed.replace(&format!("{{{{id{}}}}}", place + 1), &id);
        }
        placed
    }

    fn placed_in(&self, script: &Script, value: &serde_json::Value) -> serde_json::Value {
        serde_json::from_str(&self.placed(script, &value.to_string())).unwrap_or_default()
    }
}
