//! The relation `s3`.

use rehearsal::providers::s3;
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
