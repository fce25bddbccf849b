//! The plugins that the image has besides those of Discourse, from `rockcraft.yaml`.

use serde_yaml::Value;

use crate::{
    page::{assert_holds, text, yaml},
    table::{code, table},
};

/// What each plugin is for.
const PURPOSES: [(&str, &str); 5] = [
    ("plugin-markdown-note", "notes in posts, as boxes"),
    ("plugin-mermaid", "the files of a theme component for diagrams; nothing loads them by itself"),
    ("plugin-prometheus", "metrics for Prometheus"),
    ("plugin-saml", "login through an identity provider with SAML"),
    ("plugin-signatures", "signatures below posts"),
];

#[test]
fn the_page_of_plugins_lists_every_plugin_that_the_image_adds() {
    let rock = yaml("discourse_rock/rockcraft.yaml");
    let parts = rock["parts"].as_mapping().unwrap().iter().map(|(name, part)| (name.as_str().unwrap(), part));
    let rows = parts.filter(|(name, _)| name.starts_with("plugin-")).map(|(name, part)| row(name, part));
    let discourse = &rock["parts"]["discourse"];
    let version = discourse["source-commit"].as_str().map_or_else(|| word(discourse, "source-tag"), str::to_owned);
    let own = [
        "Discourse's own".to_owned(),
        "part of Discourse".to_owned(),
        code(&word(discourse, "source")),
        code(&version),
    ];
    let made = table(["Plugin", "For", "Source", "Commit"], [own].into_iter().chain(rows));
    assert_holds("docs/reference/plugins.md", "plugins", &made);
}

#[test]
fn the_image_has_no_git_and_the_pages_say_what_that_takes_from_themes() {
    let rock = yaml("discourse_rock/rockcraft.yaml");
    let parts = rock["parts"].as_mapping().unwrap().values();
    let lists = parts.flat_map(|part| ["overlay-packages", "stage-packages"].map(|key| part[key].as_sequence()));
    let packages: Vec<&str> = lists.flatten().flatten().filter_map(Value::as_str).collect();
    assert!(packages.contains(&"tar") && !packages.contains(&"git"), "{packages:?}");
    for (page, words) in [
        ("docs/how-to/move-from-the-python-charm.md", "this image has no git"),
        ("docs/reference/differences.md", "| git in the image |"),
        ("docs/reference/plugins.md", "The image has no git"),
    ] {
        assert!(text(page).contains(words), "{page} does not say: {words}");
    }
}

fn row(name: &str, part: &Value) -> [String; 4] {
    let purpose = PURPOSES.iter().find(|(plugin, _)| *plugin == name);
    let (_, purpose) = purpose.unwrap_or_else(|| panic!("what is {name} for? Write it into PURPOSES"));
    let source = word(part, "source");
    let plugin = source.trim_end_matches(".git").rsplit('/').next().unwrap().to_owned();
    [code(&plugin), (*purpose).to_owned(), code(&source), code(&word(part, "source-commit"))]
}

fn word(part: &Value, key: &str) -> String {
    part[key].as_str().unwrap_or_else(|| panic!("a part without {key}")).to_owned()
}
