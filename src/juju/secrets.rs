//! Juju's secrets.

use std::collections::BTreeMap;

use crate::{
    juju::{Fault, ToolError, Tools, runner::argument, secret_id},
    secret::{MASK, Secret},
};

impl Tools {
    /// The newest content of a secret of another owner; the unit tracks this revision from now on.
    ///
    /// It is given no label: Juju refuses one that another secret has.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails, without the id of the secret; it distinguishes a removed secret from one without a grant.
    pub async fn secret_get(&self, uri: &str) -> Result<BTreeMap<String, Secret>, ToolError> {
        let arguments = ["--format=json", "--refresh", "--", &argument(uri)];
        let content: BTreeMap<String, String> =
            self.read("secret-get", &arguments, "a map of texts").await.map_err(|error| without_id(error, uri))?;
        Ok(content.into_iter().map(|(key, value)| (key, Secret::from(value))).collect())
    }
}

/// Whoever named the secret wrote the id, and nothing that others write is quoted.
fn without_id(mut error: ToolError, uri: &str) -> ToolError {
    if let (Fault::Failed { message, .. }, Some(id)) = (&mut error.fault, secret_id(uri)) {
        *message = message.replace(id, MASK);
    }
    error
}
