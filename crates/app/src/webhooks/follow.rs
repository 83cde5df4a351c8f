//! From moves to deliveries: each webhook follows the log of moves by a cursor of its own.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_store::leads::{self, Lead};
use attractor_store::moves::{self, Move};
use attractor_store::webhooks::{self, Delivery, DeliveryState, Webhook};
use attractor_store::{Connection, DeliveryNumber, Error, LeadId, WebhookId};
use serde_json::{Value, json};

use super::Filter;
use super::deliver::disable;
use super::fields::mapped;
use crate::App;
use crate::calls::lead::known;
use crate::leads::addresses;
use crate::programs::Programs;
use crate::refusal::Refusal;

/// As many moves are looked at in one go.
const MOVES: i64 = 500;

/// Makes deliveries of the next moves; whether there may be more. Cursor and deliveries are one commit, so that each
/// move becomes one delivery.
pub async fn follow(app: &App) -> Result<bool, Refusal> {
    let (programs, leads_now) = (app.programs.clone(), app.clock.now());
    let found = app.readers.read(move |connection| next(connection, &programs, leads_now)).await?;
    let now = app.machine.now().0;
    let mut more = false;
    for Found { webhook, moves, named, addresses, fields } in found {
        let Some(last) = moves.last().map(|last| last.number) else { continue };
        more |= moves.len() as i64 == MOVES;
        let filter = match Filter::of(&webhook) {
            Ok(filter) => filter,
            // What it wants is not known: all would be too much, and nothing a silent loss.
            Err(why) => {
                disable(app, webhook.id, why).await?;
                continue;
            }
        };
        let known = Known { named: &named, addresses: &addresses, fields: &fields };
        let mut deliveries = wanted(&webhook, &filter, &moves, &known, now);
        app.write(move |connection| {
            // Somebody may have been erased since.
            let there = leads::load(connection, &named.iter().map(|lead| lead.id).collect::<Vec<_>>())?;
            deliveries.retain(|delivery| there.iter().any(|lead| Some(lead.id) == delivery.lead));
            let stands = webhooks::one(connection, webhook.id)?.map(|known| known.cursor);
            // A commit that was lost on its way may have been done.
            if stands == Some(webhook.cursor) {
                webhooks::insert_deliveries(connection, &deliveries)?;
                webhooks::set_cursor(connection, webhook.id, last)?;
            }
            Ok(Ok(()))
        })
        .await?;
    }
    Ok(more)
}

/// A webhook with its next moves, whose they are, and what it says of these leads.
struct Found {
    webhook: Webhook,
    moves: Vec<Move>,
    named: Vec<Lead>,
    addresses: BTreeMap<LeadId, String>,
    /// Its fields, where it has any.
    fields: BTreeMap<LeadId, Value>,
}

fn next(connection: &mut Connection, programs: &Programs, now: Instant) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for webhook in webhooks::all(connection)?.into_iter().filter(|webhook| webhook.disabled.is_none()) {
        let moves = moves::following(connection, webhook.cursor, MOVES)?;
        let mut ids: Vec<LeadId> = moves.iter().map(|one| one.lead).collect();
        ids.sort_unstable();
        ids.dedup();
        let named = leads::load(connection, &ids)?;
        let addresses = addresses::of(connection, &named)?;
        let fields = mapped_of(connection, programs, (&webhook, &named), now)?;
        found.push(Found { webhook, moves, named, addresses, fields });
    }
    Ok(found)
}

/// The fields of a webhook for each of these leads. They are as the leads are when the delivery is made.
fn mapped_of(
    connection: &mut Connection,
    programs: &Programs,
    (webhook, named): (&Webhook, &[Lead]),
    now: Instant,
) -> Result<BTreeMap<LeadId, Value>, Error> {
    let fields = Filter::of(webhook).unwrap_or_default().fields;
    if fields.is_empty() || named.is_empty() {
        return Ok(BTreeMap::new());
    }
    let versions = programs.now(connection)?;
    let leads = known(connection, &versions, named)?;
    Ok(leads.into_iter().map(|(id, lead)| (id, mapped(&fields, Some(&lead), now))).collect())
}

/// What is said of leads.
struct Known<'k> {
    named: &'k [Lead],
    addresses: &'k BTreeMap<LeadId, String>,
    fields: &'k BTreeMap<LeadId, Value>,
}

fn wanted(webhook: &Webhook, filter: &Filter, moves: &[Move], known: &Known, now: i64) -> Vec<Delivery> {
    let Known { named, addresses, fields } = known;
    let moves = moves.iter().filter(|one| filter.wants(one));
    let made = moves.map(|one| {
        let lead = named.iter().find(|lead| lead.id == one.lead);
        let (kind, message) = (format!("move.{}", one.kind.name()), format!("msg_{}_{}", webhook.id, one.number));
        let mut data = told(one, lead, addresses.get(&one.lead));
        if let Some(fields) = fields.get(&one.lead) {
            data["fields"] = fields.clone();
        }
        let body = json!({"type": kind, "timestamp": Instant(one.at).to_string(), "data": data});
        Delivery { lead: Some(one.lead), ..delivery(webhook.id, message, kind, body.to_string(), now) }
    });
    made.collect()
}

fn told(one: &Move, lead: Option<&Lead>, email: Option<&String>) -> Value {
    let who = json!({"id": one.lead.to_string(), "name": lead.map(|lead| &lead.name), "email": email});
    json!({
        "number": one.number.0, "lead": who, "kind": one.kind.name(), "subject": one.subject, "from": one.was, "to": one.became,
        "at": Instant(one.at).to_string(), "known_at": Instant(one.known_at).to_string(), "because": one.because,
        "reason": one.reason.to_string(), "version": one.version,
    })
}

/// One that is due now, and tells of nobody.
pub fn delivery(webhook: WebhookId, message: String, kind: String, body: String, now: i64) -> Delivery {
    Delivery {
        number: DeliveryNumber::default(),
        webhook,
        message,
        lead: None,
        kind,
        body,
        state: DeliveryState::Waiting,
        tries: 0,
        made_at: now,
        due: now,
        ended_at: None,
        status: None,
        error: None,
    }
}
