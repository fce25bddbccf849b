//! Posts, texts, assets, uploads and mail as actions.
//!
//! The workload is a real Rails application, which imitates Discourse's posts, `DbHelper` and mail (`tests/rails/README.md`).

use serde_json::json;

use crate::forum::Forum;

#[test]
fn posts_are_rendered_anew_now_or_by_the_forum_itself() {
    let mut forum = Forum::rails(1, &[("rebake-fail", "2")]);
    forum.post("a second post");
    let results = forum.act(0, "rebake-posts", json!({"posts": "all", "wait": 120}));
    assert_eq!((&results["total"], &results["failed"]), (&json!("2"), &json!("1")), "{results:?}");
    let left = forum.act(0, "rebake-posts", json!({"posts": "background"}));
    assert_eq!((&left["remaining"], &left["estimate"]), (&json!("2"), &json!("about 1 h")), "{left:?}");
}

#[test]
fn a_text_is_counted_first_and_replaced_with_a_backup_only() {
    let mut forum = Forum::rails(1, &[]);
    forum.post("see http://old.example/100%");
    let from = "http://old.example";
    let found = forum.act(0, "remap", json!({"from": from, "to": "https://new.example"}));
    assert_eq!(
        (&found["total"], &found["matches"]),
        (&json!("1"), &json!("column     rows\nposts.raw  1")),
        "{found:?}"
    );
    let change = json!({"from": from, "to": "https://new.example", "dry-run": false, "confirm": from, "wait": 120});
    let refused = forum.refused(0, "remap", change.clone());
    assert!(refused.contains("no backup younger than a day: juju run discourse-k8s/0 create-backup"), "{refused}");
    forum.back_up();
    assert_eq!(forum.act(0, "remap", change)["changed"], "1");
    assert!(forum.posts().unwrap().ends_with("see https://new.example/100%"), "{:?}", forum.posts());
    for (from, to) in [("abcd", "abcd"), ("2024", "2025")] {
        forum.refused(0, "remap", json!({"from": from, "to": to}));
    }
}

#[test]
fn uploads_are_moved_only_where_nothing_can_break() {
    let mut forum = Forum::rails(1, &[]);
    let refused = forum.refused(0, "migrate-uploads", json!({}));
    assert_eq!(refused, "there is no object storage to move to: juju config discourse-k8s s3_enabled=true");
    forum.share_uploads();
    forum.settle();
    let refused = forum.refused(0, "migrate-uploads", json!({}));
    assert!(refused.contains("s3_cdn_url=<address>"), "{refused}");
    let refused = forum.refused(0, "upload-assets", json!({}));
    assert!(refused.contains("s3_cdn_url=<address>"), "{refused}");
    forum.set("s3_cdn_url", "https://cdn.example.com");
    forum.settle();
    let done = forum.act(0, "upload-assets", json!({"wait": 120}));
    assert_eq!((&done["status"], &done["uploaded"]), (&json!("done"), &json!("0")), "{done:?}");
    let forced = forum.act(0, "upload-assets", json!({"force": true, "wait": 120}));
    assert!(forced.contains_key("skipped"), "{forced:?}");
    assert_eq!(forum.act(0, "migrate-uploads", json!({"wait": 120}))["files"], "0");
    let unconfirmed = forum.refused(0, "migrate-uploads", json!({"dry-run": false}));
    assert!(unconfirmed.contains("confirm=uploads"), "{unconfirmed}");
}

#[test]
fn a_mail_server_that_refuses_is_told_of_with_the_option_to_look_at() {
    let mut forum = Forum::rails(1, &[]);
    let unset = forum.refused(0, "send-test-email", json!({"to": "jane@example.com"}));
    assert_eq!(unset, "no mail server is set: juju config discourse-k8s smtp_address=<host>");
    forum.use_mail_server("535 5.7.8 bad login");
    forum.settle();
    let refused = forum.refused(0, "send-test-email", json!({"to": "jane@example.com"}));
    assert!(refused.starts_with("the server refuses the login: "), "{refused}");
    assert!(refused.contains("look at the option smtp_credentials"), "{refused}");
}
