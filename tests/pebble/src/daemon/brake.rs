//! Holds the time of a runtime whose clock is paused: it goes on only while a client waits for something.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

/// A brake that holds nothing, unless it was made for a paused runtime.
///
/// Such a runtime skips to its next timer whenever it has nothing else to do, except while a blocking task runs: one that waits for
/// its release holds the time.
#[derive(Clone, Default)]
pub struct Brake(Option<Arc<Mutex<State>>>);

#[derive(Default)]
struct State {
    waiting: usize,
    /// The time is held for as long as this lives.
    held: Option<mpsc::Sender<()>>,
}

/// Somebody waits; the time goes on until this is dropped.
pub struct Waiting<'a>(&'a Brake);

impl Brake {
    /// A brake that holds the time of this paused runtime at once.
    #[must_use]
    pub fn holding() -> Self {
        let brake = Self(Some(Arc::default()));
        brake.with(|state| state.held = Some(hold()));
        brake
    }

    /// Lets time go by.
    pub fn wait(&self) -> Waiting<'_> {
        self.with(|state| {
            state.waiting += 1;
            state.held = None;
        });
        Waiting(self)
    }

    fn with(&self, change: impl FnOnce(&mut MutexGuard<'_, State>)) {
        if let Some(state) = &self.0 {
            change(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.waiting -= 1;
            if state.waiting == 0 {
                state.held = Some(hold());
            }
        });
    }
}

/// A blocking task that ends with what is returned.
fn hold() -> mpsc::Sender<()> {
    let (held, released) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || {
        let _ = released.recv();
    });
    held
}
