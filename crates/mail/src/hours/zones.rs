//! The time zone of a lead of whom only the country is known.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../data/country_zones.tsv");

/// Names in use beside those of the table, and the codes of their countries.
const OTHER_NAMES: [(&str, &str); 22] = [
    ("usa", "US"),
    ("united states of america", "US"),
    ("uk", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northern ireland", "GB"),
    ("deutschland", "DE"),
    ("deu", "DE"),
    ("österreich", "AT"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("italia", "IT"),
    ("españa", "ES"),
    ("brasil", "BR"),
    ("the netherlands", "NL"),
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
    static ZONES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(zones);
    ZONES.get(&country.trim().to_lowercase()).copied()
}

/// By code and by name, in small letters.
fn zones() -> BTreeMap<String, &'static str> {
    let mut zones = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(code), Some(zone), Some(name)) = (fields.next(), fields.next(), fields.next()) else { continue };
        zones.insert(code.to_lowercase(), zone);
        zones.insert(name.to_lowercase(), zone);
    }
    let others = OTHER_NAMES.into_iter().filter_map(|(name, code)| {
        let zone = zones.get(&code.to_lowercase()).copied()?;
        Some((name.to_owned(), zone))
    });
    let others: Vec<_> = others.collect();
    zones.extend(others);
    zones
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    #[test]
    fn every_country_has_a_zone_that_is_known() {
        let known = TimeZoneDatabase::bundled();
        let zones = zones();
        assert!(zones.len() > 480, "{}", zones.len());
        for (country, zone) in &zones {
            assert!(known.get(zone).is_ok(), "{country}: {zone}");
        }
    }

    #[test]
    fn a_country_is_found_by_its_names() {
        for (country, zone) in [
            ("GB", Some("Europe/London")),
            ("uk", Some("Europe/London")),
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
            assert!(zone_of_country(code).is_some(), "{name} is of {code}");
        }
    }
}
