//! The layer files of an image: `layers/NNN-label.yaml`, and one level of sub-directories `layers/NNN-label.d`.

use super::{Layer, PlanError};
use crate::errno;
use std::{collections::BTreeMap, fs, io, path::Path};

/// Reads all layers in the order of their numbers.
///
/// *Empty*: no directory, no layers.
///
/// # Errors
/// A name is invalid or not unique, a file cannot be read, or is no layer.
pub fn read(dir: &Path) -> Result<Vec<Layer>, PlanError> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut layers = Vec::new();
    for entry in entries(dir, true)? {
        let path = dir.join(&entry.file);
        if path.is_dir() {
            for inner in entries(&path, false)? {
                layers.push(read_layer(&path.join(&inner.file), &format!("{}/{}", entry.label, inner.label))?);
            }
        } else {
            layers.push(read_layer(&path, &entry.label)?);
        }
    }
    Ok(layers)
}

struct Entry {
    file: String,
    label: String,
}

fn read_layer(path: &Path, label: &str) -> Result<Layer, PlanError> {
    let text = fs::read_to_string(path).map_err(|error| {
        let cause = errno::on_path("open", &path.to_string_lossy(), &error);
        PlanError::Directory(format!("cannot read layer file: {cause}"))
    })?;
    Layer::parse(label, &text)
}

fn entries(dir: &Path, may_have_directories: bool) -> Result<Vec<Entry>, PlanError> {
    let mut labels: BTreeMap<String, u32> = BTreeMap::new();
    let mut orders: BTreeMap<u32, String> = BTreeMap::new();
    let mut found = Vec::new();
    for file in file_names(dir).map_err(|error| cannot_list(dir, &error))? {
        if !has_suffix(&file, "yaml") && !has_suffix(&file, "d") {
            continue;
        }
        let is_directory = dir.join(&file).is_dir();
        let (order, label) = split_name(&file).ok_or_else(|| bad_name(&file, is_directory))?;
        if is_directory && !may_have_directories {
            return Err(PlanError::Directory("cannot have a layers sub-directory at this level".to_owned()));
        }
        let clash = orders.get(&order).map(|label| (order, label.clone()));
        let clash = clash.or_else(|| labels.get(&label).map(|order| (*order, label.clone())));
        if let Some((order, label)) = clash {
            return Err(PlanError::Directory(format!(
                "invalid layer filename: {file:?} not unique (have \"{order:03}-{label}.yaml\" already)"
            )));
        }
        orders.insert(order, label.clone());
        labels.insert(label.clone(), order);
        found.push(Entry { file, label });
    }
    Ok(found)
}

fn file_names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn cannot_list(dir: &Path, error: &io::Error) -> PlanError {
    PlanError::Directory(format!(
        "cannot read layers directory: {}",
        errno::on_path("open", &dir.to_string_lossy(), error)
    ))
}

fn bad_name(file: &str, is_directory: bool) -> PlanError {
    let (noun, suffix) = if is_directory { ("sub-directory name", "d") } else { ("filename", "yaml") };
    PlanError::Directory(format!("invalid layer {noun}: {file:?} (must look like \"123-some-label.{suffix}\")"))
}

fn has_suffix(file: &str, suffix: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, found)| found == suffix)
}

/// Three digits, a dash, and a label of lower-case words of which the whole has at least three letters.
fn split_name(file: &str) -> Option<(u32, String)> {
    let (stem, _) = file.rsplit_once('.')?;
    let (number, label) = stem.split_once('-')?;
    let is_number = number.len() == 3 && number.chars().all(|letter| letter.is_ascii_digit());
    let is_lower = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let words_ok = label.split('-').all(|word| !word.is_empty() && word.chars().all(is_lower));
    let letters = label.chars().filter(|letter| *letter != '-').count();
    let is_label = label.starts_with(|letter: char| letter.is_ascii_lowercase()) && words_ok && letters >= 3;
    if is_number && is_label { Some((number.parse().ok()?, label.to_owned())) } else { None }
}
