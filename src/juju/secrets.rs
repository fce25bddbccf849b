//! Juju's secrets.

use std::collections::BTreeMap;

use crate::{
    juju::{ToolError, Tools, runner::argument},
    secret::Secret,
};

impl Tools {
    /// The newest content of a secret of another owner; the unit labels the secret and tracks this revision from now on.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails; it distinguishes a removed secret from one without a grant.
    pub async fn secret_get(&self, uri: &str, label: &str) -> Result<BTreeMap<String, Secret>, ToolError> {
        let arguments = ["--format=json", "--refresh", "--label", label, "--", &argument(uri)];
        let content: BTreeMap<String, String> = self.read("secret-get", &arguments, "a map of texts").await?;
        Ok(content.into_iter().map(|(key, value)| (key, Secret::from(value))).collect())
    }
}
