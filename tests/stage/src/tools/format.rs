//! How tools print values.

use super::{Arguments, ToolError};
use serde_json::Value;

/// Prints a value in the format that was asked for: `smart` if none was.
///
/// # Errors
/// An unknown format.
pub fn print(arguments: &Arguments, value: &Value) -> Result<String, ToolError> {
    let value = &floating(value);
    match arguments.value("format").unwrap_or("smart") {
        "smart" => Ok(smart(value)),
        "json" => Ok(format!("{value}\n")),
        "yaml" => yaml(value),
        other => Err(unknown(arguments, other)),
    }
}

/// Prints a value as YAML or JSON: YAML if nothing was asked for.
///
/// # Errors
/// Another format.
pub fn print_structured(arguments: &Arguments, value: &Value) -> Result<String, ToolError> {
    let value = &floating(value);
    match arguments.value("format").unwrap_or("yaml") {
        "yaml" => yaml(value),
        "json" => Ok(format!("{value}\n")),
        other => Err(unknown(arguments, other)),
    }
}

/// Refuses a format that a tool does not have, before it does anything.
///
/// # Errors
/// An unknown format, or `smart` for a tool that prints structures only.
pub fn check(arguments: &Arguments, is_structured: bool) -> Result<(), ToolError> {
    match arguments.value("format") {
        None | Some("json" | "yaml") => Ok(()),
        Some("smart") if !is_structured => Ok(()),
        Some(other) => Err(unknown(arguments, other)),
    }
}

/// A value as it comes out of Juju, where every number is a floating one: exact up to 2 to the 53rd.
fn floating(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().and_then(whole).unwrap_or_else(|| value.clone()),
        Value::Array(items) => items.iter().map(floating).collect(),
        Value::Object(members) => members.iter().map(|(key, item)| (key.clone(), floating(item))).collect(),
        other => other.clone(),
    }
}

fn whole(float: f64) -> Option<Value> {
    let text = (float.fract() == 0.0).then(|| format!("{float:.0}"))?;
    text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok()
}

fn unknown(arguments: &Arguments, format: &str) -> ToolError {
    ToolError::usage(format!(
        "invalid value {format:?} for option {}: unknown format {format:?}",
        arguments.typed("format")
    ))
}

fn smart(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number_text(number),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Value::Object(_) => return yaml(value).unwrap_or_default(),
    };
    if text.is_empty() { text } else { text + "\n" }
}

/// A number in Go's shortest form: from a million on, and below a ten thousandth, with an exponent of two digits or more.
fn number_text(number: &serde_json::Number) -> String {
    let scientific = number.as_f64().map(|float| format!("{float:e}")).unwrap_or_default();
    let parts = scientific.split_once('e').and_then(|(digits, power)| Some((digits, power.parse::<i32>().ok()?)));
    match parts {
        Some((digits, power)) if !(-4..6).contains(&power) => format!("{digits}e{power:+03}"),
        _ => number.to_string(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn yaml(value: &Value) -> Result<String, ToolError> {
    if value.is_null() {
        return Ok("null\n".to_owned());
    }
    serde_yaml::to_string(value).map_err(|cause| ToolError::Failed(cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn smart_prints_nothing_for_nothing_and_lists_line_by_line() {
        assert_eq!(smart(&Value::Null), "");
        assert_eq!(smart(&json!("")), "");
        assert_eq!(smart(&json!([])), "");
        assert_eq!(smart(&json!(["a", "b"])), "a\nb\n");
        assert_eq!(smart(&json!(true)), "True\n");
        assert_eq!(smart(&json!(5432)), "5432\n");
        assert_eq!(smart(&json!({"a": "b"})), "a: b\n");
    }

    #[test]
    fn smart_gives_large_and_small_numbers_an_exponent() {
        let shown = [
            (json!(999_999), "999999\n"),
            (json!(10_000_000), "1e+07\n"),
            (json!(1_048_576), "1.048576e+06\n"),
            (json!(0.00001), "1e-05\n"),
            (json!(0.5), "0.5\n"),
        ];
        for (number, text) in shown {
            assert_eq!(smart(&number), text);
        }
    }
}
