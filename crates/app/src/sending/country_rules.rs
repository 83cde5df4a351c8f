//! What the rules of a lead's countries say about writing to it and measuring it. What a public key alone said of a country
//! makes no rule milder (contract §2, Keys 7): it must allow, and so must what is known beside it.

use attractor_engine::consent::{InEffect, OptIn, State, Word};
use attractor_engine::time::{Duration, Instant};
use attractor_live::profile::Profile;
use attractor_mail::countries::{Allowances, Basis, Country, Refusal, Sending, may_measure, may_receive};

use super::zone::COUNTRIES;
use crate::settings::Settings;

/// Consent that a sale implied counts for this long.
const IMPLIED: Duration = Duration(730 * Duration::DAY.0);

/// Where the settings allow what nobody agreed to or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryRules {
    receive: Vec<Country>,
    measure: Vec<Country>,
}

/// The countries in which a lead may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadCountries {
    /// From public keys alone.
    claimed: Vec<Country>,
    known: Vec<Country>,
}

impl LeadCountries {
    /// Its own country, that of its address and that of its company.
    pub fn of(profile: &Profile) -> LeadCountries {
        let mut countries = LeadCountries::default();
        for attribute in COUNTRIES.into_iter().filter_map(|name| profile.attribute(name)) {
            let Some(country) = attribute.value.as_str().map(Country::named) else { continue };
            if attribute.public { &mut countries.claimed } else { &mut countries.known }.push(country);
        }
        countries.claimed.retain(|country| *country != Country::Unknown);
        countries
    }

    /// Whether all of them allow something. A claim says nothing by itself: without a known country, the column of unknown
    /// ones must allow it, too.
    fn all<E>(&self, allow: impl Fn(&[Country]) -> Result<(), E>) -> Result<(), E> {
        allow(&self.known)?;
        if self.claimed.is_empty() { Ok(()) } else { allow(&self.claimed) }
    }
}

impl CountryRules {
    /// The settings have been checked: a name that is not a column is left out.
    pub fn of(settings: &Settings) -> CountryRules {
        let columns = |names: &[String]| names.iter().filter_map(|name| Country::of_column(name)).collect();
        CountryRules { receive: columns(&settings.consent_unknown), measure: columns(&settings.measuring_unknown) }
    }

    fn allowances(&self) -> Allowances<'_> {
        Allowances { receive: &self.receive, measure: &self.measure }
    }

    /// Whether a lead may be written to on this basis. The sender's postal address is asked for elsewhere: without one,
    /// everything waits.
    pub fn may_receive(&self, countries: &LeadCountries, basis: Basis) -> Result<(), Refusal> {
        let sending = Sending { basis, has_postal_address: true };
        countries.all(|countries| may_receive(countries, sending, &self.allowances()))
    }

    /// Whether a lead may be measured of whom no consent to that is known.
    pub fn may_measure(&self, countries: &LeadCountries) -> bool {
        countries.all(|countries| may_measure(countries, &self.allowances())).is_ok()
    }
}

/// On what consent in effect rests.
pub fn basis(consent: InEffect, now: Instant) -> Basis {
    match consent.because.filter(|_| consent.state == State::Granted) {
        Some(word) => of_word(word, now),
        None => Basis::Unknown,
    }
}

fn of_word(word: &Word, now: Instant) -> Basis {
    match word.opt_in {
        Some(OptIn::Double) => Basis::DoubleOptIn,
        Some(OptIn::Single) => Basis::SingleOptIn,
        Some(OptIn::Customer) if now - word.at > IMPLIED => Basis::ImpliedOld,
        Some(OptIn::Customer) => Basis::Customer,
        Some(OptIn::Elsewhere) | None => Basis::Imported,
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// As the settings are by default.
    pub fn by_default() -> CountryRules {
        let Allowances { receive, measure } = Allowances::default();
        CountryRules { receive: receive.to_vec(), measure: measure.to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::defaults;

    #[test]
    fn by_default_the_settings_say_what_the_table_says() {
        assert_eq!(CountryRules::of(&defaults().unwrap()), testing::by_default());
    }

    #[test]
    fn a_country_that_a_public_key_alone_set_makes_no_rule_milder() {
        let rules = testing::by_default();
        for (known, claimed, allowed) in [
            (None, None, false),
            (Some("US"), None, true),
            (None, Some("US"), false),
            (Some("US"), Some("US"), true),
            (Some("DE"), Some("US"), false),
            (Some("US"), Some("DE"), false),
            (Some("US"), Some("n/a"), true),
        ] {
            let mut profile = crate::sending::testing::profile(&json!({"address.country": known, "country": claimed}));
            if let Some(attribute) = profile.attributes.get_mut("country") {
                attribute.public = true;
            }
            let countries = LeadCountries::of(&profile);
            assert_eq!(rules.may_measure(&countries), allowed, "known {known:?}, claimed {claimed:?}");
            assert_eq!(rules.may_receive(&countries, Basis::Unknown).is_ok(), allowed, "{known:?} {claimed:?}");
        }
    }
}
