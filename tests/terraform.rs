//! The module in `terraform/`: it names what the charm declares, uses all that it asks for, and its README shows it as it is.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a file that cannot be read fails its test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use hcl::{Block, Body, Expression};
use serde_json::{Map, Value};

/// The files of the module itself.
const MODULE: [&str; 4] = ["main.tf", "outputs.tf", "terraform.tf", "variables.tf"];

/// A whole plan that uses the module.
const EXAMPLE: &str = "examples/forum/main.tf";

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn text(file: &str) -> String {
    fs::read_to_string(top().join("terraform").join(file)).unwrap()
}

#[track_caller]
fn body(file: &str) -> Body {
    hcl::parse(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn declared(file: &str) -> Map<String, Value> {
    serde_yaml::from_str(&fs::read_to_string(top().join(file)).unwrap()).unwrap()
}

/// The blocks of a kind, each with its last label.
fn blocks(body: &Body, kind: &str) -> Vec<(String, Block)> {
    let found = body.blocks().filter(|block| block.identifier() == kind);
    found
        .map(|block| (block.labels().last().map_or_else(String::new, |it| it.as_str().to_owned()), block.clone()))
        .collect()
}

fn attribute(block: &Block, key: &str) -> Option<Expression> {
    block.body().attributes().find(|attribute| attribute.key() == key).map(|attribute| attribute.expr().clone())
}

/// A text as it is meant, and any other expression as it is written.
fn shown(expression: &Expression) -> String {
    match expression {
        Expression::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The keys and values of a map.
fn entries(expression: &Expression) -> BTreeMap<String, Expression> {
    let Expression::Object(entries) = expression else { panic!("{expression} is no map") };
    entries.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
}

/// The names after `var.` in a text.
fn used_variables(text: &str) -> BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rests = text.split("var.").skip(1);
    rests.map(|rest| rest.chars().take_while(|c| is_of_name(*c)).collect()).collect()
}

/// What a file with both declares and uses: the same, in the order of the alphabet.
#[track_caller]
fn assert_all_are_used(variables: &Body, users: &str) {
    let names: Vec<String> = blocks(variables, "variable").into_iter().map(|(name, _)| name).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(used_variables(users), names.into_iter().collect());
}

#[test]
fn every_file_is_parsed() {
    for file in MODULE.into_iter().chain([EXAMPLE, "tests/defaults.tftest.hcl"]) {
        assert!(body(file).iter().count() > 0, "{file}");
    }
}

#[test]
fn every_variable_is_used_and_stands_in_the_order_of_the_alphabet() {
    let users = text("main.tf") + &text("outputs.tf");
    assert_all_are_used(&body("variables.tf"), &users);
    let example = body(EXAMPLE);
    assert_all_are_used(&example, &text(EXAMPLE));
}

#[test]
fn a_variable_is_found_wherever_it_is_used() {
    let found = used_variables("a = var.app_name\nb = \"${var.b2}-x\" # [for x in var.list : x.var]");
    assert_eq!(found, ["app_name", "b2", "list"].map(str::to_owned).into());
}

#[test]
fn every_variable_and_output_says_what_it_is_and_what_cannot_be_guessed_has_no_default() {
    let mut required = Vec::new();
    for (name, block) in blocks(&body("variables.tf"), "variable") {
        assert!(attribute(&block, "type").is_some(), "{name}");
        assert!(attribute(&block, "description").is_some_and(|it| shown(&it).ends_with('.')), "{name}");
        required.extend(attribute(&block, "default").is_none().then_some(name));
    }
    assert_eq!(required, ["channel", "model_uuid", "resources"]);
    for (name, block) in blocks(&body("outputs.tf"), "output") {
        assert!(attribute(&block, "description").is_some_and(|it| shown(&it).ends_with('.')), "{name}");
    }
}

#[test]
fn the_outputs_name_every_endpoint_of_the_charm() {
    let (metadata, outputs) = (declared("metadata.yaml"), body("outputs.tf"));
    for (name, block) in blocks(&outputs, "output").into_iter().filter(|(name, _)| metadata.contains_key(name)) {
        let endpoints = metadata[&name].as_object().unwrap().keys();
        let expected: BTreeMap<_, _> = endpoints.map(|name| (name.replace('-', "_"), name.clone())).collect();
        let given = entries(&attribute(&block, "value").unwrap());
        assert_eq!(given.into_iter().map(|(key, value)| (key, shown(&value))).collect::<BTreeMap<_, _>>(), expected);
    }
    let names: Vec<String> = blocks(&outputs, "output").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["app_name", "application", "provides", "requires"]);
}

#[test]
fn the_module_deploys_the_charm_that_metadata_yaml_names_on_its_base_with_its_resource() {
    let (metadata, charmcraft) = (declared("metadata.yaml"), declared("charmcraft.yaml"));
    let [(_, application)] = blocks(&body("main.tf"), "resource").try_into().unwrap();
    let [(_, charm)] = blocks(application.body(), "charm").try_into().unwrap();
    assert_eq!(shown(&attribute(&charm, "name").unwrap()), metadata["name"].as_str().unwrap());
    let variables: BTreeMap<_, _> = blocks(&body("variables.tf"), "variable").into_iter().collect();
    let default = |name: &str| shown(&attribute(&variables[name], "default").unwrap());
    assert_eq!(default("app_name"), metadata["name"].as_str().unwrap());
    assert_eq!(default("base"), charmcraft["base"].as_str().unwrap());
    let [(_, keys), _] = blocks(variables["resources"].body(), "validation").try_into().unwrap();
    let resources: Vec<&String> = metadata["resources"].as_object().unwrap().keys().collect();
    let condition = attribute(&keys, "condition").unwrap().to_string();
    let named: Vec<&str> = condition.split('"').skip(1).step_by(2).collect();
    assert_eq!(named, resources);
}

/// The values that the charm's options have in a plan, wherever it uses the module.
fn options_of_example() -> BTreeMap<String, Expression> {
    let [(_, module)] = blocks(&body(EXAMPLE), "module").try_into().unwrap();
    entries(&attribute(&module, "config").unwrap())
}

#[test]
fn the_example_sets_options_of_the_charm_to_values_of_their_types() {
    let options = declared("config.yaml")["options"].as_object().unwrap().clone();
    for (name, value) in options_of_example() {
        let kind = options.get(&name).and_then(|option| option["type"].as_str());
        let fits = match kind {
            Some("boolean") => matches!(shown(&value).as_str(), "true" | "false"),
            Some("int") => shown(&value).parse::<i64>().is_ok(),
            Some("secret") => shown(&value).ends_with(".secret_uri"),
            Some(_) => true,
            None => false,
        };
        assert!(fits, "{name} = {value}");
    }
}

#[test]
fn the_example_grants_every_secret_and_integrates_by_endpoints_that_the_outputs_name() {
    let example = text(EXAMPLE);
    let granted = blocks(&body(EXAMPLE), "resource").into_iter().filter_map(|(_, it)| attribute(&it, "secret_id"));
    let granted: BTreeSet<String> = granted.map(|it| it.to_string().replace(".secret_id", ".secret_uri")).collect();
    let used = options_of_example().into_values().map(|it| it.to_string()).filter(|it| it.contains("secret"));
    assert_eq!(used.collect::<BTreeSet<_>>(), granted);
    let outputs: BTreeMap<_, _> = blocks(&body("outputs.tf"), "output").into_iter().collect();
    let requires = entries(&attribute(&outputs["requires"], "value").unwrap());
    let named: Vec<&str> =
        example.split("module.discourse.requires.").skip(1).map(|it| it.lines().next().unwrap()).collect();
    assert_eq!(named, ["database", "redis", "nginx_route"]);
    assert!(named.iter().all(|name| requires.contains_key(*name)), "{named:?}");
}

/// A table of variables: those without a default must be given.
fn inputs() -> String {
    let rows = blocks(&body("variables.tf"), "variable").into_iter().map(|(name, block)| {
        let show = |key| attribute(&block, key).map(|it| format!("`{it}`"));
        let cell = |key| attribute(&block, key).map(|it| shown(&it)).unwrap_or_default();
        let default = show("default").unwrap_or_else(|| "required".to_owned());
        format!("| `{name}` | {} | {default} | {} |\n", show("type").unwrap(), cell("description"))
    });
    format!("| Name | Type | Default | Description |\n|---|---|---|---|\n{}", rows.collect::<String>())
}

fn outputs() -> String {
    let rows = blocks(&body("outputs.tf"), "output")
        .into_iter()
        .map(|(name, block)| format!("| `{name}` | {} |\n", shown(&attribute(&block, "description").unwrap())));
    format!("| Name | Description |\n|---|---|\n{}", rows.collect::<String>())
}

#[test]
fn the_readme_shows_the_variables_the_outputs_and_the_example() {
    let readme = text("README.md");
    let example = format!("```hcl\n{}```\n", text(EXAMPLE));
    for (section, expected) in [("inputs", inputs()), ("outputs", outputs()), ("example", example)] {
        let (begin, end) = (format!("<!-- {section}: begin -->\n"), format!("<!-- {section}: end -->"));
        let shown = readme.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(shown, _)| shown);
        assert!(shown == Some(&expected), "terraform/README.md needs this between its marks:\n{begin}{expected}{end}");
    }
}
