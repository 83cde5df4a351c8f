//! How a value is written, by where it is written. What a stranger typed never becomes markup, a header or another URL.

/// Where a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// In the text part, or into a capture.
    Text,
    /// In a subject or preheader: one line, without links, short.
    Line,
    /// In HTML, between elements or in a quoted attribute.
    Html,
    /// In an HTML comment, which mail programs for Windows may read as markup.
    Comment,
    /// In a style sheet or a `style` attribute.
    Css,
    /// At the beginning of a URL, whose scheme is checked when it is complete.
    UrlStart,
    /// In the middle of a URL.
    UrlPart,
}

/// Characters of one value in a subject. Names and titles are shorter; advertisements are not.
pub(crate) const LINE_VALUE_LIMIT: usize = 100;

impl Escape {
    /// Appends a value.
    pub(crate) fn write(self, value: &str, out: &mut String) {
        match self {
            Self::Text => out.extend(value.chars().filter(|c| is_text(*c))),
            Self::Line => line(value, out),
            Self::Html => value.chars().filter(|c| is_text(*c)).for_each(|c| html(c, out)),
            Self::Comment => value.chars().filter(|c| is_text(*c) && *c != '-').for_each(|c| html(c, out)),
            Self::Css => out.extend(value.chars().filter(|c| c.is_alphanumeric() || "#%., ".contains(*c))),
            Self::UrlStart => percent(value.trim(), true, out),
            Self::UrlPart => percent(value, false, out),
        }
    }
}

/// Leaves out control characters but tabs and line feeds: U+0001 to U+0003 mark links while a text is made.
fn is_text(c: char) -> bool {
    !c.is_control() || c == '\n' || c == '\t'
}

fn html(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        _ => out.push(c),
    }
}

/// Appends a whole text, escaped for HTML.
pub(crate) fn html_text(text: &str, out: &mut String) {
    text.chars().for_each(|c| html(c, out));
}

/// A value with a link is left out: subjects of confirmations reach addresses that a stranger chose.
fn line(value: &str, out: &mut String) {
    let lower = value.to_ascii_lowercase();
    if lower.contains("://") || lower.contains("www.") {
        return;
    }
    let mut kept = 0;
    for c in value.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c.is_control() || is_format(c) || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        kept += 1;
        if kept > LINE_VALUE_LIMIT {
            out.push('…');
            return;
        }
        out.push(c);
    }
}

/// Characters that change the direction or are not visible, so that a subject could read otherwise than it is.
pub(crate) fn is_format(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Percent-encodes (RFC 3986, section 2): all but unreserved characters, or, for a whole URL, all that may not be in one.
fn percent(value: &str, whole: bool, out: &mut String) {
    for byte in value.bytes() {
        let kept =
            byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (whole && b":/?#[]@!$&()*+,;=%".contains(&byte));
        if kept {
            out.push(char::from(byte));
        } else if !byte.is_ascii_control() || !whole {
            out.push('%');
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(escape: Escape, value: &str) -> String {
        let mut out = String::new();
        escape.write(value, &mut out);
        out
    }

    #[test]
    fn each_place_writes_a_value_so_that_it_stays_a_value() {
        let table = [
            (
                Escape::Html,
                "<b>\"Tom\" & 'Ann'</b>\u{1}\r\n",
                "&lt;b&gt;&quot;Tom&quot; &amp; &#39;Ann&#39;&lt;/b&gt;\n",
            ),
            (Escape::Text, "a<b\u{2}\nc", "a<b\nc"),
            (Escape::Line, "Tom\r\nBcc: a@example.com", "Tom Bcc: a@example.com"),
            (Escape::Line, "\u{202E}gnp.exe", "gnp.exe"),
            (Escape::Line, "Win now http://evil.example", ""),
            (Escape::Line, "see WWW.evil.example", ""),
            (Escape::Comment, "--><script>", "&gt;&lt;script&gt;"),
            (Escape::Css, "red;background:url(x)", "redbackgroundurlx"),
            (Escape::UrlPart, "a b/c?d=é&#", "a%20b%2Fc%3Fd%3D%C3%A9%26%23"),
            (Escape::UrlStart, " https://x.example/ä?b=c d\"<\n", "https://x.example/%C3%A4?b=c%20d%22%3C"),
        ];
        for (escape, value, wanted) in table {
            assert_eq!(written(escape, value), wanted, "{escape:?} {value:?}");
        }
    }

    #[test]
    fn a_long_value_is_cut_in_a_subject() {
        assert_eq!(written(Escape::Line, &"x".repeat(500)).chars().count(), LINE_VALUE_LIMIT + 1);
    }
}
