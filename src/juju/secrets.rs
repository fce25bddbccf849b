//! Juju's secrets.

use std::collections::BTreeMap;

use crate::{
    juju::{ToolError, Tools, runner::argument},
    secret::Secret,
};

impl Tools {
    /// The newest content of a secret of others, which from now on has this label and is tracked at this revision.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; a secret that is gone and one without a grant can be told apart.
    pub async fn secret_get(&self, uri: &str, label: &str) -> Result<BTreeMap<String, Secret>, ToolError> {
        let arguments = ["--format=json", "--refresh", "--label", label, "--", &argument(uri)];
        let content: BTreeMap<String, String> = self.read("secret-get", &arguments, "a map of texts").await?;
        Ok(content.into_iter().map(|(key, value)| (key, Secret::from(value))).collect())
    }
}
