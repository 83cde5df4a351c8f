//! The relaxed canonical forms of RFC 6376: what a server on the way may change without breaking the signature.

/// A header's name without blanks around it, and its value with the line break at its end.
pub(super) type Header<'a> = (&'a [u8], &'a [u8]);

/// The headers of a mail in their order, and its body.
pub(super) fn split(mail: &[u8]) -> (Vec<Header<'_>>, &[u8]) {
    let mut headers = Vec::new();
    let mut rest = mail;
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return (headers, body);
        }
        let (field, after) = rest.split_at(end_of_field(rest));
        rest = after;
        if let Some(colon) = field.iter().position(|byte| *byte == b':') {
            headers.push((field[..colon].trim_ascii(), &field[colon + 1..]));
        }
    }
    (headers, b"")
}

/// The length of the field at the beginning, its folded lines and last line break included.
fn end_of_field(bytes: &[u8]) -> usize {
    let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let mut ends = breaks.map(|(at, _)| at + 1).filter(|end| !matches!(bytes.get(*end), Some(b' ' | b'\t')));
    ends.next().unwrap_or(bytes.len())
}

/// A header on one line with its name in lower case and single blanks (§3.4.2). The line break at the end is included.
pub(super) fn write_header(out: &mut Vec<u8>, (name, value): Header) {
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let words = value.split(|byte| b" \t\r\n".contains(byte)).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        out.extend((at > 0).then_some(b' '));
        out.extend(word);
    }
    out.extend(b"\r\n");
}

/// A body with single blanks, none at the end of a line, and without empty lines at its end (§3.4.4).
pub(super) fn body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        write_line(&mut out, line.strip_suffix(b"\r").unwrap_or(line));
    }
    while out.ends_with(b"\r\n\r\n") {
        out.truncate(out.len() - 2);
    }
    if out == b"\r\n" { Vec::new() } else { out }
}

fn write_line(out: &mut Vec<u8>, line: &[u8]) {
    let mut blank = false;
    for (at, word) in line.split(|byte| b" \t".contains(byte)).enumerate() {
        blank |= at > 0;
        if !word.is_empty() {
            out.extend(std::mem::take(&mut blank).then_some(b' '));
            out.extend(word);
        }
    }
    out.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The example of RFC 6376 §3.4.5.
    #[test]
    fn the_example_of_the_rfc_has_its_form() {
        let (headers, rest) = split(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
        let mut out = Vec::new();
        for header in headers {
            write_header(&mut out, header);
        }
        assert_eq!(text(&out), "a:X\r\nb:Y Z\r\n");
        assert_eq!(text(&body(rest)), " C\r\nD E\r\n");
    }

    #[test]
    fn bodies_have_one_form() {
        for (written, canonical) in [
            ("", ""),
            ("\r\n", ""),
            ("\r\n\r\n", ""),
            (" \t\r\n\r\n", ""),
            ("a", "a\r\n"),
            ("a\r\n \r\n", "a\r\n"),
            ("\r\na\r\n", "\r\na\r\n"),
            ("  a \t b\r\n", " a b\r\n"),
        ] {
            assert_eq!(text(&body(written.as_bytes())), canonical, "{written:?}");
            assert_eq!(text(&body(canonical.as_bytes())), canonical, "{canonical:?} again");
        }
    }

    #[test]
    fn a_mail_is_headers_and_a_body() {
        for (mail, names, rest) in [
            ("", vec![], ""),
            ("\r\nA: b", vec![], "A: b"),
            ("A: b", vec!["A"], ""),
            ("A: b\r\n c\r\nD:\r\n\r\nE: f", vec!["A", "D"], "E: f"),
            ("no colon\r\nA: b\r\n\r\n", vec!["A"], ""),
        ] {
            let (headers, body) = split(mail.as_bytes());
            assert_eq!(headers.iter().map(|(name, _)| text(name)).collect::<Vec<_>>(), names, "{mail:?}");
            assert_eq!(text(body), rest, "{mail:?}");
        }
    }
}
