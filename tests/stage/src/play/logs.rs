//! The logs that a play keeps: a file per unit, with every hook's output and calls.

use super::Screen;
use crate::{
    hook::{Exit, HookRun, ToolCall},
    model::names,
    record::mask,
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What Rust adds to a panic, which says nothing about it.
const RUST_NOTE: &str = "note: run with `RUST_BACKTRACE";

/// How Python begins to tell of an exception, wherever the charm has logged it.
const PYTHON_TRACE: &str = "Traceback (most recent call last)";

/// A folder with a log per unit.
#[derive(Debug)]
pub struct Logs {
    dir: PathBuf,
    lines: BTreeMap<String, usize>,
}

impl Logs {
    /// Begins logs in a folder, which is made; in a new one below the folder for temporary files if none is given.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(dir: Option<&Path>) -> io::Result<Self> {
        let dir = match dir {
            Some(dir) => fs::create_dir_all(dir).map(|()| dir.to_owned())?,
            None => tempfile::Builder::new().prefix("stage-play-").tempdir()?.keep(),
        };
        Ok(Self { dir, lines: BTreeMap::new() })
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Adds a run as it may be shown; gives where it is: file and line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, run: &HookRun, screen: &Screen) -> io::Result<String> {
        let path = self.dir.join(format!("{}.log", names::pod_of(&run.unit)));
        let text = screen.masked(&text(run));
        let begun = self.lines.get(&run.unit).copied();
        let mut file =
            File::options().create(true).write(true).append(begun.is_some()).truncate(begun.is_none()).open(&path)?;
        file.write_all(text.as_bytes())?;
        let line = begun.unwrap_or_default() + 1;
        self.lines.insert(run.unit.clone(), line - 1 + text.lines().count());
        Ok(format!("{}:{line}", path.display()))
    }
}

fn text(run: &HookRun) -> String {
    let head = format!("== {}: {}, {} ms, {}", run.hook, run.exit, run.wall.as_millis(), run.after);
    let call = |call: &ToolCall| format!("   {} -> {} {}", mask::words(call), call.exit, call.stderr.trim());
    let calls = run.tools.iter().map(|made| call(made).trim_end().to_owned());
    let lines: Vec<String> = [head].into_iter().chain(calls).chain(run.log.iter().map(ToString::to_string)).collect();
    lines.join("\n") + "\n"
}

/// What a failed hook complained about: the exception at the end of its traceback, else its last line.
#[must_use]
pub fn complaint(run: &HookRun) -> String {
    match &run.exit {
        Exit::NotStarted(why) if why.ends_with("permission denied") => {
            return format!("{}: make it executable, as by chmod +x", run.exit);
        }
        Exit::TimedOut(_) | Exit::NotStarted(_) | Exit::CommitFailed(_) => return run.exit.to_string(),
        Exit::Code(_) | Exit::Signal(_) | Exit::Skipped => {}
    }
    let (errors, stderr) = (lines(run, "ERROR", "juju-log"), lines(run, "WARNING", &run.hook));
    let last = || stderr.last().or(errors.last()).map(|line| line.trim().to_owned());
    let told = exception(&errors).or_else(|| exception(&stderr)).or_else(last);
    format!("{}: {}", run.exit, told.unwrap_or_else(|| "nothing on standard error".to_owned()))
}

/// What the last traceback says: the first line after its places in the code, with the next one if that one ends with a colon.
fn exception(lines: &[&str]) -> Option<String> {
    let begin = lines.iter().rposition(|line| line.starts_with(PYTHON_TRACE))?;
    let mut told = lines.iter().skip(begin + 1).skip_while(|line| line.starts_with(' '));
    let first = told.next()?;
    let more = told.next().filter(|_| first.ends_with(':')).map(|line| format!(" {}", line.trim()));
    Some(format!("{first}{}", more.unwrap_or_default()))
}

/// The lines that a hook left on a level, by `juju-log` or, under its own name, by its standard error.
fn lines<'r>(run: &'r HookRun, level: &str, logger: &str) -> Vec<&'r str> {
    let logger = format!("unit.{}.{logger}", run.unit);
    let entries = run.log.iter().filter(|entry| entry.level == level && entry.logger == logger);
    let lines = entries.flat_map(|entry| entry.text.lines()).map(str::trim_end);
    lines.filter(|line| !line.is_empty() && !line.starts_with(RUST_NOTE)).collect()
}
