//! Relations and their databags.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::juju::{Fault, RelationId, ToolError, Tools, UnitName, yaml_safe_json};

/// Which of our two databags of a relation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The application's, which only the leader writes.
    App,
    /// The unit's own.
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
    /// Our endpoints that have relations, those of a peer relation apart.
    ///
    /// *Source*: Juju 3.6 and 4.0, `apiserver/facades/agent/uniter`: relations by local endpoint, those that are dying included.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn related_endpoints(&self) -> Result<BTreeSet<String>, ToolError> {
        let state: GoalState = self.read("goal-state", &["--format=json"], "a goal state").await?;
        Ok(state.relations.unwrap_or_default().into_iter().map(|(endpoint, _)| endpoint).collect())
    }

    /// The relations of an endpoint; one that is being broken may be left out.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, ToolError> {
        let ids: Option<_> = self.read("relation-ids", &["--format=json", endpoint], "a list of relations").await?;
        Ok(ids.unwrap_or_default())
    }

    /// The units on the other side; of a peer relation, all but this one.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn relation_list(&self, id: &RelationId) -> Result<Vec<UnitName>, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string()];
        let units: Option<_> = self.read("relation-list", &arguments, "a list of units").await?;
        Ok(units.unwrap_or_default())
    }

    /// A unit's databag. A remote one is as old as the last hook of that relation and unit.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn relation_get_unit(
        &self,
        id: &RelationId,
        unit: &UnitName,
    ) -> Result<BTreeMap<String, String>, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string(), "-", &unit.to_string()];
        self.read("relation-get", &arguments, "a map of texts").await
    }

    /// An application's databag.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; our own is for the leader, but in a peer relation.
    pub async fn relation_get_app(&self, id: &RelationId, app: &str) -> Result<BTreeMap<String, String>, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string(), "--app", "-", app];
        self.read("relation-get", &arguments, "a map of texts").await
    }

    /// Changes keys of a databag of ours when the hook succeeds; other keys stay.
    ///
    /// *Empty*: an empty value deletes its key; without changes nothing is run.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; the application's databag is for the leader.
    pub async fn relation_set(
        &self,
        id: &RelationId,
        target: Target,
        changes: &BTreeMap<String, String>,
    ) -> Result<(), ToolError> {
        if changes.is_empty() {
            return Ok(());
        }
        // Not as arguments: they are bounded, and every process of the machine can read them.
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

    /// The model of the other side, by its UUID.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; Juju has this tool since 3.6.2.
    pub async fn relation_model_get(&self, id: &RelationId) -> Result<String, ToolError> {
        let arguments = ["--format=json", "-r", &id.to_string()];
        let model: RelationModel = self.read("relation-model-get", &arguments, "a model").await?;
        Ok(model.uuid)
    }
}
