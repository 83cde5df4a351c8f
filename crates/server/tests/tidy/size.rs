//! What is read in one go stays short.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::repository::{File, files, rust};

const LONGEST_FUNCTION: usize = 70;
const LONGEST_FILE: usize = 500;

/// What may be longer, and why: `path` or `path::function`.
const MAY_BE_LONGER: &[(&str, &str)] = &[];

fn is_excused(name: &str) -> bool {
    MAY_BE_LONGER.iter().any(|(excused, reason)| *excused == name && !reason.is_empty())
}

/// The functions of a file with their first line and their length, signature and braces included.
#[derive(Default)]
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn of(file: &File) -> Vec<(String, usize, usize)> {
        let mut functions = Functions::default();
        functions.visit_file(&file.syntax());
        functions.0
    }

    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        self.0.push((signature.ident.to_string(), first, last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

fn long_functions(file: &File) -> Vec<String> {
    let long = Functions::of(file).into_iter().filter(|(_, _, length)| *length > LONGEST_FUNCTION);
    let long = long.filter(|(name, ..)| !is_excused(&format!("{}::{name}", file.path)));
    let say = |(name, line, length)| {
        format!(
            "{}:{line}: `{name}` has {length} lines, at most {LONGEST_FUNCTION} are right; name its parts and call them",
            file.path
        )
    };
    long.map(say).collect()
}

fn long_file(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    if lines <= LONGEST_FILE || is_excused(&file.path) {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, at most {LONGEST_FILE} are right; give each of its concepts a file", file.path)]
}

#[test]
fn functions_have_at_most_70_lines() {
    super::none(rust().iter().flat_map(long_functions).collect());
}

#[test]
fn files_have_at_most_500_lines() {
    let code = files().into_iter().filter(|file| file.is(&["rs", "py", "sh", "ts", "tsx", "css", "sql"]));
    super::none(code.flat_map(|file| long_file(&file)).collect());
}

#[test]
fn what_may_be_longer_still_is() {
    let rust = rust();
    let needed = |name: &str| match name.split_once("::") {
        Some((path, function)) => rust.iter().filter(|file| file.path == path).any(|file| {
            Functions::of(file).iter().any(|(name, _, length)| name == function && *length > LONGEST_FUNCTION)
        }),
        None => rust.iter().any(|file| file.path == name && file.text.lines().count() > LONGEST_FILE),
    };
    let unneeded = MAY_BE_LONGER.iter().filter(|(name, _)| !needed(name));
    super::none(
        unneeded.map(|(name, _)| format!("{name} is short enough now; take it off the list in size.rs")).collect(),
    );
}

#[test]
fn a_long_function_is_found_wherever_it_stands() {
    let body = |lines: usize| "    let _ = 1;\n".repeat(lines);
    for lines in [68, 69] {
        for (before, after) in [("", ""), ("impl X {\n", "}\n"), ("trait X {\n", "}\n"), ("mod x {\n", "}\n")] {
            let text = format!("{before}fn long(\n    a: u8,\n) {{\n{}}}\n{after}", body(lines - 2));
            let found = long_functions(&File::new("x.rs", &text));
            assert_eq!(found.len(), usize::from(lines == 69), "{found:?}");
        }
    }
    let inner = format!("fn outer() {{\nfn inner() {{\n{}}}\n}}\n", body(80));
    assert_eq!(long_functions(&File::new("x.rs", &inner)).len(), 2);
}

#[test]
fn a_long_file_is_found() {
    super::none(long_file(&File::new("x.rs", &"\n".repeat(500))));
    super::one(long_file(&File::new("x.rs", &"\n".repeat(501))), &["x.rs: 501 lines", "at most 500"]);
}
