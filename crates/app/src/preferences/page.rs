//! The preference page as somebody sees it: what is in effect now, and what may be chosen.

use attractor_engine::consent::{Scope, State};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::{Playbook, Subscription, Topic};
use attractor_engine::time::Instant;
use attractor_engine::value::Value;
use attractor_engine::vocabulary::kind;
use attractor_live::Past;
use attractor_live::history::{history, person};
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, ConsentInEffect, of_address};
use attractor_mail::links::{Purpose, Token};
use attractor_store::{Connection, Error, leads};

use super::Recipient;
use super::words::{Language, Words};
use crate::App;
use crate::leads::profiles;
use crate::programs::Programs;
use crate::refusal::Refusal;
use crate::sending::of_country;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferencePage {
    pub language: Language,
    pub address: String,
    /// Subscriptions, or the one of a playbook that declares none.
    pub subscriptions: Vec<Choice>,
    pub topics: Vec<Choice>,
    pub tracking: Choice,
    pub frequency: Frequency,
}

/// Something that is on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is written in forms.
    pub scope: Scope,
    pub name: String,
    pub is_on: bool,
}

/// How often the person wants to be written to, as it chose last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frequency {
    /// A duration, such as `7d`.
    pub every: Option<String>,
    /// Nothing is sent before this instant.
    pub until: Option<Instant>,
}

impl PreferencePage {
    /// The choice of a scope; `None` where the page does not offer it.
    pub fn choice(&self, scope: &Scope) -> Option<&Choice> {
        let all = self.subscriptions.iter().chain(&self.topics).chain([&self.tracking]);
        all.into_iter().find(|choice| choice.scope == *scope)
    }
}

/// What a request for a page says of who asks.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The header `Accept-Language`.
    pub languages: String,
    /// That of the copy from which the page was opened, as the address of the page has it.
    pub copy: Option<Language>,
}

impl Reader {
    /// Who opened a page from a copy in a language, whatever its address says.
    pub(crate) fn of_copy(&self, tag: &str) -> Reader {
        Reader { languages: self.languages.clone(), copy: Language::of_tag(tag).or(self.copy) }
    }
}

/// The page of a link; `None` where the link is not ours, or its person was erased.
pub async fn show(app: &App, token: &str, reader: Reader) -> Result<Option<PreferencePage>, Refusal> {
    let Ok(Token::Preferences { address, lead }) = app.links.token(Purpose::Preferences, token) else {
        return Ok(None);
    };
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let read = move |connection: &mut Connection| {
        connection.snapshot(|connection| match Recipient::find(connection, lead, address)? {
            Some(recipient) => page(connection, &programs, &recipient, &reader, now).map(Some),
            None => Ok(None),
        })
    };
    app.readers.read(read).await.map_err(Refusal::from)
}

/// The page of a person.
pub(crate) fn page(
    connection: &mut Connection,
    programs: &Programs,
    recipient: &Recipient,
    reader: &Reader,
    now: Instant,
) -> Result<PreferencePage, Error> {
    let past = history(connection, &recipient.lead)?;
    let profile = person(&past).profile;
    let blocks = of_address(connection, &recipient.address)?;
    let program = programs.in_force(connection)?;
    let playbook = program.playbook();
    let language = language(&profile, reader, playbook);
    let state = KnownConsent { profile: &profile, blocks: &blocks };
    Ok(PreferencePage {
        language,
        address: recipient.address.clone(),
        subscriptions: state.subscriptions(playbook, language.words()),
        topics: state.topics(playbook),
        tracking: state.choice(Scope::Tracking, language.words().tracking, |state| state == State::Granted),
        frequency: frequency(&past, now),
    })
}

/// That of the copy from which the page was opened, else the lead's language, else the one of its country, else the
/// playbook's, else the browser's, as far as the pages speak it. So a page is in the language of the e-mail before it.
fn language(profile: &Profile, reader: &Reader, playbook: &Playbook) -> Language {
    let own = || {
        let named = ["language", "locale"].iter().filter_map(|name| profile.attribute(name)?.value.as_str());
        named.filter_map(Language::of_tag).next()
    };
    reader
        .copy
        .or_else(own)
        .or_else(|| of_country(profile).and_then(Language::of_tag))
        .or_else(|| Language::of_tag(playbook.language()))
        .or_else(|| Language::of_header(&reader.languages))
        .unwrap_or(Language::English)
}

/// The same by the lead's stored profile; its events are read only where that cannot be read. `lead` is `None` where it is
/// gone.
pub(crate) fn language_of(
    connection: &mut Connection,
    lead: Option<&leads::Lead>,
    reader: &Reader,
    playbook: &Playbook,
) -> Result<Language, Error> {
    let profile = profiles::of(connection, lead)?.into_values().next().unwrap_or_default();
    Ok(language(&profile, reader, playbook))
}

/// What is known of a person's consent.
struct KnownConsent<'a> {
    profile: &'a Profile,
    blocks: &'a AddressBlocks,
}

impl KnownConsent<'_> {
    fn in_effect(&self, scope: &Scope) -> State {
        ConsentInEffect::of(&self.profile.consents, self.blocks, scope).state()
    }

    fn choice(&self, scope: Scope, name: &str, is_on: impl Fn(State) -> bool) -> Choice {
        let is_on = is_on(self.in_effect(&scope));
        Choice { scope, name: name.to_owned(), is_on }
    }

    fn subscriptions(&self, playbook: &Playbook, words: &Words) -> Vec<Choice> {
        let is_granted = |state| state == State::Granted;
        let one = |one: &Subscription| {
            let name = one.name.as_ref().unwrap_or(&one.id);
            self.choice(Scope::Subscription(one.id.clone()), name, is_granted)
        };
        let mut all: Vec<Choice> = playbook.subscriptions.iter().map(one).collect();
        if all.is_empty() {
            all.push(self.choice(Scope::All, words.all, is_granted));
        } else if self.in_effect(&Scope::All) == State::Withdrawn {
            // It can only be given back here: ending all is a button of its own.
            all.push(self.choice(Scope::All, words.other, is_granted));
        }
        all
    }

    fn topics(&self, playbook: &Playbook) -> Vec<Choice> {
        let one = |topic: &Topic| {
            let name = topic.name.as_ref().unwrap_or(&topic.id);
            self.choice(Scope::Topic(topic.id.clone()), name, |state| state != State::Withdrawn)
        };
        playbook.topics.iter().map(one).collect()
    }
}

/// What the person chose last.
fn frequency(past: &[Past], now: Instant) -> Frequency {
    let last = past.iter().rev().find_map(|past| {
        let message = Message::parse(&past.message, &Wanted::Everything).ok()?;
        (message.event_kind() == Some(kind::FREQUENCY_CHOSEN) && !message.machine).then(|| Frequency {
            every: text(&message, "every"),
            until: text(&message, "until").and_then(|until| Instant::parse(&until)).filter(|until| *until > now),
        })
    });
    last.unwrap_or_default()
}

fn text(message: &Message, name: &str) -> Option<String> {
    match message.property(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;
    use serde_json::json;

    use super::*;
    use crate::sending::testing::profile;

    #[test]
    fn a_page_is_in_the_language_of_the_e_mail_before_it() {
        for (copy, attributes, account, browser, expected) in [
            ("en", json!({"language": "de"}), "fr", "it", Language::English),
            ("es", json!({"language": "de"}), "fr", "it", Language::German),
            ("", json!({"language": "es", "locale": "it-CH"}), "fr", "de", Language::Italian),
            ("", json!({"country": "AT"}), "fr", "it", Language::German),
            ("", json!({}), "fr", "it", Language::French),
            ("", json!({}), "es", "it, de;q=0.5", Language::Italian),
            ("", json!({}), "es", "pt", Language::English),
        ] {
            let playbook = read(&format!("playbook: shop\nlanguage: {account}\n")).playbook.unwrap();
            let reader = Reader { languages: browser.to_owned(), copy: None }.of_copy(copy);
            let found = language(&profile(&attributes), &reader, &playbook);
            assert_eq!(found, expected, "{copy} {attributes} {account} {browser}");
        }
    }
}
