//! The project's Rust files as syntax trees.

mod files;

use std::{
    fs, iter,
    path::{Path, PathBuf},
};

use files::{rust_files, top};
use syn::{Attribute, Item};

pub use files::assert_none;

/// A path such as `crate::pebble::Pebble` or `tokio::join`, part by part.
pub type Name = Vec<String>;

/// A Rust file.
pub struct Source {
    /// Where it is, from the top of the project.
    pub path: PathBuf,
    /// What is in it.
    pub syntax: syn::File,
}

/// All Rust files below folders of the project, sorted by path.
pub fn below(folders: &[&str]) -> Vec<Source> {
    rust_files(folders).iter().map(|path| read(path)).collect()
}

/// The files of the charm itself, without those that hold tests.
pub fn production() -> Vec<Source> {
    let all = below(&["src"]);
    let tests: Vec<Name> = all.iter().flat_map(test_modules).collect();
    all.into_iter().filter(|source| !tests.iter().any(|test| module(source).starts_with(test))).collect()
}

/// The module that a file of `src/` holds.
pub fn module(source: &Source) -> Name {
    let below = source.path.strip_prefix("src").unwrap().with_extension("");
    let parts = below.iter().map(|part| part.to_str().unwrap().to_owned()).filter(|part| part != "lib");
    iter::once("crate".to_owned()).chain(parts).collect()
}

/// The modules that a file declares for tests alone.
fn test_modules(source: &Source) -> Vec<Name> {
    let items = source.syntax.items.iter().filter(|item| is_test_only(item));
    let names = items.filter_map(|item| if let Item::Mod(item) = item { Some(item.ident.to_string()) } else { None });
    names.map(|name| [module(source), vec![name]].concat()).collect()
}

/// Whether an item is compiled for tests alone.
pub fn is_test_only(item: &Item) -> bool {
    attributes(item).iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("parsing {} failed: {error}", path.display()));
    Source { path: path.strip_prefix(top()).unwrap().to_owned(), syntax }
}
