//! What people call a lead, for whoever looks for it. Derived from its profile.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::lead::profile::Profile;

/// Of a name, as many words as can begin a search, and as many characters as are kept.
const WORDS: usize = 6;
const LONGEST: usize = 100;

impl Profile {
    /// What people call it, where its attributes say.
    pub fn display_name(&self) -> Option<String> {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| self.attribute(name)?.value.as_str());
            found.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let parts = [text(&["first_name", "firstName"]), text(&["last_name", "lastName"])];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        text(&["name"]).or_else(|| Some(joined).filter(|name| !name.is_empty()))
    }

    /// The texts under which a search finds it: its name and its company's, folded, whole and from each later word on.
    pub fn called(&self) -> Vec<String> {
        let names = [self.display_name(), self.company_name().map(str::to_owned), self.company()];
        let folded = names.iter().flatten().flat_map(|name| [folded(name), folded(&umlauts_spelled_out(name))]);
        let mut called: Vec<String> = folded.flat_map(|name| from_each_word(&name)).collect();
        called.sort_unstable();
        called.dedup();
        called
    }
}

fn from_each_word(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    let from = |first: usize| words[first..].join(" ").chars().take(LONGEST).collect();
    (0..words.len().min(WORDS)).map(from).collect()
}

/// A name, or the beginning of one, as names are compared: in lower case, without accents, its parts separated by single
/// blanks whether a blank, a hyphen or a dot was between them.
///
/// ```
/// use attractor_live::called::folded;
///
/// assert_eq!(folded("Zoë Müller-Łuczak"), "zoe muller luczak");
/// assert_eq!(folded("O'Brien & Søn"), "obrien & son");
/// ```
pub fn folded(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let letters = name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    for letter in letters {
        match letter {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            '\'' | '’' | '‘' | '`' | '´' | 'ʼ' => {}
            '-' | '‐' | '‑' | '–' | '—' | '.' | ',' | '/' | '_' => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `Müller` as `Mueller`: how German umlauts are written where there are none.
fn umlauts_spelled_out(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    for letter in name.nfc() {
        match letter {
            'ä' | 'Ä' => spelled.push_str("ae"),
            'ö' | 'Ö' => spelled.push_str("oe"),
            'ü' | 'Ü' => spelled.push_str("ue"),
            other => spelled.push(other),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_accents_and_marks() {
        for (name, plain) in [
            ("Müller", "muller"),
            ("Mu\u{308}ller", "muller"),
            ("MÜLLER-SCHMIDT", "muller schmidt"),
            ("Jean‑Luc  d’Ormesson", "jean luc dormesson"),
            ("Weiß", "weiss"),
            ("WEIẞ", "weiss"),
            ("Søren Ødegård", "soren odegard"),
            ("Łukasz Żak", "lukasz zak"),
            ("Þóra Æsa", "thora aesa"),
            ("İpek Işık", "ipek isik"),
            ("Νίκος", "νικος"),
            ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
            ("acme.com", "acme com"),
            (" - ", ""),
        ] {
            assert_eq!(folded(name), plain, "{name}");
        }
    }

    #[test]
    fn umlauts_are_found_both_ways() {
        let mut profile = Profile::default();
        let attribute = |value: &str| crate::lead::profile::Attribute {
            value: value.into(),
            at: 0,
            by: "key:1".into(),
            public: false,
            read: false,
        };
        profile.attributes.insert("name".into(), attribute("Änne Müller-Öz"));
        profile.attributes.insert("company.name".into(), attribute("Acme Werke"));
        let called = profile.called();
        for text in ["anne muller oz", "muller oz", "oz", "aenne mueller oez", "mueller oez", "acme werke", "werke"] {
            assert!(called.iter().any(|one| one == text), "{text} is not among {called:?}");
        }
    }
}
