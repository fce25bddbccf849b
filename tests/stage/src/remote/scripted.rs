//! A remote application whose databags a test writes.

use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::{Databag, names},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// An application of any interface without a server behind it; clones are the same application.
///
/// `app`, `unit` and `secret` arrange it; `say`, `say_as_unit` and `say_secret` change it later.
#[derive(Debug, Clone)]
pub struct Scripted {
    application: String,
    endpoint: String,
    interface: String,
    script: Arc<Mutex<Script>>,
}

/// Both sides of its relation: what it writes, and what it read.
#[derive(Debug, Default)]
struct Script {
    app: Databag,
    unit: Databag,
    secrets: BTreeMap<String, BTreeMap<String, String>>,
    uris: BTreeMap<String, String>,
    heard_app: Databag,
    heard_units: BTreeMap<String, Databag>,
}

impl Scripted {
    /// An application of this name that is related to this endpoint over this interface.
    #[must_use]
    pub fn new(application: &str, endpoint: &str, interface: &str) -> Self {
        Self {
            application: application.to_owned(),
            endpoint: endpoint.to_owned(),
            interface: interface.to_owned(),
            script: Arc::default(),
        }
    }

    /// Starts with this in its application's databag.
    #[must_use]
    pub fn app(self, key: &str, value: &str) -> Self {
        self.say(key, value);
        self
    }

    /// Starts with this in its unit's databag.
    #[must_use]
    pub fn unit(self, key: &str, value: &str) -> Self {
        self.say_as_unit(key, value);
        self
    }

    /// Starts with a secret of this content, whose URI is in its application's databag under this key.
    #[must_use]
    pub fn secret(self, key: &str, content: &[(&str, &str)]) -> Self {
        self.say_secret(key, content);
        self
    }

    /// Writes a key of its application's databag when the stage next asks; the empty text removes the key.
    pub fn say(&self, key: &str, value: &str) {
        write(&mut self.script().app, key, value);
    }

    /// Writes a key of its unit's databag when the stage next asks; the empty text removes the key.
    pub fn say_as_unit(&self, key: &str, value: &str) {
        write(&mut self.script().unit, key, value);
    }

    /// Makes a secret whose URI is in its application's databag under this key, or a new revision of it.
    pub fn say_secret(&self, key: &str, content: &[(&str, &str)]) {
        let content = content.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.script().secrets.insert(key.to_owned(), content);
    }

    /// What our application publishes, as it was read last.
    #[must_use]
    pub fn heard_app(&self) -> Databag {
        self.script().heard_app.clone()
    }

    /// What our unit with this number publishes, as it was read last.
    ///
    /// *Empty*: the unit is not in the relation.
    #[must_use]
    pub fn heard_unit(&self, number: u32) -> Databag {
        let is_this = |name: &str| names::number_of(name) == Some(number);
        self.script().heard_units.iter().find(|(name, _)| is_this(name)).map(|(_, bag)| bag.clone()).unwrap_or_default()
    }

    /// What our units publish, as it was read last, by unit name.
    #[must_use]
    pub fn heard_units(&self) -> BTreeMap<String, Databag> {
        self.script().heard_units.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        super::lock(&self.script)
    }
}

impl Remote for Scripted {
    fn application(&self) -> &str {
        &self.application
    }

    fn endpoint(&self) -> (&str, &str) {
        (&self.endpoint, &self.interface)
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        let mut script = self.script();
        script.heard_app.clone_from(relation.local_app());
        script.heard_units.clone_from(relation.local_units());
        let mut app = script.app.clone();
        for (key, content) in script.secrets.clone() {
            let content: Vec<(&str, &str)> =
                content.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let uri = script.uris.entry(key.clone()).or_insert_with(|| relation.add_secret(&content));
            relation.update_secret(uri, &content);
            app.insert(key, uri.clone());
        }
        *relation.app() = app;
        relation.unit(0).clone_from(&script.unit);
        Ok(())
    }

    fn unrelated(&mut self, _relation: u32) -> Result<(), RemoteError> {
        self.script().uris.clear();
        Ok(())
    }
}

fn write(bag: &mut Databag, key: &str, value: &str) {
    if value.is_empty() {
        bag.remove(key);
    } else {
        bag.insert(key.to_owned(), value.to_owned());
    }
}
