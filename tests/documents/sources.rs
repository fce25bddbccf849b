//! The string literals of the charm's code, without those of tests, of documentation and of the log.

use std::{collections::BTreeMap, fs, path::Path};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, Item, ItemConst, ItemMod, Lit, LitStr, Macro, Meta, visit, visit::Visit};

use crate::page::path;

/// The literals of one file.
#[derive(Default)]
pub struct Literals {
    /// All that stand in its code, in order.
    pub texts: Vec<String>,
    /// The constants that are texts, by name.
    constants: BTreeMap<String, String>,
}

impl Literals {
    /// Those of a file of the project.
    pub fn of(file: &Path) -> Self {
        let mut literals = Self::default();
        literals.visit_file(&syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap());
        literals
    }

    /// A text with the constants of its file, and of others, in the place of their names.
    pub fn filled(&self, text: &str, others: &BTreeMap<String, String>) -> String {
        let constants = self.constants.iter().chain(others);
        constants.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// The constants of the file.
    pub fn constants(&self) -> &BTreeMap<String, String> {
        &self.constants
    }

    fn visit_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.visit_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.texts.push(text.value());
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Literals {
    fn visit_item(&mut self, item: &'ast Item) {
        let is_test = match item {
            Item::Mod(ItemMod { attrs, .. }) => attrs.iter().any(is_for_tests),
            Item::Fn(item) => item.attrs.iter().any(is_for_tests),
            Item::Impl(item) => item.attrs.iter().any(is_for_tests),
            _ => false,
        };
        if !is_test {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        if let Expr::Lit(it) = &*item.expr
            && let Lit::Str(text) = &it.lit
        {
            self.constants.insert(item.ident.to_string(), text.value());
        }
        visit::visit_item_const(self, item);
    }

    /// Of attributes, only those that are messages of errors count.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta
            && list.path.is_ident("error")
        {
            self.visit_tokens(list.tokens.clone());
        }
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.texts.push(text.value());
    }

    fn visit_macro(&mut self, it: &'ast Macro) {
        let name = it.path.segments.last().map(|part| part.ident.to_string()).unwrap_or_default();
        if !["debug", "error", "info", "trace", "warn"].contains(&name.as_str()) {
            self.visit_tokens(it.tokens.clone());
        }
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
}

/// The Rust files of these files and folders of `src/`, without those that are for tests alone.
pub fn files(places: &[&str]) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = places.iter().flat_map(|place| below(&path("src").join(place))).collect();
    found.retain(|file| !file.iter().any(|part| part == "tests" || part == "tests.rs" || part == "arbitrary.rs"));
    found.sort();
    found
}

fn below(place: &Path) -> Vec<std::path::PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    let found = entries.flat_map(|entry| below(&entry.unwrap().path()));
    found.filter(|file| file.extension().is_some_and(|suffix| suffix == "rs")).collect()
}
