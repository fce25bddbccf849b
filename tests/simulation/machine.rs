//! What a container of the forum runs: programs that are played, in the time of Pebble.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use nix::{errno::Errno, sys::signal::Signal};
use pebble::{
    checks::probe::Failure,
    plan::check::HttpProbe,
    processes::{Launch, Machine, machine::Answer},
};
use tokio::{sync::oneshot, time::Instant};

use crate::{
    programs,
    world::{Server, World},
};

/// How long the launcher lets requests end.
const DRAIN: Duration = Duration::from_secs(8);

/// The programs of one container.
pub struct Container {
    /// The host name of the pod.
    pub pod: String,
    /// The image's list of migrations.
    pub migrations: String,
    /// Destructive migrations of all images.
    pub destructive: BTreeSet<String>,
    /// What it shares with others.
    pub world: World,
    /// How long each start of the server takes.
    pub boot: Box<dyn Fn() -> Duration + Send + Sync>,
    /// How long a migration takes.
    pub migration: Duration,
    processes: Mutex<BTreeMap<u32, Process>>,
    last: AtomicU32,
    answers_from: Arc<Mutex<Option<Instant>>>,
}

/// A process, and how it is ended.
struct Process {
    end: Option<oneshot::Sender<i32>>,
    is_server: bool,
}

/// What a program is started with.
pub struct Start {
    /// Its name and arguments.
    pub words: Vec<String>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// Its standard input.
    pub input: Option<OwnedFd>,
    /// Its standard output; the other one is not used.
    pub output: Option<File>,
}

impl Container {
    /// A container in which nothing runs.
    pub fn new(
        pod: &str,
        migrations: String,
        destructive: BTreeSet<String>,
        world: World,
        pace: (impl Fn() -> Duration + Send + Sync + 'static, Duration),
    ) -> Self {
        Self {
            pod: pod.to_owned(),
            migrations,
            destructive,
            world,
            boot: Box::new(pace.0),
            migration: pace.1,
            processes: Mutex::default(),
            last: AtomicU32::new(1000),
            answers_from: Arc::default(),
        }
    }

    fn processes(&self) -> MutexGuard<'_, BTreeMap<u32, Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answers_from(&self) -> MutexGuard<'_, Option<Instant>> {
        self.answers_from.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_server(&self, environment: BTreeMap<String, String>) {
        let post = crate::image::destructive(&self.migrations).collect();
        self.world.lock().start_server(&self.pod, Server { post, environment }, &self.destructive);
        *self.answers_from() = Some(Instant::now() + (self.boot)());
    }

    fn end_server(&self) {
        *self.answers_from() = None;
        self.world.lock().servers.remove(&self.pod);
    }
}

impl Machine for Container {
    fn start(&self, launch: Launch<'_>) -> Result<(u32, oneshot::Receiver<i32>), String> {
        let pid = self.last.fetch_add(1, Ordering::SeqCst);
        let (end, exit) = oneshot::channel();
        let [input, output, _] = launch.streams;
        let (words, environment) = (launch.words.to_vec(), launch.environment.clone());
        let name = words.first().map(|word| word.rsplit('/').next().unwrap_or(word).to_owned()).unwrap_or_default();
        match name.as_str() {
            "launch" => {
                self.start_server(environment);
                self.processes().insert(pid, Process { end: Some(end), is_server: true });
            }
            "metrics-forwarder" | "sidekiq" => {
                self.processes().insert(pid, Process { end: Some(end), is_server: false });
            }
            "false" => {
                self.world.lock().disturb(&self.pod);
                let _ = end.send(1);
            }
            _ => programs::begin(self, Start { words, environment, input, output: output.map(File::from) }, end),
        }
        Ok((pid, exit))
    }

    fn signal(&self, pid: u32, signal: Signal) -> Result<(), Errno> {
        let mut processes = self.processes();
        let process = processes.get_mut(&pid).ok_or(Errno::ESRCH)?;
        let Some(end) = process.end.take() else { return Ok(()) };
        if !process.is_server || signal == Signal::SIGKILL {
            if process.is_server {
                self.world.lock().disturb(&self.pod);
                self.end_server();
            }
            let _ = end.send(if signal == Signal::SIGKILL { 137 } else { 0 });
            return Ok(());
        }
        let (world, pod, answers_from) = (self.world.clone(), self.pod.clone(), Arc::clone(&self.answers_from));
        tokio::spawn(async move {
            tokio::time::sleep(DRAIN).await;
            *answers_from.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let mut world = world.lock();
            world.disturb(&pod);
            world.servers.remove(&pod);
            let _ = end.send(0);
        });
        Ok(())
    }

    fn signal_group(&self, leader: u32, signal: Signal) -> Result<(), Errno> {
        self.signal(leader, signal)
    }

    fn note(&self, _line: &str) {}

    fn ask<'a>(&'a self, _probe: &'a HttpProbe) -> Answer<'a> {
        let is_there = self.answers_from().is_some_and(|from| from <= Instant::now());
        let answer = if is_there { Ok(()) } else { Err(Failure::new("connection refused")) };
        Box::pin(std::future::ready(answer))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let mut world = self.world.lock();
        world.disturb(&self.pod);
        world.servers.remove(&self.pod);
    }
}
