//! The commands that statuses, messages and documents name: each must be one that Juju accepts as it stands.
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "a file that cannot be read fails its test")]

#[path = "sources/files.rs"]
mod files;
#[path = "commands/grammar.rs"]
mod grammar;

use std::fs;

use discourse_k8s::{
    discourse::image::{Defect, ImageProblem, VERSION},
    relations::{ENDPOINTS, Need, Problem},
    status::{Names, Reason},
};
use files::{assert_none, rust_files, top};
use grammar::{commands, is_accepted};

/// Documents for operators, and other files that show them commands.
const DOCUMENTS: [&str; 13] = [
    "README.md",
    "SECURITY.md",
    "actions.yaml",
    "config.yaml",
    "discourse_rock/README.md",
    "docs/actions.md",
    "docs/differences.md",
    "docs/publish.md",
    "docs/refresh.md",
    "docs/relations.md",
    "docs/units.md",
    "docs/values.md",
    "tests/rehearsal/src/script.rs",
];

/// The commands of a text that Juju does not accept, each with the place of the text.
fn refused(place: &str, text: &str) -> Vec<String> {
    let refused = commands(text).into_iter().filter(|command| !is_accepted(command));
    refused.map(|command| format!("{place}: juju {command}")).collect()
}

#[test]
fn every_command_in_the_code_and_the_documents_is_accepted() {
    let documents = DOCUMENTS.map(|document| top().join(document));
    let offences = rust_files(&["src"]).into_iter().chain(documents).flat_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        refused(&path.display().to_string(), &text)
    });
    assert_none(&offences.collect::<Vec<_>>());
}

#[test]
fn every_command_in_a_status_is_accepted_and_integrates_endpoints_by_name() {
    let usual = ENDPOINTS.into_iter().filter_map(|it| match it.need {
        Need::Required(usual) => Some(Reason::NoRelation(it.name, usual)),
        _ => None,
    });
    let others = [
        Reason::Both("db", "database", Some("old-postgresql".to_owned())),
        Reason::Image(ImageProblem { file: VERSION, defect: Defect::Missing }),
        Reason::Crashing(None),
        Reason::Silent,
        Reason::NoJobs,
    ];
    let ungranted = [true, false].map(|may_be_users| {
        let provider = "smtp-integrator".to_owned();
        Reason::Relation(Problem::Ungranted { endpoint: "smtp", key: "password_id", provider, may_be_users })
    });
    let others = others.into_iter().chain(ungranted);
    let unit = "forum/0".parse().unwrap();
    let texts = usual.chain(others).map(|reason| reason.text(Names { unit: &unit }));
    let texts: Vec<String> = texts.collect();
    assert!(texts.iter().all(|text| commands(text).len() == 1), "{texts:?}");
    assert_none(&texts.iter().flat_map(|text| refused("status", text)).collect::<Vec<_>>());
}

#[test]
fn a_command_ends_where_its_text_goes_on() {
    for (text, expected) in [
        ("saml needs https: juju config forum force_https=true, or", "config forum force_https=true"),
        ("x (juju config {app} {}; then", "config any any"),
        ("run `juju attach-resource {app} {RESOURCE}=<image>`.", "attach-resource any any=any"),
        ("juju add-secret mail password='a, b' # why", "add-secret mail password=any"),
        ("\"juju config pg \\\n    a=b\"", "config pg a=b"),
        ("juju update-secret x password=...", "update-secret x password=..."),
    ] {
        assert_eq!(commands(text), [expected], "{text}");
    }
    assert!(commands("the word juju, /var/lib/juju and Juju itself").is_empty());
}

#[test]
fn what_juju_refuses_is_noticed() {
    for command in [
        "integrate forum postgresql-k8s",
        "integrate forum:database postgresql-k8s",
        "refresh forum --resource discourse-image=any",
        "attach-resource forum discourse-image",
        "config forum force_https",
        "config forum --reset",
        "config --reset saml_sync_groups",
        "remove-relation forum:db",
        "update-secret secret:any",
        "grant-secret any",
        "run forum explain",
        "ssh forum/0 pebble logs",
        "relate forum:db pg:db",
        "says",
    ] {
        assert!(!is_accepted(command), "{command}");
    }
}
