//! The state of a play, and one step after the other.

use super::{Logs, Options, PlayError, Screen, chain, starter::declared};
use crate::{
    hook::HookRun,
    remote::Scripted,
    scene::{Content, Deploy, Form, Scene, Verb, Written},
    stage::{Deployment, Stage, StageError},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A stage with all that its scene has named so far.
pub(super) struct Player<'s> {
    pub(super) stage: Stage,
    pub(super) options: &'s Options,
    pub(super) screen: &'s Screen,
    pub(super) logs: Logs,
    /// Whether the charm of the command line was deployed.
    pub(super) deployed: bool,
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
    /// Juju or the stage refuses it.
    #[error(transparent)]
    Refused(#[from] StageError),
    /// A charm that the scene names cannot be read.
    #[error(transparent)]
    Charm(#[from] PlayError),
}

impl<'s> Player<'s> {
    pub(super) fn new(options: &'s Options, scene: &Scene, screen: &'s Screen) -> Result<Self, PlayError> {
        let empty = tempfile::tempdir().map_err(PlayError::Folder)?;
        let logs = Logs::new(options.logs.as_deref()).map_err(PlayError::Folder)?;
        scene.steps().flat_map(|step| secrets(step.verb)).for_each(|value| screen.hide(value));
        let first = scene.steps().find_map(|step| match step.verb {
            Verb::Deploy(Form(deploy)) if deploy.charm.is_none() => Some(deploy.clone()),
            _ => None,
        });
        let first = first.unwrap_or_default();
        let deployment = deployment(&options.charm, &first, options, empty.path())?;
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
            deployed: false,
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
    pub(super) fn play(&mut self, number: usize, step: &Written<'_>) -> bool {
        self.step = number;
        self.screen.line(&format!("{number:3}. {}", step.text));
        self.stage.mark(&step.text);
        let outcome = self.perform(step.verb);
        self.tell(outcome, &step.place)
    }

    /// Lets all that is still due run.
    pub(super) fn finish(&mut self) -> bool {
        self.step += 1;
        let outcome = self.rest();
        self.tell(outcome, "at the end")
    }

    fn tell(&mut self, outcome: Result<(), Trouble>, place: &str) -> bool {
        self.screen.learn(self.stage.model(), &[]);
        let result = outcome.map_err(|trouble| chain(&trouble));
        if let Err(text) = &result {
            self.screen.line(&format!("     NOT AS EXPECTED ({place}): {text}"));
        }
        let went_well = result.is_ok();
        if let Some(record) = self.stage.record_mut() {
            record.expectation(place, result);
        }
        went_well
    }

    fn perform(&mut self, verb: &Verb) -> Result<(), Trouble> {
        if looks(verb) {
            self.rest()?;
        } else if !matches!(verb, Verb::Note(_)) {
            self.at_rest = false;
        }
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
            Verb::Resolved(Form(resolved)) => Ok(self.stage.resolve(&resolved.unit)?),
            Verb::Remove(Form(remove)) => self.remove(remove),
            Verb::Settle(_) => self.settle(),
            Verb::WaitFor(Form(wait)) => self.wait_for(wait),
            Verb::ExpectStatus(Form(expected)) => self.expect_status(expected),
            Verb::ExpectDatabag(Form(expected)) => self.expect_databag(expected),
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

/// What a step writes into secrets.
fn secrets(verb: &Verb) -> Vec<&String> {
    fn of_stand_in(secrets: &BTreeMap<String, Content>) -> Vec<&String> {
        secrets.values().flat_map(BTreeMap::values).collect()
    }
    match verb {
        Verb::Secret(Form(secret)) => secret.content.values().collect(),
        Verb::Integrate(Form(integrate)) => of_stand_in(&integrate.secrets),
        Verb::Databag(Form(databag)) => of_stand_in(&databag.secrets),
        _ => Vec::new(),
    }
}

/// Whether a verb looks at a model at rest.
const fn looks(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::ExpectStatus(_)
            | Verb::ExpectDatabag(_)
            | Verb::ExpectLog(_)
            | Verb::ExpectHooks(_)
            | Verb::Http(_)
            | Verb::Run(_)
            | Verb::Exec(_)
    )
}

/// What a scene says of a charm; a container without an image gets an empty one.
pub(super) fn deployment(
    charm: &Path,
    deploy: &Deploy,
    options: &Options,
    empty: &Path,
) -> Result<Deployment, PlayError> {
    let files = |paths: &BTreeMap<String, PathBuf>| {
        paths.iter().map(|(name, path)| (name.clone(), options.base.join(path))).collect::<BTreeMap<_, _>>()
    };
    let containers = declared(charm)?.containers;
    let mut given = files(&deploy.images);
    if charm == options.charm {
        given.extend(options.images.iter().cloned());
    }
    if let Some(unknown) = given.keys().find(|container| !containers.contains_key(*container)) {
        return Err(PlayError::Container { name: unknown.clone(), charm: charm.to_owned() });
    }
    let mut images: BTreeMap<_, _> = containers.into_keys().map(|container| (container, empty.to_owned())).collect();
    images.extend(given);
    Ok(Deployment {
        application: deploy.name.clone(),
        units: deploy.units,
        trust: deploy.trust,
        storage: deploy.storage.clone(),
        resources: files(&deploy.resources),
        images,
        ..Deployment::new(charm)
    })
}
