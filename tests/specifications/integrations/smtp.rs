//! The mail server: the relation `smtp`, and the options that it takes precedence over.

use rehearsal::providers::{smtp, smtp_with_password};
use serde_json::json;
use stage::remote::Scripted;

use crate::forum::{Forum, Outcome};

/// What a unit shows whose relation takes the place of an option; it has no object storage either.
const REPLACED: &str = "active: the relation smtp takes precedence over smtp_address: \
                        juju config discourse-k8s --reset smtp_address; \
                        and 1 more warning: juju run discourse-k8s/0 explain";

/// What a unit shows that sends mail and has no object storage.
const SENDING: &str = "active: uploads are lost with the pod: set s3_enabled";

/// A forum that serves with a mail server in an option and another one in the relation, and the latter's provider.
#[track_caller]
fn forum_with_two_mail_servers() -> (Forum, Scripted) {
    let provider = smtp().secret("password_id", &[("password", "hunter2")]);
    let mut forum = Forum::related();
    forum.set("smtp_address", "old.example.com");
    forum.stage.relate("smtp", provider.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome { status: REPLACED.to_owned(), ..Outcome::migrated() });
    (forum, provider)
}

#[test]
fn the_mail_server_of_the_relation_takes_precedence_over_the_options() {
    let (forum, _) = forum_with_two_mail_servers();
    assert_eq!(
        forum.variables("DISCOURSE_SMTP_"),
        [
            "DISCOURSE_SMTP_ADDRESS=mail.example.com",
            "DISCOURSE_SMTP_AUTHENTICATION=plain",
            "DISCOURSE_SMTP_ENABLE_START_TLS=false",
            "DISCOURSE_SMTP_FORCE_TLS=true",
            "DISCOURSE_SMTP_OPENSSL_VERIFY_MODE=peer",
            "DISCOURSE_SMTP_PASSWORD=hunter2",
            "DISCOURSE_SMTP_PORT=465",
            "DISCOURSE_SMTP_USER_NAME=forum",
        ]
    );
}

#[test]
fn a_withdrawn_mail_server_is_used_until_it_is_published_again() {
    let (mut forum, provider) = forum_with_two_mail_servers();
    let before = forum.environment();
    provider.say("host", "");
    assert_eq!(forum.settle(), Outcome::unchanged("waiting: waiting for host in the relation smtp"));
    assert_eq!(forum.environment(), before);
}

#[test]
fn the_options_count_again_once_the_relation_is_removed() {
    let (mut forum, _) = forum_with_two_mail_servers();
    forum.stage.unrelate("smtp").unwrap();
    assert_eq!(forum.settle(), Outcome { status: SENDING.to_owned(), ..Outcome::restarted() });
    assert_eq!(forum.variable("DISCOURSE_SMTP_ADDRESS"), "old.example.com");
}

#[test]
fn the_forum_sends_from_the_sender_of_the_relation_also_while_other_data_is_missing() {
    let mut forum = Forum::active();
    let provider = smtp_with_password().app("smtp_sender", "The forum <forum@Example.com>");
    forum.stage.relate("smtp", provider.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome { status: SENDING.to_owned(), ..Outcome::restarted() });
    assert_eq!(forum.variable("DISCOURSE_NOTIFICATION_EMAIL"), "forum@example.com");
    provider.say("port", "");
    assert_eq!(forum.settle(), Outcome::unchanged("waiting: waiting for port in the relation smtp"));
    assert_eq!(forum.variable("DISCOURSE_NOTIFICATION_EMAIL"), "forum@example.com");
    forum.stage.unrelate("smtp").unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variables("DISCOURSE_NOTIFICATION_"), [""; 0]);
}

#[test]
fn a_mail_server_that_can_never_work_blocks_and_the_forum_goes_on() {
    let provider = smtp_with_password();
    let mut forum = Forum::active();
    forum.stage.relate("smtp", provider.clone()).unwrap();
    forum.settle();
    for (key, good, value, why) in [
        ("host", "mail.example.com", "mail.example.com, other.example.com", "host must be a host name"),
        ("host", "mail.example.com", "mail.example.com:587", "host must not name another port than port"),
        ("skip_ssl_verify", "False", "perhaps", "skip_ssl_verify must be true or false"),
        ("user", "forum", "", "auth_type plain needs user"),
    ] {
        provider.say(key, value);
        let expected = format!("blocked: smtp: {why}: correct it in smtp-integrator");
        assert_eq!(forum.settle(), Outcome::unchanged(&expected));
        provider.say(key, good);
        assert_eq!(forum.settle(), Outcome::unchanged(SENDING));
    }
}

#[test]
fn the_address_of_a_mail_server_is_put_right_and_its_port_used() {
    let mut forum = Forum::active_with(&[("smtp_address", json!(" SMTP://Mail.Example.com:2525/ "))]);
    assert_eq!(forum.status(), SENDING);
    let variables = ["ADDRESS", "PORT"].map(|name| forum.variable(&format!("DISCOURSE_SMTP_{name}")));
    assert_eq!(variables, ["mail.example.com", "2525"]);
    forum.set("smtp_address", "mail.example.com/inbox");
    let expected = "blocked: smtp_address must be one host name such as mail.example.com";
    assert_eq!(forum.settle(), Outcome::unchanged(expected));
}

#[test]
fn tls_from_the_first_byte_is_never_combined_with_starttls() {
    let options = [("smtp_address", json!("a")), ("smtp_port", json!(465)), ("smtp_force_tls", json!("True"))];
    let forum = Forum::active_with(&options);
    assert_eq!(forum.status(), SENDING);
    let variables = ["FORCE_TLS", "ENABLE_START_TLS"].map(|name| forum.variable(&format!("DISCOURSE_SMTP_{name}")));
    assert_eq!(variables, ["true", "false"]);
}
