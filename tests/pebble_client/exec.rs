//! Commands in the container, waited for or detached.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use discourse_k8s::{
    pebble::{ExecRequest, ExecResult, Output, PebbleError},
    secret::Secret,
};

use crate::daemon::{Daemon, eventually};

/// A shell command.
pub fn sh(script: &str) -> ExecRequest {
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    ExecRequest { command, timeout: Duration::from_secs(20), ..ExecRequest::default() }
}

/// A shell command that runs in the folder of its Pebble.
#[track_caller]
fn sh_in(daemon: &Daemon, script: &str) -> ExecRequest {
    ExecRequest { working_dir: Some(daemon.text("")), ..sh(script) }
}

#[tokio::test]
async fn a_command_receives_input_and_environment_and_returns_exit_code_and_both_outputs() {
    let daemon = Daemon::start().await;
    let request = ExecRequest {
        environment: BTreeMap::from([("NAME".to_owned(), "a b".to_owned())]),
        working_dir: Some("/".to_owned()),
        user: Some("root".to_owned()),
        stdin: Some(Secret::from("in\n".to_owned())),
        ..sh("echo \"$NAME $PWD $(id -un) $(cat)\"; echo err >&2; exit 3")
    };
    let result = daemon.client().exec(&request).await.unwrap();
    let (stdout, stderr) = (result.stdout.whole(), result.stderr.whole());
    assert_eq!((result.exit_code, stdout, stderr), (Some(3), Some("a b / root in\n"), Some("err\n")));
}

#[tokio::test]
async fn a_command_that_is_fast_or_silent_or_killed_returns_its_exit_code() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let mut codes = Vec::new();
    for script in ["exit 0", "exec >&- 2>&-; sleep 0.3; exit 4", "exec <&-; sleep 0.1", "kill -9 $$"] {
        let result = pebble.exec(&sh(script)).await.unwrap();
        codes.push((result.exit_code.unwrap(), result.stdout, result.stderr));
    }
    assert_eq!(codes, [0, 4, 0, 137].map(|code| (code, Output::default(), Output::default())));
}

#[tokio::test]
async fn output_that_is_too_long_loses_its_beginning() {
    let daemon = Daemon::start().await;
    let megabytes = Secret::from("x\n".repeat(3 << 20));
    let request = ExecRequest { stdin: Some(megabytes), ..sh("tee /dev/stderr; echo end") };
    let ExecResult { exit_code, stdout, stderr } = daemon.client().exec(&request).await.unwrap();
    assert_eq!((exit_code, stdout.whole(), stderr.whole()), (Some(0), None, None));
    assert!(stdout.last_lines().starts_with("x\nx\n") && stdout.last_lines().ends_with("x\nend\n"));
    assert!(stderr.last_lines().starts_with("x\nx\n") && stderr.last_lines().len() < 64 << 10);
}

#[tokio::test]
async fn a_command_that_exceeds_its_timeout_is_killed() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    for script in ["echo $$ >pid; exec sleep 300", "trap '' TERM; echo $$ >pid; while :; do sleep 0.05; done"] {
        let request = ExecRequest { timeout: Duration::from_secs(3), ..sh_in(&daemon, script) };
        let error = pebble.exec(&request).await.unwrap_err();
        assert_eq!(error.to_string(), "run sh in the container: no answer in time");
        let process = Path::new("/proc").join(fs::read_to_string(daemon.path("pid")).unwrap().trim());
        fs::remove_file(daemon.path("pid")).unwrap();
        eventually(async || !process.exists()).await;
    }
}

#[tokio::test]
async fn a_command_whose_children_keep_its_output_open_times_out() {
    let daemon = Daemon::start().await;
    let begun = Instant::now();
    let request = ExecRequest { timeout: Duration::from_secs(1), ..sh("sleep 20 & exit 0") };
    let error = daemon.client().exec(&request).await.unwrap_err();
    assert!(error.is_timeout() && begun.elapsed() < Duration::from_secs(5), "{error:?} after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_command_is_killed_when_its_client_goes_away() {
    let daemon = Daemon::start().await;
    let request = sh_in(&daemon, "echo $$ >pid; exec sleep 300");
    let pebble = daemon.client();
    let written = eventually(async || fs::read_to_string(daemon.path("pid")).is_ok_and(|pid| pid.ends_with('\n')));
    tokio::select! {
        outcome = pebble.exec(&request) => panic!("{outcome:?}"),
        () = written => {}
    }
    let process = Path::new("/proc").join(fs::read_to_string(daemon.path("pid")).unwrap().trim());
    eventually(async || !process.exists()).await;
}

#[tokio::test]
async fn a_detached_command_outlives_its_client_and_its_exit_code_can_be_read_later() {
    let daemon = Daemon::start().await;
    let script = "exec >log 2>&1; cat; while ! test -e go; do sleep 0.05; done; echo done; exit 7";
    let stdin = Some(Secret::from("in\n".to_owned()));
    let change = daemon.client().exec_detached(&ExecRequest { stdin, ..sh_in(&daemon, script) }).await.unwrap();
    let pebble = daemon.client();
    let error = pebble.wait_change(&change, Duration::from_millis(500)).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    fs::write(daemon.path("go"), "").unwrap();
    let change = pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap();
    let log = fs::read_to_string(daemon.path("log")).unwrap();
    assert_eq!((change.exit_code(), log.as_str()), (Some(7), "in\ndone\n"));
}

#[tokio::test]
async fn many_detached_commands_all_run() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    for number in 0..20 {
        let request = sh_in(&daemon, &format!("exec >ran-{number} 2>&1; exit 5"));
        let change = pebble.exec_detached(&request).await.unwrap();
        let change = pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap();
        assert_eq!((change.exit_code(), daemon.path(&format!("ran-{number}")).exists()), (Some(5), true));
    }
}

#[tokio::test]
async fn a_command_that_cannot_start_reports_the_reason() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    fs::write(daemon.path("broken"), "#!/none\n").unwrap();
    Command::new("chmod").arg("755").arg(daemon.path("broken")).status().unwrap();
    let command = |program: &str| ExecRequest { command: vec![program.to_owned()], ..sh("") };
    let missing = pebble.exec(&command("/none")).await.unwrap_err();
    let unrunnable = pebble.exec(&command(&daemon.text("broken"))).await.unwrap_err();
    let homeless = pebble.exec(&ExecRequest { working_dir: Some("/none".to_owned()), ..sh("") }).await.unwrap_err();
    assert!(matches!(&missing, PebbleError::Api { status: 400, .. }), "{missing:?}");
    assert!(matches!(&unrunnable, PebbleError::Change { err, .. } if err.contains("no such file")), "{unrunnable:?}");
    assert!(matches!(&homeless, PebbleError::Api { status: 500, .. }), "{homeless:?}");
}
