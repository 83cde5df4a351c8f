//! In the pure crates nobody walks through a hash map: its order differs from run to run. Looking up is fine.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::visit::{self, Visit};

use super::repository::{File, rust};
use super::tokens::of;

const PURE: [&str; 6] = [
    "crates/engine/src/",
    "crates/import/src/",
    "crates/insight/src/",
    "crates/intake/src/",
    "crates/mail/src/",
    "crates/sample/src/",
];
const WALKS: [&str; 10] =
    ["iter", "iter_mut", "into_iter", "keys", "values", "values_mut", "into_keys", "into_values", "drain", "retain"];

/// What of a file's types holds a hash map or set.
#[derive(Default)]
struct Types {
    fields: BTreeSet<String>,
    variants: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Types {
    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let (Some(name), true) = (&field.ident, is_hashed(&field.ty)) {
            self.fields.insert(name.to_string());
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if variant.fields.iter().any(|field| is_hashed(&field.ty)) {
            self.variants.insert(variant.ident.to_string());
        }
        visit::visit_variant(self, variant);
    }
}

fn is_hashed(tokens: &impl ToTokens) -> bool {
    let text = tokens.to_token_stream().to_string();
    text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "HashMap" || word == "HashSet")
}

/// `HashMap::new()`, `….collect::<HashSet<_>>()`; not a closure or block that has one somewhere inside.
fn makes_hashed(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Call(call) => is_hashed(&call.func),
        syn::Expr::MethodCall(call) => call.turbofish.as_ref().is_some_and(is_hashed),
        _ => false,
    }
}

/// The names that stand for a hash map or set in one function: arguments, locals, and what a variant's pattern binds.
struct Locals<'t> {
    types: &'t Types,
    names: BTreeSet<String>,
}

impl Locals<'_> {
    fn bind(&mut self, pattern: &syn::Pat) {
        Bound(&mut self.names).visit_pat(pattern);
    }
}

/// Gathers the names that a pattern binds.
struct Bound<'a>(&'a mut BTreeSet<String>);

impl<'ast> Visit<'ast> for Bound<'_> {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.0.insert(pattern.ident.to_string());
    }
}

impl<'ast> Visit<'ast> for Locals<'_> {
    fn visit_pat_type(&mut self, typed: &'ast syn::PatType) {
        if is_hashed(&typed.ty) {
            self.bind(&typed.pat);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if local.init.as_ref().is_some_and(|init| makes_hashed(&init.expr)) {
            self.bind(&local.pat);
        }
        visit::visit_local(self, local);
    }

    fn visit_pat_tuple_struct(&mut self, pattern: &'ast syn::PatTupleStruct) {
        let variant = pattern.path.segments.last().map(|segment| segment.ident.to_string());
        if variant.is_some_and(|variant| self.types.variants.contains(&variant)) {
            pattern.elems.iter().for_each(|element| self.bind(element));
        }
    }
}

/// Where a hash map is walked through, with its name.
struct Walks<'t> {
    types: &'t Types,
    locals: BTreeSet<String>,
    found: BTreeSet<(usize, String)>,
}

impl Walks<'_> {
    fn note(&mut self, expression: &syn::Expr) {
        let name = match expression {
            syn::Expr::Path(path) => path.path.get_ident().filter(|name| self.locals.contains(&name.to_string())),
            syn::Expr::Field(syn::ExprField { member: syn::Member::Named(name), .. }) => {
                Some(name).filter(|name| self.types.fields.contains(&name.to_string()))
            }
            syn::Expr::Reference(reference) => return self.note(&reference.expr),
            syn::Expr::Paren(inner) => return self.note(&inner.expr),
            _ => None,
        };
        self.found.extend(name.map(|name| (name.span().start().line, name.to_string())));
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let mut locals = Locals { types: self.types, names: BTreeSet::new() };
        locals.visit_signature(signature);
        locals.visit_block(block);
        let outer = std::mem::replace(&mut self.locals, locals.names);
        visit::visit_block(self, block);
        self.locals = outer;
    }
}

impl<'ast> Visit<'ast> for Walks<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if WALKS.contains(&call.method.to_string().as_str()) {
            self.note(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_for_loop(&mut self, each: &'ast syn::ExprForLoop) {
        self.note(&each.expr);
        visit::visit_expr_for_loop(self, each);
    }
}

fn walks(file: &File) -> Vec<String> {
    if !of(file, false).iter().any(|token| token.text == "HashMap" || token.text == "HashSet") {
        return Vec::new();
    }
    let syntax = file.syntax();
    let mut types = Types::default();
    types.visit_file(&syntax);
    let mut walks = Walks { types: &types, locals: BTreeSet::new(), found: BTreeSet::new() };
    walks.visit_file(&syntax);
    let say = |(line, name): (usize, String)| {
        format!(
            "{}:{line}: `{name}` is a hash map, whose order differs from run to run; walk through a BTreeMap or a Vec",
            file.path
        )
    };
    walks.found.into_iter().map(say).collect()
}

#[test]
fn pure_crates_walk_through_no_hash_map() {
    super::none(rust().iter().filter(|file| file.is_in(&PURE)).flat_map(walks).collect());
}

#[test]
fn a_walk_through_a_hash_map_is_found() {
    let found = |text: &str| walks(&File::new("x.rs", text));
    super::one(
        found("struct S { a: HashMap<u8, u8> }\nfn f(s: S) { s.a.keys().count(); }"),
        &["x.rs:2", "`a`", "BTreeMap"],
    );
    super::one(found("fn f(b: &HashSet<u8>) { for x in b {} }"), &["`b`"]);
    super::one(found("fn f() { let c = HashMap::new(); for x in &c {} }"), &["`c`"]);
    super::one(found("fn f(x: X) { if let X::D(d) = x { d.iter(); } }\nenum X { D(HashSet<u8>) }"), &["`d`"]);
    super::one(found("fn f() { let e = v.collect::<HashSet<u8>>(); e.into_iter(); }"), &["`e`"]);
    super::none(found(
        "struct S { a: HashMap<u8, u8>, b: Vec<u8> }\nfn f(s: S) { s.a.get(&1); for x in s.b.iter() {} }",
    ));
    super::none(found("fn f(a: HashSet<u8>, s: S) { a.contains(&1); s.a.iter(); }\nfn g(a: Vec<u8>) { a.iter(); }"));
}
