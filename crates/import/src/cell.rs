//! Small readings of one cell: whether it says anything, yes or no, addresses, tags, names of attributes.

use attractor_engine::address::{canonical, is_mailable, without_invisible};

/// What tools write where there is nothing.
const NOTHING: [&str; 11] =
    ["", "select", "n/a", "#n/a", "null", "\\n", "-", "--", "(not set)", "unknown", "(no value)"];

/// Words that also answer a question: whether somebody left may be unknown, and then no consent is granted.
const ANSWERS: [&str; 2] = ["select", "unknown"];

/// What a column holds, as far as it decides which cells of it are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Names of people, who may be called Null or Unknown.
    Names,
    /// Whether somebody may be written to.
    Consent,
    Anything,
}

impl Holds {
    fn is_empty(self, text: &str) -> bool {
        if text.is_empty() || text == "\\N" {
            return true;
        }
        let lower = if text.len() <= 10 { text.to_lowercase() } else { return false };
        match self {
            Holds::Names => text == "NULL",
            Holds::Consent => NOTHING.contains(&lower.as_str()) && !ANSWERS.contains(&lower.as_str()),
            Holds::Anything => NOTHING.contains(&lower.as_str()),
        }
    }
}

/// The text of a cell, where it says anything.
pub fn said(cell: &str, holds: Holds) -> Option<&str> {
    let text = cell.trim();
    (!holds.is_empty(text)).then_some(text)
}

/// The word in a cell that is taken as empty, such as `Select`.
pub fn sentinel(cell: &str, holds: Holds) -> Option<&str> {
    let text = cell.trim();
    (!text.is_empty() && holds.is_empty(text)).then_some(text)
}

/// In English, German, French, Spanish, Italian and Dutch, and as databases write it.
const YES: [&str; 24] = [
    "yes",
    "y",
    "true",
    "t",
    "1",
    "x",
    "on",
    "checked",
    "ja",
    "j",
    "wahr",
    "oui",
    "o",
    "vrai",
    "si",
    "sí",
    "sì",
    "s",
    "verdadero",
    "vero",
    "waar",
    "aan",
    "✓",
    "✔",
];
const NO: [&str; 21] = [
    "no",
    "n",
    "false",
    "f",
    "0",
    "off",
    "unchecked",
    "nein",
    "falsch",
    "non",
    "faux",
    "falso",
    "nee",
    "onwaar",
    "uit",
    "never",
    "nie",
    "jamais",
    "nunca",
    "✗",
    "✘",
];

/// Yes, no, or neither of the two.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    let number = text.trim_end_matches(".0");
    if YES.contains(&number) { Some(true) } else { (NO.contains(&number) || text.is_empty()).then_some(false) }
}

/// The addresses in a cell, without invisible characters and in lower case: several may be separated by commas, semicolons
/// or blanks, or written in `<>`. Of several that are one mailbox, the first.
pub fn addresses(text: &str) -> Vec<String> {
    let visible = without_invisible(text);
    let parts = visible.split([',', ';', ' ', '\n', '\t', '|', '<', '>', '(', ')', '"']);
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        let bare = part.trim();
        let bare = bare.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).map_or(bare, |_| &bare[7..]);
        let Some(form) = canonical(bare).filter(|form| is_mailable(form)) else { continue };
        if !found.iter().any(|other| canonical(other).as_deref() == Some(&form))
            && let Some((local, domain)) = bare.split_once('@')
        {
            // Other letters of the local part stay: folding them could turn one mailbox into another.
            found.push(format!("{}@{}", local.to_ascii_lowercase(), domain.to_lowercase()));
        }
    }
    found
}

/// The tags of a cell: separated by commas or semicolons, perhaps quoted, or a JSON list.
pub fn tags(text: &str) -> Vec<String> {
    if let Ok(list) = serde_json::from_str::<Vec<String>>(text) {
        return list;
    }
    let parts = text.split([',', ';', '|']).map(|part| part.trim().trim_matches('"').trim());
    let mut tags: Vec<String> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !tags.iter().any(|tag| tag == part) {
            tags.push(part.to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_cells() {
        let cases: [(&str, &[&str]); 17] = [
            ("Ada@Example.ORG ", &["ada@example.org"]),
            ("\u{200b}ada@x.org", &["ada@x.org"]),
            ("\u{feff}ada@x.\u{200e}org\u{200d}", &["ada@x.org"]),
            ("a\u{ad}da@x.org; ada@x.org", &["ada@x.org"]),
            ("ada@bücher.de, ada@xn--bcher-kva.de", &["ada@bücher.de"]),
            ("ada@bu\u{308}cher.de", &["ada@bu\u{308}cher.de"]),
            ("MAILTO:ada@x.org", &["ada@x.org"]),
            ("fresh\u{212a}@x.org", &["fresh\u{212a}@x.org"]),
            ("ada@xn--zzzzzzzzz--.org", &[]),
            ("Ada Lovelace <ada@x.org>", &["ada@x.org"]),
            ("a@x.org; b@x.org, A@x.org", &["a@x.org", "b@x.org"]),
            ("ömil@gmail.com", &["ömil@gmail.com"]),
            ("Bob.Something@adv", &[]),
            ("albert.a.dum", &[]),
            ("@x.org", &[]),
            ("a@-x.org", &[]),
            ("Ada (ada@x.org)", &["ada@x.org"]),
        ];
        for (text, wanted) in cases {
            assert_eq!(addresses(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_says_nothing() {
        for nothing in ["", " ", "Select", "N/A", "-", "null", "\\N", "Unknown"] {
            assert_eq!(said(nothing, Holds::Anything), None, "{nothing}");
        }
        for name in ["Null", "null", "Unknown", "Select", "None", "N/A", "-"] {
            assert_eq!(said(name, Holds::Names), Some(name));
        }
        for nothing in ["NULL", "\\N", " "] {
            assert_eq!(said(nothing, Holds::Names), None, "{nothing}");
        }
        assert_eq!(said(" Ada ", Holds::Anything), Some("Ada"));
        assert_eq!(said("Unknown", Holds::Consent), Some("Unknown"));
        assert_eq!(said("n/a", Holds::Consent), None);
        assert_eq!(sentinel(" Select ", Holds::Anything), Some("Select"));
        assert_eq!((sentinel("", Holds::Anything), sentinel("Null", Holds::Names)), (None, None));
    }

    #[test]
    fn yes_and_no_in_six_languages() {
        for yes in ["Yes", "TRUE", "t", "1", "1.0", "ja", "Oui", "sí", "sì", "Si", "vero", "waar", "x", "✓"] {
            assert_eq!(yes_or_no(yes), Some(true), "{yes}");
        }
        for no in ["No", "false", "f", "0", "0.0", "Nein", "non", "faux", "falso", "nee", "never", ""] {
            assert_eq!(yes_or_no(no), Some(false), "{no}");
        }
        assert_eq!(yes_or_no("perhaps"), None);
    }

    #[test]
    fn tags_of_a_cell() {
        assert_eq!(tags("\"Lorem Editors\", News"), ["Lorem Editors", "News"]);
        assert_eq!(tags("[\"a,b\"]"), ["a,b"]);
    }
}
