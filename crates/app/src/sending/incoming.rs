//! What comes back to the return path of a copy, and what it means for the copy's lead (contract §2, What 22–23). The mail
//! itself is not stored.

use std::collections::BTreeSet;

use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Fills, Lane, Taken};
pub use attractor_mail::inbound::session::{ReceivedMail, Session, Step, Stored};
use attractor_mail::inbound::{Back, Fact, Kind, read};
use attractor_mail::links::{CopyId, Purpose, Token};
use attractor_mail::reputation::Counts;
use attractor_store::{Connection, Error};
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::broadcasts;
use crate::App;
use crate::clicks::copy::FoundCopy;
use crate::clicks::messages::{ORIGIN, tie};
use crate::lane::Stop;
use crate::leads::key::LeadKey;
use crate::links::copy_tag;

/// A return date later than this is a mistake, or a joke.
const LONGEST_ABSENCE: Duration = Duration(400 * Duration::DAY.0);

/// What a mail says of the lead of the copy to whose return path it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    Bounced {
        permanent: bool,
    },
    /// With the first day on which somebody reads again, if the mail names it.
    AutoReplied {
        until: Option<Date>,
    },
    Replied,
    /// Of everything.
    Unsubscribed,
    MarkedAsSpam,
}

impl Event {
    /// What a fact says; nothing, if it is about us or about the mail, or if all is well.
    fn of(fact: &Fact) -> Option<Event> {
        Some(match fact.kind {
            Kind::Hard => Event::Bounced { permanent: true },
            Kind::Soft | Kind::Full => Event::Bounced { permanent: false },
            Kind::AutoReply => Event::AutoReplied { until: fact.back.and_then(first_day_back) },
            Kind::Reply => Event::Replied,
            Kind::Stop => Event::Unsubscribed,
            Kind::Complaint => Event::MarkedAsSpam,
            Kind::Blocked | Kind::Policy | Kind::Challenge | Kind::Delivered | Kind::Report => return None,
        })
    }

    fn kind(self) -> &'static str {
        match self {
            Event::Bounced { .. } => kind::EMAIL_BOUNCED,
            Event::AutoReplied { .. } => kind::EMAIL_AUTO_REPLIED,
            Event::Replied => kind::EMAIL_REPLIED,
            Event::Unsubscribed => kind::UNSUBSCRIBED,
            Event::MarkedAsSpam => kind::EMAIL_MARKED_AS_SPAM,
        }
    }

    /// The id of its message: a mail that comes twice counts once. A copy bounces for good once, whether a server refused it or
    /// reported it later; a delay before must not hide that. Whatever else a person does may be done again later, and
    /// counts again.
    fn id(self, send_id: &str, mail: &str) -> String {
        match self {
            Event::Bounced { permanent: true } => format!("mail:bounced:{send_id}"),
            Event::Bounced { permanent: false } => format!("mail:delayed:{send_id}"),
            Event::AutoReplied { .. } => format!("mail:auto_replied:{send_id}:{mail}"),
            Event::Replied => format!("mail:replied:{send_id}:{mail}"),
            Event::Unsubscribed => format!("mail:unsubscribed:{send_id}:{mail}"),
            Event::MarkedAsSpam => format!("mail:spam:{send_id}:{mail}"),
        }
    }
}

fn first_day_back(back: Back) -> Option<Date> {
    if back.is_away_that_day { back.day.tomorrow().ok() } else { Some(back.day) }
}

/// What a mail says, whoever it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    events: Vec<Event>,
    /// Tells mails apart.
    mail: String,
}

impl Meaning {
    /// Reads a mail, which may take a moment: call it on a thread that may wait.
    pub fn of(mail: &ReceivedMail) -> Meaning {
        // The readers find the envelope's sender there (RFC 5321, 4.4).
        let raw = [format!("Return-Path: <{}>\r\n", mail.sender).as_bytes(), &mail.raw].concat();
        let inbound = read(&raw);
        for fact in &inbound.facts {
            tracing::debug!(kind = ?fact.kind, reason = ?fact.reason, "a mail came back");
        }
        let mut events: BTreeSet<Event> = inbound.facts.iter().filter_map(Event::of).collect();
        if events.contains(&Event::Bounced { permanent: true }) {
            events.remove(&Event::Bounced { permanent: false });
        }
        let hash = Sha256::digest(&mail.raw);
        let mail = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Meaning { events: events.into_iter().collect(), mail }
    }

    /// What it says of how good the sender's list is.
    fn counts(&self) -> Counts {
        let has = |event: Event| u64::from(self.events.contains(&event));
        let hard_bounces = has(Event::Bounced { permanent: true });
        Counts { sent: 0, hard_bounces, complaints: has(Event::MarkedAsSpam) }
    }

    /// The messages for the lead of a copy.
    fn messages(&self, copy: &FoundCopy, key: &LeadKey, at: Instant) -> Vec<Arrived> {
        let message = |event: &Event| {
            // The address to which the copy went is the one that a bounce or a withdrawal binds.
            let mut properties = json!({"email_id": copy.frozen.email, "send_id": copy.send_id, "email": copy.address});
            match event {
                Event::Bounced { permanent } => properties["permanent"] = (*permanent).into(),
                Event::AutoReplied { until: Some(day) } if is_near(*day, at) => {
                    properties["until"] = day.to_string().into();
                }
                _ => {}
            }
            let message = json!({
                "type": "track", "event": event.kind(), key.field: key.text, "properties": properties,
                "messageId": event.id(&copy.send_id, &self.mail), "timestamp": at.to_string()
            });
            Arrived { json: message.to_string(), received_at: at, origin: ORIGIN.to_owned(), fills: Fills::All }
        };
        self.events.iter().map(message).collect()
    }
}

fn is_near(day: Date, at: Instant) -> bool {
    Instant::parse(&day.to_string()).is_some_and(|day| day <= at + LONGEST_ABSENCE)
}

/// The copy whose return path an address is; `None` where it is not one of ours.
pub fn copy_of(app: &App, recipient: &str) -> Option<CopyId> {
    let (local, domain) = recipient.rsplit_once('@')?;
    if app.settings.bounce_domain.is_empty() || !domain.eq_ignore_ascii_case(&app.settings.bounce_domain) {
        return None;
    }
    match app.links.token(Purpose::ReturnPath, local) {
        Ok(Token::ReturnPath { copy }) => Some(copy),
        _ => None,
    }
}

/// Stores what a mail means for each of its recipients, in their order. It returns after the commit.
pub async fn receive(app: &App, recipients: &[String], meaning: Meaning) -> Vec<Stored> {
    let mut stored = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        let Some(copy) = copy_of(app, recipient) else {
            stored.push(Stored::Yes);
            continue;
        };
        let (now, meaning) = (app.clock.now(), meaning.clone());
        let done = app.lane.run(move |lane| store(lane, copy, &meaning, now)).await;
        stored.push(match done.map_err(Stop::from).and_then(|done| done.map_err(Stop::from)) {
            Ok(()) => Stored::Yes,
            Err(Stop::Stopped) => Stored::Later,
            Err(Stop::Later(why)) => later(&why),
        });
    }
    stored
}

fn later(why: &str) -> Stored {
    tracing::warn!(why, "what a mail means cannot be stored at present; its server is asked to try again");
    Stored::Later
}

/// Nothing is stored for a copy or a lead that was erased.
fn store(lane: &mut Lane, copy: CopyId, meaning: &Meaning, now: Instant) -> Result<(), Error> {
    let messages = lane.write(|connection| of_copy(connection, copy, meaning, now))?;
    let Some(at) = messages.first().map(|message| message.received_at) else { return Ok(()) };
    let mut is_new = false;
    for taken in lane.take(&messages, at)? {
        is_new |= matches!(taken, Taken::New { .. });
        if let Taken::Refused(why) = taken {
            tracing::error!(why, "an event of a mail that came back was refused");
        }
    }
    if !is_new {
        return Ok(());
    }
    lane.write(|connection| broadcasts::stop::came_back(connection, copy_tag(copy), meaning.counts(), now))
}

/// The messages, at an instant that is not before the lead's last input.
fn of_copy(connection: &mut Connection, copy: CopyId, meaning: &Meaning, now: Instant) -> Result<Vec<Arrived>, Error> {
    if meaning.events.is_empty() {
        return Ok(Vec::new());
    }
    let Some(found) = FoundCopy::find(connection, copy_tag(copy))? else { return Ok(Vec::new()) };
    let Some(lead) = found.lead(connection)? else { return Ok(Vec::new()) };
    let key = LeadKey::of(connection, &lead)?;
    let at = now.max(Instant(lead.at));
    let messages = meaning.messages(&found, &key, at);
    Ok(tie(&key, at, at).into_iter().chain(messages).collect())
}

#[cfg(test)]
mod tests;
