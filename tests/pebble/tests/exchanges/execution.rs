//! A command with its websockets: `POST /v1/exec`, what is done with them, and what came of it.

use crate::{
    PATIENCE,
    answer::readable,
    deed::{Action, Exec, Request},
    http::{self, Address},
    trouble::{Outcome, Trouble},
    values::{at, at_mut},
    websocket::{Attempt, Websocket},
};
use clock::Clock;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

/// A command that is being played.
pub struct Execution {
    socket: PathBuf,
    step: Exec,
    websockets: BTreeMap<String, Websocket>,
    answer: Map<String, Value>,
}

impl Execution {
    pub fn new(socket: PathBuf, step: Exec) -> Self {
        Self { socket, step, websockets: BTreeMap::new(), answer: Map::new() }
    }

    /// Plays it; the answer, and the websockets that are to stay open.
    pub async fn run(mut self) -> Outcome<(Value, Vec<Websocket>)> {
        let mut post = self.send(Request::posting("POST /v1/exec", self.step.body.clone())).await;
        if let (false, Some(environment)) = (self.step.full, at_mut(&mut post, "body.result.environment")) {
            *environment = "<environment>".into();
        }
        let id = |path| at(&post, path).and_then(Value::as_str).map(str::to_owned);
        let ids = id("body.result.task-id").zip(id("body.change"));
        let accepted = post.get("status").is_some_and(|status| *status == 202);
        self.answer.insert("post".to_owned(), post);
        if let (Some((task, change)), true) = (ids, accepted) {
            self.go_on(&task, &change).await?;
        }
        let left = std::mem::take(&mut self.websockets).into_values();
        if self.step.hold {
            return Ok((self.answer.into(), left.collect()));
        }
        for websocket in left {
            websocket.drop_it().await;
        }
        Ok((self.answer.into(), Vec::new()))
    }

    async fn go_on(&mut self, task: &str, change: &str) -> Outcome<()> {
        self.connect(task).await?;
        for action in self.actions() {
            self.act(action).await?;
        }
        if self.step.wait.unwrap_or(true) {
            self.finish(change).await;
        }
        if self.step.closing {
            Clock::real().sleep(Duration::from_millis(500)).await;
            let states: Map<_, _> =
                self.websockets.iter().map(|(name, it)| (name.clone(), it.state().into())).collect();
            self.answer.insert("closing".to_owned(), states.into());
        }
        Ok(())
    }

    async fn send(&self, request: Request) -> Value {
        http::answer(Address::Socket(self.socket.clone()), request).await
    }

    async fn connect(&mut self, task: &str) -> Outcome<()> {
        let split = at(&self.step.body, "split-stderr").is_some_and(|split| *split == true);
        let usual =
            || ["control", "stdio", "stderr"].into_iter().take(if split { 3 } else { 2 }).map(str::to_owned).collect();
        let mut found = Map::new();
        for name in self.step.sockets.clone().unwrap_or_else(usual) {
            let state = match Websocket::connect(&self.socket, &format!("/v1/tasks/{task}/websocket/{name}")).await? {
                Attempt::Refused(answer) => answer,
                Attempt::Open(websocket) => {
                    self.websockets.insert(name.clone(), websocket);
                    101.into()
                }
            };
            found.insert(name, state);
        }
        self.answer.insert("sockets".to_owned(), found.into());
        Ok(())
    }

    /// What to do once connected; where it is empty, the input ends at once.
    fn actions(&mut self) -> Vec<Action> {
        let end = |connected: bool| if connected { vec![Action::End { _end: true }] } else { Vec::new() };
        self.step.then.take().unwrap_or_else(|| end(self.websockets.contains_key("stdio")))
    }

    async fn act(&mut self, action: Action) -> Outcome<()> {
        match action {
            Action::Send { send, times } => self.open("stdio")?.send(send.repeat(times.unwrap_or(1)).as_bytes()).await,
            Action::SendText { text } => self.open("stdio")?.send_text(&text).await,
            Action::End { .. } => self.open("stdio")?.send_text(r#"{"command":"end"}"#).await,
            Action::Signal { signal } => {
                let command = json!({"command": "signal", "signal": {"name": signal}});
                self.open("control")?.send_text(&command.to_string()).await
            }
            Action::Control { control } => self.open("control")?.send_text(&control.to_string()).await,
            Action::Close { close, code } => self.leave(&close)?.close(code.unwrap_or(1000)).await,
            Action::Output { output } => self.wait_for_output(&output).await,
            Action::File { file } => wait_for_file(&file).await,
            Action::Drop { drop } => self.drop_sockets(&drop).await,
            Action::Sleep { sleep } => {
                Clock::real().sleep(Duration::from_secs_f64(sleep)).await;
                Ok(())
            }
        }
    }

    fn open(&mut self, name: &str) -> Outcome<&mut Websocket> {
        self.websockets.get_mut(name).ok_or_else(|| Trouble(format!("{name} is not connected")))
    }

    fn leave(&mut self, name: &str) -> Outcome<Websocket> {
        self.websockets.remove(name).ok_or_else(|| Trouble(format!("{name} is not connected")))
    }

    async fn wait_for_output(&mut self, wanted: &str) -> Outcome<()> {
        let came = |seen: &crate::websocket::Seen| String::from_utf8_lossy(&seen.output).contains(wanted);
        if self.open("stdio")?.wait(PATIENCE, came).await {
            return Ok(());
        }
        Err(Trouble(format!("no {wanted:?} in the output")))
    }

    async fn drop_sockets(&mut self, which: &str) -> Outcome<()> {
        if which != "all" {
            self.leave(which)?.drop_it().await;
            return Ok(());
        }
        for websocket in std::mem::take(&mut self.websockets).into_values() {
            websocket.drop_it().await;
        }
        Ok(())
    }

    /// Waits for the end of the command, and adds its change and its output to the answer.
    async fn finish(&mut self, change: &str) {
        let wait = format!("GET /v1/changes/{change}/wait?timeout={}s", PATIENCE.as_secs() - 1);
        let waited = self.send(Request::plain(wait)).await;
        let change = at(&waited, "body.result").filter(|_| waited.get("status").is_some_and(|status| *status == 200));
        self.answer.insert("change".to_owned(), change.unwrap_or(&waited).clone());
        for (name, shown) in [("stdio", "stdout"), ("stderr", "stderr")] {
            let Some(websocket) = self.websockets.get_mut(name) else { continue };
            let ended = websocket.ends().await;
            let output = readable(&websocket.output());
            self.answer.insert(shown.to_owned(), if ended { output } else { json!({"no-end": output}) });
        }
    }
}

async fn wait_for_file(path: &str) -> Outcome<()> {
    let written = async {
        while fs::metadata(path).map_or(0, |file| file.len()) == 0 {
            Clock::real().sleep(Duration::from_millis(20)).await;
        }
    };
    Clock::real().within(PATIENCE, written).await.map_err(|_| Trouble(format!("nothing was written to {path}")))
}
