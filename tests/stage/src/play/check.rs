//! What is wrong with a step, by what a step can name: Juju's refusals, each with its remedy.
//!
//! A scene is checked before anything is started, against an outlook, and each step again before it is played, against the model.

mod applications;
mod outlook;
mod relations;
mod units;

use super::{Options, PlayError, starter::declared};
use crate::{
    model::{Application, Model, names},
    remedy::{all, remedy},
    scene::{Elect, Fail, Form, Resolved, Scene, SceneError, SecretAct, Verb},
    tools,
};
use applications::{image_at, known, writable};
use outlook::Outlook;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What is wrong, with the remedy.
type Checked<T = ()> = Result<T, String>;

/// What a step can name.
pub(super) struct Known<'k> {
    pub(super) options: &'k Options,
    pub(super) model: &'k Model,
    /// The applications that a step deployed, with their charms.
    pub(super) charms: &'k BTreeMap<String, PathBuf>,
    pub(super) stand_ins: Vec<&'k str>,
    pub(super) secrets: Vec<&'k str>,
    /// Applications, endpoints (`app:endpoint`) and secrets of which it is not known what of them is still there.
    pub(super) doubtful: &'k BTreeSet<String>,
}

/// What is wrong with the charm and the options of the command line.
///
/// # Errors
/// There is no charm, it has no such container, or there is no such file or folder.
pub(super) fn arguments(options: &Options) -> Result<(), PlayError> {
    let charm = declared(&options.charm)?;
    for (container, image) in &options.images {
        let wrong = |text| PlayError::Argument { option: "--image", text };
        known("container", container, charm.containers.keys()).map_err(wrong)?;
        image_at(image).map_err(wrong)?;
    }
    let written = [("--junit", &options.junit), ("--timeline", &options.timeline)];
    for (option, file) in written.into_iter().filter_map(|(option, file)| Some((option, file.as_ref()?))) {
        writable(file).map_err(|text| PlayError::Argument { option, text })?;
    }
    match &options.logs {
        Some(logs) if logs.exists() && !logs.is_dir() => {
            Err(PlayError::Argument { option: "--logs", text: format!("{} is a file: name a folder", logs.display()) })
        }
        _ => Ok(()),
    }
}

/// All that is wrong with a scene as far as it can be known before it is played.
///
/// # Errors
/// The mistakes, first to last.
pub(super) fn scene(options: &Options, scene: &Scene) -> Result<(), SceneError> {
    let mut outlook = Outlook::new(options, scene);
    let mut mistakes = Vec::new();
    for step in scene.steps() {
        let checked = outlook.known().check(step.verb);
        match checked {
            Ok(()) => outlook.play(step.verb),
            Err(text) => {
                mistakes.push(SceneError::at(step.file, step.line, &text));
                if !outlook.doubt(step.verb) {
                    break;
                }
            }
        }
    }
    let mut mistakes = mistakes.into_iter();
    mistakes.next().map_or(Ok(()), |first| Err(first.with(mistakes)))
}

impl<'k> Known<'k> {
    /// # Errors
    /// The step is none that Juju, or the stage, would take.
    pub(super) fn check(&self, verb: &Verb) -> Checked {
        match verb {
            Verb::Deploy(Form(deploy)) => self.deploy(deploy),
            Verb::Integrate(Form(integrate)) => self.integrate(integrate),
            Verb::RemoveRelation(Form(remove)) => self.remove_relation(remove),
            Verb::Config(Form(config)) => self.configure(config),
            Verb::Run(Form(run)) => self.run(run),
            Verb::Exec(Form(exec)) => self.unit(&exec.unit).map(drop),
            Verb::Scale(Form(scale)) => self.scale(scale),
            Verb::Kill(Form(kill)) => self.kill(kill),
            Verb::Refresh(Form(refresh)) => self.refresh(refresh),
            Verb::Elect(Form(Elect { unit })) | Verb::Resolved(Form(Resolved { unit })) => self.unit(unit).map(drop),
            Verb::Trust(Form(trust)) => self.named(trust.application.as_ref()).map(drop),
            Verb::Secret(Form(secret)) => self.secret(secret),
            Verb::Databag(Form(databag)) => self.stand_in(&databag.stand_in),
            Verb::Hook(Form(hook)) => self.hook(hook),
            Verb::Fail(Form(fail)) => self.fail(fail),
            Verb::Remove(Form(remove)) => self.named(remove.application.as_ref()).map(drop),
            Verb::WaitFor(Form(wait)) => self.status(&wait.of),
            Verb::ExpectStatus(Form(expected)) => self.status(&expected.of),
            Verb::ExpectDatabag(Form(expected)) => self.databag(&expected.of),
            Verb::ExpectPlan(Form(expected)) => self.plan(expected),
            Verb::ExpectLog(Form(expected)) => self.unit(&expected.unit).map(drop),
            Verb::ExpectHooks(Form(expected)) => self.hooks(expected),
            Verb::Http(Form(http)) => self.unit(&http.unit).map(drop),
            Verb::Settle(_) | Verb::Note(_) => Ok(()),
        }
    }

    /// The application that a step means: the first one if it names none.
    ///
    /// *Empty*: it may be there or not.
    fn named(&self, name: Option<&String>) -> Checked<Option<&'k Application>> {
        self.application(name.map_or(&self.model.main, String::as_str))
    }

    fn application(&self, name: &str) -> Checked<Option<&'k Application>> {
        let found = self.model.applications.get(name).filter(|_| self.charms.contains_key(name));
        match found {
            None if self.doubtful.contains(name) => Ok(None),
            None if name.contains('/') => Err(format!("{name:?} is a unit: name its application")),
            None if self.charms.is_empty() => Err(format!("no such application: {name}: no step before deploys one")),
            None => Err(format!("no such application: {name}{}", remedy(name, self.charms.keys()))),
            found => Ok(found),
        }
    }

    /// The application of a unit that is there.
    fn unit(&self, name: &str) -> Checked<Option<&'k Application>> {
        let owner = names::application_of(name);
        let units = || self.model.units_of(owner).map(|(unit, _)| unit);
        let application = match self.application(owner) {
            Err(_) if !name.contains('/') && !self.charms.is_empty() => {
                return Err(format!("{name:?} is not a unit: {}", all(self.model.units.keys())));
            }
            found => found?,
        };
        let Some(application) = application else { return Ok(None) };
        match name {
            name if self.model.units.contains_key(name) || self.doubtful.contains(owner) => Ok(Some(application)),
            name if !name.contains('/') => {
                Err(format!("{name:?} is an application: name a unit of it: {}", all(units())))
            }
            name => Err(format!("no such unit: {name}: {}", all(units()))),
        }
    }

    /// A unit, or an application that has one.
    fn status(&self, of: &str) -> Checked {
        if of.contains('/') {
            return self.unit(of).map(drop);
        }
        let Some(application) = self.application(of)? else { return Ok(()) };
        let has_units = self.doubtful.contains(of) || self.model.units_of(&application.name).next().is_some();
        if has_units { Ok(()) } else { Err(format!("the application {of} has no units: scale it before")) }
    }

    fn secret(&self, act: &SecretAct) -> Checked {
        if let Some(name) = act.add.as_ref().filter(|name| self.secrets.contains(&name.as_str())) {
            return Err(format!("the secret {name} is there already: write \"secret: update {name} KEY=VALUE ...\""));
        }
        let mut named = [&act.update, &act.grant, &act.revoke, &act.remove].into_iter().flatten();
        let is_missing = |name: &&String| !self.secrets.contains(&name.as_str()) && !self.doubtful.contains(*name);
        if let Some(missing) = named.find(is_missing) {
            return Err(self.no_secret(missing));
        }
        if act.grant.is_some() && act.to.is_empty() {
            self.named(None)?;
        }
        act.to.iter().try_for_each(|name| self.application(name).map(drop))
    }

    fn no_secret(&self, name: &str) -> String {
        let made =
            if self.secrets.is_empty() { ": no step before adds one".to_owned() } else { remedy(name, &self.secrets) };
        format!("no such secret of this scene: {name}{made}")
    }

    fn stand_in(&self, name: &str) -> Checked {
        if self.stand_ins.contains(&name) || self.doubtful.contains(name) {
            return Ok(());
        }
        let made = if self.stand_ins.is_empty() {
            ": give a step \"integrate\" before the key `stand-in`".to_owned()
        } else {
            remedy(name, &self.stand_ins)
        };
        Err(format!("no such stand-in, of those whose databags are written here: {name}{made}"))
    }

    fn fail(&self, fail: &Fail) -> Checked {
        let tool = fail.tool.split_whitespace().next().unwrap_or_default();
        let mut known = tools::names(self.model.juju);
        if known.any(|name| name == tool) {
            return Ok(());
        }
        Err(format!("no such hook tool: {tool}{}", remedy(tool, tools::names(self.model.juju))))
    }
}

fn wrong_name(name: &str) -> String {
    format!("{name:?} is no name of an application: write words of small letters and digits, joined by \"-\"")
}
