//! Checks that ask a web server.

use super::probe::Failure;
use crate::{http_client, plan::check::HttpProbe};

/// Bytes of an answer that a failure shows.
const SHOWN_BYTES: usize = 512;
/// Lines of an answer that a failure shows.
const SHOWN_LINES: usize = 5;

/// Asks, and follows redirects; any 2xx is good.
///
/// # Errors
/// No answer, or another status.
pub async fn run(probe: &HttpProbe) -> Result<(), Failure> {
    let headers: Vec<_> = probe.headers.iter().flatten().collect();
    let answer = http_client::get(&probe.url, &headers).await.map_err(Failure::new)?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let shown = answer.body.get(..answer.body.len().min(SHOWN_BYTES)).unwrap_or_default();
    let text = String::from_utf8_lossy(shown);
    let mut lines: Vec<_> = text.trim().lines().collect();
    if lines.len() > SHOWN_LINES {
        lines.truncate(SHOWN_LINES);
        lines.push("(...)");
    }
    Err(Failure { message: format!("non-2xx status code {}", answer.status), details: lines.join("\n") })
}
