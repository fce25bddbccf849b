//! What Pebble finds around it: programs that it can start, and servers that it can ask.

use super::{Launch, Reaper, signals};
use crate::{
    checks::{http, probe::Failure},
    plan::check::HttpProbe,
};
use nix::{errno::Errno, sys::signal::Signal};
use std::{io, pin::Pin};
use tokio::sync::oneshot;

/// An answer to come.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// The system below Pebble, or a play of it.
pub trait Machine: Send + Sync {
    /// Starts a program; gives its number and its exit code to come: 128 and the signal's number if it is killed.
    ///
    /// # Errors
    /// A message for clients, such as `fork/exec /x: no such file or directory`.
    fn start(&self, launch: Launch<'_>) -> Result<(u32, oneshot::Receiver<i32>), String>;

    /// Sends a signal to one process.
    ///
    /// # Errors
    /// There is no such process, or it is not ours.
    fn signal(&self, pid: u32, signal: Signal) -> Result<(), Errno>;

    /// Sends a signal to a process group, which has the number of its leader.
    ///
    /// # Errors
    /// There is no such group, or it is not ours.
    fn signal_group(&self, leader: u32, signal: Signal) -> Result<(), Errno>;

    /// Keeps a line of Pebble's own log.
    fn note(&self, line: &str);

    /// Asks a web server as a check does.
    fn ask<'a>(&'a self, probe: &'a HttpProbe) -> Answer<'a>;
}

/// The machine that this program runs on.
pub struct Kernel {
    reaper: Reaper,
}

impl Kernel {
    /// Becomes the parent of all orphans.
    ///
    /// # Errors
    /// Children cannot be watched.
    pub fn new() -> io::Result<Self> {
        Reaper::start().map(|reaper| Self { reaper })
    }
}

impl Machine for Kernel {
    fn start(&self, launch: Launch<'_>) -> Result<(u32, oneshot::Receiver<i32>), String> {
        launch.start(&self.reaper)
    }

    fn signal(&self, pid: u32, signal: Signal) -> Result<(), Errno> {
        signals::send(pid, signal)
    }

    fn signal_group(&self, leader: u32, signal: Signal) -> Result<(), Errno> {
        signals::send_group(leader, signal)
    }

    fn note(&self, line: &str) {
        eprintln!("{line}");
    }

    fn ask<'a>(&'a self, probe: &'a HttpProbe) -> Answer<'a> {
        Box::pin(http::run(probe))
    }
}
