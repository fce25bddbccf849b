//! The options, from `config.yaml`.

use serde_yaml::Value;

use crate::{
    environment::of_option,
    page::{assert_holds, one_line, yaml},
    table::{code, codes},
};

#[test]
fn the_page_of_options_has_a_heading_for_every_option() {
    let declared = yaml("config.yaml");
    let options = declared["options"].as_mapping().unwrap().iter();
    let made: String = options.map(|(name, option)| section(name.as_str().unwrap(), option)).collect();
    assert_holds("docs/reference/options.md", "options", &made);
}

/// The type, the default, the meaning of an option, and the variables that it sets.
fn section(name: &str, option: &Value) -> String {
    let word = |key: &str| option[key].as_str().unwrap_or_default();
    let default = match &option["default"] {
        Value::String(text) if text.is_empty() => ", empty by default".to_owned(),
        Value::String(text) => format!(", {} by default", code(text)),
        Value::Null => String::new(),
        other => format!(", {} by default", code(serde_yaml::to_string(other).unwrap().trim())),
    };
    let variables = of_option(name);
    let variables = codes(variables.iter().map(String::as_str));
    let sets = if variables.is_empty() { String::new() } else { format!("Sets {variables}.\n\n") };
    let meaning = one_line(word("description"));
    format!("### {}\n\n*{}*{default}. {meaning}\n\n{sets}", code(name), word("type"))
}
