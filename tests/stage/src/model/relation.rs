//! A relation between two applications, or among the units of one.

use super::{Databag, names::application_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a thing lives, leaves or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// It is there.
    #[default]
    Alive,
    /// It is about to go.
    Dying,
    /// It is gone.
    Dead,
}

/// A relation with its databags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Relation {
    /// Number.
    pub id: u32,
    /// Interface that both ends speak.
    pub interface: String,
    /// Whether it is being removed.
    pub life: Life,
    /// One end that joins the units of one application, else two.
    pub ends: Vec<End>,
}

/// What one application has in a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct End {
    /// The application.
    pub application: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Its model; this one if `None`.
    pub model_uuid: Option<String>,
    /// What it publishes.
    pub app: Databag,
    /// What its units publish, by unit name; a unit that has not entered the relation is missing.
    pub units: BTreeMap<String, Databag>,
    /// What units that have left published, which stays to be read while the relation stands.
    pub departed: BTreeMap<String, Databag>,
}

static NOWHERE: End = End {
    application: String::new(),
    endpoint: String::new(),
    model_uuid: None,
    app: Databag::new(),
    units: BTreeMap::new(),
    departed: BTreeMap::new(),
};

impl End {
    /// An end without any data.
    #[must_use]
    pub fn new(application: &str, endpoint: &str) -> Self {
        Self { application: application.to_owned(), endpoint: endpoint.to_owned(), ..Self::default() }
    }

    /// `redis:redis`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.application, self.endpoint)
    }
}

impl Relation {
    /// Whether it joins the units of one application.
    #[must_use]
    pub fn is_peer(&self) -> bool {
        self.ends.len() == 1
    }

    /// The end of an application.
    #[must_use]
    pub fn own(&self, application: &str) -> Option<&End> {
        self.ends.iter().find(|end| end.application == application)
    }

    /// The end of an application, to change it.
    pub fn own_mut(&mut self, application: &str) -> Option<&mut End> {
        self.ends.iter_mut().find(|end| end.application == application)
    }

    /// The end that an application looks at: for peers it is their own.
    ///
    /// *Empty*: the application is not related.
    #[must_use]
    pub fn other(&self, application: &str) -> Option<&End> {
        self.own(application)?;
        self.ends.iter().find(|end| end.application != application).or(self.ends.first())
    }

    /// The end that an application looks at, to change it.
    pub fn other_mut(&mut self, application: &str) -> Option<&mut End> {
        let place = self.ends.iter().position(|end| end.application != application).unwrap_or_default();
        self.own(application)?;
        self.ends.get_mut(place)
    }

    /// The endpoint of an application.
    ///
    /// *Empty*: the application is not related.
    #[must_use]
    pub fn endpoint(&self, application: &str) -> &str {
        self.own(application).map_or("", |end| &end.endpoint)
    }

    /// `database:7`, as an application calls it.
    #[must_use]
    pub fn tag(&self, application: &str) -> String {
        format!("{}:{}", self.endpoint(application), self.id)
    }

    /// The name of the application that an application looks at.
    ///
    /// *Empty*: the application is not related.
    #[must_use]
    pub fn other_application(&self, application: &str) -> &str {
        &self.other(application).unwrap_or(&NOWHERE).application
    }

    /// The application bag that an application looks at.
    #[must_use]
    pub fn other_app(&self, application: &str) -> &Databag {
        &self.other(application).unwrap_or(&NOWHERE).app
    }

    /// The bags of the units that a unit sees at the other end; a peer does not see itself.
    #[must_use]
    pub fn others(&self, unit: &str) -> BTreeMap<&str, &Databag> {
        let units = &self.other(application_of(unit)).unwrap_or(&NOWHERE).units;
        units.iter().filter(|(name, _)| name.as_str() != unit).map(|(name, bag)| (name.as_str(), bag)).collect()
    }

    /// What a unit publishes.
    ///
    /// *Empty*: the unit has not entered the relation.
    #[must_use]
    pub fn unit_bag(&self, unit: &str) -> Option<&Databag> {
        self.own(application_of(unit))?.units.get(unit)
    }

    /// What a unit publishes, to change it.
    pub fn unit_bag_mut(&mut self, unit: &str) -> Option<&mut Databag> {
        self.own_mut(application_of(unit))?.units.get_mut(unit)
    }

    /// The end of the application that a unit belongs to.
    fn end_of_mut(&mut self, unit: &str) -> Option<&mut End> {
        self.own_mut(application_of(unit))
    }

    /// A unit enters with this bag.
    pub fn enter(&mut self, unit: &str, bag: Databag) {
        if let Some(end) = self.end_of_mut(unit) {
            end.departed.remove(unit);
            end.units.insert(unit.to_owned(), bag);
        }
    }

    /// A unit leaves; what it published stays.
    pub fn leave(&mut self, unit: &str) {
        if let Some(end) = self.end_of_mut(unit) {
            let bag = end.units.remove(unit);
            end.departed.extend(bag.map(|bag| (unit.to_owned(), bag)));
        }
    }
}
