//! The walls between the rooms of `src/`: who may touch the outside, and who may not.
#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A word that only some rooms may use.
struct Wall {
    words: &'static [&'static str],
    rooms: &'static [&'static str],
}

const WALLS: [Wall; 4] = [
    Wall { words: &["process::Command", "Command::new("], rooms: &["juju"] },
    Wall { words: &["reqwest", "UnixStream", "TcpStream", "tungstenite"], rooms: &["pebble", "telemetry"] },
    Wall { words: &["process::exit", "ExitCode", "SystemTime::now"], rooms: &["main"] },
    Wall {
        words: &["async fn", "tokio", "std::fs", "std::env"],
        rooms: &["main", "charm", "observe", "apply", "actions", "juju", "pebble", "log", "telemetry"],
    },
];

#[test]
fn only_the_rooms_that_may_touch_the_outside_do() {
    let mut breaches = Vec::new();
    for file in sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for wall in WALLS.iter().filter(|wall| !wall.rooms.contains(&room(&file).as_str())) {
            for word in wall.words.iter().filter(|word| text.contains(**word)) {
                breaches.push(format!("{}: {word}", file.display()));
            }
        }
    }
    assert_eq!(breaches, Vec::<String>::new());
}

/// The first part of a path below `src/`, without the suffix.
fn room(file: &Path) -> String {
    let below = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn sources(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(path) } else { vec![path] }).collect()
}
