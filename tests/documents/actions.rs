//! The actions, from `actions.yaml`.

use serde_yaml::Value;

use crate::{
    page::{assert_holds, one_line, text, yaml},
    table::{code, codes, table},
};

const PAGE: &str = "docs/reference/actions.md";

#[test]
fn the_page_of_actions_lists_every_action_with_its_parameters() {
    let declared = yaml("actions.yaml");
    let made: String =
        declared.as_mapping().unwrap().iter().map(|(name, action)| section(name.as_str().unwrap(), action)).collect();
    assert_holds(PAGE, "actions", &made);
}

#[test]
fn each_action_is_also_explained_in_words() {
    let page = text(PAGE);
    let after = page.split_once("<!-- actions: end -->").unwrap().1;
    let declared = yaml("actions.yaml");
    let names = declared.as_mapping().unwrap().keys().map(|name| code(name.as_str().unwrap()));
    assert_eq!(names.filter(|name| !after.contains(name)).collect::<Vec<_>>(), [""; 0]);
}

/// What an action does, and a table of its parameters if it has any.
fn section(name: &str, action: &Value) -> String {
    let required: Vec<&str> =
        action["required"].as_sequence().into_iter().flatten().filter_map(Value::as_str).collect();
    let description = one_line(action["description"].as_str().unwrap());
    let parameters = action["params"].as_mapping();
    let rows = parameters.into_iter().flatten().map(|(name, it)| {
        let name = name.as_str().unwrap();
        row(name, it, required.contains(&name))
    });
    let rows: Vec<_> = rows.collect();
    let parameters = if rows.is_empty() {
        "It has no parameters.\n".to_owned()
    } else {
        table(["Parameter", "Value", "Default", "Meaning"], rows)
    };
    format!("### Action {name}\n\n{description}\n\n{parameters}\n")
}

fn row(name: &str, parameter: &Value, is_required: bool) -> [String; 4] {
    let default = match &parameter["default"] {
        Value::Null if is_required => "required".to_owned(),
        Value::Null => String::new(),
        other => code(serde_yaml::to_string(other).unwrap().trim()),
    };
    [code(name), form(parameter), default, one_line(parameter["description"].as_str().unwrap())]
}

/// The type of a value, with its bounds.
fn form(parameter: &Value) -> String {
    let kind = parameter["type"].as_str().unwrap();
    let bound = |key: &str| parameter[key].as_i64();
    match (&parameter["enum"], kind) {
        (Value::Sequence(words), _) => codes(words.iter().filter_map(Value::as_str)),
        (_, "integer") => format!("{} to {}", bound("minimum").unwrap(), bound("maximum").unwrap()),
        (_, "string") => match bound("maxLength") {
            Some(most) => format!("text of at most {most} characters"),
            None => "text".to_owned(),
        },
        _ => kind.to_owned(),
    }
}
