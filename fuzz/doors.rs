//! What must hold of any input at each door. The fuzz targets try new inputs, a test those that were kept.

#![allow(dead_code, reason = "each fuzz target goes through one of the doors")]

use std::sync::LazyLock;

use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::{read, write};
use attractor_engine::program::Program;
use attractor_engine::replay::replay;
use attractor_import::{Map, Rules, SourceFile, import};
use attractor_mail::inbound::hostile;
use attractor_mail::links::{KeyId, Keys, Purpose, Secret};
use jiff::tz::TimeZoneDatabase;
use serde_json::Value;

const NAMES: [&str; 4] = ["list.csv", "list.xlsx", "list.ndjson", "deals.csv"];
/// 2026-06-30T00:00:00Z
const NOW: i64 = 1_782_777_600_000;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let playbook = read(include_str!("playbook.yaml")).playbook.expect("fuzz/playbook.yaml is valid");
    Program::new(playbook, &TimeZoneDatabase::bundled()).expect("fuzz/playbook.yaml compiles")
});

/// Any text as a playbook: it is read or its problems are named. What is read compiles, and what is written of it is
/// read back as the same.
pub fn playbook(text: &str) {
    let reading = read(text);
    let Some(playbook) = reading.playbook else {
        assert!(!reading.problems.is_empty(), "neither a playbook nor a problem");
        return;
    };
    let written = write(&playbook).to_string();
    let again = read(&written);
    let problems: Vec<String> = again.problems.iter().map(ToString::to_string).collect();
    assert_eq!(again.playbook.as_ref(), Some(&playbook), "{written}\n{}", problems.join("\n"));
    if let Err(why) = Program::new(playbook, &TimeZoneDatabase::bundled()) {
        panic!("read, but not compiled: {why}");
    }
}

/// Any lines as messages, replayed under a playbook that asks for everything: each line is taken or named, what is
/// printed is JSON, leads come by name, and a second time gives the same.
pub fn messages(text: &str) {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let replayed = replay(&PROGRAM, &lines, None, true);
    assert!(replayed.rejected.iter().all(|(line, why)| *line as usize <= lines.len() && !why.is_empty()));
    let mut leads: Vec<String> = Vec::new();
    for line in replayed.output.lines() {
        let value: Value = serde_json::from_str(line).expect("what is printed is JSON");
        if value.get("kind").is_none() {
            leads.push(value["lead"].as_str().expect("a lead has a name").to_owned());
        }
    }
    assert!(leads.is_sorted(), "leads come by name");
    assert_eq!(replay(&PROGRAM, &lines, None, true), replayed, "the same lines give the same answer");
}

/// Any bytes as a list: it is imported or refused with a reason, and each message that comes of it is one that the
/// engine takes. The first byte says what the file is called.
pub fn csv(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let source = SourceFile::from_bytes(NAMES[usize::from(*first) % NAMES.len()], bytes);
    let rules = Rules::new(NOW, NOW, None).expect("the instant is one");
    let (mut messages, mut rejected) = (Vec::new(), Vec::new());
    if let Err(why) = import(&[source], &Map::default(), &rules, &mut messages, &mut rejected) {
        assert!(!why.to_string().is_empty());
        return;
    }
    let text = std::str::from_utf8(&messages).expect("messages are UTF-8");
    for line in text.lines() {
        let message = Message::parse(line, &Wanted::Everything).unwrap_or_else(|why| panic!("{why}: {line}"));
        assert!(message.timestamp.is_some() && message.history, "{line}");
    }
    assert!(std::str::from_utf8(&rejected).is_ok());
}

/// Any bytes as a mail that came back, or a file of them.
pub fn mail(bytes: &[u8]) {
    hostile::mail(bytes);
}

/// Any bytes as a webhook of each provider.
pub fn webhook(bytes: &[u8]) {
    hostile::webhook(bytes);
}

/// Any bytes as what a client of the mail server says.
pub fn dialogue(bytes: &[u8]) {
    hostile::dialogue(bytes);
}

/// Any text as the token of a link, of a return path or of the id of a mail: it serves one purpose at most, and only as
/// we signed it.
pub fn links(text: &str) {
    let keys = Keys::new((KeyId(1), Secret::new([0x11; 32])), []).expect("there is one key");
    let read: Vec<_> = Purpose::ALL.into_iter().filter_map(|purpose| keys.read(purpose, text).ok()).collect();
    assert!(read.len() <= 1, "a token of several purposes: {read:?}");
    for token in read {
        assert!(keys.sign(&token).eq_ignore_ascii_case(text), "another text than the one that was signed: {token:?}");
    }
}
