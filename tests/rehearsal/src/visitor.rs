//! A visitor of the forum, who reaches the pod's address from the network around it.

use stage::http::{Answer, Question};
use std::{io, net::IpAddr, time::Duration};

/// How long an answer may take. *Units*: real time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the forum on a pod for a page.
///
/// # Errors
/// Nobody answers in time, or not in HTTP.
pub fn ask(address: IpAddr, method: &str, path: &str) -> io::Result<Answer> {
    Question { method, path, host: "forum.example.com" }.ask((address, 3000), ANSWER_TIMEOUT)
}
