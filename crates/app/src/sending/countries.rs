//! The language of countries that have exactly one official language nationwide; for the text of a copy, not for rules.

/// ISO 3166 code, English name, language.
const TABLE: [(&str, &str, &str); 44] = [
    ("AR", "argentina", "es"),
    ("AT", "austria", "de"),
    ("AU", "australia", "en"),
    ("BG", "bulgaria", "bg"),
    ("BR", "brazil", "pt"),
    ("CL", "chile", "es"),
    ("CN", "china", "zh"),
    ("CO", "colombia", "es"),
    ("CR", "costa rica", "es"),
    ("CZ", "czechia", "cs"),
    ("DE", "germany", "de"),
    ("DK", "denmark", "da"),
    ("EE", "estonia", "et"),
    ("ES", "spain", "es"),
    ("FR", "france", "fr"),
    ("GB", "united kingdom", "en"),
    ("GR", "greece", "el"),
    ("HR", "croatia", "hr"),
    ("HU", "hungary", "hu"),
    ("ID", "indonesia", "id"),
    ("IS", "iceland", "is"),
    ("IT", "italy", "it"),
    ("JP", "japan", "ja"),
    ("KR", "south korea", "ko"),
    ("LI", "liechtenstein", "de"),
    ("LT", "lithuania", "lt"),
    ("LV", "latvia", "lv"),
    ("MC", "monaco", "fr"),
    ("MX", "mexico", "es"),
    ("NL", "netherlands", "nl"),
    ("NO", "norway", "no"),
    ("PL", "poland", "pl"),
    ("PT", "portugal", "pt"),
    ("RO", "romania", "ro"),
    ("SE", "sweden", "sv"),
    ("SI", "slovenia", "sl"),
    ("SK", "slovakia", "sk"),
    ("TH", "thailand", "th"),
    ("TR", "turkey", "tr"),
    ("TW", "taiwan", "zh"),
    ("UA", "ukraine", "uk"),
    ("US", "united states", "en"),
    ("UY", "uruguay", "es"),
    ("VN", "vietnam", "vi"),
];

/// The language of a country that has one, by its code or its English name; `None` for a country with several, such as
/// Switzerland, Belgium, Canada or Finland, and for an unknown name.
pub fn one_language(country: &str) -> Option<&'static str> {
    let name = country.trim().to_lowercase();
    TABLE.iter().find(|(code, english, _)| name.eq_ignore_ascii_case(code) || name == *english).map(|row| row.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_with_several_languages_has_none() {
        for (country, language) in
            [("de", Some("de")), (" Germany ", Some("de")), ("CH", None), ("Canada", None), ("BE", None), ("", None)]
        {
            assert_eq!(one_language(country), language, "{country}");
        }
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, each once");
    }
}
