//! The parts of a mail: its text, its HTML, its attachments, each in the encoding that keeps it whole on the way.

use mail_builder::encoders::{Base64Encoder, QuotedPrintableEncoder};
use mail_builder::headers::content_type::ContentType;

use super::HeaderError;
use super::header::{built, raw};
use super::line::one_line;

/// The longest line that is sent as it is. RFC 5322 allows 998 and recommends 78; longer lines are encoded, since a server
/// that breaks them would break the signature.
const LONGEST_PLAIN: usize = 76;

/// The most characters of a file's name, which many file systems limit to 255 bytes.
const MAX_FILE_NAME: usize = 60;

/// What the names of files on Windows do not have. Without `?`, no name looks like an encoded word either.
const NOT_IN_FILE_NAMES: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// A file that goes with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment<'a> {
    name: String,
    media_type: String,
    bytes: &'a [u8],
}

impl<'a> Attachment<'a> {
    /// The media type has no parameters, and is not `multipart` or `message`: those are structure, not files.
    pub fn new(name: &str, media_type: &str, bytes: &'a [u8]) -> Result<Attachment<'a>, HeaderError> {
        let is_token = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
        };
        let fits = media_type.len() <= 127
            && media_type.split_once('/').is_some_and(|(kind, subtype)| {
                is_token(kind)
                    && is_token(subtype)
                    && !["multipart", "message"].iter().any(|structure| kind.eq_ignore_ascii_case(structure))
            });
        if !fits {
            return Err(HeaderError::new(
                "Content-Type",
                media_type,
                "the media type of a file, such as application/pdf",
            ));
        }
        let name = one_line(&name.replace(NOT_IN_FILE_NAMES, "_"), MAX_FILE_NAME);
        let name = if name.is_empty() { "attachment".to_owned() } else { name };
        Ok(Attachment { name, media_type: media_type.to_ascii_lowercase(), bytes })
    }

    /// The name that the mail carries: one line, without separators of paths.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        built(out, "Content-Type", &ContentType::new(&self.media_type));
        let disposition = ContentType::new("attachment").attribute("filename", &self.name);
        built(out, "Content-Disposition", &disposition);
        base64(out, self.bytes);
    }
}

/// A text part with its headers. Line breaks become CRLF, and the text ends with one.
pub(super) fn write_text(out: &mut Vec<u8>, media_type: &str, lines: &str) {
    raw(out, "Content-Type", &format!("{media_type}; charset=utf-8"));
    match Encoding::of(lines.as_bytes()) {
        Encoding::Plain => {
            raw(out, "Content-Transfer-Encoding", "7bit");
            out.extend(b"\r\n");
            out.extend(lines.as_bytes());
        }
        Encoding::QuotedPrintable => {
            raw(out, "Content-Transfer-Encoding", "quoted-printable");
            out.extend(b"\r\n");
            QuotedPrintableEncoder::new().preserve_line_breaks().encode_into(lines.as_bytes(), out);
        }
        Encoding::Base64 => base64(out, lines.as_bytes()),
    }
}

fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    raw(out, "Content-Transfer-Encoding", "base64");
    out.extend(b"\r\n");
    Base64Encoder::new().wrap_lines().encode_into(bytes, out);
}

/// The text with CRLF at the end of each line, the last one too.
pub(super) fn lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / 16 + 2);
    let mut rest = text;
    while let Some(at) = rest.find(['\r', '\n']) {
        lines.push_str(&rest[..at]);
        lines.push_str("\r\n");
        let width = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[at + width..];
    }
    lines.push_str(rest);
    if !lines.is_empty() && !lines.ends_with("\r\n") {
        lines.push_str("\r\n");
    }
    lines
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Plain,
    QuotedPrintable,
    Base64,
}

impl Encoding {
    /// The shortest that keeps these lines whole: as they are where every line is short printable ASCII that nothing on the
    /// way changes, otherwise quoted-printable or base64.
    fn of(lines: &[u8]) -> Encoding {
        let is_control = |byte: &u8| byte.is_ascii_control() && !b"\r\n\t".contains(byte);
        let escaped = lines.iter().filter(|byte| !byte.is_ascii()).count();
        // The builder's quoted-printable leaves control characters as they are.
        if lines.iter().any(is_control) {
            return Encoding::Base64;
        }
        if escaped == 0 && lines.split(|byte| *byte == b'\n').all(is_plain) {
            return Encoding::Plain;
        }
        // An escaped byte takes two more; base64 takes a third more of everything.
        if escaped * 2 <= lines.len() / 3 { Encoding::QuotedPrintable } else { Encoding::Base64 }
    }
}

/// Whether nothing on the way changes this line: blanks at an end are cut off by some servers, and a `>` is put before
/// `From ` by others.
fn is_plain(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.len() <= LONGEST_PLAIN && !line.ends_with(b" ") && !line.ends_with(b"\t") && !line.starts_with(b"From ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ends_with_crlf() {
        for (text, crlf) in [
            ("", ""),
            ("a", "a\r\n"),
            ("a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd\r\n"),
            ("\n", "\r\n"),
            ("\r\r\n\n", "\r\n\r\n\r\n"),
        ] {
            assert_eq!(lines(text), crlf, "{text:?}");
            assert_eq!(lines(crlf), crlf, "{crlf:?} again");
        }
    }

    #[test]
    fn text_takes_the_shortest_encoding_that_keeps_it_whole() {
        use Encoding::{Base64, Plain, QuotedPrintable};
        let long = "a".repeat(77);
        for (text, encoding) in [
            ("", Plain),
            ("Hello\nAda\n", Plain),
            (&long[1..], Plain),
            (&long, QuotedPrintable),
            ("a \nb", QuotedPrintable),
            ("From me", QuotedPrintable),
            ("a\0", Base64),
            ("Gr\u{fc}\u{df}e aus der Schweiz, wo es kein Eszett gibt", QuotedPrintable),
            ("\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}", Base64),
        ] {
            assert_eq!(Encoding::of(lines(text).as_bytes()), encoding, "{text:?}");
        }
    }

    #[test]
    fn only_files_are_attached() {
        for media_type in
            ["", "pdf", "application/", "a/b; x=y", "a/b\r\nBcc: c", "multipart/mixed", "Message/rfc822", "a/b/c"]
        {
            assert!(Attachment::new("x", media_type, b"").is_err(), "{media_type:?}");
        }
        for (name, carried) in [
            ("a.pdf", "a.pdf"),
            ("../../etc/x\r\n", ".._.._etc_x"),
            ("=?utf-8?Q?a?=", "=_utf-8_Q_a_="),
            ("", "attachment"),
        ] {
            assert_eq!(Attachment::new(name, "Application/PDF", b"").unwrap().name(), carried);
        }
    }
}
