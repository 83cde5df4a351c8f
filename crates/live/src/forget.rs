//! What was measured of a person is forgotten: opens, clicks and what they caused are deleted, as an erasure does (contract §6,
//! Tracking 3). The person and its consent stay.

use attractor_engine::message::{Message, Type, Wanted};
use attractor_engine::vocabulary::kind;
use attractor_store::events::{self, Event};
use attractor_store::moves::MoveReason;
use attractor_store::{Error, IdentityId, LeadId, mail_requests};

use crate::erase::delete;
use crate::lead::why::Why;
use crate::work::Work;

/// Forgets what was measured of a lead; `is_caused` says of a message's id whether a click caused the message. Returns how
/// many events are gone, and `None` where there is no such lead.
pub fn forget_measured(work: &mut Work, lead: LeadId, is_caused: fn(&str) -> bool) -> Result<Option<usize>, Error> {
    let Some(lead) = work.present(lead)? else { return Ok(None) };
    let copies_of = work.leads.with_predecessors(work.connection, vec![lead])?;
    mail_requests::delete(work.connection, &copies_of.into_iter().collect::<Vec<_>>())?;
    let sources = work.leads.get(lead).map(|held| held.sources.clone()).unwrap_or_default();
    let all: Vec<IdentityId> = sources.iter().map(|source| source.0).collect();
    let mut gone = events::ever_of_identities(work.connection, &all)?;
    let held = |event: &Event| sources.iter().any(|source| source.holds(event.identity, event.at));
    gone.retain(|event| held(event) && (is_caused(&event.message_id) || is_measured(event)));
    if gone.is_empty() {
        return Ok(Some(0));
    }
    delete(work, &gone)?;
    work.identities.mark_affected(lead);
    work.realign(&Why::reason(MoveReason::Erasure))?;
    Ok(Some(gone.len()))
}

/// Whether an event is an open or a click; what cannot be read is none.
fn is_measured(event: &Event) -> bool {
    let kinds = [kind::EMAIL_OPENED, kind::EMAIL_LINK_CLICKED];
    Message::parse(&event.message, &Wanted::Everything).is_ok_and(|message| {
        message.kind == Type::Track && message.event.as_deref().is_some_and(|event| kinds.contains(&event))
    })
}
