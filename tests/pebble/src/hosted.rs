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
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    runtime,
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender},
        oneshot,
    },
    time::Instant,
};
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

/// How a run of Pebble ends.
type Ended = Result<u8, run::RunError>;

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

/// One run of Pebble, and its time.
struct Life<'a> {
    brake: Brake,
    /// When it began by its own clock, and how much time had gone by before.
    began: (Instant, Duration),
    now: &'a AtomicU64,
}

/// Runs Pebble and follows orders until either ends.
async fn live(
    hosting: Hosting,
    mut orders: UnboundedReceiver<Order>,
    now: Arc<AtomicU64>,
    started: mpsc::Sender<io::Result<()>>,
) {
    let life = Life { brake: Brake::holding(), began: (Instant::now(), hosting.passed), now: &now };
    let options = Options { clock: Clock::of_runtime(Drive::wall_after(hosting.passed)), ..hosting.options };
    let socket = options.socket.clone();
    let boot_id = Uuid::new_v4().to_string();
    let surroundings = Surroundings { machine: hosting.machine, boot_id, brake: life.brake.clone() };
    let (terminate, terminated) = oneshot::channel::<()>();
    let mut running = pin!(run::run(options, surroundings, async { drop(terminated.await) }));
    let is_started = await_socket(running.as_mut(), &socket).await;
    let has_failed = is_started.is_err();
    let _ = started.send(is_started);
    if !has_failed {
        life.follow(running, &mut orders, terminate).await;
    }
}

/// Waits until Pebble listens; that takes no time.
async fn await_socket(mut running: Pin<&mut impl Future<Output = Ended>>, socket: &Path) -> io::Result<()> {
    while !socket.exists() {
        tokio::select! {
            biased;
            ended = running.as_mut() => {
                let cause = ended.err().map_or_else(|| "it ended at once".to_owned(), |error| error.to_string());
                return Err(io::Error::other(cause));
            }
            () = tokio::task::yield_now() => {}
        }
    }
    Ok(())
}

impl Life<'_> {
    /// Follows orders until Pebble ends.
    async fn follow(
        &self,
        mut running: Pin<&mut impl Future<Output = Ended>>,
        orders: &mut UnboundedReceiver<Order>,
        terminate: oneshot::Sender<()>,
    ) {
        loop {
            let order = tokio::select! {
                biased;
                _ = running.as_mut() => return,
                order = orders.recv() => order,
            };
            match order {
                Some(Order::Follow(until, done)) => {
                    if !self.pass(running.as_mut(), until).await {
                        return;
                    }
                    let _ = done.send(());
                }
                Some(Order::Terminate) => {
                    let _waiting = self.brake.wait();
                    drop(terminate);
                    let _ = running.as_mut().await;
                    return;
                }
                Some(Order::Kill) | None => return,
            }
        }
    }

    /// Lets time go by; returns whether Pebble still runs.
    async fn pass(&self, running: Pin<&mut impl Future<Output = Ended>>, until: Duration) -> bool {
        let _waiting = self.brake.wait();
        let (began, before) = self.began;
        tokio::select! {
            biased;
            _ = running => return false,
            () = tokio::time::sleep_until(began + until.saturating_sub(before)) => {}
        }
        self.now.store(nanoseconds(before + began.elapsed()), Ordering::SeqCst);
        true
    }
}
