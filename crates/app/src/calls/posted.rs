//! Calls, posted to webhooks that name them: what is opened, logged and escalated.

use attractor_engine::time::Instant;
use attractor_store::calls::Call;
use attractor_store::webhooks::{self, Delivery};
use attractor_store::{Connection, Error};
use serde_json::{Value, json};

use super::Now;
use super::document::CallDocument;
use super::lead::KnownLead;
use crate::moves::instant;
use crate::webhooks::Filter;
use crate::webhooks::fields::mapped;
use crate::webhooks::follow::delivery;

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
    let enabled = webhooks::all(connection)?.into_iter().filter(|webhook| webhook.disabled.is_none());
    let named = enabled.filter_map(|webhook| Some((webhook.id, Filter::of(&webhook).ok()?)));
    let named: Vec<_> = named.filter(|(_, filter)| filter.names_calls()).collect();
    if named.is_empty() {
        return Ok(());
    }
    let data = posted(call, lead, now.leads)?;
    let deliveries = named.into_iter().map(|(webhook, filter)| {
        let mut data = data.clone();
        if !filter.fields.is_empty() {
            data["fields"] = mapped(&filter.fields, lead, now.leads);
        }
        let body = json!({"type": event.name(), "timestamp": now.leads.to_string(), "data": data}).to_string();
        let message = format!("msg_{webhook}_{}_{}_{}", event.name(), call.id, now.leads.0);
        let made = delivery(webhook, message, event.name().to_owned(), body, now.machine.0);
        Delivery { lead: Some(call.lead), ..made }
    });
    webhooks::insert_deliveries(connection, &deliveries.collect::<Vec<_>>()).map(drop)
}

fn posted(call: &Call, lead: Option<&KnownLead>, now: Instant) -> Result<Value, Error> {
    let CallDocument { reasons, log } = CallDocument::of(call)?;
    let who = json!({
        "id": call.lead.to_string(),
        "name": lead.map(|lead| &lead.row.name),
        "email": lead.and_then(|lead| lead.email.as_ref()),
        "phone": lead.and_then(|lead| lead.text("phone")),
        "scores": lead.map(|lead| lead.scores(now)),
        "stages": lead.map(|lead| &lead.stages),
        "primary_interest": lead.and_then(KnownLead::primary_interest),
    });
    let reasons: Vec<Value> =
        reasons.iter().map(|reason| json!({"at": instant(reason.at), "say": reason.say})).collect();
    let note = log.iter().rev().find(|entry| entry.outcome.is_some()).and_then(|entry| entry.note.clone());
    Ok(json!({
        "call": call.id.to_string(), "lead": who, "state": call.state.name(), "owner": call.owner, "reasons": reasons,
        "opened_at": instant(call.opened_at), "due_at": instant(call.due_at), "outcome": call.outcome, "note": note,
    }))
}
