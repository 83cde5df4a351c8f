//! Text made comparable: lower case, single spaces, no accents, no addresses, no reply codes in between.

use super::fact::Status;

/// A text in which phrases can be looked for. Begins and ends with a space, so that ` spam ` finds a whole word.
pub(super) struct Plain(String);

/// Bytes of a text that are compared, so that a hostile text of megabytes costs no more than a long reply. A server's
/// reasons are shorter; longer texts repeat the mail.
const MOST_BYTES: usize = 12_000;

/// The most bytes between two pieces of a pattern: about a sentence.
const REACH: usize = 90;

impl Plain {
    /// Without addresses, links and reply codes.
    pub(super) fn of(text: &str) -> Plain {
        Plain::with(text, |token| !is_noise(token))
    }

    pub(super) fn whole(text: &str) -> Plain {
        Plain::with(text, |_| true)
    }

    fn with(text: &str, keeps: impl Fn(&str) -> bool) -> Plain {
        let mut plain = String::from(" ");
        for token in clip(text, MOST_BYTES).split_whitespace().filter(|token| keeps(token)) {
            plain.extend(token.chars().flat_map(fold));
            plain.push(' ');
        }
        Plain(plain.replace("e-mail", "email"))
    }

    /// True if the text has the pattern: pieces parted by `*`, one after the other within one sentence's length.
    pub(super) fn says(&self, pattern: &str) -> bool {
        self.find(pattern).is_some()
    }

    pub(super) fn says_any(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.says(pattern))
    }

    /// Where the pattern begins, in bytes of [`Plain::text`].
    pub(super) fn find(&self, pattern: &str) -> Option<usize> {
        let (first, rest) = pattern.split_once('*').unwrap_or((pattern, ""));
        let mut from = 0;
        while let Some(found) = self.0[from..].find(first) {
            let start = from + found;
            if follows(&self.0[start + first.len()..], rest) {
                return Some(start);
            }
            from = start + first.len().max(1);
        }
        None
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// True if the pieces of `pattern` come in this order, each within reach of the one before.
fn follows(text: &str, pattern: &str) -> bool {
    let mut text = text;
    pattern.split('*').filter(|piece| !piece.is_empty()).all(|piece| {
        let near = clip(text, REACH + piece.len());
        let Some(at) = near.find(piece) else { return false };
        text = &text[at + piece.len()..];
        true
    })
}

/// The longest start of a text that has at most this many bytes and ends between two characters.
pub(super) fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Addresses and links, whose words mean nothing (`spam@example.com` is not a verdict), and the codes that a reply of
/// several lines repeats in the middle of its sentences.
fn is_noise(token: &str) -> bool {
    let bare = token.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    token.contains('@')
        || token.contains("://")
        || Status::parse(bare).is_some()
        || bare.split_once(['-', ' ']).is_some_and(|(code, status)| is_code(code) && Status::parse(status).is_some())
        || (is_code(bare) && token.len() <= 4)
}

/// Three digits as SMTP has them: a few of success, all of failure (some servers have their own beyond `x5x`).
pub(super) fn is_code(text: &str) -> bool {
    let is_success = matches!(text, "211" | "214" | "220" | "221" | "235" | "250" | "251" | "252");
    let is_failure = text.len() == 3
        && text.starts_with(['4', '5'])
        && text[1..].starts_with(['0', '1', '2', '3', '4', '5', '6', '7'])
        && text.bytes().all(|byte| byte.is_ascii_digit());
    is_success || is_failure
}

/// In lower case, without accent; quotes of all kinds are one kind.
pub(super) fn fold(c: char) -> impl Iterator<Item = char> {
    let folded = match c {
        'À'..='Å' | 'à'..='å' => 'a',
        'Ç' | 'ç' => 'c',
        'È'..='Ë' | 'è'..='ë' => 'e',
        'Ì'..='Ï' | 'ì'..='ï' => 'i',
        'Ñ' | 'ñ' => 'n',
        'Ò'..='Ö' | 'ò'..='ö' => 'o',
        'Ù'..='Ü' | 'ù'..='ü' => 'u',
        'ß' => 's',
        '’' | '‘' | '`' | '´' => '\'',
        '“' | '”' | '„' | '«' | '»' => '"',
        '‐'..='―' => '-',
        other => other,
    };
    folded.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_across_codes_addresses_and_accents() {
        let plain =
            Plain::of("550-5.7.1 Messages with multiple 550\n 5.7.1 addresses in <spam@example.com> Boîte pleine");
        assert_eq!(plain.text(), " messages with multiple addresses in boite pleine ");
        assert!(plain.says("multiple addresses"));
        assert!(plain.says("messages*in*pleine"));
        assert!(!plain.says("spam"));
        assert!(!plain.says("pleine*messages"));
    }

    #[test]
    fn the_pieces_of_a_pattern_lie_close_together() {
        let far = format!("quota {} exceeded", "word ".repeat(40));
        assert!(!Plain::of(&far).says("quota*exceeded"));
        assert!(Plain::of("quota far away. Quota was exceeded").says("quota*exceeded"));
    }
}
