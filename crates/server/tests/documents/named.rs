//! Every command that the project names, in documents, messages and pages, exists and has the flags that are named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{program, root};

/// The help of each command, asked for once.
#[derive(Default)]
struct Commands(BTreeMap<String, Option<String>>);

impl Commands {
    fn help(&mut self, words: &[&str]) -> Option<&str> {
        let ask = || {
            let ran = program::run(&[words, &["--help"]].concat());
            (ran.code == 0).then_some(ran.out)
        };
        self.0.entry(words.join(" ")).or_insert_with(ask).as_deref()
    }

    /// What is wrong with a call: `attractor key add website --public`.
    fn wrong(&mut self, call: &str) -> Option<String> {
        let call = call.split(['|', '>', '<', ';', '#', '(']).next().unwrap_or_default();
        let words: Vec<&str> = call.split_whitespace().skip(1).collect();
        let is_word = |word: &&&str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase());
        let named = words.first().filter(is_word)?;
        let mut command = vec![*named];
        if ["key", "user", "email"].contains(named) {
            command.extend(words.get(1).filter(is_word));
        }
        let Some(help) = self.help(&command) else { return Some(format!("there is no command in `{call}`")) };
        let flags = words.iter().filter_map(|word| word.split(['=', ',', '.', '`', '\'', '"', ')']).next());
        let mut flags = flags.filter(|word| word.len() > 2 && word.starts_with("--"));
        let missing = flags.find(|flag| !help.split([' ', ',', '\n']).any(|word| word == *flag))?;
        Some(format!("`{}` has no {missing}", command.join(" ")))
    }
}

/// What is quoted as a call in a text: between backticks, on a line of its own, or between the tags of a page.
fn calls(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.replace("<code>", "`").replace("</code>", "`").replace("<pre>", "").replace("</pre>", "");
        let quoted = line.split('`').skip(1).step_by(2).map(str::to_owned);
        let bare = line.trim_start_matches(['/', '!', ' ', '"']).to_owned();
        let calls = quoted.chain([bare]).filter(|part| part.starts_with("attractor "));
        found.extend(calls.map(|call| (number, call)));
    }
    found
}

fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !(name.starts_with('.') || ["target", "node_modules", "tests", "corpus"].contains(&name.as_str())) {
                texts(&path, found);
            }
        } else if [".md", ".rs", ".toml", ".html", ".yaml"].iter().any(|end| name.ends_with(end)) {
            let shown = path.strip_prefix(root()).expect("it is below").display().to_string();
            found.push((shown, fs::read_to_string(&path).expect("it is text")));
        }
    }
}

#[test]
fn every_command_that_is_named_exists() {
    let (mut commands, mut all) = (Commands::default(), Vec::new());
    texts(&root(), &mut all);
    let (mut seen, mut wrong) = (0, Vec::new());
    for (path, text) in &all {
        for (line, call) in calls(text) {
            seen += 1;
            wrong.extend(commands.wrong(&call).map(|why| format!("{path}:{line}: {why}")));
        }
    }
    assert!(seen > 100, "{seen} calls");
    assert!(all.iter().any(|(path, _)| path.ends_with("assets/home.html")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_or_a_flag_that_is_not_there_is_found() {
    let mut commands = Commands::default();
    let mut wrong =
        |text: &str| -> Vec<String> { calls(text).iter().filter_map(|(_, call)| commands.wrong(call)).collect() };
    for good in ["`attractor import --list`", "attractor key add site --public  # a key", "an `attractor` is a link"] {
        assert_eq!(wrong(good), [""; 0], "{good}");
    }
    for (bad, why) in [
        ("see `attractor imports`", "no command"),
        ("    /// `attractor show --all` or", "no --all"),
        ("<pre>attractor key list --csv", "no --csv"),
        ("<code>attractor nothing</code>", "no command"),
        ("\"  attractor check --fast x", "no --fast"),
    ] {
        assert!(wrong(bad).first().is_some_and(|told| told.contains(why)), "{bad}: {:?}", wrong(bad));
    }
}
