//! Time that goes by only when a test lets it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// The first of January 2026: all driven clocks begin with it.
const BEGIN: Duration = Duration::from_hours(490_896);

/// Something with a time of its own that others keep up with.
pub trait Follower: Send + Sync {
    /// How much time has gone by for it since the drive began.
    fn passed(&self) -> Duration;

    /// Does everything that is due until then, and returns once it is done.
    fn follow(&self, until: Duration);
}

/// The time of a whole stage. It stands still, unless a follower runs ahead or somebody pauses.
pub struct Drive {
    /// The point of the monotonic clock from which the points that this clock shows are counted.
    origin: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    passed: Duration,
    followers: Vec<Arc<dyn Follower>>,
}

impl Drive {
    /// A drive for the rest of the process: clocks are copied freely.
    #[must_use]
    pub fn leaked() -> &'static Self {
        Box::leak(Box::new(Self { origin: Instant::now(), state: Mutex::default() }))
    }

    /// Adds one that keeps up from now on.
    pub fn add(&self, follower: Arc<dyn Follower>) {
        self.lock().followers.push(follower);
    }

    /// Forgets one.
    pub fn remove(&self, follower: &Arc<dyn Follower>) {
        self.lock().followers.retain(|other| !Arc::ptr_eq(other, follower));
    }

    /// How much time has gone by.
    #[must_use]
    pub fn passed(&self) -> Duration {
        self.lock().passed
    }

    /// Lets time go by for everybody.
    pub fn pass(&self, time: Duration) {
        let mut state = self.lock();
        state.passed += time;
        state.keep_up();
    }

    /// Everybody gets as far as the one that is furthest.
    pub fn catch_up(&self) {
        self.lock().keep_up();
    }

    pub(crate) fn now(&self) -> Instant {
        self.origin + self.passed()
    }

    pub(crate) fn wall(&self) -> SystemTime {
        Self::wall_after(self.passed())
    }

    /// The time of day after so much time.
    #[must_use]
    pub fn wall_after(passed: Duration) -> SystemTime {
        SystemTime::UNIX_EPOCH + BEGIN + passed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep_up(&mut self) {
        let furthest = self.followers.iter().map(|follower| follower.passed()).max().unwrap_or_default();
        self.passed = self.passed.max(furthest);
        self.followers.iter().for_each(|follower| follower.follow(self.passed));
    }
}

impl fmt::Debug for Drive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Drive").field(&self.passed()).finish()
    }
}
