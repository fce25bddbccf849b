//! Secrets, as each Juju gives and refuses them: one that cannot be read is waited for, or named with the command that grants it.

use rehearsal::providers::{oauth_with_secret, s3_with_keys, smtp, smtp_with_password};
use serde_json::json;
use stage::{Builder, SecretEdit, Version};

use crate::{
    forum::{Forum, Outcome, names, on_every_juju},
    integrations::https_forum_on,
};

/// What a unit shows that sends mail and has no object storage.
const SENDING: &str = "active: uploads are lost with the pod: set s3_enabled";

/// The keys of relations that name secrets, each with its endpoint.
const KEYS: [(&str, &str); 4] =
    [("database", "secret-user"), ("smtp", "password_id"), ("s3", "secret-extra"), ("oauth", "client_secret_id")];

/// What happens to a secret.
type Damage = fn(SecretEdit<'_>);

/// What makes a secret unreadable: it is not granted, or it is not there.
const UNREADABLE: [Damage; 2] = [|secret| secret.revoke().unwrap(), |secret| secret.remove()];

/// What a unit shows while the secret is not granted that a relation names: the mail server's may be the operator's.
fn ungranted(endpoint: &str, key: &str) -> String {
    let waiting = format!("waiting: waiting for a readable {key} in the relation {endpoint}");
    let command = format!("juju grant-secret <{key}> discourse-k8s");
    match endpoint {
        "smtp" => format!("{waiting}: {command}; if smtp-integrator owns the secret, smtp-integrator must grant it"),
        "database" => format!("{waiting}: postgresql-k8s must grant the secret; if it is a user secret, {command}"),
        "s3" => format!("{waiting}: s3-integrator must grant the secret; if it is a user secret, {command}"),
        _ => format!("{waiting}: hydra must grant the secret; if it is a user secret, {command}"),
    }
}

/// The URI of a secret in every spelling: as Juju writes it in one series, in the other, and its bare id.
fn spellings(forum: &Forum, uri: &str) -> [String; 3] {
    let id = uri.rsplit(['/', ':']).next().unwrap();
    [format!("secret:{id}"), format!("secret://{}/{id}", forum.stage.model().uuid), id.to_owned()]
}

/// A forum on this stage that serves, with a mail server whose password is in a secret of the operator's that was updated before
/// anybody read it; gives the URI, too.
#[track_caller]
fn forum_with_updated_password(stage: Builder) -> (Forum, String) {
    let mut forum = Forum::active_on(stage, &[]);
    let uri = forum.stage.add_secret(&[("password", "old")]);
    forum.stage.secret(&uri).update(&[("password", "hunter2")]).unwrap();
    forum.stage.grant_secret(&uri).unwrap();
    forum.stage.relate("smtp", smtp().app("password_id", &uri)).unwrap();
    (forum, uri)
}

#[test]
fn a_secret_of_a_relation_that_is_not_granted_or_gone_is_waited_for_and_the_forum_goes_on() {
    on_every_juju(|stage| {
        let mut forum = https_forum_on(stage, [smtp_with_password(), s3_with_keys(), oauth_with_secret()]);
        for (endpoint, key) in KEYS {
            let uri = forum.stage.remote_app_bag(endpoint)[key].clone();
            let intact = forum.stage.model().secret(&uri).unwrap().clone();
            for damage in UNREADABLE {
                damage(forum.stage.secret(&uri));
                assert_eq!(forum.update_status(), Outcome::unchanged(&ungranted(endpoint, key)));
                forum.stage.secret(&uri).restore(&intact);
            }
        }
        assert_eq!(forum.update_status(), Outcome::unchanged("active"));
    });
}

#[test]
fn a_secret_of_an_option_that_is_not_granted_or_gone_blocks_with_the_command_that_grants_it() {
    on_every_juju(|stage| {
        let storage = [("s3_region", json!("r")), ("s3_bucket", json!("uploads"))];
        let mut forum = Forum::active_on(stage, &storage);
        let before = forum.status();
        let uri = forum.stage.add_secret(&[("password", "hunter2")]);
        let intact = forum.stage.model().secret(&uri).unwrap().clone();
        for (option, is_storage) in [("smtp_credentials", false), ("s3_credentials", true)] {
            forum.set("s3_enabled", is_storage);
            for (spelling, damage) in spellings(&forum, &uri).iter().zip(UNREADABLE) {
                damage(forum.stage.secret(&uri));
                forum.set(option, spelling.as_str());
                let expected = format!("blocked: {option} cannot be read: juju grant-secret {spelling} discourse-k8s");
                assert_eq!(forum.settle(), Outcome::unchanged(&expected));
                forum.stage.secret(&uri).restore(&intact);
            }
            forum.set(option, "");
        }
        forum.set("s3_enabled", false);
        assert_eq!(forum.settle(), Outcome::unchanged(&before));
    });
}

#[test]
fn a_secret_is_read_in_every_spelling_of_its_uri_and_waited_for_until_it_is_granted() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        let (uri, provider) = (forum.stage.add_secret(&[("password", "hunter2")]), smtp());
        forum.stage.relate("smtp", provider.clone()).unwrap();
        for spelling in spellings(&forum, &uri) {
            provider.say("password_id", &spelling);
            assert_eq!(forum.settle(), Outcome::unchanged(&ungranted("smtp", "password_id")), "{spelling}");
        }
        forum.stage.grant_secret(&uri).unwrap();
        assert_eq!(forum.update_status(), Outcome { status: SENDING.to_owned(), ..Outcome::restarted() });
        let database = forum.stage.remote_app_bag("database")["secret-user"].clone();
        for (password, login) in spellings(&forum, &uri).iter().zip(spellings(&forum, &database)) {
            provider.say("password_id", password);
            forum.postgresql.write("secret-user", &login);
            assert_eq!(forum.settle(), Outcome::unchanged(SENDING), "{password} {login}");
        }
    });
}

#[test]
fn a_secret_that_was_updated_before_it_is_read_is_used_at_once_and_read_again_when_juju_tells_of_it() {
    on_every_juju(|stage| {
        let (mut forum, uri) = forum_with_updated_password(stage);
        let runs = forum.run_hooks();
        let tells = forum.stage.model().juju == Version::V3_6;
        assert_eq!(names(&runs).contains(&"secret-changed"), tells, "{:?}", names(&runs));
        let sending = Outcome { status: SENDING.to_owned(), ..Outcome::restarted() };
        assert_eq!(
            (forum.outcome(&runs), forum.variable("DISCOURSE_SMTP_PASSWORD").as_str()),
            (sending.clone(), "hunter2")
        );
        forum.stage.secret(&uri).update(&[("password", "hunter2-next")]).unwrap();
        let runs = forum.run_hooks();
        assert_eq!((names(&runs)[0], forum.outcome(&runs)), ("secret-changed", sending));
        assert_eq!(forum.variable("DISCOURSE_SMTP_PASSWORD"), "hunter2-next");
    });
}
