//! An error of serde names types of Rust ("invalid type: map, expected i64"). What a person may read is translated by the
//! engine's `misread`; this finds the places that write such an error as it is.

use super::repository::{File, rust};
use super::tokens::{self, Token, follows};

/// What gives an error of serde: a reader, or its type in a signature. Nothing that the program writes can fail so.
const SOURCES: [&[&str]; 6] = [
    &["serde_json", ":", ":", "from_str"],
    &["serde_json", ":", ":", "from_slice"],
    &["serde_json", ":", ":", "from_value"],
    &["serde_json", ":", ":", "from_reader"],
    &["serde_json", ":", ":", "Error"],
    &["serde_path_to_error", ":", ":", "deserialize"],
];

/// What writes an error as it is.
const AS_IT_IS: [&[&str]; 3] =
    [&["error", ".", "to_string"], &["e", ".", "to_string"], &["ToString", ":", ":", "to_string"]];

/// Reads the texts of serde in order to translate them; and an error of a stored version, which the program wrote.
const EXCEPTIONS: [&str; 2] = ["crates/engine/src/misread.rs", "crates/app/src/playbook/mod.rs"];

fn untranslated(file: &File) -> Vec<String> {
    let tokens = tokens::of(file, false);
    let starts = (0..tokens.len()).filter(|start| SOURCES.iter().any(|source| follows(&tokens[*start..], source)));
    let mut lines: Vec<usize> = starts.filter_map(|start| as_it_is(statement(&tokens[start..]))).collect();
    lines.dedup();
    let offence = |line| {
        format!("{}:{line}: an error of serde as it is; people read what `misread::said_of` makes of it", file.path)
    };
    lines.into_iter().map(offence).collect()
}

/// Up to the semicolon or the closing brace that ends what begins here, or ends around it.
fn statement(tokens: &[Token]) -> &[Token] {
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        depth <= 0 && [";", "}"].contains(&token.text.as_str())
    });
    &tokens[..end.unwrap_or(tokens.len())]
}

/// The line on which an error is written as it is.
fn as_it_is(statement: &[Token]) -> Option<usize> {
    let writes = |start: &usize| {
        let rest = &statement[*start..];
        let text = rest[0].literal.as_deref().unwrap_or_default();
        text.contains("{error}") || text.contains("{e}") || AS_IT_IS.iter().any(|words| follows(rest, words))
    };
    (0..statement.len()).find(writes).map(|start| statement[start].line)
}

#[test]
fn no_text_shows_an_error_of_serde() {
    let product = |file: &File| file.path.contains("/src/") && !EXCEPTIONS.contains(&file.path.as_str());
    super::none(rust().iter().filter(|file| product(file)).flat_map(untranslated).collect());
}

#[test]
fn an_error_of_serde_is_found() {
    let found = |text: &str| untranslated(&File::new("x.rs", text));
    for text in [
        "fn f() {\n serde_json::from_str(a).map_err(|error| format!(\"the mapping: {error}\"))?;\n}",
        "fn f() {\n serde_json::from_slice::<A>(a).map_err(|error| error.to_string())?\n}",
        "fn f() { g(|e: serde_json::Error|\n Error::new(format!(\"{e}\"))); }",
        "fn f(error: serde_json::Error) -> Error {\n Error::new(error.to_string())\n}",
        "fn f() { let a: Result<A, _> = serde_json::from_str(a).as_ref().err()\n.map(ToString::to_string); }",
        "fn f() { serde_path_to_error::deserialize(a)\n.map_err(|e| e.to_string())?; }",
    ] {
        super::one(found(text), &["x.rs:2", "misread"]);
    }
    for text in [
        "fn f() { serde_json::from_str(a).map_err(|error| said_of(&error))?; g(error.to_string()) }",
        "use serde_json::Error;\nfn f(error: io::Error) -> String { error.to_string() }",
        "fn f() { if let Ok(a) = serde_json::from_str(a) { b } }\nfn g(error: Other) { error.to_string(); }",
        "// serde_json::from_str(a).map_err(|error| error.to_string())",
    ] {
        super::none(found(text));
    }
}
