//! Commands in the container.

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
        output::Output,
        plan::masked,
        transport::{Request, WRITE, value},
        websocket::{Socket, drain, feed},
    },
    secret::Secret,
};

/// Time for the end of an output to arrive after the command ended.
const REMAINDER: Duration = Duration::from_secs(2);

/// A command to be run.
#[derive(Clone, Default)]
pub struct ExecRequest {
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// Variables, over Pebble's own; they hold secrets.
    pub environment: BTreeMap<String, String>,
    /// The service whose environment, user and folder are taken where the fields here say nothing.
    ///
    /// *Empty*: none.
    pub service_context: Option<String>,
    /// Folder to run it in.
    ///
    /// *Empty*: the user's home, which must exist.
    pub working_dir: Option<String>,
    /// Name of the user to run it as.
    ///
    /// *Empty*: Pebble's own.
    pub user: Option<String>,
    /// What it reads.
    ///
    /// *Empty*: nothing, which ends at once.
    pub stdin: Option<Secret>,
    /// Time for all of it; then it is ended. A detached command has no bound.
    pub timeout: Duration,
}

/// Shows neither variables' values nor input.
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

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecResult {
    /// Its exit code; 128 and the signal's number if one ended it.
    ///
    /// *Empty*: Pebble does not know.
    pub exit_code: Option<i64>,
    /// The last 64 KiB of what it wrote; a first line says how much is left out.
    pub stdout: String,
    /// The same of its complaints.
    pub stderr: String,
}

/// A command that Pebble has accepted.
struct Accepted {
    change: ChangeId,
    task: String,
    name: String,
}

/// The connections of an attached command.
struct Sockets {
    /// Never written to: Pebble kills the command when it breaks.
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
    /// Runs a command to its end; it dies with us.
    ///
    /// # Errors
    ///
    /// Those of every request; [`PebbleError::Change`] if it could not be started; [`PebbleError::Timeout`] if it took too long,
    /// and it is ended then. An exit code other than 0 is no error.
    pub async fn exec(&self, request: &ExecRequest) -> Result<ExecResult, PebbleError> {
        let accepted = self.accept(request, true).await?;
        match timeout(request.timeout, Box::pin(self.attend(&accepted, request))).await {
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

    /// Starts a command that outlives us, for work that writes its output to a file and must not be lost with a hook. The change
    /// tells its exit code, unless Pebble is killed.
    ///
    /// # Errors
    ///
    /// Those of every request; a command that cannot be started shows in the change.
    pub async fn exec_detached(&self, request: &ExecRequest) -> Result<ChangeId, PebbleError> {
        let accepted = self.accept(request, false).await?;
        // Pebble starts the command once this is connected. Without `control` it does not watch us.
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

    async fn attend(&self, accepted: &Accepted, request: &ExecRequest) -> Result<ExecResult, PebbleError> {
        let sockets = match self.connect_all(accepted).await {
            Ok(sockets) => sockets,
            // A command that failed before it started refuses its websockets; its change knows why.
            Err(error) => return Err(self.reason(accepted).await.unwrap_or(error)),
        };
        let (change, (stdout, stderr)) = self.converse(accepted, request, sockets).await?;
        let exit_code = change.exit_code();
        change.into_done()?;
        Ok(ExecResult { exit_code, stdout: stdout?.text(), stderr: stderr?.text() })
    }

    /// Connects in the order that a fast command cannot outrun: it starts with the last one.
    async fn connect_all(&self, accepted: &Accepted) -> Result<Sockets, PebbleError> {
        let control = self.connect(&accepted.task, "control").await?;
        let stdio = self.connect(&accepted.task, "stdio").await?;
        let stderr = self.connect(&accepted.task, "stderr").await?;
        Ok(Sockets { control, stdio, stderr })
    }

    async fn reason(&self, accepted: &Accepted) -> Option<PebbleError> {
        let change = self.change(&accepted.change).await.ok().filter(|change| change.err.is_some())?;
        change.into_done().err()
    }

    /// Feeds a command and reads it while waiting for its change, which alone tells that it never started.
    async fn converse(
        &self,
        accepted: &Accepted,
        request: &ExecRequest,
        sockets: Sockets,
    ) -> Result<(Change, Outputs), PebbleError> {
        // All connections are held until the change is over: a command may close its outputs and go on.
        let _control = sockets.control;
        let (mut input, mut output) = sockets.stdio.split();
        let (_unused, mut complaints) = sockets.stderr.split();
        let outputs = pin!(async {
            let fed = feed(&mut input, request.stdin.as_ref());
            let ((), stdout, stderr) =
                tokio::join!(fed, drain(&accepted.name, &mut output), drain(&accepted.name, &mut complaints));
            (stdout, stderr)
        });
        let over = pin!(self.wait_change(&accepted.change, request.timeout));
        match select(over, outputs).await {
            Either::Left((change, rest)) => Ok((change?, remainder(&accepted.name, rest).await)),
            Either::Right((outputs, over)) => Ok((over.await?, outputs)),
        }
    }

    /// Ends a command that is not waited for any longer; closing the connections does the rest.
    async fn give_up(&self, accepted: &Accepted) {
        let _ = self.abort(&accepted.change).await;
    }
}

/// The two outputs, each up to its end or to what broke it off.
type Outputs = (Result<Output, PebbleError>, Result<Output, PebbleError>);

/// What is still under way of the outputs of a command that ended.
async fn remainder(name: &str, outputs: impl Future<Output = Outputs>) -> Outputs {
    let missing = || Err(PebbleError::protocol(name, "the end of its output did not come"));
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
