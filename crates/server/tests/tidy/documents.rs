//! The documents are true: what they name is there.

use super::repository::{File, files, root};

/// What a path of the repository begins with; anything else in backticks is somebody else's path, or none.
const ROOMS: [&str; 9] = ["crates/", "playbooks/", "bench/", "fuzz/", "docs/", "web/", ".ci/", "tests/", "assets/"];

fn documents(files: &[File]) -> Vec<&File> {
    let at_top = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];
    files.iter().filter(|f| at_top.contains(&f.path.as_str()) || f.is_in(&["docs/"]) && f.is(&["md"])).collect()
}

/// The texts in backticks of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(text: &str) -> bool {
    let placeholder = text.contains(['*', '{', '<', '…', ' ']) || text.contains("NAME");
    let at_top = !text.contains('/')
        && [".md", "Makefile", "Cargo.toml", "deny.toml", "clippy.toml"].iter().any(|end| text.ends_with(end));
    !placeholder && (at_top || ROOMS.iter().any(|room| text.starts_with(room)))
}

/// The targets of Markdown links, without those that lead out of the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with(['#', 'm']));
    inside.map(|target| target.split('#').next().unwrap_or_default())
}

fn missing_paths(document: &File, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = document.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut offences = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        let named = quoted(line).filter(|text| is_path(text)).map(str::to_owned);
        let linked = links(line).map(|target| format!("{folder}{target}"));
        for path in named.chain(linked).filter(|path| !exists(path)) {
            offences
                .push(format!("{}:{number}: there is no {path}; name what is there, or leave it out", document.path));
        }
    }
    offences
}

/// A step of a walk, `1. path: what, what`, names only what its file holds.
fn missing_names(document: &File, text_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        let is_step = line.trim_start().split_once(". ").is_some_and(|(n, _)| n.parse::<u32>().is_ok());
        let mut words = quoted(line);
        let Some(path) = words.next().filter(|path| is_step && path.ends_with(".rs")) else { continue };
        let Some(text) = text_of(path) else { continue };
        for word in words.filter(|word| !word.contains('/')) {
            let name = word.rsplit("::").next().unwrap_or(word).trim_end_matches("()");
            if !text.contains(name) {
                offences.push(format!(
                    "{}:{number}: {path} holds no `{name}`; the walk has to go where the code goes",
                    document.path
                ));
            }
        }
    }
    offences
}

fn missing_targets(document: &File, makefile: &str) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        let commands = quoted(line).chain([line.trim()]).filter_map(|text| text.strip_prefix("make "));
        for target in commands.filter_map(|rest| rest.split_whitespace().next()) {
            if !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))) {
                offences.push(format!(
                    "{}:{number}: the Makefile has no `{target}`; name one that `make help` lists",
                    document.path
                ));
            }
        }
    }
    offences
}

#[test]
fn paths_in_the_documents_exist() {
    let all = files();
    let exists = |path: &str| root().join(path).exists();
    super::none(documents(&all).into_iter().flat_map(|document| missing_paths(document, exists)).collect());
}

#[test]
fn walks_go_where_the_code_goes() {
    let all = files();
    let text_of = |path: &str| std::fs::read_to_string(root().join(path)).ok();
    super::none(documents(&all).into_iter().flat_map(|document| missing_names(document, text_of)).collect());
}

#[test]
fn make_targets_in_the_documents_exist() {
    let all = files();
    let makefile = all.iter().find(|file| file.path == "Makefile").map_or("", |file| &file.text);
    super::none(documents(&all).into_iter().flat_map(|document| missing_targets(document, makefile)).collect());
}

#[test]
fn a_path_that_is_not_there_is_found() {
    let none_exists = |_: &str| false;
    let found = |text: &str| missing_paths(&File::new("docs/x.md", text), none_exists);
    super::one(found("see `crates/engine/src/gone.rs`"), &["docs/x.md:1", "no crates/engine/src/gone.rs"]);
    super::one(found("\n`ARCHITECTURE.md`"), &["docs/x.md:2"]);
    super::one(found("[there](gone.md#part)"), &["no docs/gone.md"]);
    super::none(found("`/pricing*` `crates/*` `playbook.yaml` [out](https://example.org/crates/) [up](#above)"));
    super::none(missing_paths(&File::new("README.md", "`crates/`"), |path| path == "crates/"));
}

#[test]
fn a_walk_that_goes_astray_is_found() {
    let found = |text: &str| missing_names(&File::new("x.md", text), |_| Some("fn step() {}".into()));
    super::one(found("1. `crates/a.rs`: `Stepper::step`, `gone`"), &["x.md:1", "no `gone`"]);
    super::none(found("2. `crates/a.rs`: `step()`\n`crates/a.rs`: `gone` is no step"));
}

#[test]
fn a_make_target_that_is_not_there_is_found() {
    let found = |text: &str| missing_targets(&File::new("x.md", text), "test: unit ## Everything\nbuild:\n");
    super::one(found("say `make tests`"), &["x.md:1", "no `tests`"]);
    super::one(found("\n    make tes"), &["x.md:2"]);
    super::none(found("    make build\nor `make test`; these make sense"));
}
