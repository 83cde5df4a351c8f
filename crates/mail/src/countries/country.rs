//! Countries, as leads' attributes name them.

use std::fmt;

use crate::hours::code_of_country;

/// A country whose rules are in the table, or another one, or none that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    De,
    Fr,
    It,
    Us,
    Ca,
    Uk,
    /// A country whose rules the table does not have.
    Other,
    /// No country is known: it may be any of them.
    Unknown,
}

impl Country {
    /// The columns of the table.
    pub const ALL: [Country; 8] = [
        Country::De,
        Country::Fr,
        Country::It,
        Country::Us,
        Country::Ca,
        Country::Uk,
        Country::Other,
        Country::Unknown,
    ];

    /// The country that a text names, as [`code_of_country`] reads it: a code (ISO 3166), or a name in English, in the
    /// country's own language, or in a usual other spelling. Any other text that has letters is another country; no text is
    /// none.
    ///
    /// ```
    /// use attractor_mail::countries::Country;
    ///
    /// assert_eq!(Country::named(" gb "), Country::Uk);
    /// assert_eq!(Country::named("Deutschland"), Country::De);
    /// assert_eq!(Country::named("Japan"), Country::Other);
    /// assert_eq!(Country::named("n/a"), Country::Unknown);
    /// ```
    pub fn named(text: &str) -> Country {
        match code_of_country(text) {
            Some("DE") => Country::De,
            Some("FR") => Country::Fr,
            Some("IT") => Country::It,
            Some("US") => Country::Us,
            Some("CA") => Country::Ca,
            Some("GB") => Country::Uk,
            None if is_placeholder(&text.trim().to_lowercase().replace('.', "")) => Country::Unknown,
            _ => Country::Other,
        }
    }

    /// The column that settings name: by its own name, such as `DE` or `other`, or as [`Country::named`] reads a country,
    /// such as `GB`. `None` for a country without a column of its own.
    ///
    /// ```
    /// use attractor_mail::countries::Country;
    ///
    /// assert_eq!(Country::of_column("UK"), Some(Country::Uk));
    /// assert_eq!(Country::of_column("GB"), Some(Country::Uk));
    /// assert_eq!(Country::of_column("AT"), None);
    /// ```
    pub fn of_column(name: &str) -> Option<Country> {
        let by_name = Country::ALL.into_iter().find(|country| country.name().eq_ignore_ascii_case(name.trim()));
        let has_column = |country: &Country| !matches!(country, Country::Other | Country::Unknown);
        by_name.or_else(|| Some(Country::named(name)).filter(has_column))
    }

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Country::De => "DE",
            Country::Fr => "FR",
            Country::It => "IT",
            Country::Us => "US",
            Country::Ca => "CA",
            Country::Uk => "UK",
            Country::Other => "other",
            Country::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What people and programs write where they know no country.
fn is_placeholder(name: &str) -> bool {
    let words = ["n/a", "na/", "none", "null", "undefined", "unknown", "other", "xx", "zz", "not set"];
    !name.chars().any(char::is_alphabetic) || words.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_their_codes_and_names() {
        for (texts, country) in [
            (&["DE", "deu", " Germany ", "Deutschland"][..], Country::De),
            (&["Allemagne", "Germania", "The Federal Republic of Germany"], Country::De),
            (&["fr", "France", "FRA", "Frankreich", "Francia", "République française"], Country::Fr),
            (&["it", "Italia", "ita", "Italien", "Italie"], Country::It),
            (&["US", "U.S.", "U.S.A.", "usa", "The United States", "États-Unis", "Stati Uniti"], Country::Us),
            (&["ca", "Canada", "CAN", "Kanada"], Country::Ca),
            (&["UK", "GB", "U.K.", "Great Britain", "Scotland", "GBR", "Großbritannien", "Royaume-Uni"], Country::Uk),
            (&["AT", "Japan", "Österreich", "日本", "Deutsch"], Country::Other),
            (&["", "  ", "-", "N/A", "null", "?", "42", "unknown"], Country::Unknown),
        ] {
            for text in texts {
                assert_eq!(Country::named(text), country, "{text}");
            }
        }
        for (name, column) in [
            ("gb", Some(Country::Uk)),
            (" uk ", Some(Country::Uk)),
            ("Germany", Some(Country::De)),
            ("Other", Some(Country::Other)),
            ("unknown", Some(Country::Unknown)),
            ("AT", None),
            ("n/a", None),
            ("", None),
        ] {
            assert_eq!(Country::of_column(name), column, "{name}");
        }
        let names: std::collections::BTreeSet<_> = Country::ALL.iter().map(|country| country.name()).collect();
        assert_eq!(names.len(), Country::ALL.len());
    }
}
