//! What is stored and cannot be read is an error, never nothing: a bounce that is not understood must not let an e-mail
//! leave. Where `.ok()` follows a reader all the same, the list says why nothing is lost.

use super::repository::{File, rust};
use super::tokens::{self, Token, follows};

/// The crates that store and read what was stored.
const SOURCES: [&str; 4] = ["crates/app/src/", "crates/live/src/", "crates/server/src/", "crates/store/src/"];

/// What reads a stored text.
const READERS: [&[&str]; 2] = [&["of_row"], &["serde_json", ":", ":", "from_str"]];

/// Files in which a text that cannot be read may be passed over, and why. `of_row` has counted and logged it.
const EXCEPTIONS: [(&str, &str); 17] = [
    ("crates/app/src/clicks/corrections.rs", "evidence is shown as `null`; the verdict is a column of its own"),
    ("crates/app/src/sending/account.rs", "what a restore brought is only named; the account of this place stays"),
    ("crates/app/src/sending/best.rs", "a piece that was sent and cannot be read is known by its copy's e-mail"),
    ("crates/app/src/sending/broadcasts/report/facts.rs", "a report counts the copy, and its variant as unknown"),
    ("crates/app/src/sending/emails.rs", "a version without files: its e-mails are skipped, with the reason"),
    ("crates/app/src/sending/failed_test.rs", "a failed test is only shown; the next one is noted anew"),
    ("crates/app/src/sending/halt.rs", "a refused login is only shown; sending stays paused by a row of its own"),
    ("crates/app/src/sending/incoming/unmatched.rs", "a list leaves the mail out; its total counts it"),
    ("crates/app/src/sending/list.rs", "a list shows the copy without its choice; the copy's page names the damage"),
    ("crates/app/src/sending/test_mode.rs", "samples are counted anew; where they go is in the settings"),
    ("crates/app/src/sending/verification/mod.rs", "the domain is not verified until it is checked again"),
    ("crates/app/src/sending/warm_up.rs", "the domain begins with the fewest copies"),
    ("crates/live/src/again.rs", "a message that arrives, which was parsed a moment ago"),
    ("crates/live/src/correction.rs", "a cell of an export that is not a list stays a text"),
    ("crates/live/src/identity/reread.rs", "the event stays as it is stored; whoever reads it next reports it"),
    ("crates/live/src/receipt.rs", "a message that arrives, which was parsed a moment ago"),
    ("crates/server/src/demo/story.rs", "lines that this process has just made"),
];

/// The lines on which what cannot be read becomes nothing.
fn swallowed(file: &File) -> Vec<usize> {
    let tokens = tokens::of(file, false);
    let behind = |start: usize| {
        let words = READERS.iter().find(|words| follows(&tokens[start..], words))?;
        let rest = behind_call(&tokens[start + words.len()..])?;
        follows(rest, &[".", "ok", "(", ")"]).then(|| tokens[start].line)
    };
    (0..tokens.len()).filter_map(behind).collect()
}

/// What follows a call, whose name stands before these tokens; `None` where it is not a call.
fn behind_call(tokens: &[Token]) -> Option<&[Token]> {
    let arguments = if follows(tokens, &[":", ":", "<"]) { behind_brackets(&tokens[2..], ["<", ">"])? } else { tokens };
    if follows(arguments, &["("]) { behind_brackets(arguments, ["(", ")"]) } else { None }
}

/// What follows the bracket that closes the first one.
fn behind_brackets<'t>(tokens: &'t [Token], [open, close]: [&str; 2]) -> Option<&'t [Token]> {
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        depth += i32::from(token.text == open) - i32::from(token.text == close);
        depth == 0
    })?;
    Some(&tokens[end + 1..])
}

fn offences(files: &[File], exceptions: &[(&str, &str)]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files.iter().filter(|file| file.is_in(&SOURCES)) {
        let lines = swallowed(file);
        let is_excused = exceptions.iter().any(|(path, _)| *path == file.path);
        let offence = |line| {
            let path = &file.path;
            format!("{path}:{line}: what cannot be read becomes nothing; return the error, or say in unread.rs why not")
        };
        match (is_excused, lines.is_empty()) {
            (true, true) => offences.push(format!("{}: it passes nothing over; take it from unread.rs", file.path)),
            (true, false) => {}
            (false, _) => offences.extend(lines.into_iter().map(offence)),
        }
    }
    offences
}

#[test]
fn nothing_that_is_stored_is_passed_over_where_it_cannot_be_read() {
    let files = rust();
    super::none(offences(&files, &EXCEPTIONS));
    let gone = EXCEPTIONS.iter().filter(|(path, why)| why.is_empty() || !files.iter().any(|file| file.path == *path));
    super::none(gone.map(|(path, _)| format!("{path}: unread.rs names it without a reason, or it is gone")).collect());
}

#[test]
fn what_becomes_nothing_is_found() {
    let path = "crates/app/src/x.rs";
    let found = |text: &str| offences(&[File::new(path, text)], &[]);
    for text in [
        "fn f() {\n of_row(&text, \"state\", (a, b)).ok();\n}",
        "fn f() {\n let a = of_row::<BTreeMap<String, Vec<u8>>>(&text, \"state\", ROW)\n.ok()?;\n}",
        "fn f() {\n serde_json::from_str::<Value>(text).ok()\n}",
    ] {
        super::one(found(text), &["crates/app/src/x.rs:2", "becomes nothing"]);
    }
    for text in [
        "use crate::stored::of_row;\nfn f() { g(a).ok() }",
        "fn f() { of_row(&text, \"state\", g(a).ok())?; }",
        "fn f() { u64::from_str_radix(text, 16).ok() }",
        "// of_row(text).ok()\n#[cfg(test)]\nmod tests { fn f() { of_row(text).ok(); } }",
    ] {
        super::none(found(text));
    }
    let file = || [File::new(path, "fn f() { of_row(text).ok() }")];
    super::none(offences(&file(), &[(path, "a reason")]));
    super::one(offences(&[File::new(path, "fn f() {}")], &[(path, "a reason")]), &["take it from unread.rs"]);
    super::none(offences(&[File::new("crates/mail/src/x.rs", "fn f() { of_row(text).ok() }")], &[]));
}
