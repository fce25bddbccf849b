//! The namespaces that the stage runs in: the same that cargo's runner makes for tests.

use nix::{
    sys::signal::{SigSet, Signal, kill},
    unistd::Pid,
};
use stage::sandbox::MARKER;
use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
};

/// The script, so that this program stands alone.
const SCRIPT: &str = include_str!("../../../../sandbox");
/// Names the folder for temporary files to the script, which removes it.
const FILES: &str = "STAGE_FILES";
/// Names the folder for logs to the program inside.
const LOGS: &str = "STAGE_LOGS";
/// What ends a play before its time.
const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// Whether they are there already.
pub fn is_inside() -> bool {
    env::var_os(MARKER).is_some()
}

/// The folder for logs that was made before the namespaces were entered.
pub fn logs() -> Option<PathBuf> {
    env::var_os(LOGS).map(PathBuf::from)
}

/// Runs this program once more, inside of them; gives how it ended. However that is, no temporary file is left, but for logs.
pub fn again(logs: Option<&Path>) -> io::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("stage-").tempdir()?;
    // Servers and programs of the workload run as other users.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777))?;
    let script = folder.path().join("sandbox");
    fs::write(&script, SCRIPT)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let logs = match logs {
        Some(logs) => logs.to_owned(),
        None => tempfile::Builder::new().prefix("stage-play-").tempdir()?.keep(),
    };
    let mut signals = SigSet::empty();
    for signal in SIGNALS {
        signals.add(signal);
    }
    let mut command = Command::new(&script);
    command.arg(env::current_exe()?).args(env::args_os().skip(1)).env(FILES, folder.path()).env(LOGS, &logs);
    let child = command.spawn()?;
    // Blocked here, they wait for the thread below; a child would inherit that.
    signals.thread_block()?;
    let ended = wait(child, signals, logs.clone());
    // Nothing was written if nothing was played.
    let _ = fs::remove_dir(&logs);
    ended
}

/// Waits for the end of a child, which a signal brings about.
fn wait(mut child: Child, signals: SigSet, logs: PathBuf) -> io::Result<ExitCode> {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let got = Arc::new(AtomicU8::new(0));
    let noted = Arc::clone(&got);
    thread::spawn(move || {
        if let Ok(signal) = signals.wait() {
            eprintln!("\nstage: ended by {signal}; logs: {}", logs.display());
            noted.store(u8::try_from(signal as i32).unwrap_or_default(), Ordering::SeqCst);
            // Not every shell lets a script hear the others.
            let _ = kill(pid, Signal::SIGTERM);
        }
    });
    let status = child.wait()?;
    Ok(match got.load(Ordering::SeqCst) {
        0 => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        signal => ExitCode::from(128 + signal),
    })
}
