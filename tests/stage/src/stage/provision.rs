//! What a unit needs before its first hook: its charm unpacked, the hook tools, and a place for the socket.

use super::{Stage, StageError};
use crate::{agent::Home, charm, model::Life, tools};
use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// The program behind every hook tool, in a unit's tools folder.
const PROGRAM: &str = "hook-tool";
/// Where a charm in a pod sees its home; one without a pod sees it where it lies.
const JUJU: &str = "/var/lib/juju";

impl Stage {
    /// Gives every living unit its home.
    pub(super) fn provision(&mut self) -> Result<(), StageError> {
        let alive = self.model.units.iter().filter(|(_, unit)| unit.life != Life::Dead);
        let new: Vec<String> =
            alive.map(|(name, _)| name.clone()).filter(|name| !self.homes.contains_key(name)).collect();
        self.start_pods()?;
        for name in new {
            let home = self.furnish(&name)?;
            self.homes.insert(name, home);
        }
        Ok(())
    }

    /// Unpacks the charm and links the tools.
    fn furnish(&self, unit: &str) -> Result<Home, StageError> {
        let root = self.folder.path().join(unit.replace('/', "-"));
        let seen = if self.places.contains_key(unit) { Path::new(JUJU) } else { &root };
        let home = Home::new(&root, seen, unit);
        if home.charm().exists() {
            fs::remove_dir_all(home.charm()).map_err(StageError::File)?;
        }
        charm::unpack(&self.charm, &home.charm()).map_err(StageError::Charm)?;
        link_tools(&home.tools()).map_err(StageError::File)?;
        Ok(home)
    }
}

fn link_tools(tools: &Path) -> io::Result<()> {
    if tools.exists() {
        return Ok(());
    }
    fs::create_dir_all(tools)?;
    let (source, target) = (hook_tool(), tools.join(PROGRAM));
    fs::hard_link(&source, &target).or_else(|_| fs::copy(&source, &target).map(drop))?;
    tools::NAMES.iter().try_for_each(|name| symlink(PROGRAM, tools.join(name)))
}

/// `$STAGE_BIN/hook-tool`, else beside the running program, else where a checkout puts it.
fn hook_tool() -> PathBuf {
    let beside = env::current_exe().ok().into_iter().flat_map(|exe| {
        let dirs = [exe.parent().map(Path::to_owned), exe.parent().and_then(Path::parent).map(Path::to_owned)];
        dirs.into_iter().flatten()
    });
    let named = env::var_os("STAGE_BIN").map(PathBuf::from);
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/stage");
    let mut places = named.into_iter().chain(beside).chain([checkout.clone()]).map(|dir| dir.join(PROGRAM));
    places.find(|program| program.is_file()).unwrap_or_else(|| checkout.join(PROGRAM))
}
