//! The kinds of events have one table: elsewhere the code names its constants.

use attractor_engine::vocabulary::{KINDS, kind};

use super::repository::{File, files};
use super::tokens;

/// Where texts are the words of other tools, which are sometimes the same.
const WORDS_OF_OTHERS: [&str; 1] = ["crates/import/src/exports/"];

const TABLE: &str = "crates/engine/src/vocabulary/";

/// The kinds that mean something to the program. The others are names that users may choose as well.
fn is_reserved(name: &str) -> bool {
    [kind::PAGE_VIEWED, kind::SCREEN_VIEWED].contains(&name)
        || KINDS.iter().any(|row| row.name == name && !row.group.is_public())
}

fn spelled_out(file: &File) -> Vec<String> {
    let is_source = file.path.contains("/src/") && !file.path.ends_with("/tests.rs");
    if !is_source || file.is_in(&[TABLE]) || file.is_in(&WORDS_OF_OTHERS) {
        return Vec::new();
    }
    let tokens = tokens::of(file, false);
    let kinds = tokens.iter().filter_map(|token| Some((token.line, token.literal.as_ref()?.trim_matches('"'))));
    kinds
        .filter(|(_, text)| is_reserved(text))
        .map(|(line, text)| {
            format!("{}:{line}: the kind `{text}` is spelled out; name its constant in {TABLE}kind.rs", file.path)
        })
        .collect()
}

#[test]
fn kinds_of_events_are_spelled_in_one_place() {
    let sources = files().into_iter().filter(|file| file.is(&["rs"]) && file.path.starts_with("crates/"));
    super::none(sources.flat_map(|file| spelled_out(&file)).collect());
}

#[test]
fn a_kind_that_is_spelled_out_is_found() {
    let found = |path: &str, text: &str| spelled_out(&File::new(path, text));
    let text = "fn a() { b(\"Deal Won\"); }\n#[cfg(test)]\nmod tests { const C: &str = \"Tagged\"; }\n";
    super::one(found("crates/x/src/a.rs", text), &["crates/x/src/a.rs:1", "`Deal Won`", "constant"]);
    super::one(found("crates/x/src/a.rs", "fn a() { json!({\"event\": \"Tagged\"}) }"), &["`Tagged`"]);
    for other in ["fn a() { b(\"Trial Started\"); }", "// \"Deal Won\"\nfn a() { b(\"Deal Won by Ada\"); }"] {
        assert_eq!(found("crates/x/src/a.rs", other), Vec::<String>::new(), "{other}");
    }
    assert_eq!(found("crates/engine/src/vocabulary/kind.rs", text), Vec::<String>::new());
    assert_eq!(found("crates/x/tests/a.rs", text), Vec::<String>::new());
}
