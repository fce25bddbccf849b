//! Writing the own databags.

use super::{Arguments, Invocation, Session, ToolError, arguments, input, relation_read, settings_file};
use std::collections::BTreeMap;

/// `relation-set`: merged into the bag when the hook succeeds; an empty value takes the key away.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result<String, ToolError> {
    let id = session.relation_of(arguments)?;
    let pairs = arguments::pairs(&arguments.positionals)?;
    let mut settings = BTreeMap::new();
    if let Some(bytes) = input::file(session, arguments, invocation)? {
        settings.extend(settings_file::parse(&bytes)?.into_iter().map(|(key, value)| (key, value.unwrap_or_default())));
    }
    settings.extend(pairs);
    let bag = if arguments.is_on("app") {
        if !session.claims_leadership() {
            return Err(ToolError::failed("cannot write relation settings"));
        }
        session.pending.app_writes.insert(id);
        relation_read::own_app_bag(session, id)?
    } else {
        relation_read::own_unit_bag(session, id)?
    };
    for (key, value) in settings {
        if value.is_empty() {
            bag.remove(&key)
        } else {
            bag.insert(key, value)
        };
    }
    Ok(String::new())
}
