//! The charm's client against a Pebble: the real one that `PEBBLE` names, else the stand-in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a scene that cannot be arranged fails its test")]

use std::{
    collections::BTreeMap,
    env, fs,
    future::Future,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use discourse_k8s::{
    pebble::{
        Check, ExecCheck, ExecRequest, ExecResult, HttpCheck, Layer, PathErrorKind, Pebble, PebbleError, Plan, Select,
        Service,
    },
    secret::Secret,
};

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A Pebble in a new folder; it ends with its value.
struct Daemon {
    process: Child,
    dir: PathBuf,
}

impl Daemon {
    async fn start() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let dir = scratch().join(format!("pebble-client-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let daemon = Self { process: run(&dir), dir };
        eventually(async || daemon.client().system_info().await.is_ok()).await;
        daemon
    }

    fn client(&self) -> Pebble {
        Pebble::new(&self.path("socket"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn restart(&mut self) {
        self.kill();
        self.process = run(&self.dir);
        let other = self.client();
        eventually(async || other.system_info().await.is_ok()).await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Where files of a test go: the sandbox's own place, which goes with it.
fn scratch() -> PathBuf {
    env::var_os("STAGE_SANDBOX").map_or_else(env::temp_dir, PathBuf::from)
}

fn run(dir: &Path) -> Child {
    Command::new(stage::pod::Pebble::find().program())
        .args(["run", "--create-dirs", "--hold"])
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .env("PEBBLE", dir)
        .env("PEBBLE_SOCKET", dir.join("socket"))
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn eventually<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < end, "it did not come to pass in 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn sh(script: &str) -> ExecRequest {
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    ExecRequest { command, timeout: Duration::from_secs(20), ..ExecRequest::default() }
}

fn service(command: &str) -> Service {
    Service { startup: "enabled".to_owned(), command: command.to_owned(), ..Service::default() }
}

fn services<const N: usize>(services: [(&str, Service); N]) -> Layer {
    let services = services.into_iter().map(|(name, service)| (name.to_owned(), service)).collect();
    Layer { services, ..Layer::default() }
}

fn checks<const N: usize>(checks: [(&str, Check); N]) -> Layer {
    let checks = checks.into_iter().map(|(name, check)| (name.to_owned(), check)).collect();
    Layer { checks, ..Layer::default() }
}

fn gate() -> Check {
    Check {
        level: "ready".to_owned(),
        period: Some(Duration::from_hours(1)),
        threshold: Some(1),
        exec: Some(ExecCheck { command: "false".to_owned(), ..ExecCheck::default() }),
        ..Check::default()
    }
}

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
async fn the_plan_holds_what_the_layer_said_whatever_the_texts_are() {
    let texts =
        ["", " a ", "off", "1e3", "~", "a\nb\t\"c\" 'd' \\ # é 😀", "\u{7f}\u{85}\u{a0}\u{2028}\u{2029}\u{feff}"];
    let environment = texts.iter().enumerate().map(|(index, text)| (format!("V{index}"), (*text).to_owned()));
    let web = Service {
        environment: environment.chain([("NULL".to_owned(), "x".to_owned())]).collect(),
        user: "root".to_owned(),
        group: "root".to_owned(),
        working_dir: "/tmp".to_owned(),
        kill_delay: Some(Duration::from_secs(90)),
        ..service("sleep 300")
    };
    let ready = Check {
        level: "ready".to_owned(),
        period: Some(Duration::from_mins(1)),
        threshold: Some(3),
        http: Some(HttpCheck { url: "http://localhost:1/".to_owned(), ..HttpCheck::default() }),
        ..Check::default()
    };
    let layer = Layer { checks: checks([("ready", ready), ("gate", gate())]).checks, ..services([("web", web)]) };
    let daemon = Daemon::start().await;
    daemon.client().add_layer("charm", &layer).await.unwrap();
    let plan = daemon.client().plan().await.unwrap();
    assert_eq!((plan.services == layer.services, plan.checks), (true, layer.checks));
}

#[tokio::test]
async fn a_replan_starts_what_is_enabled_and_then_has_nothing_to_do() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    pebble.add_layer("charm", &services([("web", service("sleep 300"))])).await.unwrap();
    let mut since = Vec::new();
    for _ in 0..2 {
        let change = pebble.replan().await.unwrap();
        pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap();
        let [web] = pebble.services().await.unwrap().try_into().unwrap();
        assert!(web.is_active(), "{web:?}");
        since.push(web.current_since);
    }
    assert_eq!(since.first(), since.last());
    let change = pebble.stop(&["web"]).await.unwrap();
    pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap();
}

#[tokio::test]
async fn a_service_that_cannot_run_makes_its_change_an_error_with_its_last_words() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let dying = Service {
        others: BTreeMap::from([("on-failure".to_owned(), "ignore".into())]),
        ..service("sh -c 'echo last words; exit 3'")
    };
    pebble.add_layer("charm", &services([("web", dying)])).await.unwrap();
    let change = pebble.replan().await.unwrap();
    let error = pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap_err();
    let PebbleError::Change { err, tasks, .. } = &error else { panic!("{error:?}") };
    let log: String = tasks.iter().flat_map(|task| task.log.iter().map(String::as_str)).collect();
    assert!(err.contains("exited quickly with code 3") && log.contains("last words"), "{error:?}");
}

#[tokio::test]
async fn a_gate_is_shut_by_a_start_and_a_refresh_and_opened_by_a_stop() {
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

#[tokio::test]
async fn what_pebble_does_not_know_is_refused_with_its_words() {
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
async fn files_are_read_together_each_with_its_own_outcome() {
    let daemon = Daemon::start().await;
    let names = ["plain", "empty", "a \"quoted\" & ünusual%41 name", "binary"];
    let contents: [&[u8]; 4] = [b"one\n", b"", b"two", &[0, 13, 10, 255, 45, 45]];
    names.iter().zip(contents).for_each(|(name, content)| fs::write(daemon.path(name), content).unwrap());
    let paths = names.map(|name| daemon.text(name));
    let mut asked: Vec<&str> = paths.iter().map(String::as_str).collect();
    let missing = daemon.text("missing");
    asked.extend([missing.as_str(), "/tmp"]);
    let mut read = daemon.client().read_files(&asked).await.unwrap();
    let kinds = [missing.as_str(), "/tmp"].map(|path| read.remove(path).unwrap().unwrap_err().kind);
    assert_eq!(kinds, [PathErrorKind::NotFound, PathErrorKind::Generic]);
    let expected = paths.iter().zip(contents).map(|(path, content)| (path.clone(), Ok(content.to_vec()))).collect();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn a_folder_is_made_once_and_stays() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let path = daemon.text("a/b");
    pebble.make_dir(&path, "root", "root").await.unwrap();
    fs::write(daemon.path("a/b/c"), "kept").unwrap();
    pebble.make_dir(&path, "root", "root").await.unwrap();
    assert_eq!(fs::read_to_string(daemon.path("a/b/c")).unwrap(), "kept");
    let error = pebble.make_dir(&format!("{path}/c"), "root", "root").await.unwrap_err();
    assert!(matches!(error, PebbleError::Api { .. }), "{error:?}");
}

#[tokio::test]
async fn a_command_gets_input_and_variables_and_leaves_exit_code_and_both_outputs() {
    let daemon = Daemon::start().await;
    let request = ExecRequest {
        environment: BTreeMap::from([("NAME".to_owned(), "a b".to_owned())]),
        working_dir: Some("/".to_owned()),
        user: Some("root".to_owned()),
        stdin: Some(Secret::from("in\n".to_owned())),
        ..sh("echo \"$NAME $PWD $(id -un) $(cat)\"; echo err >&2; exit 3")
    };
    let result = daemon.client().exec(&request).await.unwrap();
    let expected = ExecResult { exit_code: Some(3), stdout: "a b / root in\n".to_owned(), stderr: "err\n".to_owned() };
    assert_eq!(result, expected);
}

#[tokio::test]
async fn a_command_that_is_fast_or_silent_or_killed_ends_like_any_other() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let mut codes = Vec::new();
    for script in ["exit 0", "exec >&- 2>&-; sleep 0.3; exit 4", "exec <&-; sleep 0.1", "kill -9 $$"] {
        let result = pebble.exec(&sh(script)).await.unwrap();
        codes.push((result.exit_code.unwrap(), result.stdout, result.stderr));
    }
    assert_eq!(codes, [0, 4, 0, 137].map(|code| (code, String::new(), String::new())));
}

#[tokio::test]
async fn a_command_that_writes_more_than_is_kept_leaves_the_end() {
    let daemon = Daemon::start().await;
    let megabytes = Secret::from("x".repeat(3 << 20));
    let request = ExecRequest { stdin: Some(megabytes), ..sh("tee /dev/stderr; echo end") };
    let ExecResult { exit_code, stdout, stderr } = daemon.client().exec(&request).await.unwrap();
    let kept = 64 << 10;
    let left_out = |bytes| format!("[{bytes} bytes before this are left out]\nx");
    assert!(stdout.starts_with(&left_out((3 << 20) + 4 - kept)) && stdout.ends_with("xend\n"));
    assert!(stderr.starts_with(&left_out((3 << 20) - kept)) && stderr.ends_with('x'));
    assert_eq!(exit_code, Some(0));
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_ended() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    for script in ["echo $$ >pid; exec sleep 300", "trap '' TERM; echo $$ >pid; while :; do sleep 0.05; done"] {
        let working_dir = Some(daemon.dir.to_str().unwrap().to_owned());
        let request = ExecRequest { working_dir, timeout: Duration::from_millis(700), ..sh(script) };
        let error = pebble.exec(&request).await.unwrap_err();
        assert_eq!(error.to_string(), "run sh in the container: no answer in time");
        let process = Path::new("/proc").join(fs::read_to_string(daemon.path("pid")).unwrap().trim());
        eventually(async || !process.exists()).await;
    }
}

#[tokio::test]
async fn a_command_whose_children_hold_its_output_takes_no_longer_than_it_may() {
    let daemon = Daemon::start().await;
    let begun = Instant::now();
    let request = ExecRequest { timeout: Duration::from_secs(1), ..sh("sleep 20 & exit 0") };
    let error = daemon.client().exec(&request).await.unwrap_err();
    assert!(error.is_timeout() && begun.elapsed() < Duration::from_secs(5), "{error:?} after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_command_dies_with_the_one_who_waits_for_it() {
    let daemon = Daemon::start().await;
    let working_dir = Some(daemon.dir.to_str().unwrap().to_owned());
    let request = ExecRequest { working_dir, ..sh("echo $$ >pid; exec sleep 300") };
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
async fn a_detached_command_outlives_its_client_and_tells_its_exit_code_later() {
    let daemon = Daemon::start().await;
    let working_dir = Some(daemon.dir.to_str().unwrap().to_owned());
    let script = "exec >log 2>&1; cat; while ! test -e go; do sleep 0.05; done; echo done; exit 7";
    let stdin = Some(Secret::from("in\n".to_owned()));
    let change = daemon.client().exec_detached(&ExecRequest { working_dir, stdin, ..sh(script) }).await.unwrap();
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
    let working_dir = Some(daemon.dir.to_str().unwrap().to_owned());
    for number in 0..20 {
        let request =
            ExecRequest { working_dir: working_dir.clone(), ..sh(&format!("exec >ran-{number} 2>&1; exit 5")) };
        let change = pebble.exec_detached(&request).await.unwrap();
        let change = pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap();
        assert_eq!((change.exit_code(), daemon.path(&format!("ran-{number}")).exists()), (Some(5), true));
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_started_says_why() {
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

#[tokio::test]
async fn a_pebble_that_is_not_there_is_unreachable() {
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
async fn a_pebble_that_dies_breaks_off_what_is_waited_for() {
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
async fn a_pebble_that_was_restarted_answers_the_same_client() {
    let mut daemon = Daemon::start().await;
    let pebble = daemon.client();
    pebble.add_layer("charm", &services([("web", service("sleep 300"))])).await.unwrap();
    daemon.restart().await;
    assert_eq!(pebble.plan().await.unwrap(), Plan::default());
}
