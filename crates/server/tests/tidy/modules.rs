//! Every file is part of the program or of its tests, and is called after what it holds.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::repository::{File, files, metadata, root, rust};

/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 12] = [
    "util", "utils", "common", "helper", "helpers", "manager", "managers", "service", "services", "misc", "base",
    "shared",
];

/// The modules that a file declares and does not hold itself, as the paths at which they may stand.
fn declared(file: &File, is_root: bool) -> Vec<[PathBuf; 2]> {
    let path = Path::new(&file.path);
    let beside = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().unwrap_or_default();
    let folder = if is_root || stem == "mod" { beside.to_owned() } else { beside.join(stem) };
    let mut found = Vec::new();
    in_items(&file.syntax().items, &folder, beside, &mut found);
    found
}

fn in_items(items: &[syn::Item], folder: &Path, beside: &Path, found: &mut Vec<[PathBuf; 2]>) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        match (&module.content, path_attribute(module)) {
            (Some((_, items)), _) => in_items(items, &folder.join(name), beside, found),
            (None, Some(path)) => found.push([level(beside, &path), level(beside, &path)]),
            (None, None) => found.push([folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")]),
        }
    }
}

/// A path from a folder, its `..` resolved.
fn level(folder: &Path, path: &str) -> PathBuf {
    let mut level = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => _ = level.pop(),
            part => level.push(part),
        }
    }
    level
}

fn path_attribute(module: &syn::ItemMod) -> Option<String> {
    let attribute = module.attrs.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let syn::Expr::Lit(literal) = &attribute.meta.require_name_value().ok()?.value else { return None };
    let syn::Lit::Str(path) = &literal.lit else { return None };
    Some(path.value())
}

/// All files that the roots lead to.
fn reached(roots: &[String], files: &[File]) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<(String, bool)> = roots.iter().map(|root| (root.clone(), true)).collect();
    while let Some((path, is_root)) = waiting.pop() {
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        if reached.insert(path) {
            let modules = declared(file, is_root).into_iter().flatten();
            waiting.extend(modules.map(|path| (path.to_string_lossy().into_owned(), false)));
        }
    }
    reached
}

fn forgotten(roots: &[String], files: &[File]) -> Vec<String> {
    let reached = reached(roots, files);
    let left = files.iter().filter(|file| !reached.contains(&file.path));
    left.map(|file| {
        format!("{}: no module and no test target leads here; declare it with `mod`, or delete it", file.path)
    })
    .collect()
}

/// What Cargo compiles as targets of their own, from the root of the repository.
fn targets() -> Vec<String> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let paths = targets.filter_map(|target| target["src_path"].as_str());
    let root = root();
    paths.filter_map(|path| Some(Path::new(path).strip_prefix(&root).ok()?.to_string_lossy().into_owned())).collect()
}

fn badly_named(path: &str) -> Option<String> {
    let mut parts = path.split('/').map(|part| part.split('.').next().unwrap_or_default());
    let empty = parts.find(|part| EMPTY_NAMES.contains(part))?;
    Some(format!("{path}: `{empty}` says nothing of what is inside; call it after the concept it holds"))
}

#[test]
fn every_file_is_part_of_the_program_or_its_tests() {
    let files: Vec<File> = rust().into_iter().filter(|file| file.is_in(&["crates/"])).collect();
    super::none(forgotten(&targets(), &files));
}

#[test]
fn every_fuzz_target_is_declared() {
    let all = files();
    let declared = all.iter().find(|file| file.path == "fuzz/Cargo.toml").map_or("", |file| &file.text);
    let targets = all.iter().filter(|file| file.is_in(&["fuzz/fuzz_targets/"]));
    let undeclared = targets.filter(|file| !declared.contains(file.path.trim_start_matches("fuzz/")));
    super::none(
        undeclared.map(|file| format!("{}: not in fuzz/Cargo.toml; add a [[bin]] for it", file.path)).collect(),
    );
}

#[test]
fn files_are_called_after_what_they_hold() {
    super::none(files().iter().filter_map(|file| badly_named(&file.path)).collect());
}

#[test]
fn a_forgotten_file_is_found() {
    let files = [
        File::new("c/src/lib.rs", "mod a;\nmod inner { mod deep; }\n#[path = \"odd.rs\"]\nmod b;"),
        File::new("c/src/a.rs", "mod below;"),
        File::new("c/src/a/below.rs", "mod x;"),
        File::new("c/src/a/below/x/mod.rs", "mod y;"),
        File::new("c/src/a/below/x/y.rs", ""),
        File::new("c/src/inner/deep.rs", ""),
        File::new("c/src/odd.rs", ""),
        File::new("c/src/left.rs", ""),
    ];
    super::one(forgotten(&["c/src/lib.rs".into()], &files), &["c/src/left.rs", "declare it"]);
    assert_eq!(forgotten(&[], &files).len(), files.len());
}

#[test]
fn an_empty_name_is_found() {
    for path in ["crates/a/src/utils.rs", "crates/a/src/helpers/mod.rs", "web/common/x.ts"] {
        assert!(badly_named(path).is_some_and(|why| why.contains("says nothing")), "{path}");
    }
    assert_eq!(badly_named("crates/a/src/score.rs"), None);
}
