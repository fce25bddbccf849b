//! A page, and the part of it that is made.

use std::{env, fs, path::PathBuf};

/// A file of the project.
pub fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// The text of a file of the project.
pub fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A file in YAML.
pub fn yaml(file: &str) -> serde_yaml::Value {
    serde_yaml::from_str(&text(file)).unwrap()
}

/// Fails unless the part of a page between the markers of this name is the text, which it prints then.
#[track_caller]
pub fn assert_holds(page: &str, name: &str, made: &str) {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let whole = text(page);
    let (before, rest) = whole.split_once(&begin).unwrap_or_else(|| panic!("{page} needs {begin}"));
    let (published, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{page} needs {end}"));
    let made = made.trim();
    if env::var("DOCUMENTS").is_ok_and(|word| word == "write") {
        fs::write(path(page), format!("{before}{begin}\n{made}\n{end}{after}")).unwrap();
        return;
    }
    assert!(
        published.trim() == made,
        "{page} needs this between the markers of {name}; DOCUMENTS=write writes it:\n\n{made}"
    );
}

/// A text of several lines as one, for a cell of a table.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
