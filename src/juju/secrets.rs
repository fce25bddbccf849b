//! Juju's secrets.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use tempfile::NamedTempFile;

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

    /// Adds a secret of the application with this value and returns its id; only the leader can.
    ///
    /// The value is no argument, which others could see, but a file that Juju reads.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails or the file cannot be written.
    pub async fn secret_add(&self, value: &Secret, description: &str) -> Result<String, ToolError> {
        const TOOL: &str = "secret-add";
        let file = private_file(TOOL, value)?;
        let output = self.output(TOOL, &["--description", description, "--", &content(&file)], None).await?;
        let id = std::str::from_utf8(&output).ok().and_then(|uri| secret_id(uri.trim()));
        id.map(str::to_owned)
            .ok_or(ToolError { tool: TOOL, fault: Fault::Unreadable { expected: "the URI of a secret" } })
    }

    /// Gives a secret of the application a new revision with this value when the hook succeeds; only the leader can.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails or the file with the value cannot be written.
    pub async fn secret_set(&self, uri: &str, value: &Secret) -> Result<(), ToolError> {
        const TOOL: &str = "secret-set";
        let file = private_file(TOOL, value)?;
        let set = self.run(TOOL, &["--", &argument(uri), &content(&file)]).await;
        set.map_err(|error| without_id(error, uri))
    }
}

/// The key of the only value in a secret that this charm adds.
pub const SECRET_KEY: &str = "secret-key";

/// A file that only this user can read, and that is gone with the value that is returned.
fn private_file(tool: &'static str, content: &Secret) -> Result<NamedTempFile, ToolError> {
    let write = || -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new()?;
        file.write_all(content.expose().as_bytes())?;
        Ok(file)
    };
    write().map_err(|error| ToolError { tool, fault: Fault::Unrunnable(error) })
}

/// The argument that names the file of a secret's value.
fn content(file: &NamedTempFile) -> String {
    format!("{SECRET_KEY}#file={}", file.path().display())
}

/// Whoever named the secret wrote the id, and nothing that others write is quoted.
fn without_id(mut error: ToolError, uri: &str) -> ToolError {
    if let (Fault::Failed { message, .. }, Some(id)) = (&mut error.fault, secret_id(uri)) {
        *message = message.replace(id, MASK);
    }
    error
}
