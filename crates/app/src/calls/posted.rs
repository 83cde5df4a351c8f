//! Calls, posted to webhooks that name them: what is opened, logged and escalated.

use attractor_engine::time::Instant;
use attractor_store::calls::Call;
use attractor_store::{Connection, Error};
use serde_json::{Value, json};

use super::Now;
use super::document::CallDocument;
use super::lead::KnownLead;
use super::words::{snoozed_until, state};
use crate::moves::instant;
use crate::webhooks::CALLS;
use crate::webhooks::happening::{Happening, Listeners, posted_lead};

/// What happened with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallEvent {
    Opened,
    Logged,
    Escalated,
}

impl CallEvent {
    fn name(self) -> &'static str {
        match self {
            CallEvent::Opened => "call.opened",
            CallEvent::Logged => "call.logged",
            CallEvent::Escalated => "call.escalated",
        }
    }
}

/// Asks for a delivery to each webhook that names calls, in the transaction of what happened.
pub(super) fn post(
    connection: &mut Connection,
    event: CallEvent,
    call: &Call,
    lead: Option<&KnownLead>,
    now: Now,
) -> Result<(), Error> {
    let listeners = Listeners::of(connection, CALLS)?;
    if listeners.is_empty() {
        return Ok(());
    }
    let (id, data) = (format!("{}_{}", call.id, now.leads.0), posted(call, lead, now.leads)?);
    let happening = Happening { name: event.name(), id, lead: call.lead, known: lead, data };
    listeners.post(connection, &happening, now)
}

fn posted(call: &Call, lead: Option<&KnownLead>, now: Instant) -> Result<Value, Error> {
    let CallDocument { reasons, log } = CallDocument::of(call)?;
    let reasons: Vec<Value> =
        reasons.iter().map(|reason| json!({"at": instant(reason.at), "say": reason.say})).collect();
    let note = log.iter().rev().find(|entry| entry.outcome.is_some()).and_then(|entry| entry.note.clone());
    Ok(json!({
        "call": call.id.to_string(), "lead": posted_lead(call.lead, lead, now), "state": state(call, now),
        "owner": call.owner, "reasons": reasons, "opened_at": instant(call.opened_at), "due_at": instant(call.due_at),
        "snoozed_until": snoozed_until(call, now).map(instant),
        "outcome": call.outcome, "note": note,
    }))
}
