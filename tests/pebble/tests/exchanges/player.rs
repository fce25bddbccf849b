//! Plays the steps of one scenario.

use crate::{
    PATIENCE,
    answer::{fold, readable},
    deed::{Deed, Request, Shell},
    execution::Execution,
    http::{self, Address},
    names::Names,
    program::{PATH, Program},
    pushes,
    scenario::{Scenario, Step},
    trouble::{Outcome, Trouble},
    values::{at, fits, mask},
    websocket::Websocket,
};
use clock::Clock;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{process::Command, task::JoinHandle};

/// One scenario that is being played.
pub struct Player<'a> {
    scenario: &'a Scenario,
    binary: PathBuf,
    directory: PathBuf,
    names: Names,
    pub program: Program,
    /// Requests in the background.
    waiting: BTreeMap<String, JoinHandle<Value>>,
    /// Websockets that stay open to the end.
    held: Vec<Websocket>,
}

impl<'a> Player<'a> {
    pub fn new(scenario: &'a Scenario, binary: &Path, directory: &Path) -> Outcome<Self> {
        let mut names = Names::new(directory)?;
        let mut variables = BTreeMap::new();
        for (name, value) in &scenario.env {
            let value = value.as_ref().map(|value| names.fill_text(value)).transpose()?;
            variables.insert(name.clone(), value);
        }
        Ok(Self {
            scenario,
            binary: binary.to_owned(),
            directory: directory.to_owned(),
            names,
            program: Program::new(binary, directory, scenario, variables),
            waiting: BTreeMap::new(),
            held: Vec::new(),
        })
    }

    /// Lays out the folder and, unless the scenario does so itself, starts the program.
    pub async fn prepare(&mut self) -> Outcome<()> {
        fs::set_permissions(&self.directory, Permissions::from_mode(0o755))?;
        for folder in ["cwd", "home"] {
            fs::create_dir(self.directory.join(folder))?;
        }
        let layers = self.directory.join("pebble/layers");
        for (name, text) in &self.scenario.layers {
            fs::create_dir_all(&layers)?;
            fs::write(layers.join(name), self.names.fill_text(&text.whole())?)?;
        }
        if self.scenario.start {
            let started = self.start(None).await?;
            if started.get("ready").is_none() {
                return Err(Trouble(format!("the program ended at once: {}", self.names.clean(started))));
            }
        }
        Ok(())
    }

    async fn start(&mut self, arguments: Option<Vec<String>>) -> Outcome<Value> {
        let arguments = arguments.unwrap_or_else(|| self.scenario.args.clone());
        let arguments = arguments.iter().map(|text| self.names.fill_text(text)).collect::<Outcome<Vec<_>>>()?;
        self.program.start(&arguments).await
    }

    /// Plays one step; its answer with names in place of what differs from run to run.
    pub async fn play(&mut self, step: &Step) -> Outcome<Option<Value>> {
        let deed = Deed::parse(self.names.fill_members(step.deed.clone())?)?;
        let until = self.names.fill_members(step.until.clone().unwrap_or_default())?;
        let start = Clock::real().now();
        let answer = self.act(deed, &until).await?;
        let took = Clock::real().since(start).as_secs_f64();
        if let Some((least, most)) = step.took.filter(|(least, most)| took < *least || took > *most) {
            return Err(Trouble(format!("took {took:.2} s, expected {least} to {most} s")));
        }
        let Some(answer) = answer else { return Ok(None) };
        for (name, path) in &step.keep {
            self.names.keep(name, at(&answer, path));
        }
        let mut answer = self.names.clean(answer);
        step.mask.iter().for_each(|path| mask(&mut answer, path));
        Ok(Some(fold(answer)))
    }

    async fn act(&mut self, deed: Deed, until: &Map<String, Value>) -> Outcome<Option<Value>> {
        match deed {
            Deed::Http(request) => self.request(*request, until).await,
            Deed::Exec(exec) => {
                let (answer, held) = Execution::new(self.program.socket(), *exec).run().await?;
                self.held.extend(held);
                Ok(Some(answer))
            }
            Deed::Shell(shell) => self.shell(&shell, until).await.map(Some),
            Deed::Pebble(signal) if signal.what == "start" => self.start(signal.args).await.map(Some),
            Deed::Pebble(signal) => self.program.stop(&signal.what).await.map(Some),
            Deed::Listen(listen) => {
                self.names.port(&listen.port.clone())?.configure(listen).await?;
                Ok(None)
            }
            Deed::Received(step) => pushes::received(self.names.port(&step.port)?, &step).await.map(Some),
            Deed::Join(join) => self.join(&join.name).await.map(Some),
            Deed::Sleep(pause) => {
                Clock::real().sleep(Duration::from_secs_f64(pause.seconds)).await;
                Ok(None)
            }
        }
    }

    async fn request(&mut self, request: Request, until: &Map<String, Value>) -> Outcome<Option<Value>> {
        let address = self.address(&request)?;
        if let Some(name) = request.background.clone() {
            self.waiting.insert(name, tokio::spawn(http::answer(address, request)));
            return Ok(None);
        }
        wait_until(until, async || Ok(http::answer(address.clone(), request.clone()).await)).await.map(Some)
    }

    fn address(&mut self, request: &Request) -> Outcome<Address> {
        let socket = self.program.socket();
        Ok(match (&request.tcp, &request.user) {
            (Some(port), _) => Address::Port(self.names.port(port)?.number()),
            (None, Some(user)) => Address::SocketAs(socket, user.clone()),
            (None, None) => Address::Socket(socket),
        })
    }

    async fn shell(&self, shell: &Shell, until: &Map<String, Value>) -> Outcome<Value> {
        wait_until(until, async || {
            let mut command = Command::new("sh");
            command
                .arg("-c")
                .arg(format!("exec 2>&1; {}", shell.command))
                .current_dir(&self.directory)
                .kill_on_drop(true);
            command.env_clear().envs([("PATH", PATH), ("LC_ALL", "C")]).env("BINARY", &self.binary);
            command.stdin(std::process::Stdio::null());
            let done = Clock::real().within(PATIENCE, command.output()).await;
            let done = done.map_err(|_| Trouble("the command does not end".to_owned()))??;
            Ok(json!({"exit": done.status.code(), "stdout": readable(&done.stdout)}))
        })
        .await
    }

    async fn join(&mut self, name: &str) -> Outcome<Value> {
        let task = self.waiting.remove(name).ok_or_else(|| Trouble(format!("no request is called {name}")))?;
        let answer = Clock::real().within(PATIENCE * 2, task).await;
        Ok(answer.map_err(|_| Trouble(format!("the request {name} got no answer")))??)
    }
}

/// The first answer that has the wanted values, or the last one when patience is over.
async fn wait_until(wanted: &Map<String, Value>, get: impl AsyncFn() -> Outcome<Value>) -> Outcome<Value> {
    let start = Clock::real().now();
    loop {
        let answer = get().await?;
        if wanted.iter().all(|(path, value)| fits(at(&answer, path), value)) {
            return Ok(answer);
        }
        if Clock::real().since(start) > PATIENCE {
            return Ok(json!({"waited-in-vain-for": wanted, "last": answer}));
        }
        Clock::real().sleep(Duration::from_millis(30)).await;
    }
}
