//! From what a row says to messages, one file for each kind of row.

pub mod deal;
pub mod event;
pub mod lead;
pub mod optout;
pub mod webinar;

use jiff::Timestamp;
use serde_json::Value;

use crate::facts::Facts;
use crate::message::{Dating, Fields, Message, instant};
use crate::who::Who;

/// What holds for all rows of an import.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The date of what has none.
    pub(crate) as_of: Timestamp,
    /// Nothing that happened is later than this.
    pub(crate) latest: Timestamp,
    /// Where and how the leads agreed to be written to.
    pub(crate) consent: Option<String>,
    /// Lines say what their messages assert, for a store to look whether it is so.
    pub(crate) for_store: bool,
    /// The report says which addresses people have.
    pub(crate) addresses: bool,
    /// Countries in which people are written to who neither agreed nor left, for the report; empty if not known.
    pub(crate) unasked: Vec<String>,
    /// What becomes of each message before it is written.
    pub(crate) finish: Option<fn(&mut Value)>,
}

impl Rules {
    /// Instants in ms since 1970. The error says what is wrong with `as_of`: it lies after `now`, or one of them is no date
    /// of the years up to 9999.
    pub fn new(as_of: i64, now: i64, consent: Option<String>) -> Result<Rules, String> {
        let date = |ms: i64| {
            Timestamp::from_millisecond(ms).map_err(|_| "it is not a date of the years up to 9999".to_owned())
        };
        let (as_of, now) = (date(as_of)?, date(now)?);
        if as_of > now {
            return Err(format!("{} lies in the future; history is what has happened", instant(as_of)));
        }
        Ok(Rules { as_of, latest: now, consent, for_store: false, addresses: false, unasked: Vec::new(), finish: None })
    }

    /// The same, with something done to each message before it is written; its id is made before.
    pub fn finished_by(self, finish: fn(&mut Value)) -> Rules {
        Rules { finish: Some(finish), ..self }
    }

    /// The same; the report also has the addresses of all people, which a long list makes large.
    pub fn with_addresses(self) -> Rules {
        Rules { addresses: true, ..self }
    }

    /// The same; the report names these countries of the setting `consent_unknown`.
    pub fn with_unasked(self, countries: &[String]) -> Rules {
        Rules { unasked: countries.to_vec(), ..self }
    }

    /// The same, for messages that go into a store: a sign before a line says what its message asserts (`Assertion`).
    pub fn for_store(self) -> Rules {
        Rules { for_store: true, ..self }
    }
}

/// The instant of what has no date of its own: the row's last one, else that of the import.
pub fn of_row(facts: &Facts, rules: &Rules) -> (Timestamp, Dating) {
    match facts.last() {
        Some(last) => (last, Dating::OfRow),
        None => (rules.as_of, Dating::OfImport),
    }
}

/// The `identify` that says which names are one lead, and its attributes; `None` where there is nothing to say.
pub fn identify(who: &Who, mut traits: Fields, at: Timestamp, dating: Dating) -> Option<Message> {
    if let Some(email) = &who.email {
        traits.insert("email".to_owned(), email.clone().into());
    }
    (who.has_ties() || !traits.is_empty()).then(|| Message::traits(traits, at, dating))
}
