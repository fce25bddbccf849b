//! What `juju config` makes of the values that an operator gives.

use super::StageError;
use crate::{
    charm::Opt,
    model::{Application, Version},
};
use serde_json::{Map, Value, json};

/// The values as Juju stores them; null resets an option.
///
/// # Errors
/// The charm has no such option, or a value does not fit its type: nothing is set then. Of several wrong ones Juju names one, whichever
/// it comes across; here that is the first.
///
/// *Source*: Juju 3.6, `apiserver/facades/client/application`; 4.0, `domain/application/service`; both, `internal/charm/config.go`.
pub(crate) fn parse<'a>(
    application: &Application,
    juju: Version,
    options: impl IntoIterator<Item = (&'a str, Value)>,
) -> Result<Map<String, Value>, StageError> {
    let parse = |(name, value): (&str, Value)| {
        let declared = application.charm.options.get(name).ok_or_else(|| unknown(name, juju))?;
        let wrong = |given: &str| wrong_type(name, &declared.kind, given, juju);
        Ok((name.to_owned(), coerce(declared, value).map_err(|given| wrong(&given))?))
    };
    options.into_iter().map(parse).collect()
}

/// A value as the command line gives it, turned into the type of its option; the given text if it does not fit.
fn coerce(declared: &Opt, value: Value) -> Result<Value, String> {
    let text = match value {
        Value::Null => return Ok(Value::Null),
        Value::String(text) => text,
        list_or_map @ (Value::Array(_) | Value::Object(_)) => return Err(list_or_map.to_string()),
        other => other.to_string(),
    };
    let coerced = match declared.kind.as_str() {
        "int" => text.parse::<i64>().ok().map(|number| json!(number)),
        "float" => text.parse::<f64>().ok().map(|number| json!(number)),
        "boolean" => truth(&text).map(Value::Bool),
        "secret" => is_secret(&text).then(|| json!(text)),
        _ => Some(json!(text)),
    };
    coerced.ok_or(text)
}

/// The words that Go reads as a boolean.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn is_secret(text: &str) -> bool {
    text.is_empty() || text.starts_with("secret:")
}

fn unknown(name: &str, juju: Version) -> StageError {
    let prefix = match juju {
        Version::V3_6 => "parsing settings for application",
        Version::V4_0 => "invalid application config",
    };
    StageError::Refused(format!("{prefix}: unknown option {name:?}"))
}

fn wrong_type(name: &str, kind: &str, given: &str, juju: Version) -> StageError {
    let prefix = match juju {
        Version::V3_6 => "parsing settings for application: ",
        Version::V4_0 => "",
    };
    StageError::Refused(format!("{prefix}option {name:?} expected {kind}, got {given:?}"))
}
