//! How tools print values.

use super::{Arguments, ToolError};
use serde_json::Value;

/// Prints a value in the format that was asked for: `smart` if none was.
///
/// # Errors
/// An unknown format.
pub fn print(arguments: &Arguments, value: &Value) -> Result<String, ToolError> {
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
    match arguments.value("format").unwrap_or("yaml") {
        "yaml" => yaml(value),
        "json" => Ok(format!("{value}\n")),
        other => Err(unknown(arguments, other)),
    }
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

/// Numbers are floating there; from a million on (21 digits in Go's shortest form) they get an exponent.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if float.abs() >= 1e6 && number.is_f64() => format!("{float:e}"),
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
}
