//! The mail in a dialogue: where it ends, and what it is without the dots that were put before those of its own.

use super::super::MOST_BYTES;
use super::MOST_MAIL;

/// What came right before. Only CR LF begins a line: a lone CR or LF is a byte like any other, so that nothing behind it is
/// taken for the end of the mail, or for a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    LineStart,
    Within,
    Cr,
    /// A dot at the start of a line.
    Dot,
    DotCr,
}

/// A mail as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Data {
    place: Place,
    kept: Vec<u8>,
    /// Bytes of the mail, kept or not.
    size: usize,
}

impl Data {
    /// Reads on; how many bytes were the mail's, and whether it is over.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (read, byte) in bytes.iter().enumerate() {
            if self.take(*byte) {
                return (read + 1, true);
            }
        }
        (bytes.len(), false)
    }

    /// The mail; `None` if it was too large.
    pub(super) fn mail(self) -> Option<Vec<u8>> {
        (self.size <= MOST_MAIL).then_some(self.kept)
    }

    /// Whether the mail is over with this byte.
    fn take(&mut self, byte: u8) -> bool {
        self.place = match (self.place, byte) {
            (Place::DotCr, b'\n') => return true,
            (Place::Dot, b'\r') => Place::DotCr,
            (Place::LineStart, b'.') => Place::Dot,
            (Place::Cr, b'\n') => self.keep(byte, Place::LineStart),
            (Place::DotCr, _) => {
                // The CR behind the dot was no end.
                self.keep(b'\r', Place::Cr);
                self.keep(byte, if byte == b'\r' { Place::Cr } else { Place::Within })
            }
            (_, b'\r') => self.keep(byte, Place::Cr),
            _ => self.keep(byte, Place::Within),
        };
        false
    }

    fn keep(&mut self, byte: u8, next: Place) -> Place {
        self.size = self.size.saturating_add(1);
        if self.kept.len() <= MOST_BYTES {
            self.kept.push(byte);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_dot_alone_between_line_ends_is_the_end() {
        for (bytes, mail, rest) in [
            (".\r\n", Some(""), ""),
            ("a\r\n.\r\nQUIT\r\n", Some("a\r\n"), "QUIT\r\n"),
            ("..\r\n...a\r\n.\r\n", Some(".\r\n..a\r\n"), ""),
            (".a\r\n.\r\n", Some("a\r\n"), ""),
            ("a\n.\n", None, ""),
            ("a\n.\r\nMAIL FROM:<>\r\n", None, ""),
            ("a\r\n.\nMAIL FROM:<>\r\n", None, ""),
            ("a\r.\r\nb", None, ""),
            ("a\r\n.\r.\r\n", None, ""),
            ("a\r\n.\r\r\n.\r\n", Some("a\r\n\r\r\n"), ""),
            ("\r\r\n.\r\n", Some("\r\r\n"), ""),
        ] {
            let mut data = Data::default();
            let (read, is_over) = data.read(bytes.as_bytes());
            assert_eq!((is_over, &bytes[read..]), (mail.is_some(), rest), "{bytes:?}");
            if let Some(mail) = mail {
                assert_eq!(data.mail().as_deref(), Some(mail.as_bytes()), "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_mail_that_is_too_large_is_counted_and_not_kept() {
        let mut data = Data::default();
        data.read(&vec![b'a'; MOST_MAIL + 1]);
        assert_eq!(data.kept.len(), MOST_BYTES + 1);
        assert_eq!(data.read(b"\r\n.\r\n"), (5, true));
        assert_eq!(data.mail(), None);
    }
}
