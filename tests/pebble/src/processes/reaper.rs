//! Collects every child that ends, also orphans that fell to Pebble, and tells who waits for it.

use nix::{
    sys::{
        prctl,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// The only place where children are waited for.
#[derive(Clone, Default)]
pub struct Reaper {
    waiting: Arc<Mutex<BTreeMap<i32, oneshot::Sender<i32>>>>,
}

impl Reaper {
    /// Makes Pebble the parent of its orphans and begins to collect.
    ///
    /// # Errors
    /// The kernel refuses either.
    pub fn start() -> io::Result<Self> {
        prctl::set_child_subreaper(true)?;
        let reaper = Self::default();
        let mut ends = signal(SignalKind::child())?;
        let collecting = reaper.clone();
        tokio::spawn(async move {
            while ends.recv().await.is_some() {
                collecting.collect();
            }
        });
        Ok(reaper)
    }

    /// Starts a child and returns its number, and its exit code when it ends: 128 and the signal's number if killed.
    ///
    /// # Errors
    /// The child does not start.
    pub fn start_child(&self, spawn: impl FnOnce() -> io::Result<u32>) -> io::Result<(u32, oneshot::Receiver<i32>)> {
        let mut waiting = self.waiting();
        let pid = spawn()?;
        let (sender, receiver) = oneshot::channel();
        waiting.insert(i32::try_from(pid).unwrap_or_default(), sender);
        Ok((pid, receiver))
    }

    fn collect(&self) {
        let mut waiting = self.waiting();
        loop {
            let (pid, code) = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, code),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, 128 + signal as i32),
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => continue,
            };
            if let Some(sender) = waiting.remove(&pid.as_raw()) {
                let _ = sender.send(code);
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<i32, oneshot::Sender<i32>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
