//! Juju's secrets.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    juju::{Fault, RelationId, ToolError, Tools},
    secret::Secret,
};

/// What the owner of a secret may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SecretInfo {
    /// Number of the newest content.
    pub revision: u64,
    /// The owner's label.
    ///
    /// *Empty*: it has none.
    #[serde(default)]
    pub label: String,
}

impl Tools {
    /// The newest content of a secret of others, which from now on has this label and is tracked at this revision.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; a secret that is gone and one without a grant can be told apart.
    pub async fn secret_get(&self, uri: &str, label: &str) -> Result<BTreeMap<String, Secret>, ToolError> {
        self.content(&["--format=json", "--refresh", "--label", label, "--", uri]).await
    }

    /// The newest content of a secret that is known by its label; the way to find one of our own.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; an unknown label is "not found".
    pub async fn secret_get_by_label(&self, label: &str) -> Result<BTreeMap<String, Secret>, ToolError> {
        self.content(&["--format=json", "--refresh", "--label", label]).await
    }

    async fn content(&self, arguments: &[&str]) -> Result<BTreeMap<String, Secret>, ToolError> {
        let content: BTreeMap<String, String> = self.read("secret-get", arguments, "a map of texts").await?;
        Ok(content.into_iter().map(|(key, value)| (key, Secret::from(value))).collect())
    }

    /// What is known of a secret of our own, with its identifier.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; an unknown label is "not found".
    pub async fn secret_info(&self, label: &str) -> Result<(String, SecretInfo), ToolError> {
        let arguments = ["--format=json", "--label", label];
        let expected = "what is known of one secret";
        let known: BTreeMap<String, SecretInfo> = self.read("secret-info-get", &arguments, expected).await?;
        known.into_iter().next().ok_or(ToolError { tool: "secret-info-get", fault: Fault::Unreadable { expected } })
    }

    /// Lets the other side of a relation read a secret of our own, when the hook succeeds.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn secret_grant(&self, uri: &str, id: &RelationId) -> Result<(), ToolError> {
        self.run("secret-grant", &[uri, "-r", &id.to_string()]).await
    }
}
