//! A mail as the exact bytes that go over the wire.
//!
//! Everything in a header comes from a type that holds one value of one line, so nothing that a stranger wrote begins a
//! header or adds a recipient. The same [`Message`] always gives the same bytes: its date and its [`MessageId`] come with
//! the input, and the borders between its parts are a hash of that id. Headers are folded and encoded by `mail-builder`;
//! its message builder is not used, since it takes time and chance for what it is not given.
//!
//! The return path is not part of the bytes: it goes into the SMTP command `MAIL FROM`, and the last server writes it as
//! `Return-Path` (RFC 5321 §4.4). A [`crate::links::Token::ReturnPath`] is its local part.
//!
//! ```
//! use attractor_mail::message::{Headers, Instant, Mailbox, Message, MessageId};
//!
//! let from = Mailbox::parse("news@example.org")?.named("Acme");
//! let to = Mailbox::parse("ada@example.com")?.named("Ada Lovelace");
//! let message = Message {
//!     id: &MessageId::of_copy("5f0c", "17/sequence/welcome/0/1", &from),
//!     from: &from,
//!     to: &to,
//!     subject: "Grüße",
//!     date: Instant(1_800_000_000_000),
//!     text: "Hello Ada\n",
//!     html: Some("<p>Hello Ada</p>\n"),
//!     attachments: &[],
//!     headers: Headers::default(),
//! };
//! let bytes = message.write();
//! assert!(bytes.starts_with(b"From: \"Acme\" <news@example.org>\r\nTo: \"Ada Lovelace\" <ada@example.com>\r\n"));
//! # Ok::<(), attractor_mail::message::AddressError>(())
//! ```

pub mod dkim;
mod error;
mod header;
mod id;
mod line;
mod list;
mod mailbox;
mod opened;
mod part;
mod reference;

pub use attractor_engine::time::Instant;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;

pub use error::HeaderError;
pub use id::MessageId;
pub(crate) use line::one_line;
pub use list::{FeedbackId, ListId, Unsubscribe};
pub(crate) use mailbox::ascii_domain;
pub use mailbox::{AddressError, MAX_NAME_CHARS, Mailbox};
pub use opened::OpenedMail;
pub use part::Attachment;
pub use reference::{Provider, Reference};

/// The most characters of a subject. Every mailbox shows fewer, and a value in it may be a stranger's.
pub const MAX_SUBJECT_CHARS: usize = 300;

/// One mail to one address.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    pub id: &'a MessageId,
    pub from: &'a Mailbox,
    pub to: &'a Mailbox,
    /// Becomes one line of at most [`MAX_SUBJECT_CHARS`] characters.
    pub subject: &'a str,
    /// When the copy was made; a header holds whole seconds.
    pub date: Instant,
    /// Plain text with any line breaks.
    pub text: &'a str,
    pub html: Option<&'a str>,
    pub attachments: &'a [Attachment<'a>],
    pub headers: Headers<'a>,
}

/// The headers that not every mail has.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a> {
    pub reply_to: Option<&'a Mailbox>,
    /// The mail that this one answers.
    pub answers: Option<&'a MessageId>,
    pub unsubscribe: Option<&'a Unsubscribe>,
    pub list: Option<&'a ListId>,
    pub feedback: Option<&'a FeedbackId>,
    pub automatic: Automatic,
    /// For the providers whose webhooks are to name the copy.
    pub reference: Option<Reference<'a>>,
}

/// Whether a mail was written by a machine on its own (RFC 3834 §5), so that no machine answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Automatic {
    /// Somebody decided to write: no header.
    #[default]
    No,
    /// Nobody wrote first, such as an alert.
    Generated,
    /// It answers what somebody did or wrote, such as a confirmation.
    Replied,
}

impl Automatic {
    fn value(self) -> Option<&'static str> {
        match self {
            Automatic::No => None,
            Automatic::Generated => Some("auto-generated"),
            Automatic::Replied => Some("auto-replied"),
        }
    }
}

/// The subject as the mail carries it.
pub fn subject_line(subject: &str) -> String {
    one_line(subject, MAX_SUBJECT_CHARS)
}

impl Message<'_> {
    /// The mail in the form of RFC 5322 and MIME, each line with CRLF and at most 998 bytes. It has no signature yet.
    pub fn write(&self) -> Vec<u8> {
        let text = part::lines(self.text);
        let html = self.html.map(part::lines);
        let bodies = text.len() + html.as_ref().map_or(0, String::len);
        let files: usize = self.attachments.iter().map(|file| file.len() * 3 / 2 + 300).sum();
        let mut out = Vec::with_capacity(2_048 + bodies * 3 / 2 + files);
        self.write_headers(&mut out);
        let boundaries = Boundaries::of(self.id, &text, html.as_deref().unwrap_or_default());
        self.write_parts(&mut out, &text, html.as_deref(), &boundaries);
        out
    }

    /// Whether only a server that offers SMTPUTF8 (RFC 6531) can take the mail: an address in it has letters beyond ASCII
    /// before its `@`.
    pub fn needs_smtputf8(&self) -> bool {
        let boxes = [Some(self.from), Some(self.to), self.headers.reply_to];
        boxes.into_iter().flatten().any(Mailbox::needs_smtputf8)
    }

    fn write_headers(&self, out: &mut Vec<u8>) {
        header::mailbox(out, "From", self.from);
        header::mailbox(out, "To", self.to);
        if let Some(mailbox) = self.headers.reply_to {
            header::mailbox(out, "Reply-To", mailbox);
        }
        header::text(out, "Subject", &subject_line(self.subject));
        header::built(out, "Date", &Date::new(self.date.0.div_euclid(1_000)));
        header::raw(out, "Message-ID", &self.id.to_string());
        if let Some(id) = self.headers.answers {
            header::raw(out, "In-Reply-To", &id.to_string());
            header::raw(out, "References", &id.to_string());
        }
        if let Some(unsubscribe) = self.headers.unsubscribe {
            unsubscribe.write(out);
        }
        if let Some(list) = self.headers.list {
            list.write(out);
        }
        if let Some(feedback) = self.headers.feedback {
            feedback.write(out);
        }
        if let Some(value) = self.headers.automatic.value() {
            header::raw(out, "Auto-Submitted", value);
            // Exchange does not look at Auto-Submitted.
            header::raw(out, "X-Auto-Response-Suppress", "All");
        }
        if let Some(reference) = &self.headers.reference {
            reference.write(out);
        }
        header::raw(out, "MIME-Version", "1.0");
    }

    fn write_parts(&self, out: &mut Vec<u8>, text: &str, html: Option<&str>, boundaries: &Boundaries) {
        if self.attachments.is_empty() {
            return write_bodies(out, text, html, &boundaries.inner);
        }
        multipart(out, "multipart/mixed", &boundaries.outer);
        border(out, &boundaries.outer, "\r\n");
        write_bodies(out, text, html, &boundaries.inner);
        for file in self.attachments {
            border(out, &boundaries.outer, "\r\n");
            file.write(out);
        }
        border(out, &boundaries.outer, "--\r\n");
    }
}

/// The text, or the text and the HTML as two forms of the same: the best one last (RFC 2046 §5.1.4).
fn write_bodies(out: &mut Vec<u8>, text: &str, html: Option<&str>, boundary: &str) {
    let Some(html) = html else { return part::write_text(out, "text/plain", text) };
    multipart(out, "multipart/alternative", boundary);
    border(out, boundary, "\r\n");
    part::write_text(out, "text/plain", text);
    border(out, boundary, "\r\n");
    part::write_text(out, "text/html", html);
    border(out, boundary, "--\r\n");
}

fn multipart(out: &mut Vec<u8>, media_type: &str, boundary: &str) {
    header::built(out, "Content-Type", &ContentType::new(media_type).attribute("boundary", boundary));
}

/// A line break before the border belongs to the border (RFC 2046 §5.1.1), so that the part before it stays as it is.
fn border(out: &mut Vec<u8>, boundary: &str, end: &str) {
    out.extend(b"\r\n--");
    out.extend(boundary.as_bytes());
    out.extend(end.as_bytes());
}

/// The borders of the mail: none occurs in what they border.
struct Boundaries {
    outer: String,
    inner: String,
}

impl Boundaries {
    /// Nobody can write a text that contains the border made of an id they do not know; if one does, the next is taken.
    /// Attachments are base64, which has no `_`.
    fn of(id: &MessageId, text: &str, html: &str) -> Boundaries {
        let mut free =
            (0..).map(|number| id.boundary(number)).filter(|border| !text.contains(border) && !html.contains(border));
        let mut next = || free.next().unwrap_or_default();
        Boundaries { outer: next(), inner: next() }
    }
}
