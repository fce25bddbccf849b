//! The list of names that stands in for a cluster's name service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs::{self, File},
    io,
    net::IpAddr,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const LOOPBACK: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// Files in the format of `/etc/hosts` that stay the same files when they change, because pods have them mounted.
#[derive(Debug)]
pub(crate) struct Hosts {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    names: BTreeMap<String, BTreeSet<IpAddr>>,
    /// The file of each pod, and its first line.
    pods: BTreeMap<PathBuf, String>,
}

impl Hosts {
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        fs::write(path, LOOPBACK)?;
        Ok(Self { path: path.to_owned(), known: Mutex::default() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of everybody after those of a pod itself: the first of them is the one that its address has.
    pub(crate) fn of_pod(&self, path: &Path, address: IpAddr, names: &str) -> io::Result<()> {
        fs::write(path, "")?;
        self.change(|known| drop(known.pods.insert(path.to_owned(), format!("{address} {names}\n"))))
    }

    pub(crate) fn forget_pod(&self, path: &Path) -> io::Result<()> {
        self.change(|known| drop(known.pods.remove(path)))
    }

    /// Each of these names leads to all these addresses, and to no other; without any it is gone.
    pub(crate) fn name(&self, hosts: &[String], addresses: &BTreeSet<IpAddr>) -> io::Result<()> {
        self.change(|known| {
            known.names.extend(hosts.iter().map(|host| (host.clone(), addresses.clone())));
            known.names.retain(|_, addresses| !addresses.is_empty());
        })
    }

    fn change(&self, change: impl FnOnce(&mut Known)) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut known);
        let all = text(&known.names);
        known.pods.iter().try_for_each(|(path, own)| write(path, &format!("{LOOPBACK}{own}{all}")))?;
        write(&self.path, &format!("{LOOPBACK}{all}"))
    }
}

/// In one write and then a cut, so that a reader never finds a name missing.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.write_all_at(text.as_bytes(), 0)?;
    file.set_len(text.len().try_into().unwrap_or(u64::MAX))
}

fn text(names: &BTreeMap<String, BTreeSet<IpAddr>>) -> String {
    let lines = names.iter().flat_map(|(host, addresses)| addresses.iter().map(move |address| (address, host)));
    lines.fold(String::new(), |mut text, (address, host)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{address} {host}");
        text
    })
}
