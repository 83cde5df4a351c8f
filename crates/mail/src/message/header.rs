//! Writes headers. Values come from types that hold one line each.

use data_encoding::BASE64;
use mail_builder::headers::Header;
use mail_builder::headers::address::EmailAddress;
use mail_builder::headers::text::Text;

use super::mailbox::Mailbox;

/// A value that needs neither encoding nor folding.
pub(super) fn raw(out: &mut Vec<u8>, name: &str, value: &str) {
    start(out, name);
    out.extend(value.as_bytes());
    out.extend(b"\r\n");
}

/// A value that the builder folds and encodes (RFC 2047, RFC 2231).
pub(super) fn built(out: &mut Vec<u8>, name: &str, value: &impl Header) {
    start(out, name);
    value.write_header(out, name.len() + 2);
}

pub(super) fn mailbox(out: &mut Vec<u8>, name: &str, mailbox: &Mailbox) {
    phrase(out, name, mailbox.name(), mailbox.address());
}

/// A name for people and an id or address in angle brackets.
pub(super) fn phrase(out: &mut Vec<u8>, name: &str, people: &str, id: &str) {
    if people.contains(ENCODED_WORD) {
        start(out, name);
        encoded_words(out, people);
        out.extend(format!("\r\n <{id}>\r\n").as_bytes());
        return;
    }
    let people = (!people.is_empty()).then(|| people.into());
    built(out, name, &EmailAddress { name: people, email: id.into() });
}

/// Text for people.
pub(super) fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    if value.contains(ENCODED_WORD) {
        start(out, name);
        encoded_words(out, value);
        out.extend(b"\r\n");
        return;
    }
    built(out, name, &Text::new(value));
}

/// How an encoded word begins (RFC 2047 §2). The builder leaves one in a text as it is, and the reader would decode it.
const ENCODED_WORD: &str = "=?";

/// The most bytes of text in one encoded word. In base64, with its frame and a header's name before it, the line has at
/// most 76 characters (RFC 2047 §2).
const MAX_ENCODED: usize = 33;

/// The text as encoded words in base64, one a line.
fn encoded_words(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(MAX_ENCODED));
        let fold = if after.is_empty() { "" } else { "\r\n " };
        out.extend(format!("=?utf-8?B?{}?={fold}", BASE64.encode(word.as_bytes())).as_bytes());
        rest = after;
    }
}

fn start(out: &mut Vec<u8>, name: &str) {
    out.extend(name.as_bytes());
    out.extend(b": ");
}
