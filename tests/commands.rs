//! The commands that statuses, messages and documents name: each must be one that Juju accepts as it stands.
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "a file that cannot be read fails its test")]

#[path = "commands/grammar.rs"]
mod grammar;
#[path = "commands/names.rs"]
mod names;
#[path = "commands/prose.rs"]
mod prose;
#[path = "sources/files.rs"]
mod sources;

use std::{fs, path::PathBuf};

use discourse_k8s::{
    discourse::image::{Defect, ImageProblem, VERSION},
    observability::{ALERT_RULES, LOG_RULES},
    relations::{ENDPOINTS, Need, Problem},
    status::{Names, Reason},
};
use grammar::Command;
use names::Charms;
use prose::commands;
use sources::{assert_none, files, rust_files, top};

/// Files besides the code and the documents that show commands.
const OTHERS: [&str; 6] = [
    "README.md",
    "SECURITY.md",
    "actions.yaml",
    "config.yaml",
    "discourse_rock/README.md",
    "tests/rehearsal/src/script.rs",
];

/// Commands that texts only mention: what follows is not meant to be typed.
const MENTIONED: [&str; 5] = ["expose", "show-controller", "show-operation", "status", "version"];

/// Actions that boot Rails before they answer.
const BOOTING: [&str; 6] =
    ["add-admin-user", "anonymize-user", "create-user", "list-backups", "promote-user", "send-test-email"];

/// Why Juju does not accept a command; the name of a command alone is not meant to be typed.
fn refusal(command: &str) -> Option<String> {
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    match words.as_slice() {
        [name] if grammar::is_command(name) => None,
        [name, ..] if MENTIONED.contains(&name.as_str()) => None,
        words => Command::parse(words).and_then(|command| is_complete(&command)).err(),
    }
}

/// Whether a command can be typed wherever its text is read: without guesses of Juju's, and without a charm that is not published.
fn is_complete(command: &Command) -> Result<(), String> {
    // An offer has a point in its name, and endpoints of its own.
    let is_named = |end: &String| end == "any" || end.contains([':', '.']);
    let is_guessed = match command.name.as_str() {
        "integrate" => !command.arguments.iter().all(is_named),
        "remove-relation" => !command.arguments.iter().any(is_named),
        _ => false,
    };
    let is_local = command.option(&["resource"]).is_none()
        || command.name != "refresh"
        || command.option(&["path", "switch"]).is_some();
    if is_guessed {
        return Err("endpoints are not named".to_owned());
    }
    let is_slow = command.name == "run" && command.arguments.iter().any(|it| BOOTING.contains(&it.as_str()));
    if is_slow && command.option(&["wait"]).is_none() {
        return Err("Juju gives up after a minute without --wait=10m".to_owned());
    }
    if command.name == "remove-unit" && command.option(&["num-units"]).is_none() {
        return Err("Kubernetes chooses which units go, so their number must be named".to_owned());
    }
    if command.name == "ssh" && command.option(&["container"]).is_none() {
        return Err("the container of the workload is not named".to_owned());
    }
    if is_local { Ok(()) } else { Err("a charm that is not published needs --path".to_owned()) }
}

/// The commands of a text that Juju does not accept, each with the place of the text and the reason.
fn refused(place: &str, text: &str) -> Vec<String> {
    let refused = commands(text).into_iter().filter_map(|command| refusal(&command).map(|why| (command, why)));
    refused.map(|(command, why)| format!("{place}: juju {command}: {why}")).collect()
}

/// All files for operators that show commands.
fn documents() -> impl Iterator<Item = PathBuf> {
    OTHERS.into_iter().map(|document| top().join(document)).chain(files("docs", "md"))
}

#[test]
fn every_command_in_the_code_and_the_documents_is_accepted() {
    let offences = rust_files(&["src"]).into_iter().chain(documents()).flat_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        refused(&path.display().to_string(), &text)
    });
    assert_none(&offences.collect::<Vec<_>>());
}

#[test]
fn every_command_in_the_documents_names_what_its_charm_has() {
    let charms = Charms::read();
    let offences = documents().flat_map(|path| {
        let commands = commands(&fs::read_to_string(&path).unwrap());
        let offences: Vec<String> = commands.iter().flat_map(|command| charms.offences(command)).collect();
        offences.into_iter().map(move |offence| format!("{}: {offence}", path.display()))
    });
    assert_none(&offences.collect::<Vec<_>>());
}

#[test]
fn a_page_that_sets_up_https_from_scratch_gets_a_certificate() {
    let is_bare = |text: &str| {
        let types = |start: &str, rest: &str| text.lines().any(|line| line.starts_with(start) && line.contains(rest));
        types("juju config discourse-k8s", "force_https=true") && !types("juju integrate", ":certificates")
    };
    assert_none(&documents_that(is_bare));
}

#[test]
fn an_image_is_uploaded_from_a_file_or_a_registry_since_a_digest_names_one_of_the_local_docker() {
    let is_digest = |line: &str| line.contains("upload-resource") && line.contains("--image=sha256:");
    assert_none(&documents_that(|text| text.lines().any(is_digest)));
}

/// The documents of which something is true.
fn documents_that(is_so: impl Fn(&str) -> bool) -> Vec<String> {
    let found = documents().filter(|path| is_so(&fs::read_to_string(path).unwrap()));
    found.map(|path| path.display().to_string()).collect()
}

#[test]
fn a_name_that_no_charm_has_is_noticed() {
    let charms = Charms::read();
    for (command, expected) in [
        ("config discourse-k8s external_hostnames=any", "discourse-k8s has no option external_hostnames"),
        ("config discourse-k8s web_workers=many", "web_workers of discourse-k8s is of type int, which many is not"),
        ("config discourse-k8s --reset smtp_addresses", "discourse-k8s has no option smtp_addresses"),
        ("config postgresql-k8s plugin_hstore_enabled=true", "postgresql-k8s has no option plugin_hstore_enabled"),
        ("run discourse-k8s/0 add-user", "discourse-k8s has no action add-user"),
        ("run discourse-k8s/leader create-user mail=any", "create-user of discourse-k8s has no parameter mail"),
        ("integrate discourse-k8s:mail smtp-integrator:smtp", "discourse-k8s has no endpoint mail"),
        ("integrate discourse-k8s:s3 s3-integrator:s3", "s3-integrator has no endpoint s3"),
        ("show-unit discourse-k8s/0 --endpoint mail", "discourse-k8s has no endpoint mail"),
    ] {
        assert_eq!(charms.offences(command), [expected], "{command}");
    }
    assert!(charms.offences("config any web_workers=0").is_empty());
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
fn every_command_in_an_alert_is_accepted() {
    let files =
        ALERT_RULES.iter().chain(&LOG_RULES).map(|file| serde_yaml::from_str::<serde_json::Value>(file).unwrap());
    let groups = files.flat_map(|file| file["groups"].as_array().unwrap().clone());
    let rules: Vec<_> = groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect();
    let descriptions = rules.iter().map(|rule| rule["annotations"]["description"].as_str().unwrap());
    let descriptions: Vec<_> = descriptions.map(|text| text.replace("{{ $labels.juju_unit }}", "forum/0")).collect();
    assert!(descriptions.iter().flat_map(|text| commands(text)).count() > 10);
    assert_none(&descriptions.iter().flat_map(|text| refused("alert", text)).collect::<Vec<_>>());
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
        "config forum --reset",
        "config --reset saml_sync_groups",
        "remove-relation forum:db",
        "update-secret secret:any",
        "grant-secret any",
        "run forum explain",
        "ssh forum/0 pebble logs",
        "relate forum:db pg:db",
        "deploy postgresql-k8s --chanel 14/stable",
        "scale-application forum three",
        "remove-unit forum/2",
        "run forum/0 create-user email=any",
        "says",
    ] {
        assert!(refusal(command).is_some(), "{command}");
    }
}
