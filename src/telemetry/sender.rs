//! One request to the receiver.

#![expect(clippy::disallowed_types, reason = "traces go to a receiver over HTTP")]

use std::time::Duration;

use reqwest::{Client, Url, header::CONTENT_TYPE, redirect};
use serde_json::Value;

use super::SendError;

/// Time for everything from the name of the receiver to its answer: a hook waits for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes of a trace; receivers take 64 MiB at most, and a trace of 2,000 spans has less than two.
const BODY_LIMIT: usize = 4 << 20;

/// Posts a trace once; what the answer holds besides its status is not read.
pub(super) async fn post(receiver: &str, trace: &Value) -> Result<(), SendError> {
    let url = endpoint(receiver)?;
    let body = trace.to_string();
    if body.len() > BODY_LIMIT {
        return Err(SendError::Size(body.len()));
    }
    // The receiver is in the cluster: a model's proxy leads out of it.
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(TIMEOUT).build()?;
    let response = client.post(url).header(CONTENT_TYPE, "application/json").body(body).send().await?;
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(SendError::Refused(status.as_u16())) }
}

/// Where a receiver takes traces; providers announce the address without this path.
fn endpoint(receiver: &str) -> Result<Url, SendError> {
    let mut url = Url::parse(receiver).map_err(|_| SendError::Address)?;
    if url.scheme() != "http" {
        return Err(SendError::Scheme(url.scheme().to_owned()));
    }
    url.path_segments_mut().map_err(|()| SendError::Address)?.pop_if_empty().extend(["v1", "traces"]);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_traces_follows_the_address_of_the_receiver() {
        let endpoint = |receiver: &str| endpoint(receiver).unwrap().to_string();
        assert_eq!(endpoint("http://tempo:4318"), "http://tempo:4318/v1/traces");
        assert_eq!(endpoint("http://tempo:4318/"), "http://tempo:4318/v1/traces");
        assert_eq!(endpoint("http://ingress/tempo-otlp/"), "http://ingress/tempo-otlp/v1/traces");
    }

    #[test]
    fn an_address_that_http_cannot_reach_is_refused_without_being_quoted() {
        let refusal = |receiver: &str| endpoint(receiver).unwrap_err().to_string();
        let not_a_url = "sending the trace failed: the address of the receiver is not a URL";
        assert_eq!(
            ["", "tempo", "http://", "https://x:hunter2@tempo:4318", "tempo:4317"].map(refusal),
            [
                not_a_url,
                not_a_url,
                not_a_url,
                "sending the trace failed: the receiver requires https, and this charm only supports http",
                "sending the trace failed: the receiver requires tempo, and this charm only supports http",
            ]
        );
    }
}
