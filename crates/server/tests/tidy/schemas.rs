//! What `/api` describes goes by the name of its type: of two with one name only one would be described.

use std::collections::BTreeMap;

use quote::ToTokens;

use super::repository::{File, rust};

fn named_twice(files: &[File]) -> Vec<String> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut offences = Vec::new();
    for file in files {
        for item in file.syntax().items {
            let (name, attributes) = match item {
                syn::Item::Struct(item) => (item.ident, item.attrs),
                syn::Item::Enum(item) => (item.ident, item.attrs),
                _ => continue,
            };
            if !attributes.iter().any(|attribute| attribute.to_token_stream().to_string().contains("ToSchema")) {
                continue;
            }
            if let Some(other) = known.insert(name.to_string(), file.path.clone()) {
                offences.push(format!("{}: `{name}` is described in {other} already: give it another name", file.path));
            }
        }
    }
    offences
}

#[test]
fn no_two_schemas_have_one_name() {
    let files: Vec<File> =
        rust().into_iter().filter(|file| file.is_in(&["crates/app/src/", "crates/server/src/"])).collect();
    super::none(named_twice(&files));
}

#[test]
fn two_schemas_of_one_name_are_found() {
    let described = "#[derive(Serialize, ToSchema)] pub struct Made {}";
    let files = [File::new("a.rs", described), File::new("b.rs", "struct Made {}"), File::new("c.rs", described)];
    super::one(named_twice(&files), &["c.rs", "`Made`", "a.rs"]);
}
