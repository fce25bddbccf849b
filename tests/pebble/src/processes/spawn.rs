//! Starts a child process.

use super::{account::Owner, lookup, reaper::Reaper};
use crate::errno;
use process_wrap::std::{CommandWrap, ProcessSession};
use std::{
    collections::BTreeMap,
    fs, io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};
use tokio::sync::oneshot;

/// What a child leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leadership {
    /// Nothing: it stays in Pebble's process group.
    None,
    /// A process group of its own.
    Group,
    /// A session of its own.
    Session,
}

/// Everything that a child starts with.
pub struct Launch<'plan> {
    /// The program and its arguments.
    pub words: &'plan [String],
    /// All of its environment.
    pub environment: &'plan BTreeMap<String, String>,
    /// *Empty*: Pebble's own.
    pub working_dir: &'plan str,
    /// *Empty*: the user that runs Pebble.
    pub owner: Option<Owner>,
    /// What it leads.
    pub leadership: Leadership,
    /// Its standard input, output and error. *Empty*: nothing is read or kept.
    pub streams: [Option<OwnedFd>; 3],
}

impl Launch<'_> {
    /// Starts it; gives its number and its exit code to come.
    ///
    /// # Errors
    /// A message for clients, such as `fork/exec /x: no such file or directory`.
    pub fn start(self, reaper: &Reaper) -> Result<(u32, oneshot::Receiver<i32>), String> {
        let name = self.words.first().map(String::as_str).unwrap_or_default();
        let program = if name.contains('/') {
            name.to_owned()
        } else {
            let found = lookup::find(name);
            found
                .ok_or_else(|| format!("exec: {name:?}: executable file not found in $PATH"))?
                .to_string_lossy()
                .into_owned()
        };
        let leadership = self.leadership;
        self.check_dir()?;
        let command = self.command(&program);
        reaper.start_child(|| spawn(command, leadership)).map_err(|error| errno::on_path("fork/exec", &program, &error))
    }

    /// A missing directory is named only for a child that leads nothing and runs as Pebble does, as Go has it.
    fn check_dir(&self) -> Result<(), String> {
        let is_plain = self.leadership == Leadership::None && self.owner.is_none_or(Owner::is_current);
        match fs::metadata(self.working_dir) {
            Err(error) if is_plain && !self.working_dir.is_empty() => {
                Err(errno::on_path("chdir", self.working_dir, &error))
            }
            _ => Ok(()),
        }
    }

    fn command(self, program: &str) -> Command {
        let [stdin, stdout, stderr] = self.streams.map(|stream| stream.map_or_else(Stdio::null, Stdio::from));
        let mut command = Command::new(program);
        if let Some((name, arguments)) = self.words.split_first() {
            command.arg0(name).args(arguments);
        }
        command.env_clear().envs(self.environment).stdin(stdin).stdout(stdout).stderr(stderr);
        if !self.working_dir.is_empty() {
            command.current_dir(Path::new(self.working_dir));
        }
        if let Some(owner) = self.owner.filter(|owner| !owner.is_current()) {
            command.uid(owner.uid).gid(owner.gid);
        }
        if self.leadership == Leadership::Group {
            command.process_group(0);
        }
        command
    }
}

fn spawn(mut command: Command, leadership: Leadership) -> io::Result<u32> {
    if leadership == Leadership::Session {
        let mut command = CommandWrap::from(command);
        command.wrap(ProcessSession);
        return command.spawn().map(|child| child.id());
    }
    command.spawn().map(|child| child.id())
}

/// The environment of Pebble itself.
#[must_use]
pub fn own_environment() -> BTreeMap<String, String> {
    let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}
