//! One lead with why, why not, and what comes next (contract §5).

use attractor_engine::explain::{Happened, Move as Shown, coming, describe, explain};
use attractor_engine::lead::Lead;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::program::{Event, Program};
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::step::Sends;
use attractor_engine::time::Instant;
use attractor_live::history::{Past, distill, history, sources_of};
use attractor_live::profile::{Consent, Profile};
use attractor_live::{Under, Versions};
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, Kind, deals, leads, moves};
use serde_json::{Map, Value, json};

use super::find;
use crate::app::deals::DealItem;
use crate::app::moves::{MoveItem, instant};
use crate::app::refusal::Refusal;

/// Of a lead's moves, as many as come with it; the rest is a list of its own.
const MOVES: usize = 20;

/// Everything known of a lead, called by its id, user id, e-mail or visitor, as it stands at an instant.
pub fn show(connection: &mut Connection, versions: &Versions, called: &str, now: Instant) -> Result<Value, Refusal> {
    let row = find::lead(connection, called)?;
    let under = versions.of(&row.name).ok_or_else(|| Error::new(Kind::Other, "no playbook is published yet"))?;
    let at = now.max(Instant(row.at));
    let past = history(connection, &row)?;
    let (events, profile) = distill(&under.program, &past)?;
    let mut lead = explained(&under.program, &row.name, &past, &events, at);
    let (ahead, next_change) = coming(&under.program, &state(&row, &under, &events, at)?, at);
    lead["ahead"] = ahead.iter().map(Shown::json).collect();
    lead["next_change"] = next_change.map(|at| at.to_string()).into();
    identified(connection, &row, &profile, &mut lead)?;
    person(&profile, &past, &mut lead);
    lead["sequences"] =
        row.enrolments.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!([]));
    lead["moves"] = json!(latest_moves(connection, row.id)?);
    lead["deals"] = json!(deals::of_lead(connection, row.id)?.into_iter().map(DealItem::from).collect::<Vec<_>>());
    lead["sends"] = moves::sends_of_leads(connection, &[row.id])?.iter().map(send).collect();
    lead["version"] = under.version.into();
    Ok(lead)
}

/// What a stored message says, for people.
pub fn in_words(past: &Past) -> String {
    Message::parse(&past.message, &Wanted::Everything).map(|message| describe(&message)).unwrap_or_default()
}

fn explained(program: &Program, name: &str, past: &[Past], events: &[Event], at: Instant) -> Value {
    let words: Vec<String> = past.iter().map(in_words).collect();
    let happened: Vec<Happened> = past
        .iter()
        .zip(events)
        .zip(&words)
        .map(|((past, event), what)| Happened { id: &past.id, event, what })
        .collect();
    explain(program, name, &happened, at).json()
}

/// The lead as the lane keeps it. Its enrolments are facts, which no replay of its events would give.
fn state(row: &leads::Lead, under: &Under, events: &[Event], at: Instant) -> Result<Lead, Error> {
    if let Some(lead) = Lead::load(&row.head, &under.program).filter(|lead| lead.name() == row.name) {
        return Ok(lead);
    }
    let wrong = |why| Error::new(Kind::Other, why);
    let enrolments = row.enrolments.as_deref().unwrap_or("[]");
    let before = Lead::with_enrolments(&row.name, &under.program, enrolments).map_err(wrong)?;
    let how = Rebuild { now: at, enrols: false, sends: Sends::Reported };
    Ok(rebuild(&under.program, &before, events.iter(), how, |_, _| {}).lead)
}

/// Who it is: ids, e-mails, visitors, company.
fn identified(
    connection: &mut Connection,
    row: &leads::Lead,
    profile: &Profile,
    lead: &mut Value,
) -> Result<(), Error> {
    let sources: Vec<i64> = sources_of(row).iter().map(|slice| slice.0).collect();
    let mut all = identities::by_id(connection, &sources)?;
    all.sort_by(|a, b| (a.kind, &a.text).cmp(&(b.kind, &b.text)));
    all.dedup();
    let identity = |identity: &Identity| json!({"kind": kind_name(identity.kind), "id": identity.text});
    lead["identities"] = all.iter().map(identity).collect();
    let known = all.iter().find(|identity| identity.kind == find::EMAIL).map(|identity| identity.text.clone());
    lead["id"] = row.id.to_string().into();
    lead["email"] = row.email.clone().or(known).into();
    lead["display_name"] = profile.display_name().into();
    lead["company"] = profile.company().into();
    lead["first_seen"] = row.first_at.map(instant).into();
    lead["last_seen"] = row.seen.map(instant).into();
    Ok(())
}

pub fn kind_name(kind: i64) -> &'static str {
    match kind {
        find::USER => "user",
        find::EMAIL => "email",
        _ => "visitor",
    }
}

/// What it is: attributes with their source and age, consent, tags, owner, what people wrote of it.
fn person(profile: &Profile, past: &[Past], lead: &mut Value) {
    let known = profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null());
    let attributes: Map<String, Value> = known
        .map(|(name, attribute)| {
            let shown = json!({"value": attribute.value, "at": instant(attribute.at), "by": attribute.by});
            (name.clone(), shown)
        })
        .collect();
    lead["attributes"] = attributes.into();
    let mut consent: Map<String, Value> =
        profile.consents().into_iter().map(|(scope, consent)| (scope.to_owned(), shown_consent(consent))).collect();
    consent.entry("all").or_insert_with(|| json!({"state": "unknown"}));
    lead["consent"] = consent.into();
    lead["tags"] = match profile.attribute("tags").map(|tags| tags.value.clone()) {
        Some(Value::Array(tags)) => Value::Array(tags),
        other => other.into_iter().collect(),
    };
    lead["owner"] = profile.attribute("owner").map(|owner| owner.value.clone()).into();
    lead["notes"] = past.iter().rev().filter_map(note).collect();
}

fn shown_consent(consent: &Consent) -> Value {
    json!({
        "state": consent.state,
        "at": instant(consent.at),
        "by": consent.by,
        "proof": consent.proof,
        "event_id": consent.event_id,
    })
}

/// A note or a call, the newest first.
fn note(past: &Past) -> Option<Value> {
    if !(past.message.contains("Note Written") || past.message.contains("Call Logged")) {
        return None;
    }
    let message: Value = serde_json::from_str(&past.message).ok()?;
    let kind = message["event"].as_str().filter(|kind| ["Note Written", "Call Logged"].contains(kind))?;
    let properties = &message["properties"];
    Some(json!({
        "event_id": past.id,
        "at": instant(past.at),
        "kind": kind,
        "by": properties["by"],
        "outcome": properties["outcome"],
        "text": properties.get("text").or(properties.get("note")),
    }))
}

fn latest_moves(connection: &mut Connection, lead: i64) -> Result<Vec<MoveItem>, Error> {
    let mut all = moves::of_leads(connection, &[lead])?;
    all.retain(|noted| noted.revised.is_none());
    all.sort_by_key(|noted| std::cmp::Reverse((noted.at, noted.number)));
    Ok(all.into_iter().take(MOVES).map(MoveItem::from).collect())
}

/// A copy asked for.
pub fn send(send: &moves::Send) -> Value {
    json!({
        "sequence": send.sequence,
        "began": instant(send.began),
        "step": send.step,
        "email": send.email,
        "class": send.class,
        "asked_at": instant(send.asked_at),
        "not_after": send.not_after.map(instant),
        "state": send.state,
    })
}
