//! The network namespace of a pod.

use super::{PodError, at};
use crate::sandbox::{Addresses, ProgramError, Sandbox, assignment, ip, run};
use nix::mount::{MntFlags, umount2};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A machine may have IPv6 switched off for new namespaces.
const CONFIGURE: &str = "echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/all/disable_ipv6; exec ip -batch -";

/// A network namespace, kept by a file, with a cable to the bridge, and a host name of its own.
#[derive(Debug)]
pub(super) struct Network {
    file: PathBuf,
    name: PathBuf,
    addresses: Addresses,
}

impl Network {
    pub(super) fn new(sandbox: &Sandbox, dir: &Path, addresses: Addresses, hostname: &str) -> Result<Self, PodError> {
        let network = Self { file: dir.join("net"), name: dir.join("uts"), addresses };
        for file in [&network.file, &network.name] {
            fs::write(file, "").map_err(at(file))?;
        }
        let mut command = Command::new("unshare");
        command.arg(format!("--net={}", network.file.display())).arg(format!("--uts={}", network.name.display()));
        run(command.args(["sh", "-c", "cat > /proc/sys/kernel/hostname"]), hostname)?;
        network.connect(sandbox)?;
        Ok(network)
    }

    fn connect(&self, sandbox: &Sandbox) -> Result<(), PodError> {
        let (port, bridge) = (sandbox.bridge().port(self.addresses), sandbox.bridge().name());
        let namespace = self.file.display();
        let cable =
            format!("link add {port} type veth peer name eth0 netns {namespace}\nlink set {port} master {bridge} up\n");
        match ip(&cable) {
            // An earlier stage had this number, and the kernel has not ended the namespaces of its pods yet.
            Err(ProgramError::Failed { message, .. }) if message.contains("exists") => {
                ip(&format!("link del {port}\n{cable}"))?;
            }
            laid => laid?,
        }
        let addresses = assignment(self.addresses, "eth0");
        let lines = format!("link set lo up\nlink set eth0 up\n{addresses}");
        run(self.enter().args(["sh", "-c", CONFIGURE]), &lines)?;
        Ok(())
    }

    /// Runs the lines of `ip -batch` inside.
    pub(super) fn change(&self, lines: &str) -> Result<(), PodError> {
        run(self.enter().args(["ip", "-batch", "-"]), lines)?;
        Ok(())
    }

    /// Gives the namespace up; it ends with the last process in it.
    pub(super) fn close(&self) {
        for file in [&self.file, &self.name] {
            let _ = umount2(file, MntFlags::MNT_DETACH);
        }
    }

    /// The file that keeps the namespace.
    pub(super) fn clone_file(&self) -> PathBuf {
        self.file.clone()
    }

    /// The beginning of a command line that runs a program in this namespace, under its host name.
    pub(super) fn enter(&self) -> Command {
        let mut command = enter(&self.file);
        command.arg(format!("--uts={}", self.name.display()));
        command
    }
}

/// The beginning of a command line that runs a program in the namespace that a file keeps; the program takes the child's place.
pub(super) fn enter(file: &Path) -> Command {
    let mut command = nowhere();
    command.arg(format!("--net={}", file.display()));
    command
}

/// The same for a program that stays in the network of this one.
pub(super) fn nowhere() -> Command {
    // By its path, because the command's own PATH may be the program's.
    Command::new("/usr/bin/nsenter")
}

impl Drop for Network {
    fn drop(&mut self) {
        self.close();
    }
}
