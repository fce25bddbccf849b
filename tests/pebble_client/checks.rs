//! Checks and the health of the pod.

use crate::{
    daemon::{Daemon, eventually},
    layer::{checks, gate},
};

#[tokio::test]
async fn a_gate_closes_when_its_check_runs_and_opens_when_the_check_is_stopped() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    pebble.add_layer("charm", &checks([("gate", gate())])).await.unwrap();
    assert!(pebble.is_healthy("ready").await.unwrap());
    assert_eq!(pebble.refresh_check("gate").await.unwrap().error.as_deref(), Some("exit status 1"));
    // The health follows some milliseconds later.
    eventually(async || !pebble.is_healthy("ready").await.unwrap()).await;
    let [gate] = pebble.checks().await.unwrap().try_into().unwrap();
    assert!(gate.is_down() && gate.failures == 1 && gate.threshold == 1, "{gate:?}");
    assert_eq!(pebble.stop_checks(&["gate"]).await.unwrap(), ["gate"]);
    assert_eq!(pebble.stop_checks(&["gate"]).await.unwrap(), [""; 0]);
    assert!(pebble.is_healthy("ready").await.unwrap());
    assert_eq!(pebble.start_checks(&["gate"]).await.unwrap(), ["gate"]);
}
