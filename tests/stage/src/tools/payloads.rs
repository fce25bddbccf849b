//! Workloads that a charm started by itself; Juju 3.6 only writes them down, and nothing here reads them.

use super::{Arguments, Invocation, Session, ToolError, input, quote::quoted};
use serde::Deserialize;
use std::collections::BTreeMap;

type Result = std::result::Result<String, ToolError>;

const STATES: [&str; 4] = ["running", "starting", "stopped", "stopping"];

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    payloads: BTreeMap<String, Class>,
}

#[derive(Deserialize)]
struct Class {
    #[serde(rename = "type")]
    kind: String,
}

/// `payload-register`: of a class that metadata.yaml in the working directory declares.
pub fn register(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    let [kind, class, _, ..] = arguments.positionals.as_slice() else { return Err(missing()) };
    let bytes = input::named(session, invocation, "metadata.yaml")?;
    let metadata: Metadata =
        serde_yaml::from_slice(&bytes).map_err(|cause| ToolError::failed(format!("yaml: {cause}")))?;
    match metadata.payloads.get(class) {
        None => Err(ToolError::failed(format!("payload {} not found in metadata.yaml", quoted(class)))),
        Some(known) if known.kind != *kind => {
            let [kind, class, known] = [kind, class, &known.kind].map(|text| quoted(text));
            Err(ToolError::failed(format!("incorrect type {kind} for payload {class}, expected {known}")))
        }
        Some(_) => Ok(String::new()),
    }
}

/// `payload-status-set`.
pub fn set_status(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let status = of(arguments, 3)?;
    if STATES.contains(&status.as_str()) {
        return Ok(String::new());
    }
    let known = STATES.join("\", \"");
    Err(ToolError::failed(format!("status {} not supported; expected one of [\"{known}\"]", quoted(&status))))
}

/// `payload-unregister`.
pub fn unregister(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    of(arguments, 2).map(|_| String::new())
}

/// The last of so many arguments, and no more.
fn of(arguments: &mut Arguments, count: usize) -> std::result::Result<String, ToolError> {
    let last = (0..count).map(|_| arguments.shift()).last().flatten().ok_or_else(missing)?;
    arguments.finish()?;
    Ok(last)
}

fn missing() -> ToolError {
    ToolError::usage("missing required arguments")
}
