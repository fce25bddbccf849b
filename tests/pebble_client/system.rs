//! Pebble as a whole: new, restarted, gone, or asked for something that it does not have.

use std::time::Duration;

use discourse_k8s::pebble::{Pebble, PebbleError, Plan, Select};

use crate::{
    daemon::Daemon,
    exec::sh,
    layer::{service, services},
};

#[tokio::test]
async fn a_new_pebble_has_a_boot_id_and_nothing_else() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let info = pebble.system_info().await.unwrap();
    assert!(!info.boot_id.is_empty() && !info.version.is_empty(), "{info:?}");
    assert_eq!(pebble.plan().await.unwrap(), Plan::default());
    assert_eq!(pebble.services().await.unwrap(), []);
    assert_eq!(pebble.checks().await.unwrap(), []);
    assert_eq!(pebble.changes(Select::All).await.unwrap(), []);
    assert!(pebble.is_healthy("ready").await.unwrap());
}

#[tokio::test]
async fn unknown_names_are_rejected_with_a_message_from_pebble() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let refusals = [
        pebble.start(&["web"]).await.map(drop),
        pebble.start_checks(&["gate"]).await.map(drop),
        pebble.refresh_check("gate").await.map(drop),
        pebble.change(&"999".to_owned().into()).await.map(drop),
        pebble.abort(&"999".to_owned().into()).await,
        pebble.add_layer("charm", &services([("web", service(""))])).await,
    ];
    let statuses = refusals.map(|refusal| match refusal {
        Err(PebbleError::Api { status, message, .. }) if !message.is_empty() => status,
        other => panic!("{other:?}"),
    });
    assert_eq!(statuses, [400, 400, 404, 404, 404, 400]);
}

#[tokio::test]
async fn a_pebble_that_does_not_run_is_unreachable() {
    let mut daemon = Daemon::start().await;
    let never = Pebble::new(&daemon.path("never"));
    let pebble = daemon.client();
    assert!(never.plan().await.unwrap_err().is_unreachable());
    assert!(never.exec(&sh("")).await.unwrap_err().is_unreachable());
    daemon.kill();
    assert!(daemon.path("socket").exists());
    assert!(pebble.plan().await.unwrap_err().is_unreachable());
    assert!(pebble.replan().await.unwrap_err().is_unreachable());
}

#[tokio::test]
async fn waiting_for_a_change_or_a_command_ends_when_pebble_dies() {
    let mut daemon = Daemon::start().await;
    let pebble = daemon.client();
    let change = pebble.exec_detached(&sh("exec >/dev/null; sleep 20")).await.unwrap();
    let (long, killer) = (sh("sleep 20"), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        daemon.kill();
    });
    let (waited, ran, ()) =
        tokio::join!(pebble.wait_change(&change, Duration::from_secs(10)), pebble.exec(&long), killer);
    assert!(waited.as_ref().is_err_and(PebbleError::is_unreachable), "{waited:?}");
    assert!(ran.as_ref().is_err_and(PebbleError::is_unreachable), "{ran:?}");
}

#[tokio::test]
async fn a_client_keeps_working_after_a_restart_of_pebble() {
    let mut daemon = Daemon::start().await;
    let pebble = daemon.client();
    pebble.add_layer("charm", &services([("web", service("sleep 300"))])).await.unwrap();
    daemon.restart().await;
    assert_eq!(pebble.plan().await.unwrap(), Plan::default());
}
