//! The list of names that stands in for a cluster's name service.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs::{self, File},
    io,
    net::IpAddr,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// A file in the format of `/etc/hosts` that stays the same file when it changes, because pods have it mounted.
#[derive(Debug)]
pub(crate) struct Hosts {
    path: PathBuf,
    names: Mutex<BTreeMap<String, IpAddr>>,
}

impl Hosts {
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        fs::write(path, text(&BTreeMap::new()))?;
        Ok(Self { path: path.to_owned(), names: Mutex::default() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn name(&self, host: &str, address: IpAddr) -> io::Result<()> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(host.to_owned(), address);
        self.write(&text(&names))
    }

    pub(crate) fn forget(&self, hosts: impl Iterator<Item = String>) -> io::Result<()> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        for host in hosts {
            names.remove(&host);
        }
        self.write(&text(&names))
    }

    /// In one write and then a cut, so that a reader never finds a name missing.
    fn write(&self, text: &str) -> io::Result<()> {
        let file = File::options().write(true).open(&self.path)?;
        file.write_all_at(text.as_bytes(), 0)?;
        file.set_len(text.len().try_into().unwrap_or(u64::MAX))
    }
}

fn text(names: &BTreeMap<String, IpAddr>) -> String {
    names.iter().fold("127.0.0.1 localhost\n::1 localhost\n".to_owned(), |mut text, (host, address)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{address} {host}");
        text
    })
}
