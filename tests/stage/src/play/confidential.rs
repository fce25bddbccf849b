//! What a scene says in confidence: the contents of secrets, and values whose names say that they are secret.

use crate::{
    record::mask::{MASKED, says_secret},
    scene::{Bag, Content, Form, Verb},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The names and values that a step gives in confidence.
pub(super) fn values(verb: &Verb) -> Vec<(&str, String)> {
    match verb {
        Verb::Secret(Form(secret)) => of_content(&secret.content).collect(),
        Verb::Integrate(Form(said)) => of_stand_in([&said.app, &said.unit], &said.secrets),
        Verb::Databag(Form(said)) => of_stand_in([&said.app, &said.unit], &said.secrets),
        Verb::ExpectDatabag(Form(expected)) => of_bag(&expected.has).collect(),
        Verb::Config(Form(config)) => of_options(&config.options),
        Verb::Deploy(Form(deploy)) => of_options(&deploy.config),
        Verb::Run(Form(run)) => of_options(&run.parameters),
        _ => Vec::new(),
    }
}

fn of_content(content: &Content) -> impl Iterator<Item = (&str, String)> {
    content.iter().map(|(name, value)| (name.as_str(), value.clone()))
}

fn of_stand_in<'v>(bags: [&'v Bag; 2], secrets: &'v BTreeMap<String, Content>) -> Vec<(&'v str, String)> {
    bags.into_iter().flat_map(of_bag).chain(secrets.values().flat_map(of_content)).collect()
}

fn of_bag(bag: &Bag) -> impl Iterator<Item = (&str, String)> {
    let written = bag.iter().filter_map(|(name, value)| Some((name.as_str(), value.clone()?)));
    written.filter(|(name, value)| says_secret(name) && !value.starts_with("secret:"))
}

/// The values of names that say so; the name of a secret is none.
pub(super) fn of_options(options: &Map<String, Value>) -> Vec<(&str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let named = options.iter().filter(|(name, _)| says_secret(name)).map(|(name, value)| (name.as_str(), text(value)));
    named.filter(|(_, value)| !value.is_empty() && !value.starts_with("secret:")).collect()
}

/// The text of a step as it may be shown: even a short value is hidden where its name stands, and all that follows the name of one
/// that is spelled in another way.
pub(super) fn veiled(text: &str, verb: &Verb) -> String {
    values(verb).into_iter().fold(text.to_owned(), |text, (name, value)| {
        let Some(end) = ["=", ": ", "#base64="].iter().find_map(|sign| end_of(&text, &format!("{name}{sign}"))) else {
            return text;
        };
        let (before, after) = text.split_at(end);
        match after.trim_start_matches(['\'', '"']).strip_prefix(value.as_str()) {
            Some(rest) => format!("{before}{MASKED}{}", rest.trim_start_matches(['\'', '"'])),
            None => format!("{before}{MASKED}"),
        }
    })
}

fn end_of(text: &str, part: &str) -> Option<usize> {
    text.find(part).map(|begin| begin + part.len())
}

#[cfg(test)]
mod tests {
    use super::veiled;
    use crate::scene::Scene;

    fn shown(step: &str) -> String {
        let scene = Scene::parse("s", &format!("steps:\n  - {step}\n")).unwrap();
        scene.steps().map(|step| veiled(&step.text, step.verb)).collect()
    }

    #[test]
    fn a_value_is_hidden_where_its_name_says_so() {
        for (step, wanted) in [
            ("config: smtp_password=x user=me", "config: smtp_password=••• user=me"),
            ("config: smtp_password='x y' user=me", "config: smtp_password=••• user=me"),
            ("config: {options: {token: \"x\", user: me}}", "config: {options: {token: •••, user: me}}"),
            (r"config: password='it'\''s' user=me", "config: password=•••"),
            ("run: a/0 act password=1", "run: a/0 act password=•••"),
            ("secret: add word key=x", "secret: add word key=•••"),
            (
                "integrate: {endpoint: a, stand-in: b, app: {password: x}}",
                "integrate: {endpoint: a, stand-in: b, app: {password: •••}}",
            ),
            ("config: token=secret:word", "config: token=secret:word"),
        ] {
            assert_eq!(shown(step), wanted);
        }
    }
}
