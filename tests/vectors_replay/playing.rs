//! The play of one vector in a process of its own, with network, mounts and processes of its own.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_yaml::Value;

use super::facts::Outcome;

/// The checkout.
pub fn checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The endpoints that the charm declares.
pub fn declared_endpoints() -> Vec<String> {
    let text = fs::read_to_string(checkout().join("metadata.yaml")).unwrap_or_default();
    let metadata: Value = serde_yaml::from_str(&text).unwrap_or_default();
    let roles = ["requires", "provides", "peers"].into_iter().filter_map(|role| metadata.get(role)?.as_mapping());
    roles.flat_map(|endpoints| endpoints.keys()).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Plays a vector and gives what it left behind, and the hooks that ran, for people.
///
/// # Errors
/// The play did not come to an end, with what it printed.
pub fn play_apart(file: &Path, patience: Duration) -> Result<(Outcome, String), String> {
    let program = env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
    let mut child = Command::new(checkout().join("tests/sandbox"))
        .arg(program)
        .arg("--play")
        .arg(file)
        .env_remove("STAGE_SANDBOX")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("starting tests/sandbox: {error}"))?;
    let (output, errors) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let is_over = wait(&mut child, patience);
    let (output, errors) = (output.join().unwrap_or_default(), errors.join().unwrap_or_default());
    match serde_json::from_str(output.lines().last().unwrap_or_default()) {
        Ok(outcome) if is_over => Ok((outcome, errors)),
        _ => Err(format!("the play did not come to an end: {}", errors.trim())),
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whether the child ends well in time; it is ended when it does not.
fn wait(child: &mut Child, patience: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(20)),
            Err(_) => break,
        }
    }
    // The shell in between hands it on to the sandbox.
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
    false
}
