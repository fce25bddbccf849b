//! A Pebble in a thread of a test: its time stands still unless a client waits or the test drives it.
//!
//! Paths, users and programs are those below a folder that is its root. Which programs there are and what they do, a [`Machine`]
//! decides, which need not start any process.

use crate::{
    daemon::{Brake, Options, Surroundings, run},
    processes::Machine,
};
use clock::{Clock, Drive, Follower};
use nix::{
    sched::{CloneFlags, unshare},
    unistd::{chdir, chroot},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{runtime, sync::mpsc::UnboundedSender, time::Instant};
use uuid::Uuid;

/// What a hosted Pebble is started with.
pub struct Hosting {
    /// The folder that is its root.
    pub root: PathBuf,
    /// Its options, with paths below that root.
    pub options: Options,
    /// Its programs and servers.
    pub machine: Arc<dyn Machine>,
    /// How much time has gone by before.
    pub passed: Duration,
}

/// A Pebble that runs, or has ended.
pub struct Hosted {
    orders: UnboundedSender<Order>,
    passed: Arc<AtomicU64>,
    has_ended: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Order {
    /// Lets time go by until then, and says so.
    Follow(Duration, mpsc::Sender<()>),
    Terminate,
    Kill,
}

impl Hosted {
    /// Starts it, and returns when it answers.
    ///
    /// # Errors
    /// The root cannot be entered, or Pebble does not start.
    pub fn start(hosting: Hosting) -> io::Result<Self> {
        let (orders, received) = tokio::sync::mpsc::unbounded_channel();
        let (passed, has_ended) =
            (Arc::new(AtomicU64::new(nanoseconds(hosting.passed))), Arc::new(AtomicBool::new(false)));
        let (now, ended) = (Arc::clone(&passed), Arc::clone(&has_ended));
        let (started, starting) = mpsc::channel();
        let thread = thread::spawn(move || {
            let entered = enter(&hosting.root)
                .and_then(|()| runtime::Builder::new_current_thread().enable_all().start_paused(true).build());
            match entered {
                Ok(runtime) => {
                    runtime.block_on(live(hosting, received, now, started));
                    runtime.shutdown_background();
                }
                Err(error) => drop(started.send(Err(error))),
            }
            ended.store(true, Ordering::SeqCst);
        });
        starting.recv().unwrap_or_else(|_| Err(io::Error::other("Pebble ended at once")))?;
        Ok(Self { orders, passed, has_ended, thread: Mutex::new(Some(thread)) })
    }

    /// Whether it has ended, by itself or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::SeqCst)
    }

    /// Asks it to end, as SIGTERM does; the time that this takes goes by at once.
    pub fn terminate(&self) {
        self.order(Order::Terminate);
    }

    /// Ends it at once.
    pub fn kill(&self) {
        self.order(Order::Kill);
    }

    fn order(&self, order: Order) {
        let _ = self.orders.send(order);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl Follower for Hosted {
    fn passed(&self) -> Duration {
        self.follow(Duration::ZERO);
        Duration::from_nanos(self.passed.load(Ordering::SeqCst))
    }

    fn follow(&self, until: Duration) {
        let (done, awaited) = mpsc::channel();
        if !self.has_ended() && self.orders.send(Order::Follow(until, done)).is_ok() {
            let _ = awaited.recv();
        }
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.kill();
    }
}

/// This thread, and those that it starts, see nothing but a folder from now on.
fn enter(root: &Path) -> io::Result<()> {
    unshare(CloneFlags::CLONE_FS)?;
    chroot(root)?;
    Ok(chdir("/")?)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Runs Pebble and follows orders until either ends.
async fn live(
    hosting: Hosting,
    mut orders: tokio::sync::mpsc::UnboundedReceiver<Order>,
    now: Arc<AtomicU64>,
    started: mpsc::Sender<io::Result<()>>,
) {
    let (began, before) = (Instant::now(), hosting.passed);
    let brake = Brake::holding();
    let clock = Clock::of_runtime(Drive::wall_after(before));
    let options = Options { clock, ..hosting.options };
    let socket = options.socket.clone();
    let boot_id = Uuid::new_v4().to_string();
    let surroundings = Surroundings { machine: hosting.machine, boot_id, brake: brake.clone() };
    let (terminate, terminated) = tokio::sync::oneshot::channel::<()>();
    let mut running = std::pin::pin!(run::run(options, surroundings, async { drop(terminated.await) }));
    let mut terminate = Some(terminate);
    let mut started = Some(started);
    loop {
        tokio::select! {
            biased;
            ended = running.as_mut() => {
                if let (Some(started), Err(error)) = (started.take(), ended) {
                    drop(started.send(Err(io::Error::other(error.to_string()))));
                }
                return;
            }
            order = orders.recv() => match order {
                Some(Order::Follow(until, done)) => {
                    let _waiting = brake.wait();
                    let target = began + until.saturating_sub(before);
                    tokio::select! {
                        biased;
                        _ = running.as_mut() => return,
                        () = tokio::time::sleep_until(target) => {}
                    }
                    now.store(nanoseconds(before + began.elapsed()), Ordering::SeqCst);
                    let _ = done.send(());
                }
                Some(Order::Terminate) => {
                    let _waiting = brake.wait();
                    drop(terminate.take());
                    let _ = running.as_mut().await;
                    return;
                }
                Some(Order::Kill) | None => return,
            },
            () = tokio::task::yield_now(), if started.is_some() => {
                if socket.exists() && let Some(started) = started.take() {
                    drop(started.send(Ok(())));
                }
            }
        }
        now.store(nanoseconds(before + began.elapsed()), Ordering::SeqCst);
    }
}
