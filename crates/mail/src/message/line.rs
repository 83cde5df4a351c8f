//! Text for one header: without line breaks, so that no value begins a header of its own.

/// The text on one line: each run of blanks and control characters becomes one space, none is left at the ends, and at most
/// `longest` characters stay. Blanks that are letters of a script (U+00A0, U+3000) stay.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let breaks = |c: char| c == ' ' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut line = String::with_capacity(text.len().min(4 * longest));
    let mut left = longest;
    for word in text.split(breaks).filter(|word| !word.is_empty()) {
        let space = usize::from(!line.is_empty());
        if left <= space {
            break;
        }
        line.extend(std::iter::repeat_n(' ', space));
        line.extend(word.chars().take(left - space));
        left = left.saturating_sub(space + word.chars().count());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn text_becomes_one_line() {
        for (text, line) in [
            ("", ""),
            (" \r\n", ""),
            ("a", "a"),
            ("  a  b\t\nc ", "a b c"),
            ("a\r\nBcc: b", "a Bcc: b"),
            ("a\u{85}b\u{2028}c\0d\u{7f}e", "a b c d e"),
            ("\u{a0}a\u{3000}b", "\u{a0}a\u{3000}b"),
        ] {
            assert_eq!(one_line(text, 100), line, "{text:?}");
            assert_eq!(one_line(line, 100), line, "{line:?} again");
        }
    }

    #[test]
    fn text_is_cut_by_characters() {
        for (longest, line) in [(0, ""), (1, "ä"), (2, "äö"), (3, "äö"), (4, "äö ü"), (5, "äö ü"), (9, "äö ü")]
        {
            assert_eq!(one_line("äö ü", longest), line, "{longest}");
        }
    }
}
