//! Leadership, and what a leader told its units before peer relations could.

use super::{Arguments, Invocation, Session, ToolError, arguments, format, format::Datum, quote::quoted};

type Result = std::result::Result<String, ToolError>;

/// `is-leader`.
pub fn is_leader(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    Ok(format::print(arguments, session.claims_leadership()))
}

/// `leader-get`: one setting, or all, as they were when the hook first asked.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift().filter(|key| key != "-").unwrap_or_default();
    if key.contains('=') {
        return Err(ToolError::usage(format!("invalid key {}", quoted(&key))));
    }
    arguments.finish()?;
    let current = &session.model.application_of(&session.unit).leader_settings;
    let settings = session.leader_settings.get_or_insert_with(|| current.clone());
    if key.is_empty() {
        return Ok(format::print(arguments, settings.clone()));
    }
    Ok(format::print(arguments, settings.get(&key).map_or(Datum::Nothing, |value| value.clone().into())))
}

/// `leader-set`: at once; an empty value takes the key away.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let pairs = arguments::pairs(&arguments.positionals)?;
    if !session.claims_leadership() {
        return Err(ToolError::failed("cannot write leadership settings: cannot write settings: not the leader"));
    }
    let settings = &mut session.model.application_of_mut(&session.unit).leader_settings;
    for (key, value) in pairs {
        if value.is_empty() {
            settings.remove(&key);
        } else {
            settings.insert(key, value);
        }
    }
    Ok(String::new())
}
