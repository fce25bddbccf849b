//! A remote application whose databags a test writes.

use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::Databag,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// An application of any interface without a server behind it; clones are the same application.
#[derive(Debug, Clone)]
pub struct Scripted {
    application: String,
    endpoint: String,
    interface: String,
    script: Arc<Mutex<Script>>,
}

/// What is said in a relation, and what was heard.
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
    /// An application of this name that speaks an interface at an endpoint of ours.
    #[must_use]
    pub fn new(application: &str, endpoint: &str, interface: &str) -> Self {
        Self {
            application: application.to_owned(),
            endpoint: endpoint.to_owned(),
            interface: interface.to_owned(),
            script: Arc::default(),
        }
    }

    /// Says this in its application's databag from now on; the empty text takes a key away.
    #[must_use]
    pub fn app(self, key: &str, value: &str) -> Self {
        say(&mut self.script().app, key, value);
        self
    }

    /// Says this in its unit's databag from now on; the empty text takes a key away.
    #[must_use]
    pub fn unit(self, key: &str, value: &str) -> Self {
        say(&mut self.script().unit, key, value);
        self
    }

    /// Names a secret of its own with this content under a key of its application's databag; a new content is a new revision.
    #[must_use]
    pub fn secret(self, key: &str, content: &[(&str, &str)]) -> Self {
        let content = content.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.script().secrets.insert(key.to_owned(), content);
        self
    }

    /// What our application said last.
    #[must_use]
    pub fn heard_app(&self) -> Databag {
        self.script().heard_app.clone()
    }

    /// What our units said last, by name.
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

fn say(bag: &mut Databag, key: &str, value: &str) {
    if value.is_empty() {
        bag.remove(key);
    } else {
        bag.insert(key.to_owned(), value.to_owned());
    }
}
