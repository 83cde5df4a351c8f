//! What changes events afterwards: a verdict on what caused one, an alias that was a mistake, an import that is taken back.
//! After the transaction the leads are what they would have been had it been so from the start.

use attractor_engine::message::{Message, Type, Wanted};
use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_store::events::{self, Event};
use attractor_store::moves::MoveReason;
use attractor_store::{Error, IdentityId, Kind, LeadId};
use serde_json::{Map, Value, json};

use crate::identity::keys::keys_and_facts;
use crate::identity::retract::retract;
use crate::lane::Lane;
use crate::lead::plan::LATE;
use crate::lead::why::Why;
use crate::work::Work;

/// What became of an amendment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amended {
    Done,
    /// It was so already.
    AsBefore,
    /// It cannot be; why.
    Refused(String),
}

impl Lane {
    /// A verdict: whether a machine caused an event. It is written into the message, with who said so.
    pub fn judge(
        &mut self,
        lead: LeadId,
        message_id: &str,
        machine: bool,
        by: &str,
        now: Instant,
    ) -> Result<Amended, Error> {
        self.work(now, |work| judge(work, lead, message_id, machine, by))
    }
}

/// [`Lane::judge`] within a transaction.
pub fn judge(work: &mut Work, lead: LeadId, message_id: &str, machine: bool, by: &str) -> Result<Amended, Error> {
    let Some((lead, mut event)) = event_of(work, lead, message_id)? else { return Ok(unknown(message_id)) };
    let kind = kind_of(&event)?;
    if !matches!(kind, Type::Track | Type::Page | Type::Screen) {
        return Ok(Amended::Refused(format!(
            "the event {message_id} is no track, page or screen: what a machine caused is one of these"
        )));
    }
    if (event.flags & events::MACHINE != 0) == machine {
        return Ok(Amended::AsBefore);
    }
    event.message = judged(&event.message, machine, by, work.now)?;
    event.flags ^= events::MACHINE;
    events::rewrite(work.connection, &event)?;
    work.identities.mark_affected(lead);
    let loud = work.now - Instant(event.at) <= LATE;
    work.realign(&Why { reason: Some(MoveReason::Verdict), loud })?;
    Ok(Amended::Done)
}

pub fn unmerge(work: &mut Work, lead: LeadId, message_id: &str) -> Result<Amended, Error> {
    let Some((_, mut event)) = event_of(work, lead, message_id)? else { return Ok(unknown(message_id)) };
    if kind_of(&event)? != Type::Alias {
        return Ok(Amended::Refused(format!("the event {message_id} is no alias: only those are unmerged")));
    }
    event.flags |= events::WITHDRAWN;
    events::rewrite(work.connection, &event)?;
    retract(&mut work.identities, work.connection, &[event])?;
    work.realign(&Why::reason(MoveReason::Unmerge))?;
    Ok(Amended::Done)
}

/// Takes a message back: it stays in the ledger, withdrawn, and the leads are what they would have been without it.
pub fn withdraw(work: &mut Work, lead: LeadId, message_id: &str, reason: Option<MoveReason>) -> Result<Amended, Error> {
    let Some((lead, mut event)) = event_of(work, lead, message_id)? else { return Ok(unknown(message_id)) };
    event.flags |= events::WITHDRAWN;
    events::rewrite(work.connection, &event)?;
    let loud = work.now - Instant(event.at) <= LATE;
    retract(&mut work.identities, work.connection, &[event])?;
    work.identities.mark_affected(lead);
    work.realign(&Why { reason, loud })?;
    Ok(Amended::Done)
}

/// Lets a message count again that was taken back, if it says nothing of who is who.
pub fn reinstate(
    work: &mut Work,
    lead: LeadId,
    message_id: &str,
    reason: Option<MoveReason>,
) -> Result<Amended, Error> {
    let Some((lead, mut event)) = stored_event_of(work, lead, message_id, true)? else {
        return Ok(unknown(message_id));
    };
    let message = Message::parse(&event.message, &Wanted::Everything).map_err(|why| Error::new(Kind::Other, why))?;
    if !keys_and_facts(&message).1.is_empty() {
        return Ok(Amended::Refused(format!("the event {message_id} says who is who: send it again")));
    }
    drop(message);
    event.flags &= !events::WITHDRAWN;
    events::rewrite(work.connection, &event)?;
    work.identities.mark_affected(lead);
    let loud = work.now - Instant(event.at) <= LATE;
    work.realign(&Why { reason, loud })?;
    Ok(Amended::Done)
}

/// A lead's event by its id, of several the one that counts, and the lead that it is one with now.
fn event_of(work: &mut Work, lead: LeadId, message_id: &str) -> Result<Option<(LeadId, Event)>, Error> {
    stored_event_of(work, lead, message_id, false)
}

/// The same, of those that were taken back or of the others.
fn stored_event_of(
    work: &mut Work,
    lead: LeadId,
    message_id: &str,
    withdrawn: bool,
) -> Result<Option<(LeadId, Event)>, Error> {
    let Some(lead) = work.present(lead)? else { return Ok(None) };
    let sources = work.leads[&lead].sources.clone();
    let keys: Vec<(IdentityId, &str)> = sources.iter().map(|source| (source.0, message_id)).collect();
    let found = events::of_keys(work.connection, &keys)?.into_iter();
    let own = found.filter(|event| {
        (event.flags & events::WITHDRAWN != 0) == withdrawn
            && sources.iter().any(|source| source.holds(event.identity, event.at))
    });
    Ok(own.min_by_key(|event| event.received).map(|event| (lead, event)))
}

fn unknown(message_id: &str) -> Amended {
    Amended::Refused(format!("this lead has no event {message_id}"))
}

fn kind_of(event: &Event) -> Result<Type, Error> {
    let message = Message::parse(&event.message, &Wanted::Everything);
    message.map(|message| message.kind).map_err(|why| Error::new(Kind::Other, why))
}

/// The message with the verdict in its context.
fn judged(message: &str, machine: bool, by: &str, at: Instant) -> Result<String, Error> {
    let mut whole: Map<String, Value> =
        serde_json::from_str(message).map_err(|error| Error::new(Kind::Other, said_of(&error)))?;
    let mut context = object(whole.get_mut("context"));
    if machine {
        context.insert("machine".into(), true.into());
    } else {
        context.shift_remove("machine");
    }
    let mut of_ours = object(context.get_mut("attractor"));
    of_ours.insert("verdict".into(), json!({"by": by, "at": at.to_string()}));
    context.insert("attractor".into(), of_ours.into());
    whole.insert("context".into(), context.into());
    Ok(Value::Object(whole).to_string())
}

/// Takes an object out; what is none is as empty.
fn object(value: Option<&mut Value>) -> Map<String, Value> {
    match value.map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
