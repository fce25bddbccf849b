//! A Pebble for one test.

use std::{
    env, fs,
    future::Future,
    panic::Location,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use discourse_k8s::pebble::Pebble;

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A Pebble in a new folder; it ends with its value.
pub struct Daemon {
    process: Child,
    dir: PathBuf,
}

impl Daemon {
    /// A Pebble that answers.
    pub async fn start() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let dir = scratch().join(format!("pebble-client-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let daemon = Self { process: run(&dir), dir };
        eventually(async || daemon.client().system_info().await.is_ok()).await;
        daemon
    }

    /// The charm's client of this Pebble.
    pub fn client(&self) -> Pebble {
        Pebble::new(&self.path("socket"))
    }

    /// A file in this Pebble's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The path of such a file as text.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Kills Pebble and leaves its socket behind.
    #[track_caller]
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Kills Pebble and starts another in the same folder.
    pub async fn restart(&mut self) {
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

/// Where files of a test go: the sandbox's own folder, which is removed with it.
fn scratch() -> PathBuf {
    env::var_os("STAGE_SANDBOX").map_or_else(env::temp_dir, PathBuf::from)
}

#[track_caller]
fn run(dir: &Path) -> Child {
    Command::new(stage::pod::Pebble::find().program().unwrap())
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

/// Waits until something is so, and fails the test at the caller's line if it is not within 20 seconds.
#[track_caller]
pub fn eventually<F: Future<Output = bool>>(is_so: impl Fn() -> F) -> impl Future<Output = ()> {
    let (caller, end) = (Location::caller(), Instant::now() + Duration::from_secs(20));
    async move {
        while !is_so().await {
            assert!(Instant::now() < end, "{caller}: still not so after 20 s");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
