//! Files, which come as multipart.

use crate::server::{message, returning, server};

#[tokio::test]
async fn a_malformed_multipart_answer_is_reported() {
    let form = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/form-data; boundary=b\r\n";
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let part = |rest: &str| format!("--b\r\nContent-Disposition: form-data; {rest}");
    let bodies = [
        String::new(),
        "hunter2".to_owned(),
        "--b--\r\n".to_owned(),
        part("name=\"files\"; filename=\"/a\"\r\n\r\nhunter2"),
        part("name=\"files\"; filename=\"/a\"\r\n\r\nhunter2\r\n--b--\r\n"),
        part("name=\"response\"\r\n\r\nhunter2\r\n--b--\r\n"),
        part("name=\"response\"\r\n\r\n{\"type\":\"sync\",\"result\":[\"hunter2\"]}\r\n--b--\r\n"),
    ];
    for body in bodies {
        let answer = form(&body);
        let text = message(server(move |_| Some(answer.clone())).read_files(&["/a"]).await);
        assert!(text.starts_with("GET /v1/files: the "), "{body:?}: {text}");
    }
    let text = message(returning("[]").read_files(&["/a"]).await);
    assert_eq!(text, "GET /v1/files: the answer is not multipart");
}
