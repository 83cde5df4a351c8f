//! The language of countries that have exactly one official language nationwide; for the text of a copy, not for rules.

use attractor_mail::hours::code_of_country;

/// ISO 3166 code, language.
const TABLE: [(&str, &str); 44] = [
    ("AR", "es"),
    ("AT", "de"),
    ("AU", "en"),
    ("BG", "bg"),
    ("BR", "pt"),
    ("CL", "es"),
    ("CN", "zh"),
    ("CO", "es"),
    ("CR", "es"),
    ("CZ", "cs"),
    ("DE", "de"),
    ("DK", "da"),
    ("EE", "et"),
    ("ES", "es"),
    ("FR", "fr"),
    ("GB", "en"),
    ("GR", "el"),
    ("HR", "hr"),
    ("HU", "hu"),
    ("ID", "id"),
    ("IS", "is"),
    ("IT", "it"),
    ("JP", "ja"),
    ("KR", "ko"),
    ("LI", "de"),
    ("LT", "lt"),
    ("LV", "lv"),
    ("MC", "fr"),
    ("MX", "es"),
    ("NL", "nl"),
    ("NO", "no"),
    ("PL", "pl"),
    ("PT", "pt"),
    ("RO", "ro"),
    ("SE", "sv"),
    ("SI", "sl"),
    ("SK", "sk"),
    ("TH", "th"),
    ("TR", "tr"),
    ("TW", "zh"),
    ("UA", "uk"),
    ("US", "en"),
    ("UY", "es"),
    ("VN", "vi"),
];

/// The language of a country that has one, named as the rules of countries read it; `None` for a country with several, such
/// as Switzerland, Belgium, Canada or Finland, and for an unknown name.
pub fn one_language(country: &str) -> Option<&'static str> {
    let code = code_of_country(country)?;
    TABLE.iter().find(|(known, _)| *known == code).map(|(_, language)| *language)
}

/// What a language of these countries is called in English; its tag, for another one.
pub fn language_name(tag: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == tag).map_or(tag, |(_, name)| *name)
}

const NAMES: [(&str, &str); 31] = [
    ("bg", "Bulgarian"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("et", "Estonian"),
    ("fr", "French"),
    ("hr", "Croatian"),
    ("hu", "Hungarian"),
    ("id", "Indonesian"),
    ("is", "Icelandic"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("lt", "Lithuanian"),
    ("lv", "Latvian"),
    ("nl", "Dutch"),
    ("no", "Norwegian"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("sk", "Slovak"),
    ("sl", "Slovenian"),
    ("sv", "Swedish"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_of_a_country_has_a_name() {
        for (country, language) in TABLE {
            assert_ne!(language_name(language), language, "{country}");
        }
        assert_eq!((language_name("de"), language_name("xx")), ("German", "xx"));
    }

    #[test]
    fn a_country_with_several_languages_has_none() {
        for (country, language) in [
            ("de", Some("de")),
            (" Germany ", Some("de")),
            ("CH", None),
            ("Schweiz", None),
            ("Canada", None),
            ("BE", None),
            ("Atlantis", None),
            ("", None),
        ] {
            assert_eq!(one_language(country), language, "{country}");
        }
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, each once");
    }

    #[test]
    fn a_country_is_read_as_its_rules_read_it() {
        for (country, language) in [
            ("Deutschland", "de"),
            ("DEU", "de"),
            ("Österreich", "de"),
            ("UK", "en"),
            ("England", "en"),
            ("USA", "en"),
            ("U.S.", "en"),
            ("The United States", "en"),
            ("Frankreich", "fr"),
            ("Italia", "it"),
            ("España", "es"),
            ("The Netherlands", "nl"),
            ("Czechia", "cs"),
        ] {
            assert_eq!(one_language(country), Some(language), "{country}");
        }
        for (code, language) in TABLE {
            assert_eq!(one_language(code), Some(language), "{code}");
        }
    }
}
