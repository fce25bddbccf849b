//! The lines that a play shows: one per step and hook, and on a terminal one that moves while a hook runs.

use crate::{
    agent::{Running, Watch},
    hook::ToolCall,
    model::Model,
    record::mask::Mask,
};
use std::{
    io::{self, IsTerminal as _, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often the running hook is looked at.
const INTERVAL: Duration = Duration::from_millis(100);
/// After how long a running hook is shown where lines cannot move; then after twice that, and so on.
const PATIENCE: Duration = Duration::from_secs(10);
/// As much of a command as a line has room for.
const ROOM: usize = 60;

/// Standard output, for whole lines and for one that is overwritten.
#[derive(Debug, Default)]
struct Out {
    is_terminal: bool,
    is_dirty: bool,
}

/// Shows lines, from any thread; clones show on the same screen.
#[derive(Debug, Clone)]
pub struct Screen {
    out: Arc<Mutex<Out>>,
    mask: Arc<Mutex<Mask>>,
}

impl Screen {
    /// Standard output, whatever it is.
    #[must_use]
    pub fn new() -> Self {
        let out = Out { is_terminal: io::stdout().is_terminal(), is_dirty: false };
        Self { out: Arc::new(Mutex::new(out)), mask: Arc::default() }
    }

    /// Hides a value from now on.
    pub fn hide(&self, secret: &str) {
        self.mask().insert(secret);
    }

    /// Hides the secrets of a model, and what some calls gave to secrets.
    pub fn learn(&self, model: &Model, calls: &[ToolCall]) {
        let mut mask = self.mask();
        mask.learn(model);
        mask.learn_calls(calls);
    }

    /// A text as it may be shown.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        self.mask().apply(text)
    }

    fn mask(&self) -> MutexGuard<'_, Mask> {
        self.mask.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a line, or several.
    pub fn line(&self, text: &str) {
        let text = self.masked(text);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut out.is_dirty) { "\r\x1b[K" } else { "" };
        let _ = writeln!(io::stdout(), "{clear}{text}");
    }

    /// Shows a line that the next one overwrites.
    fn moving(&self, text: &str) {
        let text = self.masked(text);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.is_dirty = true;
        let _ = write!(io::stdout(), "\r\x1b[K{text}");
        let _ = io::stdout().flush();
    }

    fn is_terminal(&self) -> bool {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).is_terminal
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the hook that runs, as long as it lives.
#[derive(Debug)]
pub struct Live {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Begins to look on.
    #[must_use]
    pub fn start(screen: &Screen, watch: &Watch) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (screen, watch, is_over) = (screen.clone(), watch.clone(), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            let mut shown = Shown::default();
            while !is_over.load(Ordering::Relaxed) {
                if let Some(running) = watch.running() {
                    shown.look(&screen, &running, watch.limit());
                }
                thread::sleep(INTERVAL);
            }
        });
        Self { ended, thread: Some(thread) }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What was shown of the running hook.
#[derive(Debug, Default)]
struct Shown {
    hook: Option<Running>,
    lines: u32,
}

impl Shown {
    fn look(&mut self, screen: &Screen, running: &Running, limit: Duration) {
        if self.hook.as_ref() != Some(running) {
            *self = Self { hook: Some(running.clone()), lines: 0 };
        }
        let elapsed = running.began.elapsed();
        if screen.is_terminal() {
            screen.moving(&describe(running, elapsed));
        } else if elapsed > PATIENCE.min(limit / 2) * 2_u32.saturating_pow(self.lines) {
            self.lines += 1;
            screen.line(&format!("{}, still running", describe(running, elapsed)));
        }
    }
}

fn describe(running: &Running, elapsed: Duration) -> String {
    let doing: String = running.doing().chars().take(ROOM).collect();
    format!("{} in `{doing}`", begin(elapsed, &running.unit, &running.hook))
}

/// The columns that every line of a hook begins with.
#[must_use]
pub fn begin(wall: Duration, unit: &str, hook: &str) -> String {
    format!("  {:>7.2} s  {unit:<16} {hook:<32}", wall.as_secs_f64())
}
