//! What somebody changes on the preference page. Only differences from what the page showed count, so that a page which was
//! left open never gives back what was withdrawn since.

use std::collections::BTreeSet;

use attractor_engine::consent::Scope;
use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use attractor_mail::links::{Purpose, Token};
use attractor_store::Error;
use serde_json::{Map, Value};

use super::page::{PreferencePage, Reader, page};
use super::words::Words;
use super::{OwnAct, Recipient, messages};
use crate::App;
use crate::hand::forgetting::of_lead;
use crate::refusal::Refusal;

/// What the form sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreferenceForm {
    /// It comes from the page: a request without this field changes nothing.
    is_meant: bool,
    /// What is on now, and what was when the page was shown.
    on: BTreeSet<Scope>,
    was: BTreeSet<Scope>,
    /// What the page showed.
    shown: BTreeSet<Scope>,
    every: String,
    pause: String,
    ends_all: bool,
    /// What was measured is to be forgotten.
    forgets: bool,
}

/// The value of the field `pause` that ends a pause.
pub const END_OF_PAUSE: &str = "end";

/// The field without which nothing is changed.
pub const MEANT: (&str, &str) = ("from", "preferences");

impl PreferenceForm {
    /// Reads the fields of a form; what it does not know is passed over.
    pub fn read(fields: &[(String, String)]) -> PreferenceForm {
        let mut form = PreferenceForm::default();
        for (name, value) in fields {
            let scope = value.parse::<Scope>().ok();
            match name.as_str() {
                "on" => form.on.extend(scope),
                "was" => form.was.extend(scope),
                "shown" => form.shown.extend(scope),
                "every" => form.every.clone_from(value),
                "pause" => form.pause.clone_from(value),
                "end" => form.ends_all |= value == "all",
                "forget" => form.forgets |= value == "measured",
                name => form.is_meant |= (name, value.as_str()) == MEANT,
            }
        }
        form
    }

    /// What the person did, with the words that it read as proof of what it agreed to.
    fn acts(&self, shown: &PreferencePage, place: &str, now: Instant) -> Vec<OwnAct> {
        if self.ends_all {
            return vec![OwnAct::withdrawal(&Scope::All, &shown.address)];
        }
        let words = shown.language.words();
        let changed = self.shown.iter().filter(|scope| self.on.contains(scope) != self.was.contains(scope));
        let consents = changed.filter_map(|scope| {
            let choice = shown.choice(scope)?;
            Some(match self.on.contains(scope) {
                true => OwnAct::grant(scope, proof(&choice.name, words, shown, place, now)),
                false => OwnAct::withdrawal(scope, &shown.address),
            })
        });
        let acts = consents.chain(self.frequency(words, now));
        // Whoever wants to be forgotten may have taken something back on the same page; nothing is granted by that button.
        acts.filter(|act| !self.forgets || act.is_withdrawal()).collect()
    }

    fn frequency(&self, words: &Words, now: Instant) -> Option<OwnAct> {
        let offered = |all: &[(&str, &str)], value: &str| !value.is_empty() && all.iter().any(|(one, _)| *one == value);
        let (name, value) = match () {
            () if self.pause == END_OF_PAUSE => ("until", now.to_string()),
            () if offered(&words.pauses, &self.pause) => {
                let until = now + Duration::parse(&self.pause)?;
                ("until", until.to_string())
            }
            () if offered(&words.intervals, &self.every) => ("every", self.every.clone()),
            () => return None,
        };
        let properties = Map::from_iter([(name.to_owned(), Value::from(value))]);
        Some(OwnAct { event: kind::FREQUENCY_CHOSEN, properties })
    }
}

/// When, where and to what text somebody agreed.
fn proof(name: &str, words: &Words, shown: &PreferencePage, place: &str, now: Instant) -> String {
    let language = shown.language.tag();
    format!("{place}, {now}, {language}: \u{201c}{name}\u{201d}, \u{201c}{}\u{201d}", words.save)
}

/// Does what somebody chose; the page as it is then, and whether anything was changed. `None` where the link is not ours, or
/// its person was erased.
pub async fn change(
    app: &App,
    token: &str,
    form: PreferenceForm,
    reader: Reader,
) -> Result<Option<(PreferencePage, bool)>, Refusal> {
    let Ok(Token::Preferences { address, lead }) = app.links.token(Purpose::Preferences, token) else {
        return Ok(None);
    };
    let (now, place) = (app.clock.now(), format!("{}/p", app.settings.public_url));
    let programs = app.programs.clone();
    let done = app.lane.run(move |lane| {
        let found = lane.write(|connection| {
            let Some(recipient) = Recipient::find(connection, lead, address)? else { return Ok(None) };
            let shown = page(connection, &programs, &recipient, &reader, now)?;
            let acts = if form.is_meant { form.acts(&shown, &place, now) } else { Vec::new() };
            let messages = if acts.is_empty() { Vec::new() } else { messages(connection, &recipient.lead, acts, now)? };
            Ok(Some((recipient, shown, messages)))
        })?;
        let Some((recipient, shown, messages)) = found else { return Ok(None) };
        let forgotten = match form.is_meant && form.forgets && !form.ends_all {
            true => lane.deed(now, |deed| of_lead(deed, recipient.lead.id))?,
            false => 0,
        };
        let at = messages.first().map(|message| message.received_at);
        match at {
            Some(at) => drop(lane.deed(at, |deed| deed.take_all(&messages))?),
            None if forgotten == 0 => return Ok(Some((shown, false))),
            None => {}
        }
        let after = lane.write(|connection| {
            let recipient = Recipient::find(connection, lead, address)?.unwrap_or(recipient);
            page(connection, &programs, &recipient, &reader, now)
        })?;
        Ok::<_, Error>(Some((after, true)))
    });
    Ok(done.await??)
}

#[cfg(test)]
mod tests {
    use super::super::page::{Choice, Frequency};
    use super::super::words::Language;
    use super::*;

    fn shown() -> PreferencePage {
        let choice = |scope: &str, is_on| Choice { scope: scope.parse().expect("a scope"), name: scope.into(), is_on };
        PreferencePage {
            language: Language::English,
            address: "ada@x.example".into(),
            subscriptions: vec![choice("subscription:news", true), choice("subscription:offers", false)],
            topics: vec![choice("topic:shirts", true)],
            tracking: choice("tracking", false),
            frequency: Frequency::default(),
        }
    }

    /// What a form comes to, as `event properties`.
    fn acts(fields: &str) -> Vec<String> {
        let fields: Vec<(String, String)> = fields
            .split_whitespace()
            .filter_map(|field| field.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let acts = PreferenceForm::read(&fields).acts(&shown(), "https://a.example/p", Instant(86_400_000));
        acts.into_iter().map(|act| format!("{} {}", act.event, Value::from(act.properties)).replace('"', "")).collect()
    }

    #[test]
    fn only_what_differs_from_the_page_is_done() {
        let news = "shown=subscription:news";
        let proof = |name: &str| {
            format!(
                "proof:https://a.example/p, 1970-01-02T00:00:00.000Z, en: \u{201c}{name}\u{201d}, \u{201c}Save\u{201d}"
            )
        };
        for (form, expected) in [
            (String::new(), vec![]),
            (format!("{news} on=subscription:news was=subscription:news every= pause="), vec![]),
            (
                format!("{news} was=subscription:news"),
                vec!["Unsubscribed {subscription:news,email:ada@x.example}".to_owned()],
            ),
            (
                "shown=subscription:offers on=subscription:offers".into(),
                vec![format!("Subscribed {{subscription:offers,{}}}", proof("subscription:offers"))],
            ),
            (
                "shown=topic:shirts was=topic:shirts".into(),
                vec!["Unsubscribed {topic:shirts,email:ada@x.example}".to_owned()],
            ),
            ("shown=tracking on=tracking".into(), vec![format!("Tracking Allowed {{{}}}", proof("tracking"))]),
            ("shown=tracking was=tracking".into(), vec!["Tracking Declined {email:ada@x.example}".to_owned()]),
            // What the playbook does not declare, and what was not shown.
            ("shown=subscription:other on=subscription:other shown=all on=all".into(), vec![]),
            ("on=subscription:offers".into(), vec![]),
            ("every=7d".into(), vec!["Frequency Chosen {every:7d}".to_owned()]),
            ("every=7d pause=30d".into(), vec!["Frequency Chosen {until:1970-02-01T00:00:00.000Z}".to_owned()]),
            ("every=1s pause=forever".into(), vec![]),
            ("every=7d pause=end".into(), vec!["Frequency Chosen {until:1970-01-02T00:00:00.000Z}".to_owned()]),
            // What was taken back on the same page stays taken back, and nothing is granted.
            (
                "forget=measured every=7d shown=tracking was=tracking shown=subscription:offers on=subscription:offers"
                    .into(),
                vec!["Tracking Declined {email:ada@x.example}".to_owned()],
            ),
            (
                "end=all shown=subscription:offers on=subscription:offers".into(),
                vec!["Unsubscribed {email:ada@x.example}".to_owned()],
            ),
        ] {
            assert_eq!(acts(&form), expected, "{form}");
        }
    }

    #[test]
    fn a_form_that_does_not_come_from_the_page_is_not_meant() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert!(!PreferenceForm::read(&[field("end", "all")]).is_meant);
        assert!(PreferenceForm::read(&[field("end", "all"), field("from", "preferences")]).is_meant);
    }
}
