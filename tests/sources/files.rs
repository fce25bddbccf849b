//! The project's Rust files by path, and how tests report offences in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The top of the project.
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below folders of the project, sorted.
pub fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut paths: Vec<_> = folders.iter().flat_map(|folder| files(folder, "rs")).collect();
    paths.sort();
    paths
}

/// All files below a folder of the project whose names end so, sorted.
pub fn files(folder: &str, suffix: &str) -> Vec<PathBuf> {
    let mut paths = below(&top().join(folder), suffix);
    paths.sort();
    paths
}

fn below(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| if path.is_dir() { below(&path, suffix) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|it| it == suffix)).collect()
}

/// Fails with one offence per line.
#[track_caller]
pub fn assert_none(offences: &[String]) {
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}
