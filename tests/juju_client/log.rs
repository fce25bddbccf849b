//! The charm's log, which goes to `juju-log`.

use discourse_k8s::log;

use crate::tools::FakeTools;

#[tokio::test]
async fn log_lines_of_the_charm_reach_juju_log_once_and_in_order() {
    let fake = FakeTools::with([("juju-log", "")]);
    log::init();
    tracing::info!(target: "discourse_k8s::charm", "one");
    tracing::error!(target: "reqwest::connect", "not ours");
    tracing::warn!(target: "discourse_k8s::charm", "two");
    log::flush(&fake.tools()).await;
    log::flush(&fake.tools()).await;
    assert_eq!(fake.words("juju-log"), ["-l", "INFO", "--", "one", "-l", "WARNING", "--", "two"]);
}
