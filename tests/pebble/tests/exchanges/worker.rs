//! Each scenario is played by a process of its own, so that nothing of it stays behind.
//!
//! The worker is the reaper of all orphans below it, and holds one end of a pipe whose other end is the player's: when that
//! closes, because the player is done or dead, it ends every process below it and removes its folder.

use crate::{
    comparison,
    player::Player,
    processes,
    scenario::Scenario,
    trouble::{Outcome, Trouble},
};
use clock::Clock;
use nix::{
    sys::{
        prctl,
        stat::{Mode, umask},
    },
    unistd::{Gid, Uid, User, setgroups, setresgid, setresuid},
};
use std::{
    env, fs, io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// First argument of a process that plays one scenario.
pub const PLAY: &str = "play-exchange";
/// First argument of a process that connects to the program as another user.
pub const CONNECT: &str = "connect-as";

/// A whole scenario takes no longer.
const LIMIT: Duration = Duration::from_secs(90);

/// What a scenario cannot be played without.
#[derive(Debug, Clone, Copy)]
pub struct Wants {
    pub root: bool,
    pub process_namespace: bool,
}

/// Plays a file in a process of its own.
pub fn run(path: &Path, program: &Path, wants: Wants) -> Outcome<()> {
    wants.check()?;
    let mut command = Command::new(env::current_exe()?);
    command.arg(PLAY).arg(path).arg(program).stdin(Stdio::piped()).stdout(Stdio::piped());
    // In a group of its own, so that Ctrl-C reaches the player alone and the worker can tidy up.
    let mut worker = command.process_group(0).spawn()?;
    let lifeline = worker.stdin.take();
    let done = worker.wait_with_output()?;
    drop(lifeline);
    if done.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&done.stdout);
    let text = if text.is_empty() { format!("the player of this exchange died: {}", done.status) } else { text.into() };
    Err(Trouble(format!("{}\n{text}", path.display())))
}

impl Wants {
    fn check(self) -> Outcome<()> {
        if self.root && !Uid::effective().is_root() {
            return Err(Trouble(
                "needs root, for processes and files of other users: run the tests as root".to_owned(),
            ));
        }
        if self.process_namespace && !Command::new("unshare").args(["--pid", "--fork", "true"]).status()?.success() {
            return Err(Trouble("needs process namespaces: `unshare --pid --fork true` fails here".to_owned()));
        }
        Ok(())
    }
}

/// The main function of a worker; it prints what went wrong.
pub fn play(mut words: impl Iterator<Item = String>) -> ExitCode {
    let path = words.next().unwrap_or_default();
    let program = words.next().unwrap_or_default();
    match play_file(Path::new(&path), Path::new(&program)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble(text)) => {
            println!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn play_file(path: &Path, program: &Path) -> Outcome<()> {
    umask(Mode::from_bits_truncate(0o022));
    prctl::set_child_subreaper(true)?;
    let scenario = Scenario::read(path)?;
    let remains = Remains(folder()?);
    watch_lifeline(remains.0.path().to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(play_scenario(&scenario, program, remains.0.path()))
}

async fn play_scenario(scenario: &Scenario, program: &Path, directory: &Path) -> Outcome<()> {
    let mut player = Player::new(scenario, program, directory)?;
    let playing = async {
        player.prepare().await?;
        comparison::compare(scenario, &mut player).await
    };
    let result = Clock::real().within(LIMIT, playing).await;
    let result = result.unwrap_or_else(|_| Err(Trouble(format!("takes longer than {} s", LIMIT.as_secs()))));
    result.map_err(|Trouble(text)| Trouble(format!("{text}\n-- the program's log:\n{}", player.program.last_words())))
}

/// A folder whose name leaves room for a socket: paths of sockets are short. In a sandbox it goes when the sandbox goes.
fn folder() -> Outcome<TempDir> {
    let usual = env::var_os("STAGE_SANDBOX").map_or_else(env::temp_dir, PathBuf::from);
    let parent = if usual.as_os_str().len() > 40 { PathBuf::from("/tmp") } else { usual };
    Ok(tempfile::Builder::new().prefix("pebble").tempdir_in(parent)?)
}

/// The folder of a scenario, and the processes that may still use it.
struct Remains(TempDir);

impl Drop for Remains {
    fn drop(&mut self) {
        processes::kill_descendants();
    }
}

fn watch_lifeline(folder: PathBuf) {
    thread::spawn(move || {
        // An error means the same as the end: the other side is gone.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        processes::kill_descendants();
        let _ = fs::remove_dir_all(folder);
        std::process::exit(1);
    });
}

/// A connection to a socket that another user made.
pub fn connected_as(socket: &Path, user: &str) -> Outcome<tokio::net::UnixStream> {
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(env::current_exe()?);
    command.arg(CONNECT).arg(socket).arg(user);
    command.stdin(OwnedFd::from(theirs.try_clone()?)).stdout(OwnedFd::from(theirs)).spawn()?;
    ours.set_nonblocking(true)?;
    Ok(tokio::net::UnixStream::from_std(ours)?)
}

/// The main function of a process that becomes another user and passes bytes between its own streams and a socket.
pub fn connect(mut words: impl Iterator<Item = String>) -> ExitCode {
    let socket = words.next().unwrap_or_default();
    let user = words.next().unwrap_or_default();
    match pass_bytes(&socket, &user) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble(text)) => {
            eprintln!("connect to {socket} as {user}: {text}");
            ExitCode::FAILURE
        }
    }
}

fn pass_bytes(socket: &str, user: &str) -> Outcome<()> {
    let user = User::from_name(user)?.ok_or_else(|| Trouble("there is no such user".to_owned()))?;
    become_user(user.uid, user.gid)?;
    let stream = UnixStream::connect(socket)?;
    let mut towards = stream.try_clone()?;
    thread::spawn(move || io::copy(&mut io::stdin(), &mut towards));
    // Not through `stdout()`, which holds back what has no end of line.
    let mut back = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    io::copy(&mut &stream, &mut back)?;
    Ok(())
}

fn become_user(user: Uid, group: Gid) -> Outcome<()> {
    setgroups(&[])?;
    setresgid(group, group, group)?;
    Ok(setresuid(user, user, user)?)
}
