//! What an operator does: acts that change the model only.

use super::{
    PlayError,
    deployment::deployment,
    player::{Player, Trouble},
    starter::declared,
};
use crate::{
    charm,
    faults::{CallFault, Outcome},
    model::{Life, names},
    remote::{Postgresql, Redis, Scripted},
    scene::{
        Bag, Config, Content, Databag, Deploy, Fail, Integrate, Kill, Refresh, Remove, RemoveRelation, Scale,
        SecretAct, Server, Trust,
    },
    stage::{ApplicationActs, Deployment, StageError},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::PathBuf};

impl Player<'_> {
    fn acts(&mut self, name: Option<&String>) -> Result<ApplicationActs<'_>, StageError> {
        let name = self.application(name).to_owned();
        self.stage.application(&name)
    }

    pub(super) fn trust(&mut self, trust: &Trust) -> Result<(), Trouble> {
        self.acts(trust.application.as_ref())?.trust();
        Ok(())
    }

    pub(super) fn remove(&mut self, remove: &Remove) -> Result<(), Trouble> {
        self.acts(remove.application.as_ref())?.remove();
        Ok(())
    }

    pub(super) fn deploy(&mut self, deploy: &Deploy) -> Result<(), Trouble> {
        let charm = deploy.charm(self.options);
        let name = if let Some(first) = self.first.take_if(|first| *first == *deploy) {
            self.stage.deploy();
            let name = self.application(None).to_owned();
            // Its options may name secrets of the scene, which were not there when the stage was built.
            self.set_options(&name, &first.config)?;
            name
        } else {
            let deployment = deployment(deploy, self.options, self.empty.path())?;
            self.stage.deploy_application(Deployment { config: self.resolved(&deploy.config), ..deployment })?
        };
        if !charm::has_programs(&charm).map_err(|source| PlayError::Charm { path: charm.clone(), source })? {
            self.screen.line(&format!(
                "     note: the charm of {name} has neither `dispatch` nor `hooks`: its hooks do nothing"
            ));
        }
        self.charms.insert(name, charm);
        Ok(())
    }

    pub(super) fn configure(&mut self, config: &Config) -> Result<(), Trouble> {
        let name = self.application(config.application.as_ref()).to_owned();
        let reset = config.reset.iter().map(|option| (option.clone(), Value::Null));
        let options = config.options.clone().into_iter().chain(reset).collect();
        self.set_options(&name, &options)
    }

    fn set_options(&mut self, name: &str, options: &Map<String, Value>) -> Result<(), Trouble> {
        let options = self.resolved(options);
        let options = options.iter().map(|(option, value)| (option.as_str(), value.clone()));
        Ok(self.stage.application(name)?.config(options)?)
    }

    /// Options with the URIs of secrets in the place of their names.
    fn resolved(&self, options: &Map<String, Value>) -> Map<String, Value> {
        options.iter().map(|(option, value)| (option.clone(), self.resolve(value))).collect()
    }

    pub(super) fn integrate(&mut self, integrate: &Integrate) -> Result<(), Trouble> {
        if let Some(other) = &integrate.with {
            self.stage.integrate(&integrate.endpoint, other)?;
        }
        let Some(name) = &integrate.stand_in else { return Ok(()) };
        match integrate.server {
            Some(Server::Postgresql) => self.stage.relate(&integrate.endpoint, Postgresql::new(name))?,
            Some(Server::Redis) => self.stage.relate(&integrate.endpoint, Redis::new(name))?,
            None => self.relate_stand_in(name, integrate)?,
        };
        Ok(())
    }

    fn relate_stand_in(&mut self, name: &str, integrate: &Integrate) -> Result<u32, Trouble> {
        let interface = self.interface(&integrate.endpoint)?;
        let stand_in = Scripted::new(name, "stand-in", &interface);
        say(&stand_in, &integrate.app, &integrate.unit, &integrate.secrets);
        self.stand_ins.insert(name.to_owned(), stand_in.clone());
        Ok(self.stage.relate(&integrate.endpoint, stand_in)?)
    }

    fn interface(&self, endpoint: &str) -> Result<String, StageError> {
        let (application, name) = self.stage.model().place(endpoint);
        let charm = self.stage.model().applications.get(application).map(|application| &application.charm);
        let found = charm.and_then(|charm| charm.endpoints.get(name)).map(|endpoint| endpoint.interface.clone());
        found.ok_or_else(|| StageError::Missing { kind: "endpoint", name: endpoint.to_owned() })
    }

    pub(super) fn remove_relation(&mut self, remove: &RemoveRelation) -> Result<(), Trouble> {
        match &remove.with {
            Some(with) => self.stage.unrelate_from(&remove.endpoint, with)?,
            None => self.stage.unrelate(&remove.endpoint)?,
        }
        Ok(())
    }

    pub(super) fn scale(&mut self, scale: &Scale) -> Result<(), Trouble> {
        let name = self.application(scale.application.as_ref()).to_owned();
        let mut units: Vec<String> = self.units_of(&name).collect();
        units.sort_by_key(|unit| names::number_of(unit));
        let wanted = usize::try_from(scale.units).unwrap_or(usize::MAX);
        for unit in units.iter().skip(wanted) {
            self.stage.remove_unit(unit)?;
        }
        for _ in units.len()..wanted {
            self.stage.application(&name)?.add_unit();
        }
        Ok(())
    }

    /// The units of an application that are not about to go.
    pub(super) fn units_of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = String> + 'p {
        let alive = self.stage.model().units.iter().filter(|(_, unit)| unit.life == Life::Alive);
        alive.map(|(unit, _)| unit.clone()).filter(move |unit| names::application_of(unit) == name)
    }

    pub(super) fn kill(&mut self, kill: &Kill) -> Result<(), Trouble> {
        match kill {
            Kill { pod: Some(unit), .. } => self.stage.kill_pod(unit)?,
            Kill { container: Some(unit), .. } => self.stage.kill_container(unit)?,
            Kill { agent: Some(unit), .. } => self.stage.restart_agent(unit)?,
            Kill { call, .. } => drop(self.stage.faults().kill_after_tool(call.unwrap_or(1))),
        }
        Ok(())
    }

    pub(super) fn refresh(&mut self, refresh: &Refresh) -> Result<(), Trouble> {
        let name = self.application(refresh.application.as_ref()).to_owned();
        let base = &self.options.base;
        let given = refresh.charm.as_ref().map(|charm| base.join(charm));
        let charm = given.or_else(|| self.charms.get(&name).cloned()).unwrap_or_default();
        let containers = declared(&charm)?.containers.into_keys();
        let of_all = |container| refresh.image.as_ref().map(|image| (container, base.join(image)));
        let mut images: BTreeMap<String, PathBuf> = containers.filter_map(of_all).collect();
        images.extend(refresh.images.iter().map(|(container, image)| (container.clone(), base.join(image))));
        self.stage.application(&name)?.refresh(charm, images)?;
        Ok(())
    }

    pub(super) fn resolve_error(&mut self, unit: &str) -> Result<(), Trouble> {
        self.rest()?;
        if self.stage.model().units.get(unit).is_some_and(|found| !found.is_in_error()) {
            return Err(Trouble::NotAsExpected(format!("unit {unit:?} is not in an error state")));
        }
        Ok(self.stage.resolve(unit)?)
    }

    pub(super) fn fail(&mut self, fail: &Fail) {
        let prefix: Vec<String> = fail.tool.split_whitespace().map(str::to_owned).collect();
        let outcome = Outcome::Fail(1, fail.message.clone());
        let fault = CallFault { prefix, skip: 0, once: true, outcome };
        let times = usize::try_from(fail.times).unwrap_or(usize::MAX);
        self.stage.faults().calls.extend(std::iter::repeat_n(fault, times));
    }

    pub(super) fn secret(&mut self, act: &SecretAct) -> Result<(), Trouble> {
        let content: Vec<(&str, &str)> =
            act.content.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        if let Some(name) = &act.add {
            let uri = self.stage.add_secret(&content);
            self.secrets.insert(name.clone(), uri);
        }
        let named = [&act.add, &act.update, &act.grant, &act.revoke, &act.remove].into_iter().flatten().next();
        let uri = named.and_then(|name| self.secrets.get(name)).cloned();
        let uri = uri.ok_or_else(|| StageError::Missing {
            kind: "secret of this scene",
            name: named.cloned().unwrap_or_default(),
        })?;
        match act {
            SecretAct { update: Some(_), .. } => self.stage.secret(&uri).update(&content)?,
            SecretAct { revoke: Some(_), .. } => self.stage.secret(&uri).revoke()?,
            SecretAct { remove: Some(_), .. } => self.stage.secret(&uri).remove(),
            SecretAct { grant: Some(_), to, .. } if to.is_empty() => self.acts(None)?.grant_secret(&uri)?,
            SecretAct { .. } => {}
        }
        for application in &act.to {
            self.stage.application(application)?.grant_secret(&uri)?;
        }
        Ok(())
    }

    pub(super) fn databag(&mut self, databag: &Databag) -> Result<(), Trouble> {
        let missing = || StageError::Missing { kind: "stand-in", name: databag.stand_in.clone() };
        let stand_in = self.stand_ins.get(&databag.stand_in).ok_or_else(missing)?;
        say(stand_in, &databag.app, &databag.unit, &databag.secrets);
        Ok(())
    }
}

fn say(stand_in: &Scripted, app: &Bag, unit: &Bag, secrets: &BTreeMap<String, Content>) {
    for (key, value) in app {
        stand_in.say(key, value.as_deref().unwrap_or_default());
    }
    for (key, value) in unit {
        stand_in.say_as_unit(key, value.as_deref().unwrap_or_default());
    }
    for (key, content) in secrets {
        let content: Vec<(&str, &str)> = content.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        stand_in.say_secret(key, &content);
    }
}
