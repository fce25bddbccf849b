//! The object storage that options name.

use serde_json::{Value, json};

use crate::forum::{ACTIVE, Forum, Outcome};

/// The status of a unit that has nothing to report.
const FLAWLESS: &str = "active";

/// A forum that serves with an object storage and a mail server.
#[track_caller]
fn forum_with_storage() -> Forum {
    let storage = [("s3_enabled", json!(true)), ("s3_region", json!("r")), ("s3_bucket", json!("uploads"))];
    let mail = [("smtp_address", json!("mail.example.com"))];
    let keys = [("s3_access_key_id", json!("id")), ("s3_secret_access_key", json!("key"))];
    Forum::active_with(&[&storage[..], &keys, &mail].concat())
}

#[test]
fn what_names_no_storage_blocks_and_the_forum_goes_on() {
    let mut forum = forum_with_storage();
    for (option, value) in [
        ("s3_endpoint", "minio:9000"),
        ("s3_endpoint", "https://user:hunter2@s3.example.com"),
        ("s3_backup_bucket", "arn:aws:s3:::backups"),
        ("s3_cdn_url", "cdn.example.com"),
    ] {
        forum.set(option, value);
        let outcome = forum.settle();
        outcome.assert_unchanged(&format!("blocked: {option} must "));
        assert!(!outcome.status.contains("hunter2"), "{}", outcome.status);
        forum.set(option, Value::Null);
    }
    forum.settle().assert_unchanged(FLAWLESS);
}

#[test]
fn a_bucket_and_an_endpoint_are_put_right() {
    let mut forum = forum_with_storage();
    let options =
        [("s3_bucket", json!("s3://Uploads/forum/")), ("s3_endpoint", json!("http://minio.example.com:9000/\n"))];
    forum.stage.config(options).unwrap();
    assert_eq!(forum.settle(), Outcome { status: FLAWLESS.to_owned(), ..Outcome::restarted() });
    let variables = ["BUCKET", "ENDPOINT"].map(|name| forum.variable(&format!("DISCOURSE_S3_{name}")));
    assert_eq!(variables, ["uploads/forum", "http://minio.example.com:9000"]);
}

#[test]
fn backups_among_the_uploads_are_warned_about() {
    let mut forum = forum_with_storage();
    forum.set("s3_backup_bucket", "Uploads/");
    let warning = "active: s3_backup_bucket is where uploads are: \
                   Discourse expects another bucket, or a folder that holds no uploads";
    assert_eq!(forum.settle().status, warning);
    assert_eq!(forum.variable("DISCOURSE_S3_BACKUP_BUCKET"), "uploads");
    forum.set("s3_backup_bucket", "uploads/backups");
    assert_eq!(forum.settle().status, FLAWLESS);
}

#[test]
fn options_that_nothing_reads_without_a_storage_are_named() {
    let mut forum =
        Forum::active_with(&[("s3_cdn_url", json!("https://cdn.example.com")), ("s3_install_cors_rule", json!(false))]);
    let warning = "active: s3_cdn_url, s3_install_cors_rule have no effect without s3_enabled=true or an s3 relation";
    assert!(forum.status().starts_with(warning), "{}", forum.status());
    assert!(!forum.variable("DISCOURSE_CORS_ORIGIN").contains("cdn"));
    for option in ["s3_cdn_url", "s3_install_cors_rule"] {
        forum.set(option, Value::Null);
    }
    assert_eq!(forum.settle().status, ACTIVE);
}
