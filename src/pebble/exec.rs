//! Commands that run in the container.

use std::{collections::BTreeMap, fmt, pin::pin, time::Duration};

use futures_util::{
    StreamExt,
    future::{Either, select},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::{
    pebble::{
        Change, ChangeId, Pebble, PebbleError,
        output::{Growing, Output},
        plan::masked,
        transport::{Request, WRITE, value},
        websocket::{Socket, drain, feed},
    },
    secret::Secret,
};

/// Time for the rest of an output to arrive after the command has ended.
const REMAINDER: Duration = Duration::from_secs(2);

/// A command to run.
#[derive(Clone, Default)]
pub struct ExecRequest {
    /// Program and arguments, run without a shell.
    pub command: Vec<String>,
    /// Variables in addition to Pebble's own; they contain secrets.
    pub environment: BTreeMap<String, String>,
    /// The service whose environment, user and working directory are the defaults.
    ///
    /// *Empty*: Pebble's own are.
    pub service_context: Option<String>,
    /// The working directory.
    ///
    /// *Empty*: the user's home directory, which must exist.
    pub working_dir: Option<String>,
    /// The name of the user that runs it.
    ///
    /// *Empty*: Pebble's own user.
    pub user: Option<String>,
    /// Its standard input.
    ///
    /// *Empty*: an input that ends at once.
    pub stdin: Option<Secret>,
    /// The time after which it is killed; it does not apply to a detached command.
    pub timeout: Duration,
}

/// Shows neither values of variables nor the input.
impl fmt::Debug for ExecRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecRequest")
            .field("command", &self.command)
            .field("environment", &masked(&self.environment))
            .field("service_context", &self.service_context)
            .field("working_dir", &self.working_dir)
            .field("user", &self.user)
            .field("stdin", &self.stdin)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecResult {
    /// The exit code, or 128 plus the number of the signal that ended it.
    ///
    /// *Empty*: Pebble does not know it.
    pub exit_code: Option<i64>,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error.
    pub stderr: Output,
}

/// A command that Pebble has accepted.
struct Accepted {
    change: ChangeId,
    task: String,
    name: String,
}

/// The websockets of an attached command.
struct Sockets {
    /// Nothing is sent on it; Pebble kills the command when it is dropped.
    control: Socket,
    stdio: Socket,
    stderr: Socket,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Acceptance {
    task_id: String,
}

impl Pebble {
    /// Runs a command and waits for it; it is killed if this process ends first.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails; [`PebbleError::Change`] if the command could not be started;
    /// [`PebbleError::Timeout`] if it took too long and was killed. An exit code other than 0 is a result, not an error.
    pub async fn exec(&self, request: &ExecRequest) -> Result<ExecResult, PebbleError> {
        let accepted = self.accept(request, true).await?;
        match timeout(request.timeout, Box::pin(self.run_attached(&accepted, request))).await {
            Err(_) | Ok(Err(PebbleError::Timeout { .. })) => {
                self.give_up(&accepted).await;
                Err(PebbleError::timeout(&accepted.name))
            }
            Ok(Err(error @ PebbleError::Protocol { .. })) => {
                self.give_up(&accepted).await;
                Err(error)
            }
            Ok(outcome) => outcome,
        }
    }

    /// Starts a command that outlives this process and writes its output to files. The change has its exit code, unless Pebble is
    /// killed.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails. A command that cannot be started fails the change.
    pub async fn exec_detached(&self, request: &ExecRequest) -> Result<ChangeId, PebbleError> {
        let accepted = self.accept(request, false).await?;
        // Pebble starts the command when this is connected, and without `control` it does not notice that the client is gone.
        let started = async {
            let (mut input, _output) = self.connect(&accepted.task, "stdio").await?.split();
            feed(&mut input, request.stdin.as_ref()).await;
            Ok(())
        };
        timeout(WRITE, started).await.unwrap_or_else(|_| Err(PebbleError::timeout(&accepted.name)))?;
        Ok(accepted.change)
    }

    async fn accept(&self, request: &ExecRequest, is_attached: bool) -> Result<Accepted, PebbleError> {
        let program = request.command.first().map(String::as_str).unwrap_or_default();
        let name = format!("run {program} in the container");
        let (change, result) = self.begin(Request::post("/v1/exec", body(request, is_attached), WRITE)).await?;
        let Acceptance { task_id: task } = value(&name, result, "an accepted command")?;
        Ok(Accepted { change, task, name })
    }

    async fn run_attached(&self, accepted: &Accepted, request: &ExecRequest) -> Result<ExecResult, PebbleError> {
        let sockets = match self.connect_all(accepted).await {
            Ok(sockets) => sockets,
            // The websockets of a command that could not be started are rejected; its change has the reason.
            Err(error) => return Err(self.start_error(accepted).await.unwrap_or(error)),
        };
        let (change, (stdout, stderr)) = self.converse(accepted, request, sockets).await?;
        let exit_code = change.exit_code();
        change.into_done()?;
        Ok(ExecResult { exit_code, stdout: stdout?.end(), stderr: stderr?.end() })
    }

    /// Connects the websockets; the command starts with the last of them, so no output is lost.
    async fn connect_all(&self, accepted: &Accepted) -> Result<Sockets, PebbleError> {
        let control = self.connect(&accepted.task, "control").await?;
        let stdio = self.connect(&accepted.task, "stdio").await?;
        let stderr = self.connect(&accepted.task, "stderr").await?;
        Ok(Sockets { control, stdio, stderr })
    }

    async fn start_error(&self, accepted: &Accepted) -> Option<PebbleError> {
        let change = self.change(&accepted.change).await.ok().filter(|change| change.err.is_some())?;
        change.into_done().err()
    }

    /// Writes the input and reads the outputs while waiting for the change, which alone shows that a command never started.
    async fn converse(
        &self,
        accepted: &Accepted,
        request: &ExecRequest,
        sockets: Sockets,
    ) -> Result<(Change, Outputs), PebbleError> {
        // All websockets stay open until the change has ended: a command may close its outputs and continue.
        let _control = sockets.control;
        let (mut input, mut output) = sockets.stdio.split();
        let (_unused, mut errors) = sockets.stderr.split();
        let outputs = pin!(async {
            let fed = feed(&mut input, request.stdin.as_ref());
            let ((), stdout, stderr) =
                tokio::join!(fed, drain(&accepted.name, &mut output), drain(&accepted.name, &mut errors));
            (stdout, stderr)
        });
        let over = pin!(self.wait_change(&accepted.change, request.timeout));
        match select(over, outputs).await {
            Either::Left((change, rest)) => Ok((change?, remainder(&accepted.name, rest).await)),
            Either::Right((outputs, over)) => Ok((over.await?, outputs)),
        }
    }

    /// Kills a command that is no longer waited for; if that fails, the closed websockets do.
    async fn give_up(&self, accepted: &Accepted) {
        let _ = self.abort(&accepted.change).await;
    }
}

/// Standard output and standard error, each complete or with the reason why it is not.
type Outputs = (Result<Growing, PebbleError>, Result<Growing, PebbleError>);

/// The rest of the outputs of a command that has ended.
async fn remainder(name: &str, outputs: impl Future<Output = Outputs>) -> Outputs {
    let missing = || Err(PebbleError::protocol(name, "the end of its output is missing"));
    timeout(REMAINDER, outputs).await.unwrap_or_else(|_| (missing(), missing()))
}

fn body(request: &ExecRequest, is_attached: bool) -> Value {
    let mut body = Map::from_iter([("command".to_owned(), json!(request.command))]);
    if !request.environment.is_empty() {
        body.insert("environment".to_owned(), json!(request.environment));
    }
    let fields =
        [("service-context", &request.service_context), ("working-dir", &request.working_dir), ("user", &request.user)];
    for (key, value) in fields {
        if let Some(value) = value {
            body.insert(key.to_owned(), json!(value));
        }
    }
    if is_attached {
        body.insert("split-stderr".to_owned(), json!(true));
    }
    Value::Object(body)
}
