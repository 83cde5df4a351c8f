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

/// The texts in backticks of a line, each with the text between it and the one before.
fn quoted_after(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = line.split('`');
    std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
}

/// The pairs of a file and a name that a line claims the file defines: "`path.rs`: `name`, `name`". In a step of a walk,
/// every later name of the sentence belongs to the file before it as well.
fn claims(line: &str) -> Vec<(&str, &str)> {
    let is_step = line.trim_start().split_once(". ").is_some_and(|(n, _)| n.parse::<u32>().is_ok());
    let mut found = Vec::new();
    let mut file = None;
    for (between, text) in quoted_after(line) {
        if text.contains('/') {
            file = text.ends_with(".rs").then_some((text, false));
            continue;
        }
        let Some((path, has_names)) = file else { continue };
        let follows = if has_names { [", ", " and "].contains(&between) } else { between == ": " };
        if follows || is_step && has_names {
            found.push((path, text));
            file = Some((path, true));
        } else if !is_step {
            file = None;
        }
    }
    found
}

/// Whether a file defines an item of this name.
fn defines(text: &str, name: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let items = ["fn", "struct", "enum", "trait", "type", "const", "mod"];
    words.windows(2).any(|pair| items.contains(&pair[0]) && pair[1] == name)
}

/// What a document says a file defines, and the file does not.
fn missing_names(document: &File, text_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        for (path, word) in claims(line) {
            let Some(text) = text_of(path) else { continue };
            let name = word.rsplit("::").next().unwrap_or(word).trim_end_matches("()");
            if !defines(&text, name) {
                offences.push(format!(
                    "{}:{number}: {path} does not define `{name}`; name an item of that file",
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
fn a_name_that_its_file_does_not_define_is_found() {
    let code = "pub fn step<T>() { run() }\nstruct Stepper;\nconst MOST: u8 = 1;";
    let found = |text: &str| missing_names(&File::new("x.md", text), |_| Some(code.into()));
    super::one(found("1. `crates/a.rs`: `Stepper::step`, `gone`"), &["x.md:1", "does not define `gone`"]);
    super::one(found("1. `crates/a.rs`: `step` and then `gone`"), &["does not define `gone`"]);
    super::one(found("1. `crates/a.rs`: `run` is only called"), &["does not define `run`"]);
    super::one(found("1. `crates/b.rs`: `step`; `crates/a.rs`: `gone`"), &["crates/a.rs does not define `gone`"]);
    super::one(found("see it (`crates/a.rs`: `MOST`, `gone`)"), &["does not define `gone`"]);
    super::none(found("2. `crates/a.rs`: `step()`"));
    super::none(found("`crates/a.rs`: `step` is not a step of a walk, so `gone` may be anything"));
    super::none(found("1. `crates/a.rs` and `gone`: no file is said to define it"));
}

#[test]
fn a_make_target_that_is_not_there_is_found() {
    let found = |text: &str| missing_targets(&File::new("x.md", text), "test: unit ## Everything\nbuild:\n");
    super::one(found("say `make tests`"), &["x.md:1", "no `tests`"]);
    super::one(found("\n    make tes"), &["x.md:2"]);
    super::none(found("    make build\nor `make test`; these make sense"));
}
