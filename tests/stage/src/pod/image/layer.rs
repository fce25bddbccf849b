//! One layer of an image: an archive of files, and of names that take files of lower layers away.
//!
//! *Source*: OCI image specification 1.1, `layer.md`.

use super::zstd::{self, Frames};
use flate2::read::MultiGzDecoder;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufReader, Read, Seek},
    path::{Component, Path, PathBuf},
};
use tar::{Archive, Entry, EntryType};

/// The prefix of a name that takes a file away.
const WHITEOUT: &str = ".wh.";
/// The name that takes away all that lower layers have in a folder.
const OPAQUE: &str = ".wh..wh..opq";
/// More links than any path leads over.
const MAX_LINKS: usize = 40;

/// Lays the files of a packed layer over those in `root`; gzip or zstd is taken off.
pub(super) fn apply(layer: &Path, root: &Path) -> io::Result<()> {
    let mut archive = Archive::new(decompressed(layer)?);
    archive.set_preserve_permissions(true);
    archive.set_preserve_ownerships(true);
    archive.set_unpack_xattrs(true);
    let mut own = BTreeSet::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if let Some(written) = place(&mut entry, root, &own)? {
            own.insert(written);
        }
    }
    Ok(())
}

fn decompressed(layer: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(layer)?;
    let mut magic = Vec::new();
    Read::by_ref(&mut file).take(4).read_to_end(&mut magic)?;
    file.rewind()?;
    let file = BufReader::new(file);
    match magic.as_slice() {
        [0x1f, 0x8b, ..] => Ok(Box::new(MultiGzDecoder::new(file))),
        first if zstd::is_magic(first) => Ok(Box::new(Frames::new(file))),
        _ => Ok(Box::new(file)),
    }
}

/// Writes one entry, and returns where.
fn place(entry: &mut Entry<'_, impl Read>, root: &Path, own: &BTreeSet<PathBuf>) -> io::Result<Option<PathBuf>> {
    let name = entry.path()?.into_owned();
    let Some(file) = name.file_name() else { return Ok(None) };
    let parent = resolve(root, name.parent().unwrap_or(Path::new("")))?;
    if file == OPAQUE {
        return clear(&parent, own).map(|()| None);
    }
    if let Some(hidden) = file.to_str().and_then(|file| file.strip_prefix(WHITEOUT)) {
        return remove(&parent.join(hidden)).map(|()| None);
    }
    let target = parent.join(file);
    write(entry, root, &target)?;
    Ok(Some(target))
}

fn write(entry: &mut Entry<'_, impl Read>, root: &Path, target: &Path) -> io::Result<()> {
    let kind = entry.header().entry_type();
    if !(kind.is_dir() && target.symlink_metadata().is_ok_and(|found| found.is_dir())) {
        remove(target)?;
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    match kind {
        EntryType::Link => {
            let name = entry.link_name()?.ok_or_else(|| io::Error::other("a hard link to nothing"))?;
            let source = resolve(root, name.parent().unwrap_or(Path::new("")))?;
            fs::hard_link(source.join(name.file_name().unwrap_or_default()), target)
        }
        // Every container has the devices of its runtime.
        EntryType::Block | EntryType::Char | EntryType::Fifo => Ok(()),
        _ => entry.unpack(target).map(drop),
    }
}

/// Removes what lower layers have in a folder.
fn clear(dir: &Path, own: &BTreeSet<PathBuf>) -> io::Result<()> {
    let is_own = |path: &PathBuf| own.range(path.clone()..).next().is_some_and(|next| next.starts_with(path));
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries {
        if !is_own(&path) {
            remove(&path)?;
        } else if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            clear(&path, own)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

/// A folder as a process finds it whose root is `root`: links lead nowhere outside.
pub(in crate::pod) fn resolve(root: &Path, inside: &Path) -> io::Result<PathBuf> {
    let mut waiting: Vec<PathBuf> = parts(inside);
    let (mut found, mut links) = (root.to_owned(), 0);
    while let Some(part) = waiting.pop() {
        if part == OsStr::new("/") {
            root.clone_into(&mut found);
        } else if part == OsStr::new("..") {
            if found != root {
                found.pop();
            }
        } else if let Ok(target) = fs::read_link(found.join(&part)) {
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other("links lead in a circle"));
            }
            waiting.extend(parts(&target));
        } else {
            found.push(part);
        }
    }
    Ok(found)
}

/// The parts of a path, last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let kept = |part: &Component<'_>| *part != Component::CurDir;
    path.components().rev().filter(kept).map(|part| PathBuf::from(part.as_os_str())).collect()
}
