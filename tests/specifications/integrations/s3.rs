//! The relation `s3`.

use rehearsal::providers::{s3, s3_with_keys};
use serde_json::json;

use crate::forum::{Forum, Outcome};

/// What a unit shows that has an object storage and no mail server.
const WITHOUT_MAIL: &str = "active: no mail leaves, so nobody can register with a password: \
                            juju config discourse-k8s smtp_address=<host>";

#[test]
fn storage_without_credentials_is_waited_for() {
    let mut forum = Forum::active();
    forum.stage.relate("s3", s3()).unwrap();
    forum.settle().assert_unchanged("waiting: waiting for ");
}

#[test]
fn storage_with_credentials_is_used_and_its_certificate_authority_trusted() {
    let mut forum = Forum::active();
    let provider = s3()
        .app("tls-ca-chain", r#"["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"]"#)
        .secret("secret-extra", &[("access-key", "id"), ("secret-key", "hunter2")]);
    forum.stage.relate("s3", provider.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome { status: WITHOUT_MAIL.to_owned(), ..Outcome::restarted() });
    assert_eq!(
        ["ACCESS_KEY_ID", "BUCKET", "REGION", "SECRET_ACCESS_KEY"]
            .map(|name| forum.variable(&format!("DISCOURSE_S3_{name}"))),
        ["id", "uploads", "eu-west-3", "hunter2"]
    );
    let trusted = forum.variable("SSL_CERT_FILE");
    let file = &forum.pebble(&format!("/v1/files?action=list&itself=true&path={trusted}"))[0];
    let size = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".len();
    assert_eq!([&file["permissions"], &file["user"], &file["size"]], [&json!("600"), &json!("_daemon_"), &json!(size)]);
    assert!(provider.heard_app().contains_key("bucket"), "{:?}", provider.heard_app());
}

#[test]
fn a_region_is_needed_at_amazon_only_and_never_waited_for() {
    let mut forum = Forum::active();
    let provider = s3_with_keys().app("region", "");
    forum.stage.relate("s3", provider.clone()).unwrap();
    let blocked = "blocked: s3: Amazon S3 needs a region: juju config s3-integrator region=<region>";
    forum.settle().assert_unchanged(blocked);
    provider.say("endpoint", "https://radosgw.example.com/");
    assert_eq!(forum.settle(), Outcome { status: WITHOUT_MAIL.to_owned(), ..Outcome::restarted() });
    let variables = ["REGION", "ENDPOINT"].map(|name| forum.variable(&format!("DISCOURSE_S3_{name}")));
    assert_eq!(variables, ["us-east-1", "https://radosgw.example.com"]);
}

#[test]
fn a_bucket_that_nobody_has_named_is_used_and_the_command_to_name_one_shown() {
    let mut forum = Forum::active();
    let provider = s3_with_keys();
    forum.stage.relate("s3", provider.clone()).unwrap();
    forum.settle();
    let made_up = provider.heard_app()["bucket"].clone();
    provider.say("bucket", &made_up);
    let warning = "active: s3: nobody has named a bucket, so one named after a relation is used: \
                   juju config s3-integrator bucket=<bucket>";
    let outcome = forum.settle();
    assert!(outcome.status.starts_with(warning) && outcome.is_ready, "{}", outcome.status);
    assert_eq!(forum.variable("DISCOURSE_S3_BUCKET"), made_up);
    provider.say("bucket", "uploads");
    provider.say("path", "/forum/");
    assert_eq!(forum.settle(), Outcome { status: WITHOUT_MAIL.to_owned(), ..Outcome::restarted() });
    assert_eq!(forum.variable("DISCOURSE_S3_BUCKET"), "uploads/forum");
}

#[test]
fn options_that_the_relation_overrides_or_cannot_follow_are_named() {
    let mut forum = Forum::active_with(&[("s3_bucket", json!("forum-uploads")), ("s3_region", json!("r"))]);
    let provider = s3_with_keys();
    forum.stage.relate("s3", provider.clone()).unwrap();
    forum.settle();
    assert_eq!(provider.heard_app()["bucket"], "forum-uploads");
    let explanation = forum.stage.run(0, "explain", json!({})).unwrap().results["explanation"].to_string();
    for warning in [
        "the relation s3 takes precedence over s3_region: juju config discourse-k8s --reset s3_region",
        "s3_bucket is ignored: the relation s3 gives another bucket or folder",
    ] {
        assert!(explanation.contains(warning), "{explanation}");
    }
}
