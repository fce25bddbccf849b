//! Reading relations: one reader for every endpoint, driven by the table of endpoints.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use tokio::try_join;

use crate::{
    dispatch::{Context, Trigger},
    juju::{RelationId, ToolError, Tools, UnitName},
    relations::{Databag, ENDPOINTS, Endpoint, Need, OwnApp, Relation, Relations, RemoteApp, SecretKey, Units},
    secret::SecretContent,
};

use super::secret;

/// The relations of some endpoints, without one that is being broken.
pub(super) type Ids = BTreeMap<&'static str, Vec<RelationId>>;

/// The relations of the endpoints that are asked for in any case.
///
/// Goal state leaves out peer relations, and those that another model consumes: a server must not be stopped for that.
pub(super) async fn ids_in_any_case(tools: &Tools, trigger: &Trigger) -> Result<Ids, ToolError> {
    let endpoints = ENDPOINTS.into_iter().filter(|it| matches!(it.need, Need::Required(_) | Need::Automatic));
    let reads = endpoints.map(|endpoint| async move { Ok((endpoint.name, ids(tools, trigger, endpoint).await?)) });
    Ok(try_join_all(reads).await?.into_iter().collect())
}

async fn ids(tools: &Tools, trigger: &Trigger, endpoint: &Endpoint) -> Result<Vec<RelationId>, ToolError> {
    let mut ids = tools.relation_ids(endpoint.name).await?;
    ids.retain(|id| Some(id.number) != trigger.broken);
    Ok(ids)
}

/// The address of our pod, if an endpoint with relations needs it.
pub(super) async fn address(tools: &Tools, relations: &Relations) -> Result<Option<String>, ToolError> {
    let is_asking = |it: &&Endpoint| it.reads.address && relations.has(it.name);
    match ENDPOINTS.into_iter().rfind(is_asking) {
        Some(endpoint) => tools.address(endpoint.name).await,
        None => Ok(None),
    }
}

/// What stands for a relation that could not be read, if the forum can do without it: a hook must not wait for it.
fn unreadable(endpoint: &Endpoint, error: ToolError) -> Result<Relation, ToolError> {
    if endpoint.need.can_be_missed() { Ok(Relation::unreadable(endpoint.name, &error)) } else { Err(error) }
}

/// Reads relations as their endpoints want it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub tools: &'a Tools,
    pub context: &'a Context,
    pub trigger: &'a Trigger,
    pub is_leader: bool,
}

impl Reader<'_> {
    /// All relations. Of the other endpoints only those are asked for that have any, since each question is a process.
    pub async fn all(self, related: &BTreeSet<String>, known: &Ids) -> Result<Relations, ToolError> {
        let reads = ENDPOINTS.into_iter().map(|endpoint| async move {
            let ids = match known.get(endpoint.name) {
                Some(ids) => Ok(ids.clone()),
                None if related.contains(endpoint.name) => ids(self.tools, self.trigger, endpoint).await,
                None => Ok(Vec::new()),
            };
            let relations = match ids {
                Ok(ids) => self.each(endpoint, ids).await?,
                Err(error) => vec![unreadable(endpoint, error)?],
            };
            Ok((endpoint, relations))
        });
        let mut relations = Relations::default();
        for (endpoint, read) in try_join_all(reads).await? {
            relations.insert(endpoint, read);
        }
        Ok(relations)
    }

    async fn each(self, endpoint: &'static Endpoint, ids: Vec<RelationId>) -> Result<Vec<Relation>, ToolError> {
        let reads = ids
            .into_iter()
            .map(|id| async move { self.one(endpoint, &id).await.or_else(|error| unreadable(endpoint, error)) });
        try_join_all(reads).await
    }

    async fn one(self, endpoint: &'static Endpoint, id: &RelationId) -> Result<Relation, ToolError> {
        let (remote, own_app, own_unit) =
            try_join!(self.remote(endpoint, id), self.own_app(endpoint, id), self.own_unit(endpoint, id))?;
        let is_cross_model = self.is_cross_model(endpoint, id, own_app.as_ref()).await?;
        Ok(Relation { own_app, own_unit, is_cross_model, ..remote })
    }

    /// What the remote side wrote; a relation whose last unit left counts as one without data.
    async fn remote(self, endpoint: &'static Endpoint, id: &RelationId) -> Result<Relation, ToolError> {
        let reads = endpoint.reads;
        let names = if reads.asks_for_units() { self.tools.relation_list(id).await? } else { Vec::new() };
        let app = match reads.remote_app {
            RemoteApp::Never => None,
            RemoteApp::Always => names.first().map(|unit| unit.application.clone()),
            RemoteApp::OwnHooks => self.trigger.remote_app(id.number).map(str::to_owned),
        };
        let bag = self.bag(id, app.as_deref()).await?;
        let (units, secrets) = try_join!(self.units(id, &names, reads.units, &bag), self.secrets(reads.secrets, &bag))?;
        Ok(Relation { endpoint: endpoint.name, id: id.number, app, bag, units, secrets, ..Relation::default() })
    }

    async fn bag(self, id: &RelationId, app: Option<&str>) -> Result<Databag, ToolError> {
        match app {
            Some(app) => self.tools.relation_get_app(id, app).await,
            None => Ok(Databag::new()),
        }
    }

    async fn units(
        self,
        id: &RelationId,
        names: &[UnitName],
        wanted: Units,
        bag: &Databag,
    ) -> Result<BTreeMap<UnitName, Databag>, ToolError> {
        let is_wanted = match wanted {
            Units::Never => false,
            Units::Always => true,
            Units::If(is_asking) => is_asking(bag),
        };
        let names = names.iter().filter(|_| is_wanted);
        let reads = names.map(|unit| async move { Ok((unit.clone(), self.tools.relation_get_unit(id, unit).await?)) });
        Ok(try_join_all(reads).await?.into_iter().collect())
    }

    async fn secrets(
        self,
        keys: &'static [SecretKey],
        bag: &Databag,
    ) -> Result<BTreeMap<&'static str, SecretContent>, ToolError> {
        let named = keys.iter().filter_map(|key| Some((key, key.uri(bag)?)));
        let reads = named.map(|(key, uri)| async move { Ok((key.key, secret(self.tools, uri).await?)) });
        Ok(try_join_all(reads).await?.into_iter().collect())
    }

    async fn own_app(self, endpoint: &Endpoint, id: &RelationId) -> Result<Option<Databag>, ToolError> {
        let may_read = match endpoint.reads.own_app {
            OwnApp::Nobody => false,
            OwnApp::Leader => self.is_leader,
            OwnApp::Everyone => true,
        };
        if !may_read {
            return Ok(None);
        }
        match self.tools.relation_get_app(id, &self.context.unit.application).await {
            // The unit lost its leadership since it was asked for it: Juju 3.6 refuses then, 4.0 does not.
            Err(error) if error.is_permission_denied() => Ok(None),
            read => read.map(Some),
        }
    }

    async fn own_unit(self, endpoint: &Endpoint, id: &RelationId) -> Result<Databag, ToolError> {
        if !endpoint.reads.own_unit {
            return Ok(Databag::new());
        }
        self.tools.relation_get_unit(id, &self.context.unit).await
    }

    async fn is_cross_model(
        self,
        endpoint: &Endpoint,
        id: &RelationId,
        own_app: Option<&Databag>,
    ) -> Result<Option<bool>, ToolError> {
        match (endpoint.reads.asks_for_model, own_app) {
            (Some(is_asking), Some(own)) if is_asking(own) => {
                Ok(Some(self.tools.relation_model_get(id).await? != self.context.model_uuid))
            }
            _ => Ok(None),
        }
    }
}
