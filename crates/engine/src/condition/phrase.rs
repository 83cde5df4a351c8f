//! The small parts of sentences: quoted texts, names, numbers, lengths of time, lists.

use crate::time::Duration;

/// A text in “…”, on one line. Quotes and what cannot be seen are escaped.
pub(crate) fn quoted(text: &str) -> String {
    let escaped: String = text.chars().map(escaped).collect();
    format!("“{escaped}”")
}

fn escaped(c: char) -> String {
    match c {
        '“' | '”' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_string(),
        c if is_hidden(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    }
}

/// Controls, blanks other than the plain one, marks that turn the direction of writing, and what has no width.
fn is_hidden(c: char) -> bool {
    let invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}');
    let turning = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    c.is_control() || (c.is_whitespace() && c != ' ') || invisible || turning
}

/// A name that people gave: bare where it is one capitalised word, else in quotes.
pub(crate) fn named(name: &str) -> String {
    let capital = name.chars().next().is_some_and(char::is_uppercase);
    let word = name.chars().all(|c| c.is_alphanumeric() || c == '-');
    if capital && word { name.to_string() } else { quoted(name) }
}

/// Words that may follow an attribute or property: within its name they would hide its end.
const FOLLOWING: [&str; 22] = [
    "is",
    "was",
    "has",
    "falls",
    "contains",
    "starts",
    "ends",
    "begins",
    "expires",
    "renews",
    "ended",
    "started",
    "began",
    "expired",
    "renewed",
    "in",
    "and",
    "or",
    "adding",
    "averaging",
    "before",
    "since",
];

/// Words that begin something else that is theirs: "their score “lead” …", "their primary interest …".
const LEADING: [&str; 3] = ["score", "primary", "interest"];

/// What the lead’s first event is called as a date: "their first event …".
const FIRST_EVENT: &str = "first_event";

/// The name of an attribute or property: `job_title` reads "job title"; one that would not read back stands in quotes.
pub(super) fn property(name: &str) -> String {
    let one_of = |word: &str, words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.split(['_', '.']).all(|word| !word.is_empty())
        && !name.split('_').any(|word| one_of(word, &FOLLOWING))
        && !name.starts_with(FIRST_EVENT)
        && !name.split('_').take(1).any(|word| one_of(word, &LEADING));
    if plain { name.replace('_', " ") } else { quoted(name) }
}

pub(super) fn number(value: f64) -> String {
    decimal(value, 0)
}

/// A number of seconds, always with a unit: as a length of time where it is whole.
pub(super) fn seconds(value: f64) -> String {
    whole_seconds(value).map_or_else(|| format!("{} seconds", number(value)), length)
}

/// The length of time that a number of seconds is; `None` of fractions, of less than one and of very many.
pub(super) fn whole_seconds(value: f64) -> Option<Duration> {
    let is_whole = value.fract() == 0.0 && (1.0..1e12).contains(&value);
    is_whole.then(|| Duration(value as i64 * 1_000))
}

/// A share of 1 in percent: 0.07 is "7 %".
pub(super) fn share(value: f64) -> String {
    format!("{} %", decimal(value, 2))
}

/// The shortest decimal number that reads as `value`, its point moved `shift` places to the right. Moving the point in
/// the digits keeps it exact, where multiplying makes 7.000000000000001 of 100 × 0.07.
pub(crate) fn decimal(value: f64, shift: i32) -> String {
    let scientific = format!("{:e}", value.abs());
    let parts = scientific.split_once('e').and_then(|(mantissa, e)| Some((mantissa, e.parse::<i32>().ok()?)));
    let Some((mantissa, exponent)) = parts else { return value.to_string() };
    let sign = if value < 0.0 { "-" } else { "" };
    match exponent + shift {
        _ if value == 0.0 => "0".to_string(),
        exponent @ -7..16 => format!("{sign}{}", positional(&mantissa.replace('.', ""), exponent)),
        exponent => format!("{sign}{mantissa}e{exponent}"),
    }
}

/// The digits d₀d₁d₂… as d₀.d₁d₂… · 10^`exponent`, written out.
fn positional(digits: &str, exponent: i32) -> String {
    let before = usize::try_from(exponent + 1).unwrap_or(0);
    match digits.split_at_checked(before) {
        Some(("", digits)) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
        Some((whole, "")) => whole.to_string(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits:0<before$}"),
    }
}

/// Units of time, each with the smallest number of them that people speak of: "14 days", but "8 weeks".
const UNITS: [(i64, i64, &str); 5] = [
    (604_800_000, 4, "week"),
    (86_400_000, 1, "day"),
    (3_600_000, 1, "hour"),
    (60_000, 1, "minute"),
    (1_000, 1, "second"),
];

/// In the largest unit in which people speak of it: "8 weeks", "14 days", "1 day", "36 hours". So the same time is always
/// said in the same way, whether a playbook writes `2d` or `48h`.
pub fn length(duration: Duration) -> String {
    let usual = |size: i64, least: i64| duration.0 % size == 0 && duration.0 / size >= least;
    match UNITS.iter().find(|(size, least, _)| usual(*size, *least)) {
        Some((size, _, unit)) if duration.0 == *size => format!("1 {unit}"),
        Some((size, _, unit)) => format!("{} {unit}s", duration.0 / size),
        None => format!("{} milliseconds", duration.0),
    }
}

/// What follows "the last", "the next" or "every": "30 days", and "day" without its number.
pub(crate) fn span(duration: Duration) -> String {
    let words = length(duration);
    words.strip_prefix("1 ").map(str::to_string).unwrap_or(words)
}

/// "a, b or c"
pub(crate) fn either(items: &[String]) -> String {
    match items {
        [] => "nothing".to_string(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out_unless_huge_or_tiny() {
        let cases = [
            (0.0, 0, "0"),
            (-0.0, 2, "0"),
            (31.0, 0, "31"),
            (-2.5, 0, "-2.5"),
            (1e6, 0, "1000000"),
            (0.001, 0, "0.001"),
            (0.07, 2, "7"),
            (0.29, 2, "29"),
            (0.4, 2, "40"),
            (0.155, 2, "15.5"),
            (1.0, 2, "100"),
            (0.0005, 2, "0.05"),
            (1e300, 0, "1e300"),
            (-1.5e-12, 2, "-1.5e-10"),
            (123.456, 2, "12345.6"),
            (12.0, 0, "12"),
            (120.0, 0, "120"),
        ];
        for (value, shift, words) in cases {
            assert_eq!(decimal(value, shift), words);
        }
    }

    #[test]
    fn lengths_are_in_the_largest_unit_in_which_people_speak_of_them() {
        let cases = [
            ("90s", "90 seconds"),
            ("1s", "1 second"),
            ("15m", "15 minutes"),
            ("1h", "1 hour"),
            ("48h", "2 days"),
            ("3d", "3 days"),
            ("2w", "14 days"),
            ("4w", "4 weeks"),
            ("1d", "1 day"),
            ("30d", "30 days"),
            ("1w", "7 days"),
            ("56d", "8 weeks"),
            ("36h", "36 hours"),
            ("1m", "1 minute"),
        ];
        for (written, words) in cases {
            assert_eq!(length(Duration::parse(written).unwrap()), words);
        }
        for (written, words) in [("1d", "day"), ("24h", "day"), ("1h", "hour"), ("30d", "30 days"), ("1w", "7 days")] {
            assert_eq!(span(Duration::parse(written).unwrap()), words);
        }
    }

    #[test]
    fn seconds_have_a_unit_whatever_their_number_is() {
        let cases = [
            (172_800.0, "2 days"),
            (1.0, "1 second"),
            (0.0, "0 seconds"),
            (1.5, "1.5 seconds"),
            (-90.0, "-90 seconds"),
        ];
        for (value, words) in cases {
            assert_eq!(seconds(value), words);
        }
    }

    #[test]
    fn names_are_bare_only_where_their_end_is_seen() {
        let cases = [("Shirts", "Shirts"), ("lead", "“lead”"), ("Early Birds", "“Early Birds”"), ("C”3", "“C\\”3”")];
        for (name, words) in cases {
            assert_eq!(named(name), words);
        }
        let cases = [
            ("job_title", "job title"),
            ("company.size", "company.size"),
            ("job title", "“job title”"),
            ("is_open", "“is_open”"),
            ("a__b", "“a__b”"),
            ("_a", "“_a”"),
            ("2nd", "“2nd”"),
            ("isbn", "isbn"),
            ("score_Lead", "“score_Lead”"),
            ("credit_score", "credit score"),
            ("größe", "“größe”"),
        ];
        for (name, words) in cases {
            assert_eq!(property(name), words);
        }
        assert_eq!(quoted("a\u{202e}b\tc\u{a0}d\ne"), "“a\\u{202e}b\\u{9}c\\u{a0}d\\ne”");
    }
}
