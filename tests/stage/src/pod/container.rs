//! One container: its files, its processes, and the way to its Pebble.

use super::{
    PodError, at,
    hosted::Host,
    image::{Content, Image},
    network,
    overlay::Overlay,
    pebble::{Pebble, is_healthy},
    processes,
    proxy::Proxy,
    requests::Requests,
    rootfs,
    spec::Volume,
};
use crate::{boots, http::Question, sandbox::run};
use clock::Clock;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    net::IpAddr,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long Kubernetes waits between the polite and the other signal.
const GRACE: Duration = Duration::from_secs(30);
/// How long Pebble may take until it answers, however fast the stage's clock is.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a container is made from: its name, network and files, and the Pebble that it runs.
#[derive(Debug)]
pub(super) struct ContainerSpec {
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) hostname: String,
    pub(super) pod: PathBuf,
    pub(super) network: PathBuf,
    pub(super) pebble: Pebble,
    pub(super) volumes: Vec<Volume>,
    pub(super) clock: Clock,
}

impl ContainerSpec {
    fn dir(&self) -> PathBuf {
        self.pod.join(&self.name)
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.dir().join("etc")
    }

    pub(super) fn srv(&self) -> PathBuf {
        self.dir().join("srv")
    }

    /// The volume that Pebble keeps its socket and state in; it outlives the container, but not the pod.
    pub(super) fn volume(&self) -> PathBuf {
        if self.pebble.is_hosted() { Host::volume(&self.root()) } else { self.dir().join("v") }
    }

    pub(super) fn boots(&self) -> PathBuf {
        self.pod.join("boots")
    }

    /// The root of a container whose Pebble is hosted.
    pub(super) fn root(&self) -> PathBuf {
        self.dir().join("root")
    }

    fn socket(&self) -> PathBuf {
        self.volume().join("pebble.socket")
    }

    fn log(&self) -> PathBuf {
        self.dir().join("log")
    }

    /// Where `bwrap` writes which process it started.
    fn info(&self) -> PathBuf {
        self.dir().join("info")
    }
}

/// A container that may run or be down.
#[derive(Debug)]
pub(super) struct Container {
    spec: ContainerSpec,
    image: Image,
    overlay: Overlay,
    running: Arc<Running>,
    host: Host,
    proxy: Arc<Proxy>,
}

/// Whether the processes are there, and a way to wait for their end.
#[derive(Debug, Default)]
struct Running {
    is_up: Mutex<bool>,
    ended: Condvar,
}

impl Container {
    pub(super) fn new(spec: ContainerSpec, image: &Image, requests: &Requests) -> Result<Self, PodError> {
        rootfs::write_settings(&spec.settings())?;
        let shown = spec.pod.join("charm/containers").join(&spec.name);
        for dir in [&spec.volume(), &shown] {
            fs::create_dir_all(dir).map_err(at(dir))?;
        }
        let proxy = Arc::new(Proxy::new(shown.join("pebble.socket"), spec.socket(), requests.clone()));
        let overlay = Overlay::new(spec.dir().join("o"));
        Ok(Self { spec, image: image.clone(), overlay, running: Arc::default(), host: Host::default(), proxy })
    }

    pub(super) fn path(&self, inside: &str) -> PathBuf {
        let (root, inside) = match self.image.content() {
            _ if self.spec.pebble.is_hosted() => (self.spec.root(), inside),
            Content::Files(_) => (self.spec.srv(), inside.strip_prefix("/srv").unwrap_or(inside)),
            _ => (self.overlay.root(), inside),
        };
        root.join(inside.trim_start_matches('/'))
    }

    pub(super) fn log(&self) -> String {
        fs::read(self.spec.log()).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    }

    /// Starts the container unless it runs, and waits until its Pebble answers.
    pub(super) fn start(&self) -> Result<(), PodError> {
        if self.spec.pebble.is_hosted() {
            self.host.start(&self.spec, &self.image)?;
            self.proxy.set_up(true);
            return Ok(());
        }
        if *self.running.lock() {
            return Ok(());
        }
        self.unpack_image()?;
        let log = self.spec.log();
        let output = File::create(&log).map_err(at(&log))?;
        let child = self.command(&output).and_then(|mut command| command.spawn()).map_err(at(&log))?;
        self.watch(child);
        self.await_answer()
    }

    /// The image's files afresh; what the last run of the container wrote is gone.
    fn unpack_image(&self) -> Result<(), PodError> {
        rootfs::prepare(&self.overlay, &self.image)?;
        if let Content::Files(image) = self.image.content() {
            let (srv, source) = (self.spec.srv(), image.join("srv"));
            run(Command::new("rm").arg("-rf").arg(&srv), "")?;
            fs::create_dir_all(&srv).map_err(at(&srv))?;
            if source.is_dir() {
                run(Command::new("cp").arg("-a").arg(source.join(".")).arg(&srv), "")?;
            }
        }
        let pointer = self.path(boots::POINTER);
        if pointer.parent().is_some_and(Path::is_dir) {
            fs::write(&pointer, boots::INSIDE).map_err(at(&pointer))?;
        }
        Ok(())
    }

    /// `bwrap` writes to file descriptor 3, which only a shell can open in safe code.
    fn command(&self, output: &File) -> io::Result<Command> {
        let mut inner = network::enter(&self.spec.network);
        inner.args(["bwrap", "--info-fd", "3", "--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts"]);
        inner.args(["--hostname", &self.spec.hostname]);
        rootfs::describe(&mut inner, &self.spec, &self.image, &self.overlay);
        inner.args(["--chdir", "/", "/charm/bin/pebble"]);
        inner.args(self.spec.pebble.arguments(self.spec.number, self.spec.clock));
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec "$@" 3>"$0""#]).arg(self.spec.info());
        command.arg(inner.get_program()).args(inner.get_args());
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
        Ok(command)
    }

    /// Marks the container as down when its processes have ended, however that happened.
    fn watch(&self, mut child: Child) {
        *self.running.lock() = true;
        let (running, proxy) = (Arc::clone(&self.running), Arc::clone(&self.proxy));
        thread::spawn(move || {
            let _ = child.wait();
            *running.lock() = false;
            proxy.set_up(false);
            running.ended.notify_all();
        });
    }

    fn await_answer(&self) -> Result<(), PodError> {
        let begin = self.spec.clock.now();
        while begin.elapsed() < ANSWER_TIMEOUT && *self.running.lock() {
            if self.boot_id().is_some() {
                self.proxy.set_up(true);
                return Ok(());
            }
            self.spec.clock.pause(Duration::from_millis(2));
        }
        Err(PodError::Start { container: self.spec.name.clone(), log: self.log() })
    }

    /// Ends all processes at once and waits for that.
    pub(super) fn kill(&self) {
        if self.spec.pebble.is_hosted() {
            self.end_host(false);
            return;
        }
        self.signal(Signal::SIGKILL);
        self.await_end(ANSWER_TIMEOUT);
    }

    /// Asks Pebble to end, and makes it end after the grace period.
    pub(super) fn stop(&self) {
        if self.spec.pebble.is_hosted() {
            self.end_host(true);
            return;
        }
        self.signal(Signal::SIGTERM);
        if !self.await_end(self.spec.clock.scaled(GRACE)) {
            self.kill();
        }
    }

    fn end_host(&self, is_polite: bool) {
        self.host.end(&self.spec, is_polite);
        self.proxy.set_up(false);
    }

    /// Whether its readiness probe succeeds, as Kubernetes asks it over the pod's address.
    pub(super) fn is_ready(&self, pod: IpAddr) -> bool {
        if !self.spec.pebble.is_hosted() {
            return is_healthy(pod, self.spec.number, "ready");
        }
        let health = self.get("/v1/health?level=ready");
        health.is_some_and(|health| health.get("healthy") == Some(&Value::Bool(true)))
    }

    fn signal(&self, signal: Signal) {
        let is_up = self.running.lock();
        if let Some(pid) = self.pid().filter(|_| *is_up) {
            // It may be gone already, which is what was wanted.
            let _ = kill(pid, signal);
        }
    }

    /// The process that is number 1 in the container.
    fn pid(&self) -> Option<Pid> {
        let info: Value = serde_json::from_slice(&fs::read(self.spec.info()).ok()?).ok()?;
        Some(Pid::from_raw(info.get("child-pid")?.as_i64()?.try_into().ok()?))
    }

    pub(super) fn processes(&self) -> BTreeMap<i32, String> {
        let is_up = self.running.lock();
        self.pid().filter(|_| *is_up).map(|pid| processes::beside(pid.as_raw())).unwrap_or_default()
    }

    fn await_end(&self, limit: Duration) -> bool {
        let is_up = self.running.lock();
        let waited = self.running.ended.wait_timeout_while(is_up, limit, |is_up| *is_up);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Shows a changed fault to the charm.
    pub(super) fn refresh(&self) {
        self.proxy.refresh();
    }

    pub(super) fn boot_id(&self) -> Option<String> {
        let result = self.get("/v1/system-info")?;
        Some(result.get("boot-id")?.as_str()?.to_owned())
    }

    /// The result of a request that is not counted.
    pub(super) fn get(&self, path: &str) -> Option<Value> {
        let stream = UnixStream::connect(self.spec.socket()).ok()?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
        let answer = Question::get(path).ask_over(stream).ok()?;
        serde_json::from_str::<Value>(&answer.body).ok()?.get("result").cloned()
    }
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.kill();
        self.proxy.set_up(false);
    }
}
