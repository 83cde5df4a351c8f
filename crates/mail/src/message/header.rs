//! Writes headers. Values come from types that hold one line each.

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
    let people = (!people.is_empty()).then(|| people.into());
    built(out, name, &EmailAddress { name: people, email: id.into() });
}

/// Text for people.
pub(super) fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    built(out, name, &Text::new(value));
}

fn start(out: &mut Vec<u8>, name: &str) {
    out.extend(name.as_bytes());
    out.extend(b": ");
}
