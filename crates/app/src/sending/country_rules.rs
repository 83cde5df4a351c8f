//! What the rules of a lead's countries say about writing to it and measuring it. What a public key alone said of a country
//! makes no rule milder (contract §2, Keys 7): it must allow, and so must what is known beside it.

use attractor_engine::consent::{InEffect, OptIn, State, Word};
use attractor_engine::time::{Duration, Instant};
use attractor_live::profile::Profile;
use attractor_mail::countries::{Allowances, Basis, Country, Refusal, Sending, may_measure, may_receive};
use attractor_mail::hours::code_of_country;

use super::zone::COUNTRIES;
use crate::settings::Settings;

/// Consent that a sale implied counts for this long.
const IMPLIED: Duration = Duration(730 * Duration::DAY.0);

/// Where the settings allow what nobody agreed to or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryRules {
    receive: Vec<Country>,
    measure: Vec<Country>,
    /// Codes of the countries to which nothing but what a person itself asked for is sent.
    never: Vec<&'static str>,
}

/// What keeps mail from the countries of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountryBarrier {
    /// The law, by the table.
    Law(Refusal),
    /// The setting `never_write`, which has the country with this code.
    Setting(&'static str),
}

/// The name of the rule of the setting `never_write`, behind the code of a country.
pub const NEVER_WRITE: &str = "never_write";

impl CountryBarrier {
    /// The rule's name, such as `DE:single_opt_in` or `CH:never_write`.
    pub fn rule(&self) -> String {
        match self {
            CountryBarrier::Law(refusal) => refusal.rule(),
            CountryBarrier::Setting(code) => format!("{code}:{NEVER_WRITE}"),
        }
    }
}

/// The countries in which a lead may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadCountries {
    /// From public keys alone.
    claimed: Vec<Country>,
    known: Vec<Country>,
    /// Of all of them, whoever said so.
    codes: Vec<&'static str>,
}

impl LeadCountries {
    /// Its own country, that of its address and that of its company.
    pub fn of(profile: &Profile) -> LeadCountries {
        let mut countries = LeadCountries::default();
        for attribute in COUNTRIES.into_iter().filter_map(|name| profile.attribute(name)) {
            let Some(text) = attribute.value.as_str() else { continue };
            let country = Country::named(text);
            countries.codes.extend(code_of_country(text));
            if attribute.public { &mut countries.claimed } else { &mut countries.known }.push(country);
        }
        countries.claimed.retain(|country| *country != Country::Unknown);
        countries
    }

    /// The first one that is known.
    pub fn first(&self) -> Country {
        let known = self.known.iter().chain(&self.claimed);
        known.copied().find(|country| *country != Country::Unknown).unwrap_or(Country::Unknown)
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
        CountryRules {
            receive: columns(&settings.consent_unknown),
            measure: columns(&settings.measuring_unknown),
            never: settings.never_write.iter().filter_map(|name| code_of_country(name)).collect(),
        }
    }

    /// The countries in which people are written to who neither agreed nor left, as the setting `consent_unknown` has it.
    pub fn unasked(&self) -> Vec<&'static str> {
        self.receive.iter().map(|country| country.name()).collect()
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

    /// The first country of a lead to which the settings send nothing, by its code.
    pub fn never_written_to(&self, countries: &LeadCountries) -> Option<&'static str> {
        countries.codes.iter().copied().find(|code| self.never.contains(code))
    }

    /// Whether a lead may be measured of whom no consent to that is known.
    pub fn may_measure(&self, countries: &LeadCountries) -> bool {
        countries.all(|countries| may_measure(countries, &self.allowances())).is_ok()
    }
}

/// What is wrong with the countries of the settings, if anything.
pub fn check(settings: &Settings) -> Result<(), String> {
    let mut columns = settings.consent_unknown.iter().chain(&settings.measuring_unknown);
    if let Some(odd) = columns.find(|name| Country::of_column(name).is_none()) {
        let known = Country::ALL.map(Country::name).join(", ");
        return Err(format!("`{odd}` is not a country of the table; write {known}"));
    }
    match settings.never_write.iter().find(|name| code_of_country(name).is_none()) {
        Some(odd) => Err(format!("`{odd}` in `never_write` is not a country; write a code of two letters, such as CH")),
        None => Ok(()),
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
        CountryRules { receive: receive.to_vec(), measure: measure.to_vec(), never: Vec::new() }
    }

    /// The same, where the settings send nothing to the countries with these codes.
    pub fn never(codes: &[&'static str]) -> CountryRules {
        CountryRules { never: codes.to_vec(), ..by_default() }
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
    fn the_settings_name_the_united_kingdom_by_either_code() {
        let rules = |code: &str| {
            let list = vec![code.to_owned()];
            let settings = Settings { consent_unknown: list.clone(), measuring_unknown: list, ..defaults().unwrap() };
            assert_eq!(check(&settings), Ok(()), "{code}");
            CountryRules::of(&settings)
        };
        assert_eq!(rules("GB"), rules("UK"));
        let profile = crate::sending::testing::profile(&json!({"country": "GB"}));
        assert!(rules("GB").may_receive(&LeadCountries::of(&profile), Basis::Unknown).is_ok());
    }

    #[test]
    fn a_country_is_left_out_by_its_code_and_by_its_names_whoever_said_so() {
        let settings = Settings { never_write: vec!["CH".into(), "United Kingdom".into()], ..defaults().unwrap() };
        let rules = CountryRules::of(&settings);
        for (attributes, expected) in [
            (json!({"country": "ch"}), Some("CH")),
            (json!({"company.country": "Schweiz", "country": "US"}), Some("CH")),
            (json!({"address.country": "England"}), Some("GB")),
            (json!({"country": "Germany"}), None),
            (json!({"country": 5}), None),
            (json!({}), None),
        ] {
            let mut profile = crate::sending::testing::profile(&attributes);
            assert_eq!(rules.never_written_to(&LeadCountries::of(&profile)), expected, "{attributes}");
            profile.attributes.values_mut().for_each(|attribute| attribute.public = true);
            assert_eq!(rules.never_written_to(&LeadCountries::of(&profile)), expected, "{attributes}, by a public key");
        }
        assert_eq!(CountryBarrier::Setting("CH").rule(), "CH:never_write");
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
