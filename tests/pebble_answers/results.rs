//! The JSON around a result, and results of the wrong type.

use discourse_k8s::pebble::Select;

use crate::server::{http, message, result, returning, server};

#[tokio::test]
async fn a_body_that_is_not_the_json_of_pebble_is_reported_with_its_http_status() {
    for body in [
        "",
        "hunter2",
        "<html>hunter2</html>",
        "[]",
        "null",
        "{}",
        r#"{"type":7}"#,
        r#"{"result":"hunter2"}"#,
        "{\"type\":\"sync\",\"result\":[hunter2",
    ] {
        for status in ["200 OK", "400 Bad Request", "500 Internal Server Error"] {
            let pebble = server(move |_| Some(http(status, body)));
            let expected = format!("GET /v1/checks: the answer with status {} is not Pebble's JSON", &status[..3]);
            assert_eq!(message(pebble.checks().await), expected, "{body:?}");
        }
    }
}

#[tokio::test]
async fn an_error_without_a_message_is_reported() {
    let pebble = server(|_| Some(http("400 Bad Request", r#"{"type":"error","result":{"kind":"hunter2"}}"#)));
    assert_eq!(message(pebble.system_info().await), "GET /v1/system-info: the result is not an error");
}

#[tokio::test]
async fn a_result_of_the_wrong_type_is_reported_without_its_content() {
    let wrong = [r#""hunter2""#, "7", r#"[{"name":["hunter2"]}]"#, r#"[{"name":"a","failures":"hunter2"},{}]"#, "{}"];
    for text in wrong {
        let pebble = returning(text);
        assert_eq!(message(pebble.checks().await), "GET /v1/checks: the result is not a list of checks", "{text}");
        assert_eq!(
            message(pebble.services().await),
            "GET /v1/services: the result is not a list of services",
            "{text}"
        );
        assert_eq!(
            message(pebble.system_info().await),
            "GET /v1/system-info: the result is not system information",
            "{text}"
        );
        let changes = pebble.changes(Select::All).await;
        assert_eq!(message(changes), "GET /v1/changes: the result is not a list of changes", "{text}");
        assert_eq!(
            message(pebble.is_healthy("ready").await),
            "GET /v1/health: the result is not a health state",
            "{text}"
        );
    }
}

#[tokio::test]
async fn null_counts_as_an_empty_list() {
    let pebble = returning("null");
    assert_eq!((pebble.services().await.unwrap(), pebble.checks().await.unwrap()), (vec![], vec![]));
}

#[tokio::test]
async fn deeply_nested_answers_are_reported() {
    let pebble = server(|_| Some(result(&format!("\"{}\"", "[".repeat(5000)))));
    assert_eq!(message(pebble.plan().await), "GET /v1/plan: the result is not a plan");
    let pebble = server(|_| Some(result(&"[".repeat(5000))));
    assert_eq!(message(pebble.checks().await), "GET /v1/checks: the answer with status 200 is not Pebble's JSON");
}

#[tokio::test]
async fn an_accepted_request_without_a_change_is_reported() {
    assert_eq!(message(returning("null").replan().await), "POST /v1/services: the answer names no change");
}
