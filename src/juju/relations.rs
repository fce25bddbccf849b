//! Relations and their databags.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::juju::{Fault, RelationId, ToolError, Tools, UnitName, yaml_safe_json};

/// Our two databags in a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The application databag, which only the leader may write.
    App,
    /// The databag of this unit.
    Unit,
}

#[derive(Deserialize)]
struct RelationModel {
    uuid: String,
}

#[derive(Deserialize)]
struct GoalState {
    relations: Option<Map<String, Value>>,
}

impl Tools {
    /// Our endpoints that have relations; peer relations are not listed.
    ///
    /// *Source*: Juju 3.6 and 4.0, `apiserver/facades/agent/uniter`: relations by local endpoint, including dying ones.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn related_endpoints(&self) -> Result<BTreeSet<String>, ToolError> {
        let state: GoalState = self.read("goal-state", &["--format=json"], "a goal state").await?;
        Ok(state.relations.unwrap_or_default().into_iter().map(|(endpoint, _)| endpoint).collect())
    }

    /// The relations of an endpoint, with or without the one that is being broken in this hook.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, ToolError> {
        let ids: Option<_> = self.read("relation-ids", &["--format=json", endpoint], "a list of relations").await?;
        Ok(ids.unwrap_or_default())
    }

    /// The remote units; in a peer relation, all units but this one.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn relation_list(&self, id: &RelationId) -> Result<Vec<UnitName>, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string()];
        let units: Option<_> = self.read("relation-list", &arguments, "a list of units").await?;
        Ok(units.unwrap_or_default())
    }

    /// The databag of a unit; that of a remote unit is as recent as its last hook in this relation.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn relation_get_unit(
        &self,
        id: &RelationId,
        unit: &UnitName,
    ) -> Result<BTreeMap<String, String>, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string(), "-", &unit.to_string()];
        self.read("relation-get", &arguments, "a map of texts").await
    }

    /// The databag of an application.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails. Before Juju 4 a unit other than the leader may not read our own databag, except in a peer
    /// relation.
    pub async fn relation_get_app(&self, id: &RelationId, app: &str) -> Result<BTreeMap<String, String>, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string(), "--app", "-", app];
        self.read("relation-get", &arguments, "a map of texts").await
    }

    /// Changes keys in one of our databags and leaves other keys as they are; Juju publishes the changes when the hook succeeds.
    ///
    /// *Empty*: an empty value deletes its key; without changes, the tool is not run.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails; only the leader may write the application databag.
    pub async fn relation_set(
        &self,
        id: &RelationId,
        target: Target,
        changes: &BTreeMap<String, String>,
    ) -> Result<(), ToolError> {
        if changes.is_empty() {
            return Ok(());
        }
        // Not as arguments: their length is limited, and every process on the machine can read them.
        let unwritable =
            |error| ToolError { tool: "relation-set", fault: Fault::Unrunnable(std::io::Error::other(error)) };
        let text = yaml_safe_json(changes).map_err(unwritable)?;
        let id = id.to_string();
        let arguments: &[&str] = match target {
            Target::App => &["-r", &id, "--app", "--file", "-"],
            Target::Unit => &["-r", &id, "--file", "-"],
        };
        self.feed("relation-set", arguments, &text).await
    }

    /// The UUID of the remote application's model.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails; Juju has had this tool since 3.6.2.
    pub async fn relation_model_get(&self, id: &RelationId) -> Result<String, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string()];
        let model: RelationModel = self.read("relation-model-get", &arguments, "a model").await?;
        Ok(model.uuid)
    }
}
