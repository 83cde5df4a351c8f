//! A raw mail, taken apart: headers, what people read, reports, and the returned copy.

use jiff::civil::Date;
use mail_parser::decoders::html::html_to_text;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::address;
use super::fields::Fields;
use super::plain::clip;

/// Bytes of a mail that are read. Reports and replies begin with the text that matters; large parts follow it.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Levels of parts within parts that are read. Real mails nest four or five deep.
pub const MOST_NESTED: usize = 60;

/// Bytes that are read of each text. A person's letter is shorter.
const MOST_TEXT: usize = 128 * 1024;

/// A name without a domain, or with that of a machine, is shorter (RFC 5321, 4.5.3.1.1).
const MOST_NAME: usize = 64;

/// A mail, as far as the readers need it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub headers: Fields,
    pub subject: String,
    /// An address, or the name under which some servers write (`mailer-daemon`, `mailer-daemon@localhost`).
    pub from: String,
    pub to: Vec<String>,
    pub date: Option<Date>,
    /// The zone of `Date` in minutes east of Greenwich.
    pub zone: i32,
    /// What a person reads, in order; lines end with LF.
    pub texts: Vec<String>,
    /// The texts of `message/delivery-status` and the like.
    pub reports: Vec<String>,
    /// The texts of `message/feedback-report`.
    pub feedback: Vec<String>,
    /// True if somebody's program says that the mail was shown, deleted or the like (RFC 8098).
    pub is_receipt: bool,
    /// The headers of the returned copy.
    pub original: Option<String>,
    pub is_cut: bool,
}

impl Parts {
    pub(super) fn of(raw: &[u8]) -> Parts {
        let limited = limited(raw);
        let mut parts = Parts { is_cut: limited.len() < raw.len(), ..Parts::default() };
        let unix = unix_lines(limited);
        let Some(message) = MessageParser::default().parse(&unix) else {
            parts.texts.push(text(&unix));
            return parts;
        };
        parts.head(&message);
        for part in &message.parts {
            parts.part(part);
        }
        if parts.texts.is_empty() {
            parts.texts.extend(message.parts.iter().filter_map(html));
        }
        parts
    }

    fn head(&mut self, message: &Message<'_>) {
        let root = message.root_part();
        let bytes = message.raw_message.get(root.offset_header as usize..root.offset_body as usize);
        self.headers = Fields::of(&text(bytes.unwrap_or_default()));
        self.subject = message.subject().unwrap_or_default().trim().to_owned();
        let from = message.from().and_then(|from| from.first()).and_then(|first| first.address());
        let from = from.unwrap_or_default().trim();
        let is_bare = from.matches('@').count() <= 1 && from.len() <= MOST_NAME && !from.contains(char::is_whitespace);
        self.from = address::first(from).unwrap_or_else(|| if is_bare { from.to_lowercase() } else { String::new() });
        for name in ["x-original-to", "delivered-to", "to", "cc"] {
            for value in self.headers.all(name).map(str::to_owned).collect::<Vec<_>>() {
                let fresh: Vec<_> = address::all(&value).into_iter().filter(|own| !self.to.contains(own)).collect();
                self.to.extend(fresh);
            }
        }
        if let Some(date) = message.date() {
            let day = Date::new(date.year as i16, date.month as i8, date.day as i8);
            let minutes = i32::from(date.tz_hour) * 60 + i32::from(date.tz_minute);
            self.date = day.ok();
            self.zone = if date.tz_before_gmt { -minutes } else { minutes };
        }
    }

    fn part(&mut self, part: &MessagePart<'_>) {
        let kind = part.content_type();
        let is = |main: &str, sub: &str| {
            kind.is_some_and(|kind| {
                kind.ctype().eq_ignore_ascii_case(main)
                    && kind.subtype().is_some_and(|own| own.eq_ignore_ascii_case(sub))
            })
        };
        let decoded = || text(part.contents());
        if is("message", "delivery-status") || is("message", "global-delivery-status") {
            self.reports.push(decoded());
        } else if is("message", "feedback-report") {
            self.feedback.push(decoded());
        } else if is("message", "disposition-notification") {
            self.is_receipt = true;
        } else if is("text", "rfc822-headers") || is("message", "global-headers") || is_disguised(part) {
            self.original.get_or_insert_with(|| decoded().trim_start().to_owned());
        } else if let PartType::Text(text) = &part.body {
            self.texts.push(clip(text, MOST_TEXT).to_owned());
        }
    }

    /// All that a person reads, one part after the other.
    pub(super) fn text(&self) -> String {
        self.texts.join("\n")
    }
}

fn html(part: &MessagePart<'_>) -> Option<String> {
    let PartType::Html(html) = &part.body else { return None };
    Some(html_to_text(clip(html, MOST_TEXT)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]).into_owned()
}

/// Parts that are read. A mail with thousands of parts only costs memory.
const MOST_PARTS: usize = 2_000;

/// The start of a mail that keeps the limits of size, nesting and parts. Each level of nesting needs a line of its own
/// that says so, and each part a line that begins with two dashes, so counting these lines is enough, whatever the
/// parser does.
fn limited(raw: &[u8]) -> &[u8] {
    let raw = &raw[..raw.len().min(MOST_BYTES)];
    let (mut levels, mut parts, mut at) = (0, 0, 0);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        levels += usize::from(opens_level(line));
        parts += usize::from(line.starts_with(b"--"));
        if levels > MOST_NESTED || parts > MOST_PARTS {
            return &raw[..at];
        }
        at += line.len();
    }
    raw
}

fn opens_level(line: &[u8]) -> bool {
    let has = |word: &[u8]| line.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    line.contains(&b'/') && (has(b"multipart/") || has(b"message/") || has(b"/digest"))
}

/// Lines end with LF and nothing else. An empty line comes between a line that ends with `=` and a line that may part
/// the mail: a part in quoted-printable that ends with a soft line break loses its last character in mail-parser
/// 0.11.9, or, if it is empty, ends the program where sums are checked.
fn unix_lines(raw: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(raw.len() + 64);
    let mut is_soft = false;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if is_soft && line.starts_with(b"--") {
            unix.push(b'\n');
        }
        let start = unix.len();
        unix.extend(line.iter().filter(|byte| **byte != b'\r'));
        disguise(&mut unix[start..]);
        is_soft = line.trim_ascii_end().ends_with(b"=");
    }
    unix
}

/// Types of parts that hold a mail, and under which name they pass mail-parser.
const DISGUISES: [(&[u8], &str); 3] = [(b"rfc822", "rfc82x"), (b"global", "globax"), (b"digest", "digesx")];

/// Of a mail in a mail only the headers are of use, so it stays one part: unpacking it costs memory for each level, and
/// its parts would not have passed through [`unix_lines`] if it is encoded.
fn disguise(line: &mut [u8]) {
    let bare = line.trim_ascii_start();
    let indent = line.len() - bare.len();
    let has = |word: &[u8]| bare.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    let is_folded = indent > 0 && bare.len() < 40;
    if !(is_folded || has(b"message") || has(b"multipart")) {
        return;
    }
    let slash = line.iter().position(|byte| *byte == b'/').unwrap_or(line.len());
    for (name, _) in DISGUISES {
        for at in 0..line.len().saturating_sub(name.len() - 1) {
            let end = at + name.len();
            let is_whole = !line.get(end).is_some_and(|byte| *byte == b'-' || byte.is_ascii_alphanumeric());
            if is_whole && (at == indent || at > slash) && line[at..end].eq_ignore_ascii_case(name) {
                line[end - 1] = b'x';
            }
        }
    }
}

fn is_disguised(part: &MessagePart<'_>) -> bool {
    let own = part.content_type().and_then(|kind| kind.subtype());
    own.is_some_and(|own| DISGUISES.iter().any(|(_, name)| own.eq_ignore_ascii_case(name)))
}
