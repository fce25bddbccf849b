//! The namespaces that the stage runs in: the same that cargo's runner makes for tests.

use stage::sandbox::MARKER;
use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    process::{Command, ExitCode},
};

/// The script, so that this program stands alone.
const SCRIPT: &str = include_str!("../../../../sandbox");

/// Whether they are there already.
pub fn is_inside() -> bool {
    env::var_os(MARKER).is_some()
}

/// Runs this program once more, inside of them; gives how it ended.
pub fn again() -> io::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("stage-").tempdir()?;
    let script = folder.path().join("sandbox");
    fs::write(&script, SCRIPT)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let status = Command::new(&script).arg(env::current_exe()?).args(env::args_os().skip(1)).status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
