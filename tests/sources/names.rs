//! Which modules, types and crates a Rust file names.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Attribute, Expr, ExprAsync, ExprClosure, Item, ItemMod, ItemUse, Macro, Path, Signature, Token, UseTree,
    punctuated::Punctuated, visit, visit::Visit,
};

use crate::sources::{Name, Source, is_test_only, module};

/// The names that a file of `src/` uses outside its tests.
///
/// Names of this project begin with `crate`. A glob import ends with `*`. Asynchronous functions, blocks and closures use the name
/// `async`.
pub fn used(source: &Source) -> BTreeSet<Name> {
    let mut reader = Reader { module: module(source), ..Reader::default() };
    reader.visit_file(&source.syntax);
    // At the end, because an import may stand after the code that uses it.
    reader.used.iter().map(|name| reader.without_alias(name)).collect()
}

#[derive(Default)]
struct Reader {
    module: Name,
    /// What the first part of a path may stand for: imports and submodules.
    aliases: BTreeMap<String, Name>,
    used: BTreeSet<Name>,
}

impl Reader {
    /// Spells out `self`, `super` and this project's own name.
    fn absolute(&self, name: Name) -> Name {
        let ups = name.iter().take_while(|part| *part == "super").count();
        let own = self.module.len().saturating_sub(ups);
        match name.first().map(String::as_str) {
            Some("super") => [&self.module[..own], &name[ups..]].concat(),
            Some("self") => [&self.module, &name[1..]].concat(),
            Some("discourse_k8s") => [&["crate".to_owned()], &name[1..]].concat(),
            _ => name,
        }
    }

    fn without_alias(&self, name: &Name) -> Name {
        let alias = name.first().and_then(|first| self.aliases.get(first));
        alias.map_or_else(|| name.clone(), |path| [path, &name[1..]].concat())
    }

    fn import(&mut self, mut prefix: Name, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.import(prefix, &path.tree);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(prefix.clone(), tree)),
            UseTree::Glob(_) => self.import_as(prefix, "*", "*"),
            UseTree::Name(name) => self.import_as(prefix, &name.ident.to_string(), &name.ident.to_string()),
            UseTree::Rename(name) => self.import_as(prefix, &name.ident.to_string(), &name.rename.to_string()),
        }
    }

    fn import_as(&mut self, mut path: Name, name: &str, alias: &str) {
        // `use a::{self}` imports `a`.
        let alias = if name == "self" { path.last().cloned().unwrap() } else { alias.to_owned() };
        if name != "self" {
            path.push(name.to_owned());
        }
        let path = self.without_alias(&self.absolute(path));
        self.used.insert(path.clone());
        self.aliases.insert(alias, path);
    }

    fn note_async(&mut self, is_async: bool) {
        if is_async {
            self.used.insert(vec!["async".to_owned()]);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if !attribute.path().is_ident("doc") {
            visit::visit_attribute(self, attribute);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        self.module.push(name.clone());
        self.aliases.insert(name, self.module.clone());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(Name::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let name = self.absolute(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        self.used.insert(name);
        visit::visit_path(self, path);
    }

    /// Most macros take expressions: `join!(..)`, `format!(..)`.
    fn visit_macro(&mut self, item: &'ast Macro) {
        self.visit_path(&item.path);
        if let Ok(arguments) = item.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            let mut inner = Self { module: self.module.clone(), ..Self::default() };
            arguments.iter().for_each(|argument| inner.visit_expr(argument));
            self.used.append(&mut inner.used);
        }
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.note_async(signature.asyncness.is_some());
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.note_async(true);
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.note_async(closure.asyncness.is_some());
        visit::visit_expr_closure(self, closure);
    }
}
