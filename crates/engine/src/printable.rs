//! Texts from outside, made safe to print.
//!
//! Names, addresses and properties are what strangers sent. On a terminal, some characters in them would move the
//! cursor, change colours, begin a line that nobody wrote, or turn the order of letters around.

use std::borrow::Cow;

/// A text on one line: what a terminal would act on is written as JSON escapes it, `\u001b`.
///
/// ```
/// assert_eq!(attractor_engine::printable::line("Ada\u{1b}[2J\nroot"), "Ada\\u001b[2J\\u000aroot");
/// ```
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// The same for a text of several lines: line breaks stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\n' && acts(letter))
}

/// The beginning of a text, of at most so many characters; of a longer one it ends with “…”.
///
/// ```
/// assert_eq!(attractor_engine::printable::shortened("forty-two", 5), "forty…");
/// assert_eq!(attractor_engine::printable::shortened("forty", 5), "forty");
/// ```
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn escaped(text: &str, is_to_escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_to_escape) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_to_escape(letter) {
            let mut units = [0; 2];
            letter.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal acts on a character instead of showing it.
fn acts(letter: char) -> bool {
    let turns_letters =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_lines = matches!(letter, '\u{2028}' | '\u{2029}');
    let is_invisible = matches!(letter, '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    letter.is_control() || turns_letters || breaks_lines || is_invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_shown() {
        for (text, shown) in [
            ("Ada", "Ada"),
            ("Käse 👍 (a\\b)", "Käse 👍 (a\\b)"),
            ("\u{1b}[31mred", "\\u001b[31mred"),
            ("\u{9b}2J", "\\u009b2J"),
            ("a\r\nb\tc\0d\u{7f}", "a\\u000d\\u000ab\\u0009c\\u0000d\\u007f"),
            ("\u{202e}evil\u{2069}", "\\u202eevil\\u2069"),
            ("\u{2028}\u{feff}\u{e0041}", "\\u2028\\ufeff\\udb40\\udc41"),
        ] {
            assert_eq!(line(text), shown);
        }
        assert!(matches!(line("plain"), Cow::Borrowed(_)));
        assert_eq!(lines("a\nb\u{1b}"), "a\nb\\u001b");
    }

    #[test]
    fn a_text_of_json_means_the_same_afterwards() {
        let value = serde_json::json!({"name": "\u{9b}\u{202e}x\n\u{e0041}"});
        let text = format!("{value:#}");
        let shown = lines(&text);
        assert!(!shown.contains(|letter| letter != '\n' && acts(letter)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
