//! A pod with one container, and ways to talk to it.

pub mod api;
mod websocket;

use clock::Clock;
use serde_json::json;
use stage::{
    pod::{Image, Notices, Pebble, Pod, PodSpec},
    sandbox::{IpStack, Sandbox},
};
use std::{
    fs,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Stdio,
};

pub struct Fixture {
    pub pod: Pod,
    pub sandbox: Sandbox,
    image: PathBuf,
}

/// What a program of the charm printed, and its process id.
pub struct Run {
    pub pid: u32,
    pub output: String,
}

impl Fixture {
    pub fn new() -> Self {
        let sandbox = Sandbox::new(Clock::real(), IpStack::Dual).unwrap();
        let image = sandbox.dir().join("image");
        for folder in ["srv/discourse", "var/lib/pebble/default"] {
            fs::create_dir_all(image.join(folder)).unwrap();
        }
        fs::write(image.join("srv/discourse/VERSION"), "2026.1.7\n").unwrap();
        Self { pod: start(&sandbox, "forum/0", &image), sandbox, image }
    }

    /// A pod whose image is made in the sandbox's folder.
    pub fn with_image(make: impl FnOnce(&Path) -> PathBuf) -> Self {
        let sandbox = Sandbox::new(Clock::real(), IpStack::Dual).unwrap();
        let image = make(sandbox.dir());
        Self { pod: start(&sandbox, "forum/0", &image), sandbox, image }
    }

    /// A pod whose container has no image.
    pub fn without_image() -> Self {
        let sandbox = Sandbox::new(Clock::real(), IpStack::Dual).unwrap();
        Self { pod: start_from(&sandbox, "forum/0", Image::empty()), sandbox, image: PathBuf::new() }
    }

    pub fn another_pod(&self, unit: &str) -> Pod {
        start(&self.sandbox, unit, &self.image)
    }

    /// The socket that the charm sees.
    pub fn socket(&self) -> PathBuf {
        self.pod.container_dir().join("containers/web/pebble.socket")
    }

    /// Runs a line of shell as the charm would be run.
    pub fn dispatch(&self, line: &str) -> Run {
        let juju = self.sandbox.dir().join("juju");
        fs::create_dir_all(juju.join("agents")).unwrap();
        let mut command = self.pod.dispatch_command(&juju, Path::new("/var/lib/juju/agents")).unwrap();
        command.args(["/bin/sh", "-c", line]).env_clear().env("ONLY", "this").stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let pid = child.id();
        Run { pid, output: String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap() }
    }

    pub fn add_layer(&self, layer: &str) {
        let layer = json!({"action": "add", "combine": true, "label": "test", "format": "yaml", "layer": layer});
        api::post(&self.socket(), "/v1/layers", &layer);
    }

    pub fn refresh(&self, check: &str) {
        api::post(&self.socket(), "/v1/checks/refresh", &json!({"name": check}));
    }

    /// Notices as soon as one leads to a hook: Pebble writes them a moment after the check.
    pub fn noticed(&self, after: Option<&str>) -> Notices {
        let mut tries = (0..1000).map(|_| self.pod.notices("web", after));
        tries.find(|notices| !notices.steps.is_empty()).unwrap()
    }
}

fn start(sandbox: &Sandbox, unit: &str, image: &Path) -> Pod {
    start_from(sandbox, unit, Image::open(image, &sandbox.dir().join("images")).unwrap())
}

fn start_from(sandbox: &Sandbox, unit: &str, image: Image) -> Pod {
    let images = vec![("web".to_owned(), image)];
    let spec = PodSpec { unit: unit.to_owned(), model: "forum".to_owned(), images, volumes: Vec::new() };
    Pod::start(sandbox, &spec, &Pebble::find(), sandbox.clock()).unwrap()
}

/// Asks in one connection, and returns all that came until its end.
pub fn ask(socket: &Path, path: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: pebble\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Whether a pod is ready, at the latest after some seconds: Pebble answers at its socket before it does so at its port.
pub fn gets_ready(pod: &Pod) -> bool {
    (0..100).any(|_| {
        let is_ready = pod.is_ready();
        if !is_ready {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        is_ready
    })
}

/// Runs a line of shell in the container as its root, and returns what it printed; nothing is counted.
pub fn sh(pod: &Pod, line: &str) -> String {
    let socket = pod.container_dir().parent().unwrap().join("web/v/pebble.socket");
    api::exec(&socket, &json!({"command": ["sh", "-c", line]}), "")
}
