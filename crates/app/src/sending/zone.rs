//! Where a lead is, as its clock shows: by what is known of it, else by its country, else by the account.

use std::fmt;

use attractor_live::profile::Profile;
use attractor_mail::hours::zone_of_country;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The attribute with the name of a zone, such as `Europe/Berlin`.
const ZONE: &str = "timezone";
/// The attributes that name a country.
pub(super) const COUNTRIES: [&str; 3] = ["country", "address.country", "company.country"];

/// The clock that a lead goes by, and how that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadZone {
    pub zone: TimeZone,
    source: ZoneSource,
}

/// What says a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneSource {
    /// The lead's own attribute.
    Own,
    Country,
    /// Nothing known does: it is the playbook's.
    Account,
}

impl LeadZone {
    /// `account` is the zone of the playbook that the lead lives under.
    pub fn of(profile: &Profile, account: Option<&str>, zones: &TimeZoneDatabase) -> LeadZone {
        known(profile, zones).unwrap_or_else(|| {
            let zone = account.and_then(|name| zones.get(name).ok()).unwrap_or(TimeZone::UTC);
            LeadZone { zone, source: ZoneSource::Account }
        })
    }
}

/// Its name, with what says it: a zone that is only guessed must not pass for the lead's.
impl fmt::Display for LeadZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            ZoneSource::Own => "the lead's own",
            ZoneSource::Country => "its country's largest city",
            ZoneSource::Account => "the playbook's, because the lead's is not known",
        };
        write!(f, "{} ({source})", self.zone.iana_name().unwrap_or("UTC"))
    }
}

/// The zone of a lead; `None` where nothing known says it.
pub fn zone_of(profile: &Profile, zones: &TimeZoneDatabase) -> Option<TimeZone> {
    known(profile, zones).map(|found| found.zone)
}

/// Of a country with several zones, it is the one of its largest city. What a public key alone said counts only if nothing
/// else is known (contract §2, Keys 7).
fn known(profile: &Profile, zones: &TimeZoneDatabase) -> Option<LeadZone> {
    [false, true].into_iter().find_map(|public| {
        let text = |name: &str| {
            let attribute = profile.attribute(name).filter(|attribute| attribute.public == public)?;
            attribute.value.as_str().map(str::trim)
        };
        let own = text(ZONE).and_then(|name| zones.get(name).ok());
        let own = own.map(|zone| LeadZone { zone, source: ZoneSource::Own });
        own.or_else(|| {
            let zone = COUNTRIES.into_iter().filter_map(text).find_map(zone_of_country)?;
            Some(LeadZone { zone: zones.get(zone).ok()?, source: ZoneSource::Country })
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sending::testing::profile;

    #[test]
    fn a_lead_has_its_own_zone_else_that_of_its_country() {
        let zones = TimeZoneDatabase::bundled();
        for (attributes, expected) in [
            (json!({"timezone": "Asia/Tokyo", "country": "DE"}), Some("Asia/Tokyo")),
            (json!({"timezone": "nowhere", "country": "DE"}), Some("Europe/Berlin")),
            (json!({"address.country": "France"}), Some("Europe/Paris")),
            (json!({"country": "Atlantis", "company.country": "us"}), Some("America/New_York")),
            (json!({"country": 5}), None),
            (json!({}), None),
        ] {
            let zone = zone_of(&profile(&attributes), &zones);
            assert_eq!(zone.as_ref().and_then(TimeZone::iana_name), expected, "{attributes}");
        }
    }

    #[test]
    fn a_zone_says_whose_it_is() {
        let zones = TimeZoneDatabase::bundled();
        for (attributes, account, expected) in [
            (json!({"timezone": "Asia/Tokyo"}), Some("Europe/Paris"), "Asia/Tokyo (the lead's own)"),
            (json!({"country": "DE"}), Some("Europe/Paris"), "Europe/Berlin (its country's largest city)"),
            (json!({}), Some("Europe/Paris"), "Europe/Paris (the playbook's, because the lead's is not known)"),
            (json!({}), None, "UTC (the playbook's, because the lead's is not known)"),
        ] {
            assert_eq!(LeadZone::of(&profile(&attributes), account, &zones).to_string(), expected, "{attributes}");
        }
    }

    #[test]
    fn what_a_public_key_alone_said_counts_where_nothing_else_is_known() {
        let zones = TimeZoneDatabase::bundled();
        for (attributes, public, expected) in [
            (json!({"timezone": "Asia/Tokyo"}), &["timezone"][..], Some("Asia/Tokyo")),
            (json!({"timezone": "Asia/Tokyo", "country": "DE"}), &["timezone"], Some("Europe/Berlin")),
            (json!({"timezone": "Asia/Tokyo", "country": "DE"}), &["country"], Some("Asia/Tokyo")),
            (json!({"timezone": "Asia/Tokyo", "country": "DE"}), &["timezone", "country"], Some("Asia/Tokyo")),
            (json!({"country": "US", "company.country": "DE"}), &["country"], Some("Europe/Berlin")),
            (json!({"timezone": "nowhere", "country": "DE"}), &["country"], Some("Europe/Berlin")),
        ] {
            let mut profile = profile(&attributes);
            for name in public {
                profile.attributes.get_mut(*name).unwrap().public = true;
            }
            let zone = zone_of(&profile, &zones);
            let found = zone.as_ref().and_then(TimeZone::iana_name);
            assert_eq!(found, expected, "{attributes}, by a public key: {public:?}");
        }
    }
}
