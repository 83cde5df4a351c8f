//! The documents are true: their commands run, what they show is what the program prints, their playbooks are playbooks,
//! and the reference is the schema's.

mod markdown;
#[path = "../program/mod.rs"]
mod program;
mod reference;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use attractor_engine::playbook::{read, schema};
use markdown::{Block, blocks, not_in};
use reference::Reference;
use tempfile::TempDir;

/// The lists that the documents' imports read.
const LISTS: [(&str, &str); 5] = [
    ("leads.csv", "Email,First Name,Job Title,Visits,Last Open\nada@example.com,Ada,CEO,4,2026-06-20\n"),
    ("members.csv", "Email,Status\nada@example.com,gold\nbob@example.com,cancelled\n"),
    ("contacts.csv", "Email,First Name,Created At\nada@example.com,Ada,2026-05-01\n"),
    ("deals.csv", "Deal ID,Email,Amount,Won At\n7,ada@example.com,900,2026-06-01\n"),
    ("kontakte.csv", "Kontakt;Umsatz;Letzte Mail geöffnet;Notiz\nada@example.com;1.200,50;20.06.2026;ruft an\n"),
];

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

fn is_shown(block: &Block) -> bool {
    matches!(block.language.as_str(), "text" | "json" | "")
}

/// Somebody who has the repository's playbooks and a few lists, and does what a document says.
struct Reader {
    folder: TempDir,
}

impl Reader {
    fn new() -> Reader {
        let folder = TempDir::new().expect("there is room for temporary files");
        for name in ["starter", "sample"] {
            let (from, to) = (root().join("playbooks").join(name), folder.path().join("playbooks").join(name));
            fs::create_dir_all(&to).expect("a folder");
            fs::copy(from.join("playbook.yaml"), to.join("playbook.yaml")).expect("the playbook is there");
        }
        let reader = Reader { folder };
        LISTS.iter().for_each(|(name, text)| reader.write(name, text));
        reader
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a temporary file can be written");
    }

    /// What a line of shell prints, or why it does not end well.
    fn does(&self, line: &str) -> Result<String, String> {
        let program = Path::new(env!("CARGO_BIN_EXE_attractor")).parent().expect("it is in a folder");
        let before = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([program.to_owned()].into_iter().chain(env::split_paths(&before)));
        let mut shell = program::deaf(Command::new("sh"));
        let shell = shell.args(["-c", line]).current_dir(self.folder.path());
        let shell = shell.env("PATH", path.expect("the folders of PATH, and one more"));
        let output = shell.output().expect("there is a shell");
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            code => Err(format!("`{line}` ends with {code:?}: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }

    /// What is untrue of one document.
    fn reads(&self, path: &str, text: &str) -> Vec<String> {
        let all = blocks(path, text);
        let mut wrong: Vec<String> = Vec::new();
        for block in all.iter().filter(|block| block.language == "yaml") {
            if let Some(name) = file_named_in(&block.text) {
                self.write(name, &block.text);
            }
        }
        let own = playbook_of(&all);
        self.write("playbook.yaml", &own);
        if !own.is_empty() {
            let problems = read(&own).problems;
            wrong.extend(
                problems.iter().map(|problem| format!("{path}: its blocks of YAML, together: {problem}\n{own}")),
            );
        }
        for block in all.iter().filter(|block| block.language == "sh") {
            wrong.extend(
                block
                    .text
                    .lines()
                    .filter_map(|line| self.wrong_with(line))
                    .map(|why| format!("{}: {why}", block.place)),
            );
        }
        wrong.extend(all.iter().filter(|block| is_shown(block)).filter_map(|block| self.not_shown(block)));
        wrong
    }

    fn wrong_with(&self, line: &str) -> Option<String> {
        match line.split_whitespace().next()? {
            "attractor" => self.does(line).err(),
            "make" => missing_target(line),
            "install" => None,
            _ => Some(format!("`{line}` begins with none of attractor, make and install, and so is not tested")),
        }
    }

    fn not_shown(&self, block: &Block) -> Option<String> {
        let Some(command) = &block.shows else {
            return Some(format!("{}: say above it what prints this, as <!-- attractor … -->", block.place));
        };
        match self.does(command) {
            Ok(printed) => not_in(&block.text, &printed)
                .map(|part| format!("{}: `{command}` does not print this:\n{part}\nbut:\n{printed}", block.place)),
            Err(why) => Some(format!("{}: {why}", block.place)),
        }
    }
}

/// The file that a block of YAML says it is, in its first line: `# map.yaml …`. It is no playbook then.
fn file_named_in(yaml: &str) -> Option<&str> {
    let words = yaml.lines().next()?.strip_prefix("# ")?.split([' ', ',']).next()?;
    Some(words).filter(|name| name.ends_with(".yaml"))
}

/// The other blocks of YAML in a document are the sections of one playbook.
fn playbook_of(blocks: &[Block]) -> String {
    let sections = blocks.iter().filter(|block| block.language == "yaml" && file_named_in(&block.text).is_none());
    sections.map(|block| block.text.as_str()).collect()
}

fn missing_target(line: &str) -> Option<String> {
    let target = line.split_whitespace().nth(1)?;
    let makefile = fs::read_to_string(root().join("Makefile")).expect("there is a Makefile");
    let is_there = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    (!is_there).then(|| format!("the Makefile has no `{target}`; name one that `make help` lists"))
}

#[test]
fn what_the_documents_say_is_so() {
    let wrong: Vec<String> = documents().iter().flat_map(|(path, text)| Reader::new().reads(path, text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_so_is_found() {
    let untrue = [
        ("```sh\nattractor chekc playbooks/starter\n```", "chekc"),
        ("```sh\nattractor check playbooks/gone\n```", "playbooks/gone"),
        ("1. a\n\n   ```sh\n   attractor import gone.csv --to x.ndjson\n   ```", "x.md:3"),
        ("```sh\nmake cake\n```", "no `cake`"),
        ("```sh\ncurl example.com\n```", "not tested"),
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
    assert!(published == current, "renew it: RENEW=1 cargo test -p attractor-server --test documents reference");
}
