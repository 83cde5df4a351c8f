//! What comes back about copies: mails to return addresses and in a folder, and events that providers report. It becomes
//! events of the copies' leads (contract §2, What 22–23), and counts for our reputation. Mails themselves are not stored;
//! a person's reply is forwarded to the team.

pub mod aside;
pub mod failed;
pub mod folder;
mod gone;
pub mod provider;
mod search;
pub mod unmatched;
pub mod webhook_keys;

use std::collections::BTreeSet;

use attractor_engine::address::canonical;
use attractor_engine::consent::Scope;
use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Deed, Fills, Lane, Taken};
pub use attractor_mail::inbound::session::{ReceivedMail, Session, Step, Stored};
use attractor_mail::inbound::{Back, Fact, Inbound, Kind, Original, read};
use attractor_mail::links::CopyId;
use attractor_mail::reputation::{Counts, Share, Thresholds};
use attractor_store::{BroadcastId, Connection, Error, IdentityKind, events, identities, leads};
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::broadcasts::stop::{broadcast_in, count_all};
use super::reputation;
use super::return_address::UNSUBSCRIBE;
use crate::App;
use crate::clicks::copy::FoundCopy;
use crate::clicks::messages::{ORIGIN, tie};
use crate::lane::Stop;
use crate::leads::key::LeadKey;
use crate::links::Links;
use crate::preferences::is_withdrawn;
use crate::secrets::hex;
use crate::settings::Settings;
use crate::team::replies::{Forwarding, Reply, forward};
use search::{Clues, Naming};

/// A return date later than this is a mistake, or a joke.
const LONGEST_ABSENCE: Duration = Duration(400 * Duration::DAY.0);
/// As many of these are stored of one copy. A conversation about one e-mail is shorter, and so is a year of absences.
const MOST_REPLIES: i64 = 20;
const MOST_AUTO_REPLIES: i64 = 10;
const MOST_WITHDRAWALS: i64 = 5;
/// What the domain of return addresses takes beside them (RFC 5321, 4.5.1; RFC 2142).
const SERVICE: [&str; 2] = ["postmaster", "abuse"];

/// What came back says of the lead of the copy that it is about.
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
    /// Of what the copy's own link ends.
    Left,
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
            Event::Unsubscribed | Event::Left => kind::UNSUBSCRIBED,
            Event::MarkedAsSpam => kind::EMAIL_MARKED_AS_SPAM,
        }
    }

    /// The id of its message: what comes twice counts once. A copy bounces for good once, whether a server refused it, a
    /// mail reported it or a provider; a delay before must not hide that. It is a complaint once, by whichever way it comes. Whatever else a person does may be done again
    /// later, and counts again.
    fn id(self, send_id: &str, source: &str) -> String {
        match self {
            Event::Bounced { permanent: true } => format!("mail:bounced:{send_id}"),
            Event::Bounced { permanent: false } => format!("mail:delayed:{send_id}"),
            Event::AutoReplied { .. } => format!("mail:auto_replied:{send_id}:{source}"),
            Event::Replied => format!("mail:replied:{send_id}:{source}"),
            Event::Unsubscribed | Event::Left => format!("mail:unsubscribed:{send_id}:{source}"),
            Event::MarkedAsSpam => format!("mail:spam:{send_id}"),
        }
    }

    /// What the ids of such events of a copy begin with, and how many are kept; `None` where one is all that there can be.
    fn bound(self, send_id: &str) -> Option<(String, i64)> {
        match self {
            Event::AutoReplied { .. } => Some((format!("mail:auto_replied:{send_id}:"), MOST_AUTO_REPLIES)),
            Event::Replied => Some((format!("mail:replied:{send_id}:"), MOST_REPLIES)),
            Event::Unsubscribed | Event::Left => Some((format!("mail:unsubscribed:{send_id}:"), MOST_WITHDRAWALS)),
            Event::Bounced { .. } | Event::MarkedAsSpam => None,
        }
    }

    /// Whether it counts where the copy is named so. The id of a copy is in every mail of its conversation; that a person
    /// says something, or that an address fails, is believed only with the address itself.
    fn counts(self, naming: Naming) -> bool {
        naming == Naming::Certain || matches!(self, Event::MarkedAsSpam | Event::AutoReplied { .. })
    }

    /// What it counts for our reputation.
    fn reputation(self) -> Option<Counts> {
        match self {
            Event::Bounced { permanent: true } => Some(Counts { hard_bounces: 1, ..Counts::default() }),
            Event::MarkedAsSpam => Some(Counts { complaints: 1, ..Counts::default() }),
            _ => None,
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
    original: Original,
    /// Addresses to which the mail of ours may have gone.
    people: Vec<String>,
    /// Who wrote it, as it says itself.
    from: String,
    /// The addresses that the mail itself names as its recipients.
    to: Vec<String>,
    /// What somebody wrote, where it is a reply.
    reply: Option<Reply>,
    /// The addresses in canonical form that fail for good; empty where the mail does not say which.
    failed: Vec<String>,
}

impl Meaning {
    /// Reads a mail, which may take a moment: call it on a thread that may wait.
    pub fn of(mail: &ReceivedMail) -> Meaning {
        // The readers find the envelope's sender there (RFC 5321, 4.4).
        let raw = [format!("Return-Path: <{}>\r\n", mail.sender).as_bytes(), &mail.raw].concat();
        Meaning::of_text(&raw)
    }

    /// The same of a mail that has its `Return-Path`, if there is one.
    fn of_text(raw: &[u8]) -> Meaning {
        let inbound = read(raw);
        let reply = Reply::of(&inbound);
        let Inbound { facts, from, to, original, .. } = inbound;
        for fact in &facts {
            tracing::debug!(kind = ?fact.kind, reason = ?fact.reason, "a mail came back");
        }
        let mut events: BTreeSet<Event> = facts.iter().filter_map(Event::of).collect();
        if events.contains(&Event::Bounced { permanent: true }) {
            events.remove(&Event::Bounced { permanent: false });
        }
        let failed = failed(&facts);
        let people = facts.into_iter().filter_map(|fact| fact.recipient).chain([from.clone()]);
        let events: Vec<Event> = events.into_iter().collect();
        let reply = reply.filter(|_| events.contains(&Event::Replied));
        Meaning { events, mail: short_hash(raw), original, people: people.collect(), from, to, reply, failed }
    }

    /// What it says to a mailbox of ours.
    fn to_mailbox(&self, links: &Links, mailbox: OwnMailbox) -> Returned {
        let (clues, events) = match mailbox {
            OwnMailbox::ReturnPath(copy) => (Clues::of_return_path(copy), self.events.clone()),
            OwnMailbox::Unsubscribe(copy) => (Clues::of_return_path(copy), vec![Event::Left]),
            OwnMailbox::Service => (self.clues(links), self.events.clone()),
        };
        let reply = self.reply.clone().filter(|_| events.contains(&Event::Replied));
        let (by, from) = ("mail", self.from.clone());
        Returned { clues, events, source: self.mail.clone(), by, from, reply, failed: self.failed.clone() }
    }

    fn clues(&self, links: &Links) -> Clues {
        Clues::of_mail(links, &self.original, &self.people.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The addresses that fail for good, where each of these facts says which.
fn failed(facts: &[Fact]) -> Vec<String> {
    let hard = facts.iter().filter(|fact| fact.kind == Kind::Hard);
    let named = hard.map(|fact| fact.recipient.as_deref().and_then(canonical));
    named.collect::<Option<Vec<String>>>().unwrap_or_default()
}

/// A text that tells contents apart.
fn short_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..12])
}

/// A mailbox at the domain of return addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnMailbox {
    /// The return address of a copy.
    ReturnPath(CopyId),
    /// Whatever comes there unsubscribes from what the copy's link names.
    Unsubscribe(CopyId),
    /// For servers and people with a complaint about this domain; what they send says itself which copy it is about.
    Service,
}

/// The mailbox of ours that an address is; `None` where it is not one.
pub fn mailbox_of(app: &App, recipient: &str) -> Option<OwnMailbox> {
    // RFC 5321 (4.5.1): this one is named without a domain, too.
    let domain = &app.settings.bounce_domain;
    let (local, at) = recipient.rsplit_once('@').unwrap_or((recipient, domain));
    let local = local.to_ascii_lowercase();
    if domain.is_empty() || !at.eq_ignore_ascii_case(domain) {
        return None;
    }
    if SERVICE.contains(&local.as_str()) {
        return Some(OwnMailbox::Service);
    }
    match local.strip_prefix(UNSUBSCRIBE) {
        Some(token) => search::copy_in(&app.links, token).map(OwnMailbox::Unsubscribe),
        None => search::copy_in(&app.links, &local).map(OwnMailbox::ReturnPath),
    }
}

/// Stores what a mail means for each of its recipients, in their order. It returns after the commit.
pub async fn receive(app: &App, recipients: &[String], meaning: Meaning) -> Vec<Stored> {
    let mut stored = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        let Some(mailbox) = mailbox_of(app, recipient) else {
            stored.push(Stored::Yes);
            continue;
        };
        let returned = meaning.to_mailbox(&app.links, mailbox);
        stored.push(match commit(app, vec![returned]).await {
            Ok(_) => Stored::Yes,
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

/// Something that came back, with what tells which copy it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Returned {
    clues: Clues,
    events: Vec<Event>,
    /// Tells what came apart from all else that comes.
    source: String,
    /// `mail`, or the provider that reported it.
    by: &'static str,
    /// The address of its sender, as it says itself; empty where it says none.
    from: String,
    reply: Option<Reply>,
    /// As in [`Meaning`].
    failed: Vec<String>,
}

/// What became of things that came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Events that are stored now, or were already.
    pub stored: usize,
    /// Things whose copy is not known, or was erased.
    pub unknown: usize,
}

async fn commit(app: &App, returned: Vec<Returned>) -> Result<Outcome, Stop> {
    Ok(app.lane.run(storing(app, returned)).await??)
}

/// What the lane does to store what came back.
fn storing(app: &App, returned: Vec<Returned>) -> impl FnOnce(&mut Lane) -> Result<Outcome, Error> + Send + 'static {
    let (now, limits, installation) = (app.clock.now(), thresholds(&app.settings), app.secrets.id());
    let forwarding = Forwarding {
        email: app.settings.sender_email.clone(),
        bounce_domain: app.settings.bounce_domain.clone(),
        now: app.machine.now(),
    };
    move |lane| {
        lane.deed(now, |deed| {
            let (outcome, unknown) = store(deed, &returned, limits, &forwarding)?;
            unmatched::keep(deed, &unknown, &installation, forwarding.now)?;
            Ok(outcome)
        })
    }
}

/// When sending stops, by the settings.
pub(super) fn thresholds(settings: &Settings) -> Thresholds {
    Thresholds {
        hard_bounces: Share(settings.stop_bounces.0),
        complaints: Share(settings.stop_complaints.0),
        ..Thresholds::default()
    }
}

/// A message, with what it counts for the copies that left at an instant.
struct Message<'r> {
    arrived: Arrived,
    /// To be forwarded, of this lead to this e-mail.
    reply: Option<(&'r Reply, leads::Lead, String)>,
    /// Otherwise it only ties a key to its lead.
    is_event: bool,
    counts: Option<((Instant, Counts), Option<BroadcastId>)>,
}

/// Stores what came back, and counts it. Nothing is stored for a copy or a lead that was erased. Returns what is of no copy
/// that is known, too.
fn store<'r>(
    deed: &mut Deed,
    returned: &'r [Returned],
    limits: Thresholds,
    forwarding: &Forwarding,
) -> Result<(Outcome, Vec<&'r Returned>), Error> {
    let now = deed.now();
    let (mut messages, mut outcome, mut unknown) = (Vec::new(), Outcome::default(), Vec::new());
    for one in returned.iter().filter(|one| !one.events.is_empty()) {
        match one.messages(deed.connection(), now)? {
            Some(found) => messages.extend(found),
            None if gone::withdraw(deed, one)? => outcome.stored += 1,
            None => unknown.push(one),
        }
    }
    let arrived: Vec<Arrived> = messages.iter().map(|one| one.arrived.clone()).collect();
    let taken = if arrived.is_empty() { Vec::new() } else { deed.take(&arrived)? };
    let mut counted = Vec::new();
    for (taken, message) in taken.into_iter().zip(messages) {
        match taken {
            Taken::Refused(why) => tracing::error!(why, "an event of something that came back was refused"),
            taken => {
                outcome.stored += usize::from(message.is_event);
                if taken == Taken::Repeated {
                    continue;
                }
                counted.extend(message.counts);
                if let Some((reply, lead, email)) = &message.reply {
                    forward(deed.connection(), reply, (lead, email), forwarding)?;
                }
            }
        }
    }
    count_all(deed.connection(), &counted, limits, now)?;
    let counted: Vec<(Instant, Counts)> = counted.into_iter().map(|(counts, _)| counts).collect();
    if let Some(why) = reputation::count(deed.connection(), &counted, limits, now)? {
        tracing::error!(why, "sending is paused");
    }
    outcome.unknown = unknown.len();
    Ok((outcome, unknown))
}

impl Returned {
    /// The messages, at an instant that is not before the lead's last input; `None` where the copy is not known.
    fn messages(&self, connection: &mut Connection, now: Instant) -> Result<Option<Vec<Message<'_>>>, Error> {
        let Some((copy, naming)) = self.clues.find(connection)? else { return Ok(None) };
        let Some(lead) = copy.lead(connection)? else { return Ok(None) };
        let counting: Vec<Event> = self.events.iter().copied().filter(|event| event.counts(naming)).collect();
        if counting.is_empty() {
            return Ok(None);
        }
        let key = LeadKey::of(connection, &lead)?;
        let at = now.max(Instant(lead.at));
        let left = Instant(copy.sent_at(connection)?);
        let reply = |event: Event| {
            let reply = self.reply.as_ref().filter(|_| event == Event::Replied)?;
            Some((reply, lead.clone(), copy.frozen.email.clone()))
        };
        let message = |event: &Event| Message {
            arrived: self.message(*event, &copy, &key, at),
            reply: reply(*event),
            is_event: true,
            counts: event.reputation().map(|counts| ((left, counts), broadcast_in(&copy.send_id))),
        };
        let mut events = Vec::with_capacity(counting.len());
        for event in counting.into_iter().map(|event| self.about(event, &copy.address)) {
            if has_room(connection, event, &copy, &lead, &key)? {
                events.push(event);
            }
        }
        let tie = tie(&key, at, at).filter(|_| !events.is_empty()).map(|arrived| Message {
            arrived,
            reply: None,
            is_event: false,
            counts: None,
        });
        Ok(Some(tie.into_iter().chain(events.iter().map(message)).collect()))
    }

    /// An event as it is about the address of a copy: that a member of a list behind it fails is no failure of the list.
    fn about(&self, event: Event, address: &str) -> Event {
        let is_other = !self.failed.is_empty() && self.failed.iter().all(|failed| failed != address);
        match event {
            Event::Bounced { permanent: true } if is_other => Event::Bounced { permanent: false },
            event => event,
        }
    }

    fn message(&self, event: Event, copy: &FoundCopy, key: &LeadKey, at: Instant) -> Arrived {
        // The address to which the copy went is the one that a bounce or a withdrawal binds.
        let mut properties = json!({"email_id": copy.frozen.email, "send_id": copy.send_id, "email": copy.address});
        match event {
            Event::Bounced { permanent } => properties["permanent"] = permanent.into(),
            Event::AutoReplied { until: Some(day) } if is_near(day, at) => properties["until"] = day.to_string().into(),
            Event::Left => {
                if let Some(subscription) = &copy.frozen.subscription {
                    properties["subscription"] = subscription.as_str().into();
                }
            }
            _ => {}
        }
        let message = json!({
            "type": "track", "event": event.kind(), key.field: key.text, "properties": properties,
            "messageId": event.id(&copy.send_id, &self.source), "timestamp": at.to_string()
        });
        Arrived { json: message.to_string(), received_at: at, origin: ORIGIN.to_owned(), fills: Fills::All }
    }
}

/// Whether an event is stored: whoever knows the return address of a copy can write to it for ever. A withdrawal that says
/// something new always is.
fn has_room(
    connection: &mut Connection,
    event: Event,
    copy: &FoundCopy,
    lead: &leads::Lead,
    key: &LeadKey,
) -> Result<bool, Error> {
    let Some((prefix, most)) = event.bound(&copy.send_id) else { return Ok(true) };
    let kind = if key.field == "userId" { IdentityKind::User } else { IdentityKind::Visitor };
    let Some(identity) = identities::find(connection, &[(kind, key.text.as_str())])?.pop() else { return Ok(true) };
    if events::count_beginning(connection, identity.id, &prefix)? < most {
        return Ok(true);
    }
    let scope = match event {
        Event::Unsubscribed => Scope::All,
        Event::Left => copy.frozen.subscription.clone().map_or(Scope::All, Scope::Subscription),
        _ => return Ok(false),
    };
    Ok(!is_withdrawn(connection, lead, &copy.address, &scope)?)
}

fn is_near(day: Date, at: Instant) -> bool {
    Instant::parse(&day.to_string()).is_some_and(|day| day <= at + LONGEST_ABSENCE)
}

#[cfg(test)]
mod tests;
