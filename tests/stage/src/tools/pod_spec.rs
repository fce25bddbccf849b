//! The specifications of pods that charms wrote themselves before there were sidecars: read, and taken without effect.

use super::{Arguments, Invocation, Session, ToolError, input};

type Result = std::result::Result<String, ToolError>;

/// `k8s-spec-get`, `k8s-raw-get`: an application with sidecars has none.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    Err(ToolError::failed(format!("podspec for application {} not found", session.application())))
}

/// `k8s-spec-set`.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    write(session, arguments, invocation, "k8s spec")
}

/// `k8s-raw-set`.
pub fn set_raw(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    write(session, arguments, invocation, "k8s raw spec")
}

fn write(session: &mut Session<'_>, arguments: &Arguments, invocation: &Invocation, what: &str) -> Result {
    arguments.finish()?;
    let spec = input::named(session, invocation, arguments.value("file").unwrap_or("-"))?;
    if spec.is_empty() {
        let message = format!("no {what} specified: pipe {what} to command, or specify a file with --file");
        return Err(ToolError::failed(message));
    }
    if session.claims_leadership() { Ok(String::new()) } else { Err(ToolError::not_leader()) }
}
