//! Holds the time of a runtime whose clock is paused: it goes on only while a client waits for something, and sends nothing.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::runtime::Handle;

/// A brake that holds nothing, unless it was made for a paused runtime.
///
/// Such a runtime skips to its next timer whenever it has nothing else to do, except while a blocking task runs: one that waits for
/// its release holds the time.
#[derive(Clone, Default)]
pub struct Brake(Option<Arc<Mutex<State>>>);

#[derive(Default)]
struct State {
    /// Clients that wait for something to happen.
    waiting: usize,
    /// Clients that talk with a command, whose words take real time.
    talking: usize,
    /// The time is held for as long as this lives.
    held: Option<mpsc::Sender<()>>,
}

/// Undoes what it stands for when it goes.
pub struct Guard {
    brake: Brake,
    count: fn(&mut State) -> &mut usize,
}

impl Brake {
    /// A brake that holds the time of this paused runtime at once.
    #[must_use]
    pub fn holding() -> Self {
        let state = State { held: Some(hold()), ..State::default() };
        Self(Some(Arc::new(Mutex::new(state))))
    }

    /// Lets time go by while the guard lives, unless somebody talks.
    #[must_use]
    pub fn wait(&self) -> Guard {
        self.count(|state| &mut state.waiting)
    }

    /// Holds the time while the guard lives, whoever waits.
    #[must_use]
    pub fn talk(&self) -> Guard {
        self.count(|state| &mut state.talking)
    }

    fn count(&self, count: fn(&mut State) -> &mut usize) -> Guard {
        self.change(|state| *count(state) += 1);
        Guard { brake: self.clone(), count }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let Some(state) = &self.0 else { return };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        match (state.waiting > 0 && state.talking == 0, &state.held) {
            (true, Some(_)) => state.held = None,
            (false, None) => state.held = Some(hold()),
            _ => {}
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.brake.change(|state| *(self.count)(state) -= 1);
    }
}

/// A blocking task that ends with what is returned.
fn hold() -> mpsc::Sender<()> {
    let (held, released) = mpsc::channel::<()>();
    // Without a runtime, as when one ends, there is no time to hold.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn_blocking(move || {
            let _ = released.recv();
        });
    }
    held
}
