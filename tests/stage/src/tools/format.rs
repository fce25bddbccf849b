//! How tools print values: as JSON and YAML exactly as Juju's libraries write them, and in Juju's own smart format.

mod datum;
mod json;
mod number;
mod order;
mod resolve;
mod scalar;
mod yaml;

pub use datum::Datum;

use super::Arguments;

/// The formats of most tools; the first is the default.
pub const SMART: &[&str] = &["smart", "json", "yaml"];
/// The formats of tools that print structures only.
pub const STRUCTURED: &[&str] = &["yaml", "json"];

/// Prints a value in the format that was asked for: `smart` if none was.
pub fn print(arguments: &Arguments, value: impl Into<Datum>) -> String {
    write(arguments.value("format").unwrap_or("smart"), &value.into())
}

/// Prints a value as YAML or JSON: YAML if nothing was asked for.
pub fn print_structured(arguments: &Arguments, value: impl Into<Datum>) -> String {
    write(arguments.value("format").unwrap_or("yaml"), &value.into())
}

fn write(format: &str, value: &Datum) -> String {
    match format {
        "json" => json::write(value) + "\n",
        "yaml" => yaml::write(value),
        _ => smart(value),
    }
}

/// Texts and lists of texts as they are, `True` and `False`, all else as YAML.
fn smart(value: &Datum) -> String {
    let text = match value {
        Datum::NoLines => String::new(),
        Datum::Text(text) => text.clone(),
        Datum::Lines(lines) => lines.join("\n"),
        Datum::Bool(true) => "True".to_owned(),
        Datum::Bool(false) => "False".to_owned(),
        other => return yaml::write(other),
    };
    if text.is_empty() { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn smart_prints_nothing_for_nothing_and_texts_line_by_line() {
        for (value, printed) in [
            (Datum::Nothing, ""),
            (Datum::NoLines, ""),
            (Datum::NoMap, "{}\n"),
            ("".into(), ""),
            ("a\n".into(), "a\n\n"),
            (Datum::Lines(vec![]), ""),
            (vec!["a".to_owned(), "b".to_owned()].into(), "a\nb\n"),
            (true.into(), "True\n"),
            (Datum::from(&json!(5432)), "5432\n"),
            (Datum::from(&json!(10_000_000)), "1e+07\n"),
            (Datum::from(&json!(["a", 1])), "- a\n- 1\n"),
            (Datum::from(&json!({"a": "b"})), "a: b\n"),
        ] {
            assert_eq!(smart(&value), printed, "{value:?}");
        }
    }
}
