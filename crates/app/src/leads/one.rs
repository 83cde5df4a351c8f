//! One lead with why, why not, and what comes next (contract §5).

use attractor_engine::explain::{Explanation, Happened, Move as Shown, coming, describe, explain};
use attractor_engine::lead::{Lead, shown_enrolments};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::Email;
use attractor_engine::program::{Event, Program};
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::step::Sends;
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::history::{Distilled, Past, distill, history, sources_of};
use attractor_live::profile::Profile;
use attractor_live::suppression::of_address;
use attractor_live::{Under, Unreadable};
use attractor_store::IdentityId;
use attractor_store::copies::{self, CopySource, MailCopy};
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, Kind, LeadId, leads, moves};
use serde_json::{Map, Value, json};

use super::{addresses, consent, find};
use crate::conflicts;
use crate::deals::DealItem;
use crate::figures;
use crate::moves::{MoveItem, instant};
use crate::refusal::Refusal;
use crate::view::View;

/// Of a lead's moves, as many as come with it; the rest is a list of its own.
const MOVES: usize = 20;

/// Everything known of a lead, called by its id, user id, e-mail or visitor, at an instant: now, or any other. Before its
/// last event it is as its events up to then make it under the playbook that it lives under now; what is done to it
/// (enrollments, copies) is what was known by then.
pub fn show(view: &mut View, called: &str, at: Option<Instant>) -> Result<Value, Refusal> {
    let versions = &view.versions()?;
    let (connection, now) = (&mut *view.connection, view.now);
    let row = find::lead(connection, called)?;
    let under = versions.of(&row.name).ok_or_else(|| Error::new(Kind::Other, "no playbook is published yet"))?;
    let at = at.unwrap_or_else(|| now.max(Instant(row.at)));
    let mut past = history(connection, &row)?;
    past.retain(|past| past.at <= at.0);
    let Distilled { events, person: read } = distill(&under.program, &past);
    let profile = &read.profile;
    figures::unreadable(&read.unreadable_of(row.id));
    let mut lead = explained(&under.program, &row.name, &past, &events, at).json();
    let is_present = at.0 >= row.at;
    identified(connection, &row, profile, &mut lead)?;
    let email = lead["email"].as_str().unwrap_or_default().to_owned();
    let address = of_address(connection, &email)?.until(at);
    if is_present {
        let held = |copy: Option<&Email>| consent::held(profile, &address, &email, copy);
        let (ahead, next_change) = coming(&under.program, &state(&row, &under, &events, at)?, at, held);
        lead["ahead"] = ahead.iter().map(Shown::json).collect();
        lead["next_change"] = next_change.map(|at| at.to_string()).into();
    }
    lead["first_seen"] = row.first_at.filter(|first| *first <= at.0).map(instant).into();
    lead["last_seen"] = if is_present { row.seen } else { past.last().map(|last| last.at) }.map(instant).into();
    person(profile, &past, &mut lead);
    lead["consent"] = consent::shown(profile, &address, under.program.playbook());
    lead["suppressed"] = consent::suppressions(&address);
    lead["sequences"] = enrolled_by(&row, at);
    lead["conflicts"] = json!(conflicts::of_lead(connection, row.id)?);
    lead["moves"] = json!(latest_moves(connection, row.id, at)?);
    lead["deals"] = json!(DealItem::of_profile(row.id, profile));
    let copies = copies::of_leads(connection, &[row.id])?;
    lead["sends"] = copies.iter().filter(|asked| asked.asked_at <= at.0).map(copy).collect();
    lead["version"] = under.version.into();
    Ok(lead)
}

/// The enrollments that had begun by an instant; null where they cannot be read: that is not the same as none.
fn enrolled_by(row: &leads::Lead, at: Instant) -> Value {
    let Some(text) = row.enrolments.as_deref() else { return json!([]) };
    match shown_enrolments(text, at) {
        Ok(all) => all.into(),
        Err(why) => {
            figures::unreadable(&[Unreadable { what: "enrollments", lead: row.id, why }]);
            Value::Null
        }
    }
}

/// What a stored message says, for people.
pub fn in_words(past: &Past) -> String {
    let message = Message::parse(&past.message, &Wanted::Everything);
    message.map_or_else(|why| format!("an event that cannot be read: {why}"), |message| describe(&message))
}

/// The same for people: text, as `attractor explain` prints it.
pub fn explanation(view: &mut View, called: &str, at: Option<Instant>) -> Result<String, Refusal> {
    let versions = &view.versions()?;
    let (connection, now) = (&mut *view.connection, view.now);
    let row = find::lead(connection, called)?;
    let under = versions.of(&row.name).ok_or_else(|| Error::new(Kind::Other, "no playbook is published yet"))?;
    let at = at.unwrap_or_else(|| now.max(Instant(row.at)));
    let mut past = history(connection, &row)?;
    past.retain(|past| past.at <= at.0);
    let events = distill(&under.program, &past).events;
    Ok(explained(&under.program, &row.name, &past, &events, at).to_string())
}

fn explained(program: &Program, name: &str, past: &[Past], events: &[Event], at: Instant) -> Explanation {
    let words: Vec<String> = past.iter().map(in_words).collect();
    let happened: Vec<Happened> = past
        .iter()
        .zip(events)
        .zip(&words)
        .map(|((past, event), what)| Happened { id: &past.id, event, what })
        .collect();
    explain(program, name, &happened, at)
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
    let sources: Vec<IdentityId> = sources_of(row)?.iter().map(|slice| slice.0).collect();
    let mut all = identities::by_id(connection, &sources)?;
    all.sort_by(|a, b| (a.kind, &a.text).cmp(&(b.kind, &b.text)));
    all.dedup();
    let identity = |identity: &Identity| json!({"kind": identity.kind.name(), "id": identity.text});
    lead["identities"] = all.iter().map(identity).collect();
    let email = addresses::of_one(connection, row)?;
    // An address that the attribute does not hold is a user id; its messages know who sent it.
    let is_weak = match &email {
        Some(email) if row.email.is_none() && profile.confirmed.as_ref() != Some(email) => {
            addresses::is_public_alone(connection, email)?
        }
        _ => profile.is_unconfirmed(),
    };
    lead["unconfirmed"] = is_weak.into();
    lead["id"] = row.id.to_string().into();
    lead["email"] = email.into();
    lead["display_name"] = profile.display_name().into();
    lead["company"] = profile.company().into();
    Ok(())
}

/// What it is: attributes with their source and age, tags, owner, what people wrote of it.
fn person(profile: &Profile, past: &[Past], lead: &mut Value) {
    let known = profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null());
    let attributes: Map<String, Value> = known
        .map(|(name, attribute)| {
            let mut shown = json!({"value": attribute.value, "at": instant(attribute.at), "by": attribute.by});
            if attribute.public {
                shown["public"] = true.into();
            }
            (name.clone(), shown)
        })
        .collect();
    lead["attributes"] = attributes.into();
    lead["tags"] = match profile.attribute("tags").map(|tags| tags.value.clone()) {
        Some(Value::Array(tags)) => Value::Array(tags),
        other => other.into_iter().collect(),
    };
    lead["owner"] = profile.attribute("owner").map(|owner| owner.value.clone()).into();
    lead["notes"] = past.iter().rev().filter_map(note).collect();
}

/// A note or a call, the newest first.
fn note(past: &Past) -> Option<Value> {
    if !(past.message.contains(kind::NOTE_WRITTEN) || past.message.contains(kind::CALL_LOGGED)) {
        return None;
    }
    let message: Value = serde_json::from_str(&past.message).ok()?;
    let kind = message["event"].as_str().filter(|kind| [kind::NOTE_WRITTEN, kind::CALL_LOGGED].contains(kind))?;
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

fn latest_moves(connection: &mut Connection, lead: LeadId, at: Instant) -> Result<Vec<MoveItem>, Error> {
    let mut all = moves::of_leads(connection, &[lead])?;
    all.retain(|noted| noted.revised.is_none() && noted.at <= at.0);
    all.sort_by_key(|noted| std::cmp::Reverse((noted.at, noted.number)));
    Ok(all.into_iter().take(MOVES).map(MoveItem::from).collect())
}

/// A copy that was asked for.
pub fn copy(copy: &MailCopy) -> Value {
    let mut shown = json!({
        "send_id": copy.send_id(),
        "source": copy.source.name(),
        "email": copy.email,
        "class": copy.class,
        "asked_at": instant(copy.asked_at),
        "not_after": copy.not_after.map(instant),
        "state": copy.state.name(),
        "reason": copy.reason,
        "until": copy.until.map(instant),
    });
    if let CopySource::Sequence { sequence, began, step } = &copy.source {
        shown["sequence"] = sequence.as_str().into();
        shown["began"] = instant(*began).into();
        shown["step"] = step.as_str().into();
    }
    shown
}
