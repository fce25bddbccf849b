//! The sizes of files and functions in every crate of the workspace.
//!
//! Tables do not count: a table is a `const` or a `static`, with its documentation, wherever it stands. Neither do items for tests
//! alone (`#[cfg(test)]`) in the size of a file. A function counts from `fn` to its closing brace; tests are functions, too. Functions in the arguments of a
//! macro, such as `proptest!`, are not seen.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a file that cannot be read fails its test")]

mod sources;

use std::{collections::BTreeSet, fs, ops::RangeInclusive};

use proc_macro2::Span;
use sources::{Source, assert_none, below, is_test_only, production};
use syn::{
    Block, ImplItemConst, ImplItemFn, Item, ItemFn, Signature, TraitItemConst, TraitItemFn, spanned::Spanned, visit,
    visit::Visit,
};

const FOLDERS: [&str; 3] = ["src", "tests", "discourse_rock/forwarder"];
const FILE_LIMIT: usize = 300;
const FUNCTION_LIMIT: usize = 40;
const MEDIAN_LIMIT: usize = 8;

#[test]
fn no_file_is_longer_than_three_hundred_lines() {
    let sizes = below(&FOLDERS).into_iter().map(|source| {
        let text = fs::read_to_string(&source.path).unwrap();
        (Measured::of(&source).file_size(text.lines().count()), source.path.display().to_string())
    });
    assert_none(&over(FILE_LIMIT, sizes));
}

#[test]
fn no_function_is_longer_than_forty_lines() {
    let functions = below(&FOLDERS).into_iter().flat_map(|source| {
        let measured = Measured::of(&source);
        let place = move |function: &Function| format!("{}, {}", source.path.display(), function.name);
        measured.functions.iter().map(|function| (measured.size(function), place(function))).collect::<Vec<_>>()
    });
    assert_none(&over(FUNCTION_LIMIT, functions));
}

#[test]
fn half_of_the_charms_functions_have_eight_lines_or_fewer() {
    let mut sizes: Vec<_> = production().iter().flat_map(|source| Measured::of(source).production_sizes()).collect();
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(median <= MEDIAN_LIMIT, "the median of {} functions has {median} lines", sizes.len());
}

#[test]
fn tables_count_nowhere_and_tests_only_as_functions() {
    let measured = measured(
        "/// Numbers.\nconst A: [u8; 2] = [\n    1,\n    2,\n];\n\npub fn f() {\n    static B: u8 =\n        3;\n    g();\n}\n\n\
        #[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {\n    }\n}\n",
    );
    let functions: Vec<_> = measured.functions.iter().map(|one| (one.name.as_str(), measured.size(one))).collect();
    assert_eq!(
        (measured.file_size(18), functions, measured.production_sizes()),
        (5, vec![("f", 3), ("t", 2)], vec![3])
    );
}

fn measured(text: &str) -> Measured {
    Measured::of(&Source { path: "src/x.rs".into(), syntax: syn::parse_str(text).unwrap() })
}

/// One line for each size over a limit, the largest first.
fn over(limit: usize, sizes: impl Iterator<Item = (usize, String)>) -> Vec<String> {
    let mut over: Vec<_> = sizes.filter(|(size, _)| *size > limit).collect();
    over.sort_by(|one, other| other.cmp(one));
    over.iter().map(|(size, place)| format!("{size} lines: {place}")).collect()
}

struct Function {
    name: String,
    lines: RangeInclusive<usize>,
}

/// What a file's size is made of, by the numbers of lines.
#[derive(Default)]
struct Measured {
    tables: BTreeSet<usize>,
    tests: BTreeSet<usize>,
    functions: Vec<Function>,
}

impl Measured {
    fn of(source: &Source) -> Self {
        let mut measured = Self::default();
        measured.visit_file(&source.syntax);
        measured
    }

    fn file_size(&self, lines: usize) -> usize {
        lines - self.tables.union(&self.tests).count()
    }

    fn size(&self, function: &Function) -> usize {
        function.lines.clone().filter(|line| !self.tables.contains(line)).count()
    }

    fn production_sizes(&self) -> Vec<usize> {
        let functions = self.functions.iter().filter(|function| !self.tests.contains(function.lines.start()));
        functions.map(|function| self.size(function)).collect()
    }

    fn note(&mut self, signature: &Signature, body: &Block) {
        let lines = signature.fn_token.span.start().line..=body.span().end().line;
        self.functions.push(Function { name: signature.ident.to_string(), lines });
    }
}

fn lines(span: Span) -> RangeInclusive<usize> {
    span.start().line..=span.end().line
}

impl<'ast> Visit<'ast> for Measured {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test_only(item) {
            self.tests.extend(lines(item.span()));
        }
        if matches!(item, Item::Const(_) | Item::Static(_)) {
            self.tables.extend(lines(item.span()));
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        self.tables.extend(lines(item.span()));
    }

    fn visit_trait_item_const(&mut self, item: &'ast TraitItemConst) {
        self.tables.extend(lines(item.span()));
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.note(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.note(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(body) = &item.default {
            self.note(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}
