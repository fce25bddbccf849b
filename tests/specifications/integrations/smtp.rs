//! The relation `smtp`.

use rehearsal::providers::smtp;
use stage::remote::Scripted;

use crate::forum::{Forum, Outcome};

/// A forum that serves with a mail server in an option and another one in the relation, and the latter's provider.
#[track_caller]
fn forum_with_two_mail_servers() -> (Forum, Scripted) {
    let provider = smtp().secret("password_id", &[("password", "hunter2")]);
    let mut forum = Forum::related();
    forum.set("smtp_address", "old.example.com");
    forum.stage.relate("smtp", provider.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome::migrated());
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
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variable("DISCOURSE_SMTP_ADDRESS"), "old.example.com");
}
