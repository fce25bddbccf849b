//! How each disturbance is done, and undone.

use serde_json::{Map, Value as Json, json};
use stage::{ActionStatus, HookEvent, faults::Faults, faults::KillPoint};

use crate::{
    disturbance::{Credentials, Disturbance, Loss, Parameter, Setting, Side, Value},
    life::{Failure, told},
    play::Play,
    text::Text,
};

/// The id of no secret.
const NOWHERE: &str = "secret:cst00000000000888880";

impl Play<'_> {
    /// Does what a disturbance says; the agents catch up later.
    pub fn apply(&mut self, disturbance: &Disturbance) -> Result<(), Failure> {
        match disturbance {
            Disturbance::Databag { endpoint, side, key, value } => self.write(endpoint, *side, key, value),
            Disturbance::Peer { side, key, value } => self.write_peer(*side, key, value),
            Disturbance::SecretContent { endpoint, key, content } => {
                let content = content.iter().map(|(name, text)| (name.clone(), text.value.clone())).collect();
                if let Some(neighbour) = self.life.neighbour(endpoint) {
                    neighbour.tampering().secrets.insert(*key, content);
                }
            }
            Disturbance::SecretLost { endpoint, key, loss } => self.lose(endpoint, key, *loss),
            Disturbance::Option { name, value } => self.set(name, setting(value))?,
            Disturbance::Credentials { option, secret } => self.set_credentials(option, secret)?,
            Disturbance::Tools(fault) => self.life.stage.faults().calls.push(fault.clone()),
            Disturbance::Slow(delay) => drop(self.life.stage.faults().delay_tools(*delay)),
            Disturbance::Kill(point, n) => kill(self.life.stage.faults(), *point, *n),
            Disturbance::Repeat => drop(self.life.stage.faults().repeat_hook()),
            Disturbance::Hook(event) => self.hook(event)?,
            Disturbance::RelationHook(endpoint, step) => self.relation_hook(endpoint, *step)?,
            Disturbance::Leadership => self.lose_leadership()?,
            Disturbance::UnitLeaves(endpoint) => {
                if let Some(neighbour) = self.life.neighbour(endpoint) {
                    neighbour.tampering().has_left = true;
                }
            }
            Disturbance::Unrelated(endpoint) => self.unrelate(endpoint)?,
            Disturbance::Action { name, parameters } => {
                let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), parameter(value)));
                self.act(name, &Json::Object(parameters.collect::<Map<_, _>>()))?;
            }
        }
        Ok(())
    }

    fn write(&mut self, endpoint: &str, side: Side, key: &str, value: &Value) {
        let text = match value {
            Value::Removed => String::new(),
            Value::Text(text) => text.value.clone(),
            Value::Of(other, key) => self.life.stage.remote_app_bag(other).remove(*key).unwrap_or_default(),
        };
        if let Some(neighbour) = self.life.neighbour(endpoint) {
            neighbour.tampering().writes.push((side, key.to_owned(), text));
        }
    }

    fn write_peer(&mut self, side: Side, key: &str, value: &Text) {
        let unit = self.life.stage.model().unit_name(0);
        let Some(relation) = self.life.stage.model_mut().relation_mut("restart") else { return };
        let bag = match side {
            Side::App => relation.ends.first_mut().map(|end| &mut end.app),
            Side::Unit => relation.unit_bag_mut(&unit),
        };
        if let Some(bag) = bag.filter(|_| !value.value.is_empty()) {
            bag.insert(key.to_owned(), value.value.clone());
        }
    }

    fn lose(&mut self, endpoint: &str, key: &str, loss: Loss) {
        let Some(uri) = self.life.stage.remote_app_bag(endpoint).remove(key) else { return };
        match loss {
            // A secret that is gone already cannot be lost again.
            Loss::Revoked => drop(self.life.stage.secret(&uri).revoke()),
            Loss::Removed => self.life.stage.secret(&uri).remove(),
        }
    }

    fn set(&mut self, option: &str, value: Json) -> Result<(), Failure> {
        self.life.stage.config([(option, value)]).map_err(|error| told(&error))
    }

    fn set_credentials(&mut self, option: &str, secret: &Credentials) -> Result<(), Failure> {
        let stage = &mut self.life.stage;
        let uri = match secret {
            Credentials::Missing => NOWHERE.to_owned(),
            Credentials::Ungranted => stage.add_secret(&[("password", "hunter2")]),
            Credentials::Of(endpoint, key) => stage.remote_app_bag(endpoint).remove(*key).unwrap_or_default(),
            Credentials::Granted(content) => {
                let content: Vec<_> = content.iter().map(|(key, text)| (key.as_str(), text.value.as_str())).collect();
                let uri = stage.add_secret(&content);
                stage.grant_secret(&uri).map_err(|error| told(&error))?;
                uri
            }
        };
        self.set(option, json!(uri))
    }

    fn relation_hook(&mut self, endpoint: &str, step: stage::RelationStep) -> Result<(), Failure> {
        let id = self.life.stage.model().relation(endpoint).map(|relation| relation.id);
        id.map_or(Ok(()), |id| self.hook(&HookEvent::relation(id, step, None)))
    }

    fn lose_leadership(&mut self) -> Result<(), Failure> {
        let leader = self.life.stage.model_mut().application_mut().leader.take();
        self.update_status()?;
        self.life.stage.model_mut().application_mut().leader = leader;
        Ok(())
    }

    fn unrelate(&mut self, endpoint: &'static str) -> Result<(), Failure> {
        if self.removed.contains(&endpoint) {
            return Ok(());
        }
        self.life.stage.unrelate(endpoint).map_err(|error| told(&error))?;
        self.removed.push(endpoint);
        self.catch_up()
    }

    fn act(&mut self, name: &str, parameters: &Json) -> Result<(), Failure> {
        let run = self.life.stage.run_unchecked(0, name, parameters).map_err(|error| told(&error))?;
        let is_done = [ActionStatus::Completed, ActionStatus::Failed].contains(&run.status);
        self.judge.action(self.life, &run, is_done)
    }

    /// Everything is as it was, but for what cannot be undone.
    pub fn put_right(&mut self) -> Result<(), Failure> {
        self.life.stage.faults().clear();
        for neighbour in &self.life.neighbours {
            *neighbour.tampering() = crate::neighbours::Tampering::default();
        }
        self.restore_options();
        self.restore_secrets();
        for neighbour in &self.life.neighbours {
            if self.removed.contains(&neighbour.endpoint) {
                neighbour.relate(&mut self.life.stage).map_err(|error| told(&error))?;
            }
        }
        Ok(())
    }

    fn restore_options(&mut self) {
        self.life.stage.model_mut().application_mut().config.clone_from(&self.life.usual.options);
    }

    /// Lost secrets are there again, and readable through the relations that still stand.
    fn restore_secrets(&mut self) {
        let model = self.life.stage.model_mut();
        for (id, usual) in &self.life.usual.secrets {
            let secret = model.secrets.entry(id.clone()).or_insert_with(|| usual.clone());
            let still =
                usual.access.iter().filter(|access| access.relation.is_none_or(|id| model.relations.contains_key(&id)));
            secret.access = still.cloned().collect();
        }
    }
}

fn setting(setting: &Setting) -> Json {
    match setting {
        Setting::Reset => Json::Null,
        Setting::Text(text) => json!(text.value),
        Setting::Boolean(value) => json!(value),
        Setting::Number(value) => json!(value),
    }
}

fn parameter(parameter: &Parameter) -> Json {
    match parameter {
        Parameter::Text(text) => json!(text.value),
        Parameter::Json(text) => serde_json::from_str(text).unwrap_or_default(),
    }
}

fn kill(faults: &mut Faults, point: KillPoint, n: u32) {
    match point {
        KillPoint::Tool => faults.kill_after_tool(n),
        KillPoint::Request => faults.kill_after_request(n),
        KillPoint::Boot => faults.kill_at_boot(n),
    };
}
