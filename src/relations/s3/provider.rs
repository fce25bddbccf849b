//! What the provider of the storage is, the commands that correct it, and what Discourse makes of its data.

use crate::{
    discourse::settings::{Settings, Storage},
    relations::{Problem, Relation},
};

use super::{ENDPOINT, origin};

/// The name of the charm whose options are known.
const INTEGRATOR: &str = "s3-integrator";

/// Keys that only the charm s3-integrator has options for.
const INTEGRATOR_KEYS: [&str; 4] = ["attributes", "delete-older-than-days", "s3-api-version", "storage-class"];

/// Keys that Discourse has no setting for, and the values that mean nothing else than what it does.
const NOT_SUPPORTED: [(&str, &[&str]); 4] = [
    ("attributes", &["[]"]),
    ("delete-older-than-days", &[]),
    ("s3-api-version", &["4"]),
    ("storage-class", &["STANDARD"]),
];

/// The problem of a value of the wrong form.
pub(super) fn invalid(relation: &Relation, key: &str, form: &str) -> Problem {
    let why = format!("{key} must {form}");
    if is_integrator(relation) { relation.invalid_with(why, remedy(relation, key)) } else { relation.invalid(why) }
}

/// How to set a key that the provider has an option for.
pub(super) fn remedy(relation: &Relation, key: &str) -> String {
    let app = relation.remote();
    if is_integrator(relation) { format!("juju config {app} {key}=<{key}>") } else { format!("set it in {app}") }
}

/// What deserves a warning although the storage can be used.
pub(super) fn warnings(relation: &Relation, storage: &Storage, settings: &Settings) -> Vec<String> {
    let of_storage = settings.s3.as_ref().map(|s3| s3.warnings(storage, origin)).unwrap_or_default();
    let others = [
        made_up_bucket(relation, storage, settings),
        other_bucket(storage, settings),
        uri_style(relation),
        not_supported(relation),
    ];
    others.into_iter().flatten().chain(of_storage).collect()
}

/// Whether the provider has the options of s3-integrator, as far as its name and its data tell.
fn is_integrator(relation: &Relation) -> bool {
    relation.remote().contains(INTEGRATOR) || INTEGRATOR_KEYS.iter().any(|key| relation.optional(key).is_some())
}

/// A provider without a bucket of its own returns the name that we, or another application, have made up.
fn made_up_bucket(relation: &Relation, storage: &Storage, settings: &Settings) -> Option<String> {
    let is_made_up = storage.bucket.as_ref()?.is_made_up() && !is_wanted(storage, settings).unwrap_or_default();
    let text = format!("{}: nobody has named a bucket, so one named after a relation is used", ENDPOINT.name);
    is_made_up.then(|| format!("{text}: {}", remedy(relation, "bucket")))
}

/// The bucket of the option is only a request.
fn other_bucket(storage: &Storage, settings: &Settings) -> Option<String> {
    let is_ignored = !is_wanted(storage, settings)?;
    is_ignored.then(|| format!("s3_bucket is ignored: the relation {} gives another bucket or folder", ENDPOINT.name))
}

/// Whether the storage has the bucket of the option.
///
/// *Empty*: the option names none.
fn is_wanted(storage: &Storage, settings: &Settings) -> Option<bool> {
    let wanted = settings.s3.as_ref()?.storage.bucket.as_ref()?;
    Some(storage.bucket.as_ref()?.is_wanted(wanted))
}

/// *Source*: Discourse `lib/s3_helper.rb` leaves it to the AWS SDK for Ruby, which puts the bucket before any name of a host.
fn uri_style(relation: &Relation) -> Option<String> {
    let is_host = relation.optional("s3-uri-style").is_none_or(|style| style.eq_ignore_ascii_case("host"));
    let text =
        "s3-uri-style is ignored: Discourse puts the bucket before the endpoint, as in https://uploads.s3.example.com";
    (!is_host).then(|| format!("{}: {text}", ENDPOINT.name))
}

fn not_supported(relation: &Relation) -> Option<String> {
    let is_other = |(key, usual): &(&str, &[&str])| relation.optional(key).is_some_and(|value| !usual.contains(&value));
    let keys: Vec<&str> = NOT_SUPPORTED.into_iter().filter(is_other).map(|(key, _)| key).collect();
    let text = || format!("{}: Discourse has no setting for {}", ENDPOINT.name, keys.join(", "));
    (!keys.is_empty()).then(text)
}
