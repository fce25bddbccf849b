//! One model of the controller: the stage with this project's charm, and applications that only stand there.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value};
use stage::{Deployment, Stage, StageError, Status};

use crate::{
    shelf::{OWN, Shelf},
    stand_ins::StandIn,
};

/// How long a nominal second lasts.
const PACE: &str = "0.2";

/// How long a server may take to boot while other tests keep the machine busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// An option that the Python charm does not have.
pub const NEWER: &str = "web_workers";

/// One model.
pub struct World {
    /// What Juju knows. Applications of other charms are there without units.
    pub stage: Stage,
    /// What is known of applications of other charms besides.
    pub others: BTreeMap<String, Other>,
    /// Who speaks for them.
    pub stand_ins: Vec<StandIn>,
    /// What other models may consume: application and endpoints, by the name of the offer.
    pub offers: BTreeMap<String, (String, Vec<String>)>,
    /// The URIs of secrets by their names, in the order in which they were added.
    pub secrets: Vec<(String, String)>,
}

/// An application of another charm.
#[derive(Default)]
pub struct Other {
    /// How many units Juju shows.
    pub units: u32,
    /// The offer that it stands for, in another model.
    pub offer: Option<String>,
    /// The actions that were run, with their parameters.
    pub done: BTreeMap<String, Map<String, Value>>,
}

impl World {
    /// An empty model.
    pub fn new(shelf: &Shelf, name: &str) -> Result<Self, String> {
        let clock = PACE.parse().map_err(|_| format!("{PACE} is no pace"))?;
        let stage = Stage::builder().charm(shelf.nothing()).clock(clock).idle_timeout(PATIENCE).build();
        let mut stage = stage.map_err(|error| refusal(&error))?;
        stage.model_mut().applications.clear();
        name.clone_into(&mut stage.model_mut().name);
        let (others, offers) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { stage, others, stand_ins: Vec::new(), offers, secrets: Vec::new() })
    }

    /// Deploys this project's charm, or what is published under its name.
    pub fn deploy_own(&mut self, charm: &Path, image: PathBuf, deployment: Deployment) -> Result<(), String> {
        let deployment = Deployment { charm: charm.to_owned(), ..deployment.image(image) };
        self.stage.deploy_application(deployment).map(drop).map_err(|error| refusal(&error))
    }

    /// Deploys another charm; it has no units on the stage.
    pub fn deploy_other(&mut self, deployment: Deployment, other: Other) -> Result<(), String> {
        let name = self.stage.deploy_application(deployment.units(0)).map_err(|error| refusal(&error))?;
        self.others.insert(name, other);
        Ok(())
    }

    /// Runs hooks until nothing is left to do; none may fail.
    pub fn settle(&mut self) -> Result<(), String> {
        self.tell()?;
        let runs = self.stage.settle().map_err(|error| refusal(&error))?;
        self.pretend();
        match runs.iter().find(|run| !run.is_success()) {
            Some(run) => Err(format!("the hook {} of {} failed: {:?}", run.hook, run.unit, run.log)),
            None => Ok(()),
        }
    }

    /// The Python charm is not played: its forum is there and serves.
    fn pretend(&mut self) {
        let model = self.stage.model_mut();
        let is_played = |unit: &str| model.application_of(unit).charm.options.contains_key(NEWER);
        let pretended: Vec<String> = model.units.keys().filter(|unit| !is_played(unit)).cloned().collect();
        for (_, unit) in model.units.iter_mut().filter(|(name, _)| pretended.contains(name)) {
            unit.status = Status::active("");
        }
    }

    /// The application of a name, or Juju's refusal.
    pub fn known(&self, name: &str) -> Result<&stage::model::Application, String> {
        let found = self.stage.model().applications.get(name);
        found.ok_or_else(|| format!("application {name:?} not found"))
    }

    /// The units of an application by name, as Juju numbers them.
    pub fn units(&self, application: &str) -> Vec<String> {
        match self.others.get(application) {
            Some(other) => (0..other.units).map(|number| format!("{application}/{number}")).collect(),
            None => self.stage.model().units_of(application).map(|(name, _)| name.clone()).collect(),
        }
    }

    /// The unit that `app/3` or `app/leader` names, or Juju's refusal.
    pub fn unit(&self, name: &str) -> Result<String, String> {
        let (application, number) = name.split_once('/').unwrap_or((name, ""));
        let known = self.known(application)?;
        let wanted = match (number, &known.leader) {
            ("leader", Some(leader)) => leader.clone(),
            ("leader", None) => format!("{application}/0"),
            _ => name.to_owned(),
        };
        let missing = || format!("unit {name:?} not found");
        self.units(application).into_iter().find(|unit| *unit == wanted).ok_or_else(missing)
    }

    /// Whether an application is of this project's charm, or what that one replaces.
    pub fn is_own(&self, name: &str) -> bool {
        !self.others.contains_key(name)
    }

    /// The applications of this project's charm.
    pub fn own(&self) -> impl Iterator<Item = &String> {
        let applications = self.stage.model().applications.values();
        applications.filter(|application| application.charm.name == OWN).map(|application| &application.name)
    }

    /// The URI of a secret that is named, or given by its ID.
    pub fn secret(&self, name: &str) -> Result<String, String> {
        let is_this = |uri: &str| uri == name || uri.ends_with(&format!(":{name}"));
        let found = self.secrets.iter().find(|(known, uri)| known == name || is_this(uri));
        found.map(|(_, uri)| uri.clone()).ok_or_else(|| format!("secret {name:?} not found"))
    }
}

/// What Juju says if it refuses; else what went wrong on the stage.
pub fn refusal(error: &StageError) -> String {
    if let StageError::Missing { kind, name } = error {
        return format!("{kind} {name:?} not found");
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
