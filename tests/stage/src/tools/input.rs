//! Files that a tool reads and writes for the charm.

use super::{Arguments, Invocation, Session, ToolError};
use nix::errno::Errno;
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// What the flag `--file` names; `-` is standard input.
///
/// *Empty*: no flag, or an empty name.
///
/// # Errors
/// The file cannot be read, or standard input was not sent yet.
pub fn file(
    session: &Session<'_>,
    arguments: &Arguments,
    invocation: &Invocation,
) -> Result<Option<Vec<u8>>, ToolError> {
    match arguments.value("file") {
        None | Some("") => Ok(None),
        Some(name) => named(session, invocation, name).map(Some),
    }
}

/// The content of a file, or of standard input.
///
/// # Errors
/// As [`file`].
pub fn named(session: &Session<'_>, invocation: &Invocation, name: &str) -> Result<Vec<u8>, ToolError> {
    if name == "-" {
        return invocation.stdin.clone().ok_or(ToolError::WantsStdin);
    }
    let path = absolute(&invocation.dir, name);
    let here = session.on_this_machine(&path);
    let work = if here.is_dir() { "read" } else { "open" };
    fs::read(here).map_err(|cause| failure(work, &path, &cause))
}

/// A path as the charm sees it: a relative one below the caller's folder, without `.` and `..`.
pub fn absolute(dir: &Path, name: &str) -> PathBuf {
    if name.starts_with('/') {
        return PathBuf::from(name);
    }
    let mut clean = PathBuf::new();
    for component in dir.join(name).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}

/// A failure as Go words it.
pub fn failure(work: &str, path: &Path, cause: &io::Error) -> ToolError {
    let why =
        cause.raw_os_error().map_or_else(|| cause.to_string(), |number| Errno::from_raw(number).desc().to_owned());
    let mut chars = why.chars();
    let why: String = chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect();
    ToolError::failed(format!("{work} {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{absolute, failure};
    use std::{io, path::Path};

    #[test]
    fn paths_are_clean_unless_they_were_absolute() {
        let dir = Path::new("/srv/dir");
        for (name, path) in [("x", "/srv/dir/x"), (".", "/srv/dir"), ("../a/./b", "/srv/a/b"), ("/a/../b", "/a/../b")] {
            assert_eq!(absolute(dir, name), Path::new(path));
        }
    }

    #[test]
    fn failures_are_worded_as_go_words_them() {
        let message = |number| failure("open", Path::new("/x"), &io::Error::from_raw_os_error(number)).to_string();
        assert_eq!(
            [2, 13, 21].map(message),
            ["open /x: no such file or directory", "open /x: permission denied", "open /x: is a directory"]
        );
    }
}
