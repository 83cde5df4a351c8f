//! Files that import each other in a circle can only be understood together. The largest circle of each crate has a
//! size that it may not exceed, and that only shrinks.
//!
//! What counts is `use crate::…` and `use super::…` outside tests, as it is written: a path leads to the file of the
//! innermost module that it names, whatever that file passes on from another.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};

use super::repository::{File, rust};

/// How many files the largest circle of a crate has; the crates that are not listed have none.
const LARGEST: [(&str, usize); 9] = [
    ("app", 12),
    ("engine", 2),
    ("import", 8),
    ("intake", 2),
    ("live", 3),
    ("mail", 2),
    ("sample", 2),
    ("server", 3),
    ("store", 5),
];

/// The path of a module, the name of its crate first.
type Module = Vec<String>;

/// The module that a file is; `None` of files outside the sources of the crates.
fn module_of(file: &File) -> Option<Module> {
    let (name, path) = file.path.strip_prefix("crates/")?.split_once("/src/")?;
    let words: Vec<&str> = path.strip_suffix(".rs")?.split('/').collect();
    let inside: &[&str] = match words.as_slice() {
        ["lib" | "main"] => &[],
        [above @ .., "mod"] => above,
        all => all,
    };
    (!name.contains('/')).then(|| [&[name][..], inside].concat().into_iter().map(str::to_owned).collect())
}

/// What a file imports from its crate, and the modules that it has for tests alone.
struct Imports {
    /// The module that the visit is in: the file's own, or one inside it.
    here: Module,
    paths: Vec<Module>,
    tests: Vec<Module>,
}

impl Imports {
    fn of(module: &Module, file: &File) -> Imports {
        let mut imports = Imports { here: module.clone(), paths: Vec::new(), tests: Vec::new() };
        imports.visit_file(&file.syntax());
        imports
    }

    /// Takes the paths of a `use`, of which the words before are read already.
    fn gather(&mut self, before: &[String], tree: &syn::UseTree) {
        let mut path = before.to_vec();
        match tree {
            syn::UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.gather(&path, &inner.tree);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.gather(before, tree)),
            syn::UseTree::Name(name) => {
                path.push(name.ident.to_string());
                self.paths.extend(self.rooted(&path));
            }
            syn::UseTree::Rename(renamed) => {
                path.push(renamed.ident.to_string());
                self.paths.extend(self.rooted(&path));
            }
            syn::UseTree::Glob(_) => self.paths.extend(self.rooted(&path)),
        }
    }

    /// A path that begins with `crate` or `super`, from the root of the crate.
    fn rooted(&self, path: &[String]) -> Option<Module> {
        let ups = path.iter().take_while(|word| *word == "super").count();
        let kept = match path.first()?.as_str() {
            "crate" => 1,
            "super" => self.here.len().checked_sub(ups)?,
            _ => return None,
        };
        Some([&self.here[..kept], &path[ups.max(1)..]].concat())
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        } else if let syn::Item::Mod(module) = item {
            self.tests.push([self.here.as_slice(), &[module.ident.to_string()][..]].concat());
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.here.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.here.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.gather(&[], &item.tree);
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// By the crate, the files of its largest circle.
type Largest<'f> = BTreeMap<&'f str, Vec<&'f str>>;

/// Files by their paths, each with those that it imports.
struct Graph<'f> {
    files: Vec<&'f str>,
    imports: Vec<Vec<usize>>,
}

impl<'f> Graph<'f> {
    fn of(files: &'f [File]) -> Graph<'f> {
        let modules = files.iter().filter_map(|file| Some((file, module_of(file)?)));
        let mut read: Vec<(&File, Module, Imports)> = modules
            .map(|(file, module)| {
                let imports = Imports::of(&module, file);
                (file, module, imports)
            })
            .collect();
        let tests: Vec<Module> = read.iter().flat_map(|(.., imports)| imports.tests.clone()).collect();
        read.retain(|(_, module, _)| !tests.iter().any(|test| module.starts_with(test)));
        let numbers: BTreeMap<Module, usize> =
            read.iter().enumerate().map(|(number, (_, module, _))| (module.clone(), number)).collect();
        let file_of = |path: &Module| (1..=path.len()).rev().find_map(|end| numbers.get(&path[..end]).copied());
        let imported = |number: usize, imports: &Imports| -> Vec<usize> {
            imports.paths.iter().filter_map(file_of).filter(|other| *other != number).collect()
        };
        Graph {
            files: read.iter().map(|(file, ..)| file.path.as_str()).collect(),
            imports: read.iter().enumerate().map(|(number, (.., imports))| imported(number, imports)).collect(),
        }
    }

    /// Which files one reaches over what it imports; itself only in a circle.
    fn reached(&self, from: usize) -> Vec<bool> {
        let mut reached = vec![false; self.files.len()];
        let mut waiting = vec![from];
        while let Some(next) = waiting.pop() {
            for other in &self.imports[next] {
                if !std::mem::replace(&mut reached[*other], true) {
                    waiting.push(*other);
                }
            }
        }
        reached
    }

    /// The largest circle of each crate: files each of which reaches all of them. Empty where a crate has none.
    fn largest(&self) -> Largest<'f> {
        let all = 0..self.files.len();
        let reached: Vec<Vec<bool>> = all.clone().map(|from| self.reached(from)).collect();
        let mut largest = Largest::new();
        for from in all.clone() {
            let circle = all.clone().filter(|to| reached[from][*to] && reached[*to][from]);
            let circle: Vec<&str> = circle.map(|number| self.files[number]).collect();
            let of_crate = largest.entry(self.files[from].split('/').nth(1).unwrap_or_default()).or_default();
            if circle.len() > of_crate.len() {
                *of_crate = circle;
            }
        }
        largest
    }
}

fn too_large(largest: &Largest, allowed: &[(&str, usize)]) -> Vec<String> {
    let mut offences = Vec::new();
    for (name, circle) in largest {
        let most = allowed.iter().find(|(listed, _)| listed == name).map_or(0, |(_, most)| *most);
        if circle.len() > most {
            offences.push(format!(
                "crates/{name}: {} files import each other in a circle, and {most} are allowed. Find the `use` that is \
                 new among them and leads back; move what it names into a file that imports none of them, or pass it \
                 in as an argument. The circle: {}",
                circle.len(),
                circle.join(", ")
            ));
        }
    }
    offences
}

/// Circles that are smaller than they may be.
fn shrunk(largest: &Largest, allowed: &[(&str, usize)]) -> Vec<String> {
    let size = |name: &str| largest.get(name).map_or(0, Vec::len);
    let smaller = allowed.iter().filter(|(name, most)| size(name) < *most);
    smaller
        .map(|(name, most)| {
            format!("crates/{name}: the largest circle has {} files, not {most}; say so in circles.rs", size(name))
        })
        .collect()
}

#[test]
fn circles_of_files_do_not_grow_and_those_that_shrank_do_not_grow_again() {
    let files = rust();
    let largest = Graph::of(&files).largest();
    super::none(too_large(&largest, &LARGEST));
    super::none(shrunk(&largest, &LARGEST));
}

#[test]
fn a_circle_of_files_is_found() {
    let files = [
        File::new("crates/a/src/lib.rs", "mod one; mod two; mod three; mod last; use one::X;"),
        File::new("crates/a/src/one.rs", "use crate::two::X;\n#[cfg(test)]\nmod tests { use crate::last; }"),
        File::new("crates/a/src/two.rs", "mod inner { use super::super::three::{self, Y}; }"),
        File::new("crates/a/src/three/mod.rs", "mod below; fn f() { use crate::one::*; }"),
        File::new("crates/a/src/three/below.rs", "use super::super::one::X;"),
        File::new("crates/a/src/last.rs", "use crate::{one::X as Y, three};\n#[cfg(test)]\nmod testing;"),
        File::new("crates/a/src/last/testing.rs", "use super::Y;"),
        File::new("crates/b/src/lib.rs", "use crate::gone;"),
        File::new("crates/b/tests/one.rs", "use crate::two;"),
    ];
    let circle = "crates/a/src/one.rs, crates/a/src/two.rs, crates/a/src/three/mod.rs";
    let largest = Graph::of(&files).largest();
    super::one(too_large(&largest, &[("a", 2)]), &["crates/a: 3 files", "2 are allowed", "pass it in", circle]);
    super::one(too_large(&largest, &[]), &["0 are allowed"]);
    super::none(too_large(&largest, &[("a", 3)]));
    super::none(shrunk(&largest, &[("a", 3)]));
    super::one(shrunk(&largest, &[("a", 4)]), &["crates/a", "3 files, not 4"]);
}
