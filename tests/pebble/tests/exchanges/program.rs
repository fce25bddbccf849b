//! The program under test: `BINARY run` in the folder of a scenario.

use crate::{
    PATIENCE,
    deed::Request,
    http::{self, Address},
    processes,
    scenario::Scenario,
    trouble::{Outcome, Trouble},
    values::at,
};
use clock::Clock;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::process::{Child, Command};

/// The path of commands, as a daemon has it.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The program, and its output.
pub struct Program {
    binary: PathBuf,
    directory: PathBuf,
    environment: BTreeMap<String, String>,
    is_process_1: bool,
    /// The version that it reports, without a leading `v`.
    pub version: Option<String>,
    child: Option<Child>,
    /// Where the log of the present start begins.
    log_start: u64,
}

impl Program {
    /// The program for a scenario, not started; `variables` are those of the scenario, filled in.
    pub fn new(
        binary: &Path,
        directory: &Path,
        scenario: &Scenario,
        variables: BTreeMap<String, Option<String>>,
    ) -> Self {
        let inside = |name| directory.join(name).to_string_lossy().into_owned();
        let mut environment = BTreeMap::from([
            ("PATH".to_owned(), PATH.to_owned()),
            ("HOME".to_owned(), inside("home")),
            ("USER".to_owned(), "tester".to_owned()),
            ("PEBBLE".to_owned(), inside("pebble")),
            ("PEBBLE_SOCKET".to_owned(), inside("pebble.socket")),
        ]);
        for (name, value) in variables {
            match value {
                Some(value) => environment.insert(name, value),
                None => environment.remove(&name),
            };
        }
        Self {
            binary: binary.to_owned(),
            directory: directory.to_owned(),
            environment,
            is_process_1: scenario.pid1,
            version: None,
            child: None,
            log_start: 0,
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.join("pebble.socket")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("program.log")
    }

    /// Starts it, and tells whether it answers or has ended.
    pub async fn start(&mut self, arguments: &[String]) -> Outcome<Value> {
        let log = File::options().append(true).create(true).open(self.log())?;
        self.log_start = log.metadata()?.len();
        let mut command = Command::new(if self.is_process_1 { Path::new("unshare") } else { &self.binary });
        if self.is_process_1 {
            command.args(["--pid", "--fork", "--kill-child"]).arg(&self.binary);
        }
        command.args(["run", "--create-dirs"]).args(arguments);
        command.env_clear().envs(&self.environment).current_dir(self.directory.join("cwd")).process_group(0);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let spawned = command.spawn();
        self.child = Some(spawned.map_err(|error| Trouble(format!("start {}: {error}", self.binary.display())))?);
        Clock::real().within(PATIENCE, self.ready()).await.map_err(|_| silent())?
    }

    async fn ready(&mut self) -> Outcome<Value> {
        loop {
            if let Some(status) = self.child()?.try_wait()? {
                return self.ended(status);
            }
            let request = Request { patience: Some(2.0), ..Request::plain("GET /v1/system-info") };
            let answer = http::answer(Address::Socket(self.socket()), request).await;
            if answer.get("status").is_some() {
                let version = at(&answer, "body.result.version").and_then(Value::as_str);
                self.version =
                    version.map(|version| version.trim_start_matches('v').to_owned()).or(self.version.take());
                return Ok(json!({"ready": true}));
            }
            Clock::real().sleep(Duration::from_millis(20)).await;
        }
    }

    fn child(&mut self) -> Outcome<&mut Child> {
        self.child.as_mut().ok_or_else(|| Trouble("the program was never started".to_owned()))
    }

    /// Signals it, or leaves it to itself, until it has ended.
    pub async fn stop(&mut self, how: &str) -> Outcome<Value> {
        let signal = match how {
            "term" => Some(Signal::SIGTERM),
            "kill" => Some(Signal::SIGKILL),
            "int" => Some(Signal::SIGINT),
            "exits" => None,
            other => return Err(Trouble(format!("nothing is known of {other:?} for the program"))),
        };
        if let Some(signal) = signal {
            kill(self.main_process()?, signal)?;
        }
        let ended = Clock::real().within(PATIENCE * 2, self.child()?.wait()).await;
        let status = ended.map_err(|_| Trouble("the program does not end".to_owned()))??;
        self.ended(status)
    }

    /// The program's own process, below `unshare` too.
    fn main_process(&mut self) -> Outcome<Pid> {
        let gone = || Trouble("the program has ended already".to_owned());
        let pid = Pid::from_raw(i32::try_from(self.child()?.id().ok_or_else(gone)?)?);
        let inner = if self.is_process_1 { processes::children(pid).first().copied() } else { None };
        Ok(inner.unwrap_or(pid))
    }

    /// How it ended: its exit code, whether the socket is left, and its error.
    fn ended(&self, status: ExitStatus) -> Outcome<Value> {
        let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or_default());
        let mut answer =
            Map::from_iter([("exit".to_owned(), code.into()), ("socket".to_owned(), self.socket().exists().into())]);
        let said = fs::read(self.log())?.split_off(usize::try_from(self.log_start)?);
        let said = String::from_utf8_lossy(&said);
        // A line of the log begins with its time, the error does not.
        let error = said.lines().last().filter(|line| !line.get(..11).is_some_and(|date| date.ends_with('T')));
        if let (Some(error), true, false) = (error, code != 0, self.is_process_1) {
            answer.insert("error".to_owned(), error.into());
        }
        Ok(answer.into())
    }

    /// The end of its log, for the report of a failure.
    pub fn last_words(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

fn silent() -> Trouble {
    Trouble("the program does not answer on its socket".to_owned())
}
