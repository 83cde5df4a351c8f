//! Words that have no place: in the pure crates whatever reaches outside, everywhere what is unfinished.

use super::repository::{File, files, rust};
use super::tokens::{self, Token, lines_of};

const PURE: [&str; 6] = [
    "crates/engine/src/",
    "crates/import/src/",
    "crates/insight/src/",
    "crates/intake/src/",
    "crates/mail/src/",
    "crates/sample/src/",
];

/// Modules of `std` that a pure crate does not touch, and what it does instead.
const OUTSIDE: [(&str, &str); 7] = [
    ("time", "the instant comes with the input; the clock is the server's"),
    ("fs", "bytes come with the input; the server opens files"),
    ("net", "the server talks to the network"),
    ("env", "settings come with the input"),
    ("process", "return an error; the server ends the program"),
    ("thread", "the caller divides the work"),
    ("os", "the server knows the machine"),
];

/// What else reaches outside or differs from run to run.
const IMPURE: [(&[&str], &str); 9] = [
    (&["async"], "the core computes; the server waits"),
    (&["await"], "the core computes; the server waits"),
    (&["println", "!"], "return what is to be said"),
    (&["eprintln", "!"], "return what is to be said"),
    (&["print", "!"], "return what is to be said"),
    (&["eprint", "!"], "return what is to be said"),
    (&["RandomState"], "chance is a hash of ids, by SHA-256"),
    (&["DefaultHasher"], "its hashes may change with the compiler; chance is a hash of ids, by SHA-256"),
    (&["TimeZone", ":", ":", "system"], "the zone is the playbook's"),
];

fn impure(file: &File) -> Vec<String> {
    let tokens = tokens::of(file, false);
    let mut offences = Vec::new();
    for (module, instead) in OUTSIDE {
        for line in uses_of_std(&tokens, module) {
            offences.push(format!("{}:{line}: `std::{module}` in a pure crate; {instead}", file.path));
        }
    }
    for (words, instead) in IMPURE {
        for line in lines_of(&tokens, words) {
            offences.push(format!("{}:{line}: `{}` in a pure crate; {instead}", file.path, words.concat()));
        }
    }
    offences
}

/// Lines with `std::MODULE` or `use std::{…, MODULE, …}`.
fn uses_of_std(tokens: &[Token], module: &str) -> Vec<usize> {
    let mut lines = lines_of(tokens, &["std", ":", ":", module]);
    for (start, window) in tokens.windows(4).enumerate() {
        let words: Vec<&str> = window.iter().map(|token| token.text.as_str()).collect();
        if words == ["std", ":", ":", "{"] {
            lines.extend(
                first_of_each(&tokens[start + 4..]).filter(|token| token.text == module).map(|token| token.line),
            );
        }
    }
    lines
}

/// In a list of uses behind its opening brace, the first word of each entry.
fn first_of_each(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    let mut depth = 0;
    let mut starts = true;
    tokens
        .iter()
        .take_while(move |token| {
            depth += i32::from(token.text == "{") - i32::from(token.text == "}");
            depth >= 0
        })
        .scan(0, move |inner, token| {
            *inner += i32::from(token.text == "{") - i32::from(token.text == "}");
            let is_first = starts && *inner == 0;
            starts = token.text == "," && *inner == 0;
            Some(is_first.then_some(token))
        })
        .flatten()
}

/// Macros that stand for work not done.
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// The same in comments, put together here so that this file holds none.
const MARKS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

fn unfinished(file: &File) -> Vec<String> {
    let tokens = tokens::of(file, true);
    let found =
        UNFINISHED.iter().flat_map(|word| lines_of(&tokens, &[word, "!"]).into_iter().map(move |line| (line, *word)));
    found.map(|(line, word)| format!("{}:{line}: `{word}!`; finish it, or leave it out", file.path)).collect()
}

fn marks(file: &File) -> Vec<String> {
    let mut offences = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for mark in MARKS.iter().filter(|mark| text.contains(**mark)) {
            offences.push(format!("{}:{line}: `{mark}`; do it, or write it down as an issue", file.path));
        }
    }
    offences
}

fn sleeps(file: &File) -> Vec<String> {
    let lines = lines_of(&tokens::of(file, true), &["sleep", "("]);
    lines
        .iter()
        .map(|line| format!("{}:{line}: a test that sleeps; wait for what is to happen instead", file.path))
        .collect()
}

#[test]
fn pure_crates_reach_nothing_outside() {
    super::none(rust().iter().filter(|file| file.is_in(&PURE)).flat_map(impure).collect());
}

#[test]
fn nothing_is_left_unfinished() {
    super::none(rust().iter().flat_map(unfinished).collect());
}

#[test]
fn comments_hold_no_marks_of_work_to_come() {
    super::none(files().iter().filter(|file| !file.path.ends_with(".lock")).flat_map(marks).collect());
}

#[test]
fn tests_do_not_sleep() {
    super::none(rust().iter().filter(|file| file.path.contains("/tests/")).flat_map(sleeps).collect());
}

#[test]
fn what_reaches_outside_is_found() {
    let found = |text: &str| impure(&File::new("x.rs", text));
    super::one(found("use std::time::Instant;"), &["x.rs:1", "std::time", "the instant comes with the input"]);
    super::one(
        found("use std::{\n    collections::{BTreeMap, fs},\n    fs::{self, File},\n};"),
        &["x.rs:3", "std::fs"],
    );
    super::one(found("fn f() { std::net::lookup() }"), &["std::net"]);
    super::one(found("async fn f() {}"), &["async"]);
    super::one(found("fn f() { println!(\"\") }"), &["println!", "return"]);
    super::one(found("fn f() { TimeZone::system() }"), &["TimeZone::system"]);
    super::none(found(
        "// std::time\nuse crate::time::Instant; fn f() { \"async\"; }\n#[cfg(test)]\nmod tests { use std::fs; }",
    ));
}

#[test]
fn what_is_unfinished_is_found() {
    for word in UNFINISHED {
        super::one(unfinished(&File::new("x.rs", &format!("fn f() {{\n {word}!() }}"))), &["x.rs:2", word]);
    }
    super::one(marks(&File::new("x.md", &format!("\n{}: more", MARKS[0]))), &["x.md:2", MARKS[0]]);
    super::one(sleeps(&File::new("x.rs", "fn f() { thread::sleep(second) }")), &["x.rs:1", "wait for"]);
}
