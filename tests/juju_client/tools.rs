//! Hook tools for one test.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use discourse_k8s::juju::{RelationId, Tools, UnitName};

/// A program that is open for writing cannot be run, and a new process of another test may hold it open: so one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A folder of tools that record how they are called; it is removed with its value.
pub struct FakeTools {
    /// Where the tools are.
    pub dir: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl FakeTools {
    /// Tools by name, each with the shell lines that answer a call.
    #[track_caller]
    pub fn with<const N: usize>(tools: [(&str, &str); N]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = scratch().join(format!("juju-client-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        for (name, lines) in tools {
            let note = r#"for word; do printf '%s\n' "$word"; done >>"$0.words""#;
            fs::write(dir.join(name), format!("#!/bin/sh\n{note}\n{lines}\n")).unwrap();
            fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { dir, _turn: turn }
    }

    /// The charm's side of these tools.
    pub fn tools(&self) -> Tools {
        Tools::in_folder(&self.dir)
    }

    /// The arguments of all calls of a tool.
    pub fn words(&self, tool: &str) -> Vec<String> {
        self.recorded(&format!("{tool}.words")).lines().map(str::to_owned).collect()
    }

    /// A file that a tool has written, empty if there is none.
    pub fn recorded(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap_or_default()
    }
}

impl Drop for FakeTools {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Where files of a test go: the sandbox's own folder, which is removed with it.
fn scratch() -> PathBuf {
    env::var_os("STAGE_SANDBOX").map_or_else(env::temp_dir, PathBuf::from)
}

/// A relation of the endpoint `database`.
#[track_caller]
pub fn relation() -> RelationId {
    "database:7".parse().unwrap()
}

/// A unit by name.
#[track_caller]
pub fn unit(name: &str) -> UnitName {
    name.parse().unwrap()
}

/// A map of texts.
pub fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
