//! Relations, what stand-ins say in them, and secrets.

use super::{Words, form::Worded, scalar::Scalar};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Keys and values of a databag; null removes a key.
pub type Bag = BTreeMap<String, Option<String>>;

/// Keys and values of a secret.
pub type Content = BTreeMap<String, String>;

/// A new relation.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Integrate {
    /// One end: `APPLICATION[:ENDPOINT]`; beside a stand-in `[APPLICATION:]ENDPOINT`.
    pub endpoint: String,
    /// The other end: an application that was deployed, with or without its endpoint.
    pub with: Option<String>,
    /// The other end: the name of an application without a charm, whose databags are written here.
    pub stand_in: Option<String>,
    /// A real server behind the stand-in, which then writes what its charm would.
    pub server: Option<Server>,
    /// What the stand-in writes into its application's databag.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<Scalar>>")]
    pub app: Bag,
    /// What its unit writes.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<Scalar>>")]
    pub unit: Bag,
    /// Its secrets: the key in its application's databag that holds the URI, and the content.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, Scalar>>")]
    pub secrets: BTreeMap<String, Content>,
}

impl Worded for Integrate {
    const USAGE: &'static str = "integrate: APPLICATION[:ENDPOINT] APPLICATION[:ENDPOINT]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { endpoint: words.word()?, with: Some(words.word()?), ..Self::default() })
    }

    fn check(&self) -> Result<(), &'static str> {
        let speaks = !(self.app.is_empty() && self.unit.is_empty() && self.secrets.is_empty());
        match (&self.with, &self.stand_in) {
            (_, Some(_)) if speaks && self.server.is_some() => Err("a `server` writes its own databags"),
            (Some(_), _) if self.server.is_some() => Err("`server` stands behind a `stand-in`, not behind a charm"),
            (Some(_), None) if speaks => Err("only a stand-in has `app`, `unit` or `secrets`: a charm writes its own"),
            (Some(_), None) | (None, Some(_)) => Ok(()),
            _ => Err("give the other end: one of `with` (an application) and `stand-in` (a name)"),
        }
    }
}

/// A server that this machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// PostgreSQL, related as `postgresql_client`.
    Postgresql,
    /// Redis, related as `redis`.
    Redis,
}

/// A relation that ends.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveRelation {
    /// `APPLICATION:ENDPOINT`, or an endpoint of the first application.
    pub endpoint: String,
    /// The other application, with or without its endpoint; every one if it is not given.
    pub with: Option<String>,
}

impl Worded for RemoveRelation {
    const USAGE: &'static str = "remove-relation: APPLICATION:ENDPOINT [APPLICATION]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { endpoint: words.word()?, with: words.word() })
    }
}

/// What a stand-in writes from now on.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Databag {
    /// The name that `integrate` gave it.
    pub stand_in: String,
    /// Into its application's databag.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<Scalar>>")]
    pub app: Bag,
    /// Into its unit's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<Scalar>>")]
    pub unit: Bag,
    /// New content of secrets: the key in its application's databag that holds the URI, and the content.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, Scalar>>")]
    pub secrets: BTreeMap<String, Content>,
}

impl Worded for Databag {
    const USAGE: &'static str = "databag: STAND-IN KEY=VALUE ...";

    fn read(words: &mut Words) -> Option<Self> {
        let (stand_in, app) = (words.name()?, words.pairs::<Content>()?);
        let app = app.into_iter().map(|(key, value)| (key, Some(value))).collect();
        Some(Self { stand_in, app, ..Self::default() })
    }
}

/// A secret of the operator: one of the first five keys.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretAct {
    /// The name of a new secret.
    pub add: Option<String>,
    /// The secret that gets new content.
    pub update: Option<String>,
    /// The secret that may be read from now on.
    pub grant: Option<String>,
    /// The secret that no application may read any more.
    pub revoke: Option<String>,
    /// The secret that goes.
    pub remove: Option<String>,
    /// What a new or an updated one holds.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Scalar>")]
    pub content: Content,
    /// The applications that may read a new or a granted one; the first application if none is given to `grant`.
    #[serde(default)]
    pub to: Vec<String>,
}

impl Worded for SecretAct {
    const USAGE: &'static str = "secret: add NAME KEY=VALUE ...";

    fn read(words: &mut Words) -> Option<Self> {
        let (act, name) = (words.word()?, words.name());
        let mut said = Self::default();
        match act.as_str() {
            "add" => said.add = name,
            "update" => said.update = name,
            "grant" => said.grant = name,
            "revoke" => said.revoke = name,
            "remove" => said.remove = name,
            other => {
                words.refuse(other);
                return None;
            }
        }
        if ["add", "update"].contains(&act.as_str()) {
            said.content = words.pairs()?;
        } else {
            said.to = words.rest();
        }
        Some(said)
    }

    fn check(&self) -> Result<(), &'static str> {
        let named = [&self.add, &self.update, &self.grant, &self.revoke, &self.remove];
        match named.into_iter().flatten().count() {
            1 if !self.to.is_empty() && self.add.is_none() && self.grant.is_none() => {
                Err("only `add` and `grant` take applications")
            }
            1 if !self.content.is_empty() && self.add.is_none() && self.update.is_none() => {
                Err("only `add` and `update` take `content`")
            }
            1 if self.content.is_empty() && (self.add.is_some() || self.update.is_some()) => Err("give its `content`"),
            1 => Ok(()),
            _ => Err("give one of `add`, `update`, `grant`, `revoke` and `remove`, with a name"),
        }
    }
}
