//! What is known of countries by their codes and names: the time zone of a lead of whom only the country is known.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../data/country_zones.tsv");

/// Names in use beside those of the table, and the codes of their countries.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("usa", "US"),
    ("united states of america", "US"),
    ("vereinigte staaten", "US"),
    ("états-unis", "US"),
    ("stati uniti", "US"),
    ("uk", "GB"),
    ("gbr", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northern ireland", "GB"),
    ("vereinigtes königreich", "GB"),
    ("großbritannien", "GB"),
    ("royaume-uni", "GB"),
    ("regno unito", "GB"),
    ("deutschland", "DE"),
    ("deu", "DE"),
    ("allemagne", "DE"),
    ("germania", "DE"),
    ("federal republic of germany", "DE"),
    ("fra", "FR"),
    ("frankreich", "FR"),
    ("francia", "FR"),
    ("république française", "FR"),
    ("österreich", "AT"),
    ("oesterreich", "AT"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("ita", "IT"),
    ("italia", "IT"),
    ("italien", "IT"),
    ("italie", "IT"),
    ("can", "CA"),
    ("kanada", "CA"),
    ("españa", "ES"),
    ("brasil", "BR"),
    ("holland", "NL"),
    ("czechia", "CZ"),
    ("korea, republic of", "KR"),
    ("russian federation", "RU"),
    ("viet nam", "VN"),
];

/// The zone in which most people of a country live, by its code of two letters or its name in English; names in use in
/// the country itself are known of some. `None` for what is not a country, or has no such zone.
///
/// ```
/// use attractor_mail::hours::zone_of_country;
///
/// assert_eq!(zone_of_country("de"), Some("Europe/Berlin"));
/// assert_eq!(zone_of_country(" United States "), Some("America/New_York"));
/// assert_eq!(zone_of_country("Atlantis"), None);
/// ```
pub fn zone_of_country(country: &str) -> Option<&'static str> {
    known(country).map(|(_, zone)| zone)
}

/// The code of two letters (ISO 3166) of a country, which is named as for [`zone_of_country`].
///
/// ```
/// use attractor_mail::hours::code_of_country;
///
/// assert_eq!(code_of_country(" Switzerland "), Some("CH"));
/// assert_eq!(code_of_country("uk"), Some("GB"));
/// assert_eq!(code_of_country("Atlantis"), None);
/// ```
pub fn code_of_country(country: &str) -> Option<&'static str> {
    known(country).map(|(code, _)| code)
}

/// The code of a country, and its zone.
type CodeAndZone = (&'static str, &'static str);

fn known(country: &str) -> Option<CodeAndZone> {
    static COUNTRIES: LazyLock<BTreeMap<String, CodeAndZone>> = LazyLock::new(countries);
    COUNTRIES.get(&plain(country)).copied()
}

/// A name as names are compared: `The U.S.A.` is `usa`.
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    name.trim_start_matches("the ").replace('.', "")
}

/// By code and by name, as [`plain`] writes them.
fn countries() -> BTreeMap<String, CodeAndZone> {
    let mut countries = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(code), Some(zone), Some(name)) = (fields.next(), fields.next(), fields.next()) else { continue };
        countries.insert(plain(code), (code, zone));
        countries.insert(plain(name), (code, zone));
    }
    let others = OTHER_NAMES.iter().filter_map(|(name, code)| {
        let known = countries.get(&plain(code)).copied()?;
        Some((plain(name), known))
    });
    let others: Vec<_> = others.collect();
    countries.extend(others);
    countries
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    #[test]
    fn every_country_has_a_zone_that_is_known() {
        let known = TimeZoneDatabase::bundled();
        let countries = countries();
        assert!(countries.len() > 480, "{}", countries.len());
        for (country, (code, zone)) in &countries {
            assert!(known.get(zone).is_ok(), "{country}: {zone}");
            assert!(code.len() == 2 && code_of_country(code) == Some(*code), "{country}: {code}");
        }
    }

    #[test]
    fn a_country_is_found_by_its_names() {
        for (country, zone) in [
            ("GB", Some("Europe/London")),
            ("uk", Some("Europe/London")),
            ("U.S.A.", Some("America/New_York")),
            ("The Netherlands", Some("Europe/Amsterdam")),
            ("Deutschland", Some("Europe/Berlin")),
            ("Österreich", Some("Europe/Vienna")),
            ("Canada", Some("America/Toronto")),
            ("Australia", Some("Australia/Sydney")),
            ("brasil", Some("America/Sao_Paulo")),
            ("", None),
            ("n/a", None),
        ] {
            assert_eq!(zone_of_country(country), zone, "{country}");
        }
        for (name, code) in OTHER_NAMES {
            assert_eq!(code_of_country(name), Some(*code), "{name}");
        }
    }
}
