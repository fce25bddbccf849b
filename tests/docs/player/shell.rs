//! Commands of other programs: the files that they name are there, or an earlier line of the page makes them.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use crate::words::commands;

/// The ends of names that are files, even without a folder before them.
const SUFFIXES: [&str; 12] =
    [".charm", ".rock", ".md", ".yaml", ".yml", ".tf", ".tfvars", ".hcl", ".txt", ".pem", ".crt", ".tar"];

/// The ends of channels.
const RISKS: [&str; 4] = ["/stable", "/candidate", "/beta", "/edge"];

/// Programs that make what their last word, or what follows these options, names.
const MAKERS: [&str; 7] = ["cp", "mv", "mkdir", "touch", "tee", "ln", "kubectl"];
const TARGETS: [&str; 6] = ["-o", "--output", "-O", "-out", "-keyout", "--destination"];

/// A shell that runs nothing.
pub struct Shell<'t> {
    top: &'t Path,
    /// The folder that it is in, from the top of the project; none outside of it.
    folder: Option<PathBuf>,
    made: BTreeSet<PathBuf>,
}

impl<'t> Shell<'t> {
    /// A shell at the top of the project.
    pub fn new(top: &'t Path) -> Self {
        Self { top, folder: Some(PathBuf::new()), made: BTreeSet::new() }
    }

    /// What is wrong with the lines of a block, each with its number.
    pub fn check(&mut self, lines: &[String]) -> Vec<(usize, String)> {
        let mut mistakes = Vec::new();
        for (line, command) in commands(lines) {
            for part in command.split(['|', ';']).flat_map(|part| part.split("&&")) {
                let found = self.part(part);
                mistakes.extend(found.into_iter().map(|mistake| (line, mistake)));
            }
        }
        mistakes
    }

    fn part(&mut self, part: &str) -> Vec<String> {
        let words: Vec<&str> = part.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).collect();
        let words = words.as_slice();
        let Some(program) = words.iter().find(|word| **word != "sudo" && !word.contains('=')) else {
            return Vec::new();
        };
        if *program == "juju" {
            return vec!["commands of Juju belong into console blocks".to_owned()];
        }
        let targets = self.targets(program, words);
        let missing: Vec<String> = words
            .iter()
            .filter_map(|word| files(word))
            .filter(|file| !targets.contains(&self.place(file)) && !self.is_there(file))
            .map(|file| format!("there is no file {file}, and no line before makes it"))
            .collect();
        self.made.extend(targets.into_iter().flatten());
        self.run(program, words);
        missing
    }

    /// The path of a file from the top of the project; none if it is outside.
    fn place(&self, file: &str) -> Option<PathBuf> {
        let mut place = self.folder.clone()?;
        for part in Path::new(file).components() {
            match part {
                Component::Normal(name) => place.push(name),
                Component::ParentDir if place.parent().is_none() => return None,
                Component::ParentDir => drop(place.pop()),
                Component::CurDir => {}
                _ => return None,
            }
        }
        Some(place)
    }

    fn is_there(&self, file: &str) -> bool {
        let Some(place) = self.place(file) else { return true };
        self.top.join(&place).exists() || self.made.iter().any(|made| made.starts_with(&place) || place == *made)
    }

    /// What a command makes.
    fn targets(&self, program: &str, words: &[&str]) -> BTreeSet<Option<PathBuf>> {
        let pairs = words.windows(2).filter_map(|pair| match pair {
            [option, target] if TARGETS.contains(option) || [">", ">>"].contains(option) => Some(*target),
            _ => None,
        });
        let joined =
            words.iter().filter_map(|word| word.strip_prefix(">").map(|target| target.trim_start_matches('>')));
        let last = words.last().filter(|_| MAKERS.contains(&program)).copied();
        let named = pairs.chain(joined).chain(last).filter(|target| !target.is_empty());
        named.map(|target| self.place(target)).collect()
    }

    /// What follows from a command for later ones.
    fn run(&mut self, program: &str, words: &[&str]) {
        match (program, words) {
            ("charmcraft", [_, "pack", ..]) => self.make(&["discourse-k8s_amd64.charm", "discourse-k8s_arm64.charm"]),
            ("rockcraft", [_, "pack", ..]) => {
                let rocks = rocks(self.top);
                self.make(&rocks.each_ref().map(String::as_str));
            }
            ("terraform" | "tofu", [_, "init", ..]) => self.make(&[".terraform", ".terraform.lock.hcl"]),
            ("cd", [_, folder, ..]) => self.folder = self.place(folder),
            // What was cloned is this project, or none of its business.
            ("git", [_, "clone", .., last]) => {
                self.make(&[last.rsplit('/').next().unwrap_or(last).trim_end_matches(".git")]);
            }
            _ => {}
        }
    }

    fn make(&mut self, names: &[&str]) {
        let made: Vec<PathBuf> = names.iter().filter_map(|name| self.place(name)).collect();
        self.made.extend(made);
    }
}

/// The names of the image's files, as rockcraft makes them.
fn rocks(top: &Path) -> [String; 2] {
    let text = std::fs::read_to_string(top.join("discourse_rock/rockcraft.yaml")).unwrap_or_default();
    let rock: serde_yaml::Value = serde_yaml::from_str(&text).unwrap_or_default();
    let field = |name: &str| rock.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    ["amd64", "arm64"].map(|machine| format!("{}_{}_{machine}.rock", field("name"), field("version")))
}

/// The files that a word names: those of this project, not addresses, images, absolute paths or what is to be filled in.
fn files(word: &str) -> Option<&str> {
    let word = word.rsplit_once('=').map_or(word, |(_, value)| value).trim_start_matches(['>', '@']);
    let is_elsewhere = word.contains("://")
        || word.contains(':')
        || word.starts_with(['/', '~', '-', '$'])
        || word.contains(['<', '*', '$', '{', '('])
        || RISKS.iter().any(|risk| word.ends_with(risk));
    let is_path = word.starts_with("./")
        || word.starts_with("../")
        || SUFFIXES.iter().any(|suffix| word.ends_with(suffix))
        || word.contains('/') && !is_image(word);
    (!is_elsewhere && is_path && word.len() > 1).then_some(word)
}

/// Whether a word with a slash may be the name of an image or of a module: its first part has a dot, and no file ends it.
fn is_image(word: &str) -> bool {
    word.split('/').next().is_some_and(|first| first.contains('.') && !first.starts_with('.'))
}
