//! Whether a lead may be written to in a scope of consent: by what binds its address, by its consent and by the rules of its
//! countries. The gate asks it before each copy, and what is shown of a lead asks the same, so that the two agree.

use std::sync::Arc;

use attractor_engine::address::canonical;
use attractor_engine::consent::{Scope, State};
use attractor_engine::time::Instant;
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, ConsentInEffect, Suppression, SuppressionKind};
use attractor_mail::countries::{Basis, Country, Refusal, Row};
use attractor_mail::gate::{Bound, Class, Skip};
use attractor_mail::render::FooterReason;

use super::country_rules::{CountryBarrier, CountryRules, LeadCountries, basis};
use super::gate::may_measure;
use super::situation::is_staff;
use crate::settings::Settings;

/// What the settings say of the people who are written to.
pub struct Receivers {
    pub countries: Arc<CountryRules>,
    /// People who are no leads, as addresses in canonical form and domains in lower case.
    not_leads: Vec<String>,
}

impl Receivers {
    pub fn of(settings: &Settings) -> Receivers {
        let plain = |text: &String| canonical(text).unwrap_or_else(|| text.to_lowercase());
        Receivers {
            countries: Arc::new(CountryRules::of(settings)),
            not_leads: settings.not_leads.iter().map(plain).collect(),
        }
    }

    /// Whether an address in canonical form is that of somebody who is no lead.
    pub fn is_staff(&self, address: &str) -> bool {
        is_staff(address, &self.not_leads)
    }

    /// What keeps a person from every e-mail, whatever it agreed to: the reason that the gate would give.
    pub fn obstacle(&self, email: Option<&str>, is_unconfirmed: bool) -> Option<Skip> {
        match email {
            None => Some(Skip::NoAddress),
            Some(email) if self.is_staff(email) => Some(Skip::Staff),
            Some(_) => is_unconfirmed.then_some(Skip::Unconfirmed),
        }
    }
}

/// An obstacle behind “no, because”.
pub fn why_not(obstacle: Skip) -> &'static str {
    match obstacle {
        Skip::NoAddress => "the lead has no e-mail address",
        Skip::Staff => "the setting `not_leads` has the address of the lead",
        _ => "the address came with a public key alone, and nobody has confirmed it",
    }
}

/// Of whom it is asked, and when.
#[derive(Clone, Copy)]
pub struct Permission<'a> {
    pub profile: &'a Profile,
    /// What binds its address.
    pub blocks: &'a AddressBlocks,
    pub countries: &'a CountryRules,
    pub now: Instant,
}

/// What keeps mail back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// Something at its address.
    Suppressed(Suppression),
    Withdrawn,
    /// Nobody agreed or refused, and this country asks for consent.
    NeverGiven(Country),
    Country(CountryBarrier),
}

impl<'a> Permission<'a> {
    pub fn consent(&self, scope: &Scope) -> ConsentInEffect<'a> {
        ConsentInEffect::of(&self.profile.consents, self.blocks, scope)
    }

    /// The first reason against marketing and answers in a scope, in the order of the gate (contract §6). E-mails about a
    /// topic need the consent of their subscription besides.
    pub fn barrier(&self, scope: &Scope) -> Option<Barrier> {
        let is_withdrawn = || self.consent(scope).state() == State::Withdrawn;
        match scope {
            Scope::Topic(_) => is_withdrawn().then_some(Barrier::Withdrawn),
            Scope::Tracking => None,
            Scope::All | Scope::Subscription(_) => self
                .suppression(scope, Class::Marketing, false)
                .map(Barrier::Suppressed)
                .or_else(|| self.lacking(scope))
                .or_else(|| self.forbidden(scope).map(Barrier::Country)),
        }
    }

    /// An obstacle of this lead behind “no, because”. A form of ours asks for the confirmation itself.
    pub fn why_not(&self, obstacle: Skip) -> &'static str {
        let is_by_form = || self.profile.attribute("email").is_some_and(|email| email.by.starts_with("form:"));
        match obstacle {
            Skip::Unconfirmed if is_by_form() => "nobody has confirmed this address yet",
            _ => why_not(obstacle),
        }
    }

    /// Whether the lead is measured.
    pub fn is_measured(&self) -> bool {
        may_measure(self.profile, self.blocks, self.countries)
    }

    /// What binds the address and keeps back an e-mail of a class; of several the last. `is_asked`: the person itself asked
    /// for the e-mail, by a link that came to the address.
    pub fn suppression(&self, scope: &Scope, class: Class, is_asked: bool) -> Option<Suppression> {
        let stops = |one: &Suppression| bound(one.kind).suppresses(class, is_asked);
        self.blocks.in_scope(scope).filter(stops).max_by_key(|one| one.at)
    }

    /// Why the consent in a scope is not enough. Who neither agreed nor refused is written to where the settings allow it
    /// for the lead's countries (contract §2, Consent 8).
    pub fn lacking(&self, scope: &Scope) -> Option<Barrier> {
        match self.consent(scope).state() {
            State::Granted => None,
            State::Withdrawn => Some(Barrier::Withdrawn),
            State::Unknown => self.by_law(Basis::Unknown).err().map(|refusal| Barrier::NeverGiven(refusal.country)),
        }
    }

    /// What of the lead's countries forbids it.
    pub fn forbidden(&self, scope: &Scope) -> Option<CountryBarrier> {
        let countries = LeadCountries::of(self.profile);
        if let Some(code) = self.countries.never_written_to(&countries) {
            return Some(CountryBarrier::Setting(code));
        }
        self.by_law(self.basis(scope)).err().map(CountryBarrier::Law)
    }

    /// What the footer of a copy may say of why the lead gets it; `subscription`, that of its e-mail.
    pub fn footer_reason(&self, class: Class, subscription: Option<&str>) -> FooterReason {
        if matches!(class, Class::Transactional | Class::Alert) {
            return FooterReason::Occasion;
        }
        let scope = subscription.map_or(Scope::All, |id| Scope::Subscription(id.to_owned()));
        match self.basis(&scope) {
            Basis::DoubleOptIn | Basis::SingleOptIn => FooterReason::Asked,
            Basis::Imported => FooterReason::Noted,
            Basis::Customer | Basis::ImpliedOld => FooterReason::Customer,
            Basis::Unknown => FooterReason::Contact,
        }
    }

    /// On what consent in a scope rests.
    fn basis(&self, scope: &Scope) -> Basis {
        match self.consent(scope) {
            ConsentInEffect::Own(own) => basis(own, self.now),
            ConsentInEffect::Address(_) => Basis::Unknown,
        }
    }

    fn by_law(&self, basis: Basis) -> Result<(), Refusal> {
        self.countries.may_receive(&LeadCountries::of(self.profile), basis)
    }

    /// Where the lead is, as far as that is known.
    pub fn place(&self) -> &'static str {
        place(LeadCountries::of(self.profile).first())
    }
}

/// What a suppression of this kind is to the gate.
fn bound(kind: SuppressionKind) -> Bound {
    match kind {
        SuppressionKind::Withdrawal | SuppressionKind::Erasure => Bound { withdrawn: true, ..Bound::default() },
        SuppressionKind::Complaint => Bound { complained: true, ..Bound::default() },
        SuppressionKind::Bounce => Bound { bounced: true, ..Bound::default() },
    }
}

impl Barrier {
    /// As the gate stores it.
    pub fn reason(&self, scope: &Scope) -> String {
        match self {
            Barrier::Suppressed(one) => format!("{}: {}", Skip::Suppressed.name(), one.kind.name()),
            Barrier::Withdrawn | Barrier::NeverGiven(_) => format!("{}: {scope}", Skip::NoConsent.name()),
            Barrier::Country(country) => format!("{}: {}", Skip::Country.name(), country.rule()),
        }
    }

    /// In English, with what would change it; `consent` is what people call the consent that is meant.
    pub fn words(&self, consent: &str) -> String {
        match self {
            Barrier::Suppressed(Suppression { kind: SuppressionKind::Bounce, .. }) => {
                "mail to the address came back for good".to_owned()
            }
            Barrier::Suppressed(_) | Barrier::Withdrawn => format!("{consent} was withdrawn"),
            Barrier::NeverGiven(country) => format!("{consent} was never given, and {} it is needed", place(*country)),
            Barrier::Country(CountryBarrier::Setting(code)) => {
                format!("the setting `never_write` has the country {code}, so nobody there is written to")
            }
            Barrier::Country(CountryBarrier::Law(refusal)) => of_law(refusal),
        }
    }
}

fn of_law(refusal: &Refusal) -> String {
    let place = place(refusal.country);
    match refusal.row {
        Row::SingleOptIn => format!(
            "{place} an e-mail address must be confirmed (double opt-in), and this one was given on a form without that; let \
             the lead sign up by a form that sends a confirmation"
        ),
        Row::Customer => {
            format!(
                "{place} it is not enough to be a customer; let the lead sign up by a form that sends a confirmation"
            )
        }
        Row::ImpliedOld => format!(
            "{place} the consent of a customer counts for two years, and this one is older; let the lead sign up by a form \
             that sends a confirmation"
        ),
        _ => format!("{place} a rule forbids it ({}): {}", refusal.rule(), refusal.cell.sentence.trim_end_matches('.')),
    }
}

/// Where something is so.
fn place(country: Country) -> &'static str {
    match country {
        Country::De => "in Germany",
        Country::Fr => "in France",
        Country::It => "in Italy",
        Country::Us => "in the United States",
        Country::Ca => "in Canada",
        Country::Uk => "in the United Kingdom",
        Country::Other => "in a country whose rules Attractor does not know",
        Country::Unknown => "without a known country",
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::consent::{Consents, Heard};
    use attractor_engine::message::{Message, Wanted};
    use serde_json::json;

    use super::*;
    use crate::sending::country_rules::testing;
    use crate::sending::testing::profile;
    use crate::settings::defaults;

    const FORM: &str = r#"{"type": "track", "userId": "u", "event": "Subscribed", "properties": {"proof": "a form", "opt_in": "HOW"}}"#;

    fn agreed(how: &str) -> Consents {
        heard(&FORM.replace("HOW", how))
    }

    /// An import says that consent was given elsewhere.
    fn told() -> Consents {
        heard(
            r#"{"type": "track", "userId": "u", "event": "Subscribed", "properties": {"proof": "a fair"}, "context": {"history": true}}"#,
        )
    }

    fn heard(json: &str) -> Consents {
        let mut consents = Consents::default();
        let message = Message::parse(json, &Wanted::Everything).unwrap();
        consents.hear(Heard { message: &message, id: "m", at: Instant(1), by: "key:1" });
        consents
    }

    #[test]
    fn what_the_country_refuses_is_named_with_the_country_and_what_helps() {
        for (country, how, never, reason, words) in [
            ("DE", "single", "", "country: DE:single_opt_in", "in Germany an e-mail address must be confirmed (double"),
            ("DE", "double", "", "", ""),
            ("US", "single", "", "", ""),
            ("US", "", "", "", ""),
            ("US", "", "US", "country: US:never_write", "the setting `never_write` has the country US, so nobody"),
            (
                "CH",
                "double",
                "CH",
                "country: CH:never_write",
                "the setting `never_write` has the country CH, so nobody",
            ),
            ("CH", "", "CH", "no_consent: all", "consent was never given, and in a country whose rules Attractor does"),
            ("FR", "", "", "no_consent: all", "consent was never given, and in France it is needed"),
            ("", "", "", "no_consent: all", "consent was never given, and without a known country it is needed"),
            (
                "AT",
                "customer",
                "",
                "country: other:customer",
                "in a country whose rules Attractor does not know it is not",
            ),
        ] {
            let mut profile = profile(&json!({"country": country}));
            if !how.is_empty() {
                profile.consents = agreed(how);
            }
            let never: Vec<&'static str> = if never.is_empty() { Vec::new() } else { vec![never] };
            let countries = testing::never(&never);
            let blocks = AddressBlocks::default();
            let permission = Permission { profile: &profile, blocks: &blocks, countries: &countries, now: Instant(2) };
            let found = permission.barrier(&Scope::All);
            let shown = found.as_ref().map(|barrier| (barrier.reason(&Scope::All), barrier.words("consent")));
            let (found, said) = shown.unwrap_or_default();
            assert_eq!(found, reason, "{country} {how} {never:?}");
            assert!(said.starts_with(words), "{country} {how} {never:?}: {said}");
        }
    }

    #[test]
    fn a_footer_says_no_more_than_what_the_consent_rests_on() {
        const YEARS: Instant = Instant(3 * 366 * 86_400_000);
        let soon = Instant(2);
        for (how, class, now, expected) in [
            ("double", Class::Marketing, soon, FooterReason::Asked),
            ("single", Class::Answer, soon, FooterReason::Asked),
            ("customer", Class::Marketing, soon, FooterReason::Customer),
            ("customer", Class::Marketing, YEARS, FooterReason::Customer),
            ("history", Class::Marketing, soon, FooterReason::Noted),
            ("", Class::Marketing, soon, FooterReason::Contact),
            ("", Class::Transactional, soon, FooterReason::Occasion),
            ("double", Class::Transactional, soon, FooterReason::Occasion),
        ] {
            let mut profile = profile(&json!({"country": "US"}));
            profile.consents = match how {
                "" => Consents::default(),
                "history" => told(),
                how => agreed(how),
            };
            let (countries, blocks) = (testing::by_default(), AddressBlocks::default());
            let permission = Permission { profile: &profile, blocks: &blocks, countries: &countries, now };
            for subscription in [None, Some("news")] {
                assert_eq!(permission.footer_reason(class, subscription), expected, "{how} {class:?} {subscription:?}");
            }
        }
    }

    #[test]
    fn what_keeps_a_person_from_every_e_mail_comes_first() {
        let receivers = Receivers::of(&Settings { not_leads: vec!["Acme.example".into()], ..defaults().unwrap() });
        for (email, is_unconfirmed, expected) in [
            (None, false, Some(Skip::NoAddress)),
            (Some("eva@acme.example"), true, Some(Skip::Staff)),
            (Some("eva@shop.example"), true, Some(Skip::Unconfirmed)),
            (Some("eva@shop.example"), false, None),
        ] {
            assert_eq!(receivers.obstacle(email, is_unconfirmed), expected, "{email:?}");
        }
    }
}
