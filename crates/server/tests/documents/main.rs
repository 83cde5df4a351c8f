//! The documents are true: their commands run, what they show is what the program prints, their playbooks are playbooks,
//! and the references are the schema's and the vocabulary's.

mod events;
mod examples;
mod markdown;
mod named;
mod openapi;
#[path = "../program/mod.rs"]
mod program;
mod reader;
mod recipes;
mod reference;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use attractor_engine::playbook::schema;

use reader::Reader;
use reference::Reference;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate stands two folders below the root").to_owned()
}

/// README.md and everything in docs, as path from the root and text.
fn documents() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join("docs")).expect("there are documents");
    let names = entries.flatten().map(|entry| format!("docs/{}", entry.file_name().to_string_lossy()));
    let mut paths: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    paths.push("README.md".into());
    paths.sort();
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("a document is text");
    paths.into_iter().map(|path| (path.clone(), text(&path))).collect()
}

#[test]
fn what_the_documents_say_is_so() {
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        let reader = Reader::new();
        if path == "docs/operate.md" {
            // It is for a store that is there already.
            reader.does("attractor apply playbooks/sample --yes").expect("a store is made");
        }
        wrong.extend(reader.reads(&path, &text));
        if path == "README.md" {
            wrong.extend(left_in_a_clone(&reader));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What git does not ignore of what the README's walk writes. It is data of people: lists, what is stored of them, and the
/// rows that were rejected.
fn left_in_a_clone(reader: &Reader) -> Vec<String> {
    for to in ["", " --to own.ndjson"] {
        let line = format!("printf 'email\\nnobody\\n' > mine.csv; attractor import mine.csv{to}; test $? = 1");
        reader.does(&line).expect("its row is rejected");
    }
    let left = reader.left();
    for name in ["events.ndjson", "own.rejected.csv", "mine.csv", "attractor-data/attractor.db"] {
        assert!(left.contains(&PathBuf::from(name)), "{name} is not there: {left:?}");
    }
    if !root().join(".git").exists() {
        eprintln!("this is not a checkout: what git ignores was not looked at");
        return Vec::new();
    }
    let git = |path: &Path| Command::new("git").current_dir(root()).args(["check-ignore", "-q"]).arg(path).status();
    let is_ignored = |path: &PathBuf| git(path).expect("there is git").success();
    let committed = left.iter().filter(|path| !is_ignored(path));
    committed.map(|path| format!("README.md leaves {}: add it to .gitignore", path.display())).collect()
}

#[test]
fn what_is_not_so_is_found() {
    let untrue = [
        ("```sh\nattractor chekc playbooks/starter\n```", "chekc"),
        ("```sh\nattractor check playbooks/gone\n```", "playbooks/gone"),
        ("1. a\n\n   ```sh\n   attractor import gone.csv --to x.ndjson\n   ```", "x.md:3"),
        ("```sh\nmake cake\n```", "no `cake`"),
        ("```sh\nwget example.com\n```", "not tested"),
        ("```sh\ncurl example.com\n```", "not tested"),
        ("```sh\ncurl http://127.0.0.1:8080/readyz\n```", "before the document says"),
        ("```sh\nattractor serve\ncurl http://127.0.0.1:8080/nowhere\n```", "404"),
        ("```sh\nattractor serve\nME=$(attractor key add me --api king)\n```", "king"),
        (
            "```sh\nattractor serve\n```\n<!-- curl http://127.0.0.1:8080/readyz -->\n```text\nsteady\n```",
            "does not print",
        ),
        ("```text\nout\n```", "say above it"),
        ("<!-- attractor check playbooks/gone -->\n```text\nout\n```", "playbooks/gone"),
        ("<!-- attractor --version -->\n```text\nattractor 99\n```", "does not print"),
        ("```yaml\nplaybook: x\nscore: []\n```", "did you mean"),
        ("```yaml\nplaybook: x\n```\n```yaml\nladders: [{id: a, score: gone, stages: [{id: b}]}]\n```", "gone"),
        (
            "```yaml\n# map.yaml\ncolumns: 5\n```\n```sh\nattractor import leads.csv --map map.yaml --to x.ndjson\n```",
            "map.yaml",
        ),
    ];
    for (text, told) in untrue {
        let wrong = Reader::new().reads("x.md", text);
        assert_eq!(wrong.len(), 1, "{text}\n{wrong:?}");
        assert!(wrong[0].contains(told), "{told} is not said in: {}", wrong[0]);
    }
}

#[test]
fn the_reference_is_the_schemas() {
    let (path, schema) = (root().join("docs/playbook.md"), schema());
    assert_eq!(Reference(&schema).astray(), Vec::<String>::new(), "give them a place in the chapters of reference.rs");
    let current = Reference(&schema).text();
    if env::var_os("RENEW").is_some() {
        fs::write(&path, &current).expect("the reference can be written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "renew it: RENEW=1 cargo test --workspace --test documents reference");
}

#[test]
fn the_document_of_events_is_the_vocabularys() {
    let (path, current) = (root().join("docs/events.md"), events::text());
    if env::var_os("RENEW").is_some() {
        fs::write(&path, &current).expect("the document can be written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "renew it: RENEW=1 cargo test --workspace --test documents vocabulary");
}
