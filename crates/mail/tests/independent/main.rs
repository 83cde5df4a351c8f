//! Mails are read and their signatures verified by Python's own `email`, every defect an error, and by dkimpy.
//!
//! Both run in an environment of their own under `target`, which is made once, with exact versions. Without
//! Python, or without a network to install dkimpy, the test reports it, and where `ATTRACTOR_INSIST` is set it fails.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod python;
#[path = "../texts/mod.rs"]
mod texts;

use std::path::Path;
use std::process::Command;

use attractor_mail::message::dkim::{Key, Record, Signer};
use attractor_mail::message::{
    Attachment, Automatic, FeedbackId, Headers, Instant, ListId, Mailbox, Message, MessageId, Provider, Reference,
    Unsubscribe, subject_line,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use python::{or_report, python, run};

const TO: &str = "o'hara+x@example.com";

/// Mails of random texts, and as many with random blanks, whose signatures are verified.
const RANDOM: usize = 300;

/// A folder of mails and the expectations of each.
struct Cases {
    folder: tempfile::TempDir,
    cases: Vec<Value>,
}

impl Cases {
    fn new() -> Cases {
        Cases { folder: tempfile::tempdir().unwrap(), cases: Vec::new() }
    }

    fn add(&mut self, mail: &[u8], expected: Option<Value>, signed: &[bool]) {
        let file = format!("{}.eml", self.cases.len());
        std::fs::write(self.folder.path().join(&file), mail).unwrap();
        let mut case = json!({"file": file, "signed": signed});
        if let Some(expected) = expected {
            case["expected"] = expected;
        }
        self.cases.push(case);
    }

    fn check(&self, python: &Path, records: &[Record]) -> Result<String, String> {
        let records: serde_json::Map<String, Value> =
            records.iter().map(|record| (record.name.clone(), record.text.clone().into())).collect();
        let write =
            |name: &str, value: Value| std::fs::write(self.folder.path().join(name), value.to_string()).unwrap();
        write("cases.json", Value::Array(self.cases.clone()));
        write("records.json", Value::Object(records));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/check.py");
        run(Command::new(python).arg(script).arg(self.folder.path()))
    }
}

fn signer(domain: &str) -> Signer {
    let rsa = Key::rsa("r2026", include_str!("../keys/rsa.pem")).unwrap();
    let old = Key::rsa("r2025", include_str!("../keys/rsa-pkcs1.pem")).unwrap();
    Signer::new(domain, vec![rsa, Key::ed25519("e2026", &[7; 32]).unwrap(), old]).unwrap()
}

/// A mail of these texts with every header, and what a reader finds in it.
fn mail(to: &str, name: &str, subject: &str, text: &str, html: Option<&str>, file: Option<&[u8]>) -> (Vec<u8>, Value) {
    let from = Mailbox::parse("news@b\u{fc}cher.example").unwrap().named(name);
    let to = Mailbox::parse(to).unwrap().named(name);
    let id = MessageId::of_copy("5f0c", subject, &from);
    let unsubscribe = Unsubscribe::new("https://example.org/u/x", Some(from.clone())).unwrap();
    let list = ListId::new("newsletter", from.domain(), name).unwrap();
    let feedback = FeedbackId::new("welcome", "onboarding", "marketing", "acme-de").unwrap();
    let files: Vec<Attachment> =
        file.iter().map(|bytes| Attachment::new("B\u{fc}cher.pdf", "application/pdf", bytes).unwrap()).collect();
    let message = Message {
        id: &id,
        from: &from,
        to: &to,
        subject,
        date: Instant(1_780_000_000_000),
        text,
        html,
        attachments: &files,
        headers: Headers {
            reply_to: Some(&to),
            answers: Some(&id),
            unsubscribe: Some(&unsubscribe),
            list: Some(&list),
            feedback: Some(&feedback),
            automatic: Automatic::Generated,
            reference: Some(Reference { token: "ab2", providers: &Provider::ALL }),
        },
    };
    let lines = |text: &str| {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
    };
    let hex: Vec<_> = files.iter().zip(file).map(|(file, bytes)| json!([file.name(), hex(bytes)])).collect();
    let expected = json!({
        "from": {"name": from.name(), "address": from.address()},
        "to": {"name": to.name(), "address": to.address()},
        "subject": subject_line(subject),
        "date": 1_780_000_000,
        "id": id.to_string(),
        "text": lines(text),
        "html": html.map(lines),
        "files": hex,
    });
    (message.write(), expected)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What somebody on the way may do to a mail. None of it may leave a signature whole.
fn tampered(mail: &str) -> Vec<String> {
    let with = |header: &str| mail.replacen("\r\nFrom: ", &format!("\r\n{header}\r\nFrom: "), 1);
    let mut changed: Vec<String> = [
        "From: evil@example.com",
        "Reply-To: evil@example.com",
        "Subject: Another",
        "To: other@example.com",
        "Cc: other@example.com",
        "Date: Thu, 1 Jan 1970 00:00:00 +0000",
        "List-Unsubscribe: <https://evil.example>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Content-Type: text/html",
        "Content-Transfer-Encoding: 8bit",
        "MIME-Version: 1.0",
        "Message-ID: <x@y>",
    ]
    .map(with)
    .to_vec();
    changed.push(mail.replacen("Hello", "Hallo", 1));
    changed.push(mail.replacen("https://example.org/u/x", "https://example.org/u/y", 1));
    changed.push(format!("{mail}more\r\n"));
    assert!(changed.iter().all(|other| other != mail));
    changed
}

#[test]
fn other_programs_read_and_verify_every_mail() {
    let Some(python) = or_report(python()) else { return };
    let signer = signer("b\u{fc}cher.example");
    let at = Instant(1_780_000_000_000);
    let mut cases = Cases::new();
    for text in texts::everywhere() {
        for (html, file) in [(None, None), (Some(text.as_str()), None), (Some(text.as_str()), Some(text.as_bytes()))] {
            let (bytes, expected) = mail(TO, &text, &text, &text, html, file);
            cases.add(&signer.sign(&bytes, at).unwrap(), Some(expected), &[true; 3]);
        }
    }
    for to in ["j\u{f6}rg@example.com", "\u{3053}@\u{4f8b}\u{3048}.example", "\"a..b\"@example.com"] {
        let (bytes, _) = mail(to, "J\u{f6}rg", "Hello", "Hello\n", None, None);
        cases.add(&signer.sign(&bytes, at).unwrap(), None, &[true; 3]);
    }
    let mut runner = TestRunner::deterministic();
    for _ in 0..RANDOM {
        let mut text = || texts::any_text().new_tree(&mut runner).unwrap().current();
        let (name, subject, body, html) = (text(), text(), text(), text());
        let (bytes, _) = mail(TO, &name, &subject, &body, Some(&html), None);
        cases.add(&signer.sign(&bytes, at).unwrap(), None, &[true; 3]);
    }
    for _ in 0..RANDOM {
        let blanks =
            |longest| prop::collection::vec(prop::sample::select(vec!["a", "B", " ", "\t", "\r\n"]), 0..longest);
        let mut text = |longest| blanks(longest).new_tree(&mut runner).unwrap().current().concat();
        let folded = text(20).replace("\r\n", "\r\n\t") + "x";
        let raw = format!("fRoM:{folded}\r\nSubject: {folded}\r\nsubject:\r\n y\r\n\r\n{}\r\n", text(40));
        cases.add(&signer.sign(raw.as_bytes(), at).unwrap(), None, &[true; 3]);
    }
    let (bytes, _) = mail(TO, "Ada", "Hello", "Hello\n", None, None);
    let signed = String::from_utf8(signer.sign(&bytes, at).unwrap()).unwrap();
    for changed in tampered(&signed) {
        cases.add(changed.as_bytes(), None, &[false; 3]);
    }
    match cases.check(&python, &signer.records()) {
        Ok(report) => eprintln!("Python's email and dkimpy: {report}"),
        Err(problems) => panic!("{problems}"),
    }
}
