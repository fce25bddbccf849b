//! Plans that are not a plan.

use crate::server::{message, returning};

#[tokio::test]
async fn a_malformed_plan_is_reported_without_its_content() {
    let plans = [
        "7",
        r#""hunter2""#,
        r#""services: [hunter2]""#,
        r#""services: {a: hunter2}""#,
        r#""services: {a: {environment: [hunter2]}}""#,
        r#""services: {a: {environment: {K: [hunter2]}}}""#,
        r#""services: {a: {kill-delay: hunter2}}""#,
        r#""checks: {a: {threshold: hunter2}}""#,
        r#""services: {a: {command: \"hunter2}""#,
        r#""a: &a [*a]""#,
        r#""\tservices: {}""#,
    ];
    for text in &plans[..9] {
        assert_eq!(message(returning(text).plan().await), "GET /v1/plan: the result is not a plan", "{text}");
    }
    for text in &plans[9..] {
        // Whether YAML takes these or not, nothing breaks.
        drop(returning(text).plan().await);
    }
}
