//! What a unit needs before its first hook: its charm unpacked, the hook tools, and a place for the socket.

use super::{Stage, StageError};
use crate::{
    agent::AgentDir,
    charm,
    model::{Life, Version, names::application_of},
    pod::programs,
    sandbox::run,
    tools,
};
use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// The program behind every hook tool, in a unit's tools folder.
const PROGRAM: &str = "hook-tool";
/// Where a charm in a pod sees the folder of its agent; without a pod it sees the real path.
const JUJU: &str = "/var/lib/juju";

impl Stage {
    /// Makes the agent folder of every living unit that has none.
    pub(super) fn provision(&mut self) -> Result<(), StageError> {
        let alive = self.model.units.iter().filter(|(_, unit)| unit.life != Life::Dead);
        let new: Vec<String> =
            alive.map(|(name, _)| name.clone()).filter(|name| !self.agent_dirs.contains_key(name)).collect();
        self.start_pods()?;
        self.serve()?;
        for name in new {
            let agent_dir = self.unpack(&name)?;
            self.agent_dirs.insert(name, agent_dir);
        }
        Ok(())
    }

    /// Unpacks the charm and links the tools.
    fn unpack(&mut self, unit: &str) -> Result<AgentDir, StageError> {
        let root = self.folder_of(unit);
        let seen = if self.pods.contains_key(unit) { Path::new(JUJU) } else { &root };
        let agent_dir = AgentDir::new(&root, seen, unit);
        if agent_dir.charm().exists() {
            fs::remove_dir_all(agent_dir.charm()).map_err(StageError::File)?;
        }
        charm::unpack(self.charm_of(unit)?, &agent_dir.charm()).map_err(StageError::Charm)?;
        link_tools(&agent_dir.tools(), self.model.juju).map_err(StageError::File)?;
        self.fetch_resources(unit, &agent_dir.resources()).map_err(StageError::File)?;
        Ok(agent_dir)
    }

    /// The folder of a unit, and of every later one of its name.
    fn folder_of(&mut self, unit: &str) -> PathBuf {
        let known = self.folders.iter().position(|name| name == unit);
        let number = known.unwrap_or(self.folders.len());
        if known.is_none() {
            self.folders.push(unit.to_owned());
        }
        self.folder.path().join(number.to_string())
    }

    /// Puts the resources where the charm finds them: files as they are, and of images a note where they come from.
    fn fetch_resources(&self, unit: &str, target: &Path) -> io::Result<()> {
        let application = self.model.application_of(unit);
        let Some(deployment) = self.deployments.get(&application.name) else { return Ok(()) };
        for (name, declared) in &application.charm.resources {
            let folder = target.join(name);
            fs::create_dir_all(&folder)?;
            let file = deployment.resources.get(name).zip(declared.filename.as_ref());
            if let Some((source, filename)) = file {
                fs::copy(source, folder.join(filename))?;
            }
            let of_image = |container: &charm::Container| container.resource.as_ref() == Some(name);
            let container = application.charm.containers.iter().find(|(_, container)| of_image(container));
            if let Some(image) = container.and_then(|(container, _)| deployment.images.get(container)) {
                let note = format!("registrypath: {}\nusername: \"\"\npassword: \"\"\n", image.display());
                fs::write(folder.join("content.yaml"), note)?;
            }
        }
        Ok(())
    }

    fn charm_of(&self, unit: &str) -> Result<&Path, StageError> {
        let missing = || StageError::Missing { kind: "application", name: application_of(unit).to_owned() };
        let deployment = self.deployments.get(application_of(unit)).ok_or_else(missing)?;
        Ok(&deployment.charm)
    }
}

fn link_tools(tools: &Path, version: Version) -> io::Result<()> {
    if tools.exists() {
        return Ok(());
    }
    fs::create_dir_all(tools)?;
    let (source, target) = (hook_tool(), tools.join(PROGRAM));
    // A child process copies, for the reason that it copies the charm.
    fs::hard_link(&source, &target)
        .or_else(|_| run(Command::new("cp").arg(&source).arg(&target), "").map(drop).map_err(io::Error::other))?;
    tools::names(version).try_for_each(|name| symlink(PROGRAM, tools.join(name)))
}

/// The program in the folder that `STAGE_BIN` names or of the checkout, else the one next to the running program.
fn hook_tool() -> PathBuf {
    let kept = programs().join(PROGRAM);
    let beside = env::current_exe().ok().map(|program| program.with_file_name(PROGRAM));
    if kept.is_file() { kept } else { beside.filter(|program| program.is_file()).unwrap_or(kept) }
}
