//! JSON that every reader understands, made of JSON that only the grammar allows: half an emoji becomes U+FFFD
//! (contract §2, What 29), a number that no double holds becomes its text.

use std::borrow::Cow;

use super::number::{decimal_text, is_out_of_range, loses_digits};

/// The names of ids, of messages and in properties: their numbers keep all digits that were written.
pub(super) const IDS: [&str; 13] = [
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "messageId",
    "deal_id",
    "send_id",
    "email_id",
    "topic",
    "segment",
    "ladder",
    "stage",
    "sequence",
];

/// A message's JSON with a lone surrogate escape replaced by U+FFFD, and with numbers as texts where a reader would lose
/// them: those outside the range of doubles, and ids with more digits than a double holds. Other JSON, and text that is
/// not JSON, stays as it is.
///
/// ```
/// use attractor_engine::message::sound;
///
/// assert_eq!(sound(r#"{"title": "\ud83d", "x": 1e400}"#), r#"{"title": "\ufffd", "x": "1e400"}"#);
/// assert_eq!(sound(r#"{"userId": 20000000000000000001}"#), r#"{"userId": "20000000000000000001"}"#);
/// assert_eq!(sound(r#"{"title": "\ud83d\ude00"}"#), r#"{"title": "\ud83d\ude00"}"#);
/// ```
pub fn sound(json: &str) -> Cow<'_, str> {
    repaired(json, false)
}

/// As [`sound`], for JSON whose names are not known to be ids: every number with more digits than a double holds
/// becomes its text.
pub fn with_all_digits(json: &str) -> Cow<'_, str> {
    repaired(json, true)
}

fn repaired(json: &str, all_digits: bool) -> Cow<'_, str> {
    if !is_suspicious(json.as_bytes()) {
        return Cow::Borrowed(json);
    }
    let mut repair = Repair { json, at: 0, copied: 0, sound: String::new(), last: "", name: "", all_digits };
    repair.run();
    if repair.copied == 0 {
        return Cow::Borrowed(json);
    }
    repair.sound.push_str(&json[repair.copied..]);
    Cow::Owned(repair.sound)
}

/// Whether there may be something to repair. Most messages are passed over in this one cheap walk.
fn is_suspicious(bytes: &[u8]) -> bool {
    let mut digits = 0;
    for (at, byte) in bytes.iter().enumerate() {
        digits = match byte {
            b'0'..=b'9' => digits + 1,
            b'.' => digits,
            b'e' | b'E' if digits > 0 => return true,
            b'\\' if matches!(bytes.get(at + 1..at + 3), Some(b"ud" | b"uD")) => return true,
            _ => 0,
        };
        if digits > 17 {
            return true;
        }
    }
    false
}

struct Repair<'a> {
    json: &'a str,
    at: usize,
    /// Up to here the text is in `sound`.
    copied: usize,
    sound: String,
    /// The last text met.
    last: &'a str,
    /// The name of the value that comes next; empty in a list.
    name: &'a str,
    all_digits: bool,
}

impl<'a> Repair<'a> {
    fn run(&mut self) {
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'"' => self.text(),
                b'-' | b'0'..=b'9' => self.number(),
                b':' => self.name = self.last,
                b',' | b'[' | b'{' => self.name = "",
                _ => {}
            }
            self.at += 1;
        }
    }

    fn replace(&mut self, from: usize, to: usize, text: &str) {
        self.sound.push_str(&self.json[self.copied..from]);
        self.sound.push_str(text);
        self.copied = to;
    }

    /// From the opening quote to the closing one.
    fn text(&mut self) {
        let bytes = self.json.as_bytes();
        let start = self.at + 1;
        self.at = start;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => match escaped(bytes, self.at) {
                    Escape::Pair => self.at += 12,
                    Escape::Lone => {
                        self.replace(self.at, self.at + 6, "\\ufffd");
                        self.at += 6;
                    }
                    Escape::Other => self.at += 2,
                },
                _ => self.at += 1,
            }
        }
        self.last = self.json.get(start..self.at).unwrap_or_default();
    }

    fn number(&mut self) {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.json.as_bytes()[start..].iter().take_while(|byte| is_part(byte)).count();
        let end = start + length;
        self.at = end - 1;
        let number = &self.json[start..end];
        let keeps_digits = self.all_digits || IDS.contains(&self.name);
        let is_lost = || match keeps_digits {
            true => loses_digits(number) || is_out_of_range(number),
            false => number.parse().is_ok_and(f64::is_infinite),
        };
        if length > 3 && is_number(number) && is_lost() {
            self.replace(start, end, &format!("\"{}\"", decimal_text(number)));
        }
    }
}

enum Escape {
    /// A surrogate escape and the one that belongs to it.
    Pair,
    Lone,
    Other,
}

fn escaped(bytes: &[u8], at: usize) -> Escape {
    match unit(bytes, at) {
        Some(0xd800..=0xdbff) if matches!(unit(bytes, at + 6), Some(0xdc00..=0xdfff)) => Escape::Pair,
        Some(0xd800..=0xdfff) => Escape::Lone,
        _ => Escape::Other,
    }
}

/// The code unit of the `\uXXXX` at a place.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

/// Whether this is a number by the grammar of JSON (RFC 8259 section 6). Anything else is left for the parser to name.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && digits(exponent) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_pair_becomes_the_replacement_character() {
        for (json, made) in [
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"\uDE00 x"}"#, r#"{"a":"\ufffd x"}"#),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd\ud83d\ude00"}"#),
            (r#"{"a":"\ude00\ud83d"}"#, r#"{"a":"\ufffd\ufffd"}"#),
            (r#"{"a":"\ud83d\u0041"}"#, r#"{"a":"\ufffd\u0041"}"#),
            (r#"{"\ud83d":["\ud83d"]}"#, r#"{"\ufffd":["\ufffd"]}"#),
            (r#"{"a":"\\\ud83d"}"#, r#"{"a":"\\\ufffd"}"#),
        ] {
            assert_eq!(sound(json), made, "{json}");
        }
    }

    #[test]
    fn sound_json_is_not_copied() {
        for json in [
            r#"{"a":"\ud83d\ude00"}"#,
            r#"{"a":"\\ud83d"}"#,
            r#"{"a":1.5e3,"b":-0.0,"c":12345678901234567890}"#,
            r#"{"a":"20000000000000000001","userId":"1e400"}"#,
            r#"{"id":"3e8f","at":"2024-01-01T00:00:00.000Z"}"#,
            r#"{"a":20000000000000000001}"#,
            "",
            "\\ud83",
            r#"{"a":01e400}"#,
            r#"{"a":1e400e1}"#,
        ] {
            assert!(matches!(sound(json), Cow::Borrowed(_)), "{json}");
        }
    }

    #[test]
    fn numbers_that_a_reader_would_lose_become_texts() {
        for (json, made) in [
            (r#"{"a":[1e400,-1e400]}"#, r#"{"a":["1e400","-1e400"]}"#),
            (r#"{"userId":20000000000000000001.0}"#, r#"{"userId":"20000000000000000001"}"#),
            (
                r#"{"properties":{"deal_id" : -20000000000000000001}}"#,
                r#"{"properties":{"deal_id" : "-20000000000000000001"}}"#,
            ),
            (
                r#"{"userId":1,"x":20000000000000000001,"y":2e999}"#,
                r#"{"userId":1,"x":20000000000000000001,"y":"2e999"}"#,
            ),
        ] {
            assert_eq!(sound(json), made, "{json}");
        }
        assert_eq!(with_all_digits(r#"{"x":20000000000000000001}"#), r#"{"x":"20000000000000000001"}"#);
    }

    proptest! {
        #[test]
        fn what_comes_out_is_json_wherever_the_grammar_was_kept(
            texts in prop::collection::vec(r#"([a-z"]|\\u[dD][89abAB][0-9a-f]{2}|\\u[dD][c-f][0-9a-f]{2}|\\\\){0,6}"#, 1..4),
            number in "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?",
        ) {
            let texts: Vec<String> = texts.iter().map(|text| format!("\"{}\"", text.replace('"', ""))).collect();
            let json = format!("{{\"a\": [{}], \"userId\": {number}, \"x\": {number}}}", texts.join(","));
            let made = sound(&json);
            let value: serde_json::Value = serde_json::from_str(&made).map_err(|e| TestCaseError::fail(format!("{made}: {e}")))?;
            prop_assert_eq!(sound(&made), made.as_ref());
            prop_assert_eq!(value["a"].as_array().map(Vec::len), Some(texts.len()));
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,40}|[\\\\ud83\"{}:,e0-9.-]{0,40}") {
            prop_assert!(sound(&text).len() <= text.len() + 2 * text.len());
            with_all_digits(&text);
        }
    }
}
