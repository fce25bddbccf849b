//! Storage of a unit.

use super::{Arguments, Invocation, Session, ToolError, format, quote::quoted};

type Result = std::result::Result<String, ToolError>;

/// The storage instance that a flag names: there is none.
///
/// # Errors
/// It is no name of an instance, or the unit has no such instance.
pub fn named(_: &Session<'_>, name: &str) -> std::result::Result<String, String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    match name.split_once('/') {
        Some((storage, number)) if !storage.is_empty() && is_number(number) => Err("permission denied".to_owned()),
        _ => Err(format!("invalid storage ID {}", quoted(name))),
    }
}

/// `storage-get`.
pub fn get(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.positionals.clear();
    Err(ToolError::usage("no storage instance specified"))
}

/// `storage-list`.
pub fn list(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.shift();
    arguments.finish()?;
    Ok(format::print(arguments, Vec::new()))
}

/// `storage-add`.
pub fn add(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    if arguments.positionals.is_empty() {
        return Err(ToolError::usage("storage add requires a storage directive"));
    }
    Ok(String::new())
}
