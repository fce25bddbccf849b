//! The state of a play, and one step after the other.

use super::{
    Ending, Logs, Options, PlayError, Screen, chain,
    check::Known,
    confidential,
    deployment::{deployment, first},
};
use crate::{
    hook::HookRun,
    pod::PodError,
    remote::Scripted,
    scene::{Deploy, Form, Scene, Verb, Written},
    stage::{Stage, StageError},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use tempfile::TempDir;

/// A stage with all that its scene has named so far.
pub(super) struct Player<'s> {
    pub(super) stage: Stage,
    pub(super) options: &'s Options,
    pub(super) screen: &'s Screen,
    pub(super) logs: Logs,
    /// How the first application is deployed, until it is.
    pub(super) first: Option<Deploy>,
    /// URIs of secrets by their names in the scene.
    pub(super) secrets: BTreeMap<String, String>,
    /// Where the charm of each application came from.
    pub(super) charms: BTreeMap<String, PathBuf>,
    /// Stand-ins by name.
    pub(super) stand_ins: BTreeMap<String, Scripted>,
    /// All that ran.
    pub(super) runs: Vec<HookRun>,
    /// The hooks that the last step with any ran on each unit, and which step that was.
    pub(super) latest: BTreeMap<String, (usize, Vec<String>)>,
    pub(super) step: usize,
    /// Whether no act came since the model was at rest.
    pub(super) at_rest: bool,
    /// Units whose hooks failed though nobody asked for it.
    pub(super) failures: Vec<String>,
    /// The image of a container that was given none.
    pub(super) empty: TempDir,
}

/// Why a step did not go as expected.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// Something is not as the step expects it.
    #[error("{0}")]
    NotAsExpected(String),
    /// The step names something that is not there, or that does not fit.
    #[error("{0}")]
    Mistake(String),
    /// Juju or the stage refuses it.
    #[error(transparent)]
    Refused(#[from] StageError),
    /// A charm that the scene names cannot be read.
    #[error(transparent)]
    Charm(#[from] PlayError),
}

impl Trouble {
    /// A mistake of the scene is told apart from a charm that fails.
    const fn ending(&self) -> Ending {
        match self {
            Self::Mistake(_)
            | Self::Charm(_)
            | Self::Refused(
                StageError::Refused(_) | StageError::Missing { .. } | StageError::Pod(PodError::Image(_)),
            ) => Ending::Mistaken,
            Self::NotAsExpected(_) | Self::Refused(_) => Ending::Unexpected,
        }
    }
}

impl<'s> Player<'s> {
    pub(super) fn new(options: &'s Options, scene: &Scene, screen: &'s Screen) -> Result<Self, PlayError> {
        let empty = tempfile::tempdir().map_err(PlayError::Folder)?;
        let logs = Logs::new(options.logs.as_deref()).map_err(PlayError::Folder)?;
        scene.steps().flat_map(|step| confidential::values(step.verb)).for_each(|(_, value)| screen.hide(&value));
        let first = first(options, scene);
        let deployment = deployment(&first, options, empty.path())?;
        let mut builder = Stage::builder().deployment(deployment).juju(options.juju);
        builder = builder.clock(options.clock).seed(options.seed);
        if options.junit.is_some() || options.timeline.is_some() {
            builder = builder.recorded();
        }
        let mut stage = builder.build().map_err(PlayError::Stage)?;
        stage.enter_cluster().map_err(PlayError::Stage)?;
        stage.watch().set_limit(options.hook_limit);
        Ok(Self {
            stage,
            options,
            screen,
            logs,
            first: Some(first),
            secrets: BTreeMap::new(),
            charms: BTreeMap::new(),
            stand_ins: BTreeMap::new(),
            runs: Vec::new(),
            latest: BTreeMap::new(),
            step: 0,
            at_rest: false,
            failures: Vec::new(),
            empty,
        })
    }

    /// Plays one step; tells whether it went as expected.
    pub(super) fn play(&mut self, number: usize, step: &Written<'_>) -> Ending {
        self.step = number;
        let text = self.screen.masked(&confidential::veiled(&step.text, step.verb));
        self.screen.line(&format!("{number:3}. {text}"));
        self.stage.mark(&text);
        let outcome = self.perform(step.verb);
        self.tell(outcome, &format!("{}:{}", step.file, step.line))
    }

    /// Lets all that is still due run.
    pub(super) fn finish(&mut self) -> Ending {
        self.step += 1;
        let outcome = self.rest();
        self.tell_unmet_faults();
        self.tell(outcome, "at the end")
    }

    fn tell(&mut self, outcome: Result<(), Trouble>, place: &str) -> Ending {
        self.screen.learn(self.stage.model(), &[]);
        let ending = outcome.as_ref().map_or_else(Trouble::ending, |()| Ending::Well);
        let result = outcome.map_err(|trouble| chain(&trouble));
        if let Err(text) = &result {
            self.screen.line(&format!("     NOT AS EXPECTED ({place}): {text}"));
        }
        if let Some(record) = self.stage.record_mut() {
            record.expectation(place, result);
        }
        ending
    }

    /// What a step can name now; of a unit that is gone its hooks are still known.
    fn check(&self, verb: &Verb) -> Result<(), Trouble> {
        if matches!(verb, Verb::ExpectHooks(Form(expected)) if self.latest.contains_key(&expected.unit)) {
            return Ok(());
        }
        let known = Known {
            options: self.options,
            model: self.stage.model(),
            charms: &self.charms,
            stand_ins: self.stand_ins.keys().map(String::as_str).collect(),
            secrets: self.secrets.keys().map(String::as_str).collect(),
            doubtful: &BTreeSet::new(),
        };
        known.check(verb).map_err(Trouble::Mistake)
    }

    fn perform(&mut self, verb: &Verb) -> Result<(), Trouble> {
        if looks(verb) {
            self.rest()?;
        } else if !matches!(verb, Verb::Note(_)) {
            self.at_rest = false;
        }
        self.check(verb)?;
        match verb {
            Verb::Deploy(Form(deploy)) => self.deploy(deploy),
            Verb::Integrate(Form(integrate)) => self.integrate(integrate),
            Verb::RemoveRelation(Form(remove)) => self.remove_relation(remove),
            Verb::Config(Form(config)) => self.configure(config),
            Verb::Run(Form(run)) => self.run(run),
            Verb::Exec(Form(exec)) => self.exec(exec),
            Verb::Scale(Form(scale)) => self.scale(scale),
            Verb::Kill(Form(kill)) => self.kill(kill),
            Verb::Refresh(Form(refresh)) => self.refresh(refresh),
            Verb::Elect(Form(elect)) => Ok(self.stage.elect(&elect.unit)?),
            Verb::Trust(Form(trust)) => self.trust(trust),
            Verb::Secret(Form(secret)) => self.secret(secret),
            Verb::Databag(Form(databag)) => self.databag(databag),
            Verb::Hook(Form(hook)) => self.hook(hook),
            Verb::Resolved(Form(resolved)) => self.resolve_error(&resolved.unit),
            Verb::Remove(Form(remove)) => self.remove(remove),
            Verb::Settle(_) => self.settle(),
            Verb::WaitFor(Form(wait)) => self.wait_for(wait),
            Verb::ExpectStatus(Form(expected)) => self.expect_status(expected),
            Verb::ExpectDatabag(Form(expected)) => self.expect_databag(expected),
            Verb::ExpectPlan(Form(expected)) => self.expect_plan(expected),
            Verb::ExpectLog(Form(expected)) => self.expect_log(expected),
            Verb::ExpectHooks(Form(expected)) => self.expect_hooks(expected),
            Verb::Http(Form(http)) => self.http(http),
            Verb::Fail(Form(fail)) => {
                self.fail(fail);
                Ok(())
            }
            Verb::Note(_) => Ok(()),
        }
    }

    /// The name of an application, or of the first one if none is given.
    pub(super) fn application<'n>(&'n self, name: Option<&'n String>) -> &'n str {
        name.map_or(&self.stage.model().main, String::as_str)
    }

    /// A value with the URI of a secret in the place of its name.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        let named = value.as_str().and_then(|text| text.strip_prefix("secret:"));
        named.and_then(|name| self.secrets.get(name)).map_or_else(|| value.clone(), |uri| uri.as_str().into())
    }
}

/// Whether a verb looks at a model at rest.
const fn looks(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::ExpectStatus(_)
            | Verb::ExpectDatabag(_)
            | Verb::ExpectPlan(_)
            | Verb::ExpectLog(_)
            | Verb::ExpectHooks(_)
            | Verb::Http(_)
            | Verb::Run(_)
            | Verb::Exec(_)
    )
}
