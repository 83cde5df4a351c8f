//! Declared attractors (contract §6, Tracking 4): a link to a page of ours that repeats the offer with one button. Pressing
//! it is the person's own act, so that it works for people who are not measured; it can be taken back on the same page.

use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::history::history;
use attractor_live::{Arrived, Fills, Lane};
use attractor_mail::frozen::FrozenLink;
use attractor_mail::links::{CopyId, Purpose, Token};
use attractor_store::moves::MoveReason;
use attractor_store::{Connection, Error, leads};
use serde_json::{Value, json};

use super::page::{Reader, language_of};
use super::words::Language;
use super::{stamped_as, tie};
use crate::App;
use crate::clicks::copy::FoundCopy;
use crate::leads::key::LeadKey;
use crate::links::copy_tag;
use crate::programs::Programs;
use crate::refusal::Refusal;

/// What the page of an offer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferPage {
    pub language: Language,
    /// What people call the topic.
    pub topic: String,
    /// Where the author's link leads.
    pub url: String,
    /// Whether the person has chosen it.
    pub is_chosen: bool,
}

/// What a link leads to that may be an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// The link is not one of an offer.
    NotOurs,
    /// The e-mail is not kept any more.
    Gone,
    Page(OfferPage),
}

/// What somebody does on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferAct {
    Choose,
    TakeBack,
}

impl OfferAct {
    /// The field that the page's button sends.
    pub const FIELD: &str = "offer";

    pub fn name(self) -> &'static str {
        match self {
            OfferAct::Choose => "choose",
            OfferAct::TakeBack => "take_back",
        }
    }

    pub fn read(fields: &[(String, String)]) -> Option<OfferAct> {
        let value = fields.iter().find(|(name, _)| name == OfferAct::FIELD).map(|(_, value)| value.as_str())?;
        [OfferAct::Choose, OfferAct::TakeBack].into_iter().find(|act| act.name() == value)
    }
}

/// The offer of a link, as it is kept with its copy.
struct Found {
    copy: FoundCopy,
    link: FrozenLink,
    topic: String,
    lead: leads::Lead,
    /// What the ids of messages about it begin with.
    prefix: String,
}

impl Found {
    fn find(connection: &mut Connection, copy: CopyId, position: u16) -> Result<Option<Found>, Error> {
        let Some(copy) = FoundCopy::find(connection, copy_tag(copy))? else { return Ok(None) };
        let Some(link) = copy.link(position).cloned() else { return Ok(None) };
        let (Some(topic), Some(lead)) = (link.topic.clone(), copy.lead(connection)?) else { return Ok(None) };
        let (of, tag) = copy.tag;
        let prefix = format!("offer:{of}.{:x}.{position}:", tag as u64);
        Ok(Some(Found { copy, link, topic, lead, prefix }))
    }

    /// The ids of what came by this offer and was not taken back.
    fn chosen(&self, connection: &mut Connection) -> Result<Vec<String>, Error> {
        let past = history(connection, &self.lead)?;
        Ok(past.into_iter().map(|past| past.id).filter(|id| id.starts_with(&self.prefix)).collect())
    }

    fn page(&self, connection: &mut Connection, programs: &Programs, reader: &Reader) -> Result<OfferPage, Error> {
        let program = programs.in_force(connection)?;
        let playbook = program.playbook();
        let declared = playbook.topics.iter().find(|topic| topic.id == self.topic);
        let name = declared.and_then(|topic| topic.name.clone()).unwrap_or_else(|| self.topic.clone());
        let reader = reader.of_copy(&self.copy.frozen.language);
        let language = language_of(connection, Some(&self.lead), &reader, playbook)?;
        let is_chosen = !self.chosen(connection)?.is_empty();
        Ok(OfferPage { language, topic: name, url: self.link.url.clone(), is_chosen })
    }

    fn choose(&self, lane: &mut Lane, now: Instant) -> Result<(), Error> {
        let at = now.max(Instant(self.lead.at));
        let messages = lane.write(|connection| {
            let key = LeadKey::of(connection, &self.lead)?;
            let properties = json!({
                "topic": self.topic, "email_id": self.copy.frozen.email, "send_id": self.copy.send_id
            });
            let event =
                json!({"type": "track", key.field: key.text, "event": kind::TOPIC_CHOSEN, "properties": properties});
            let sets = json!({"type": "identify", key.field: key.text, "traits": self.link.sets});
            let own = [Some(event), Some(sets).filter(|_| !self.link.sets.is_empty())];
            let own = own.into_iter().flatten().map(|message| self.named(message, at));
            Ok(tie(&key, at).into_iter().chain(own).collect::<Vec<_>>())
        })?;
        lane.deed(at, |deed| deed.take_all(&messages)).map(drop)
    }

    /// A message whose id says that it is of this offer.
    fn named(&self, message: Value, at: Instant) -> Arrived {
        stamped_as(format!("{}{}", self.prefix, crate::intake::new_id(at)), message, at, Fills::All)
    }
}

/// What the ids of all messages of one offer begin with, by the id of one of them.
pub fn offer_of(id: &str) -> Option<&str> {
    let (offer, _) = id.rsplit_once(':')?;
    offer.starts_with("offer:").then_some(offer)
}

fn read(app: &App, token: &str) -> Option<(u16, CopyId)> {
    match app.links.token(Purpose::Attractor, token) {
        Ok(Token::Attractor { link, copy }) => Some((link, copy)),
        _ => None,
    }
}

/// The page of an offer; it changes nothing.
pub async fn show(app: &App, token: &str, reader: Reader) -> Result<Offer, Refusal> {
    let Some((link, copy)) = read(app, token) else { return Ok(Offer::NotOurs) };
    let programs = app.programs.clone();
    let look = move |connection: &mut Connection| {
        connection.snapshot(|connection| match Found::find(connection, copy, link)? {
            Some(found) => found.page(connection, &programs, &reader).map(Offer::Page),
            None => Ok(Offer::Gone),
        })
    };
    app.readers.read(look).await.map_err(Refusal::from)
}

/// Chooses what is offered, or takes that back; the page as it is then.
pub async fn act(app: &App, token: &str, act: OfferAct, reader: Reader) -> Result<Offer, Refusal> {
    let Some((link, copy)) = read(app, token) else { return Ok(Offer::NotOurs) };
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let done = app.lane.run(move |lane| {
        let Some(found) = lane.write(|connection| Found::find(connection, copy, link))? else { return Ok(Offer::Gone) };
        let chosen = lane.write(|connection| found.chosen(connection))?;
        match act {
            OfferAct::Choose if chosen.is_empty() => found.choose(lane, now)?,
            OfferAct::Choose => {}
            OfferAct::TakeBack => lane.deed(now, |deed| {
                chosen.iter().try_for_each(|id| deed.withdraw(found.lead.id, id, Some(MoveReason::Undo)).map(drop))
            })?,
        }
        lane.write(|connection| found.page(connection, &programs, &reader).map(Offer::Page))
    });
    Ok(done.await??)
}
