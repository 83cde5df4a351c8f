//! One lead with why, why not, and what comes next (contract §5).

use std::collections::BTreeMap;

use attractor_engine::condition::Names;
use attractor_engine::explain::{Changed, Explanation, Happened, Move, coming, explain, has_assumed_date};
use attractor_engine::lead::{Lead, ShownEnrollment, ShownTrack, shown_enrollments};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::Email;
use attractor_engine::program::Event;
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::step::Sends;
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::history::{Distilled, Past, distill, history, sources_of};
use attractor_live::profile::{Attribute, Profile};
use attractor_live::suppression::of_address;
use attractor_live::{Under, Unreadable};
use attractor_store::IdentityId;
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, Kind, LeadId, leads, moves};
use serde_json::Value;

use super::acts::Acts;
use super::explained::ComingItem;
use super::list::LeadItem;
use super::who::LeadNames;
use super::whole::{AttributeItem, CopyItem, EnrollmentItem, IdentityItem, NoteItem, TrackItem, WholeLead};
use super::{addresses, consent, find, happened, heading, list};
use crate::access::names::ActorNames;
use crate::calls::of_lead;
use crate::conflicts;
use crate::deals::DealItem;
use crate::figures;
use crate::moves::{MoveItem, instant};
use crate::refusal::Refusal;
use crate::sending::permission::Permission;
use crate::sending::words::in_fields;
use crate::stored::stored;
use crate::view::View;

/// Of a lead's moves, as many as come with it; the rest is a list of its own.
const MOVES: usize = 20;
/// Behind the last line about what comes, where an e-mail does.
const WHEN_THEY_LEAVE: &str = "  `GET /api/outbox/ahead` has the day on which each of the next e-mails will leave\n";
/// As many leads are named where a name was given instead of a key.
const NAMED: usize = 5;

/// Everything known of a lead, called by its id, user id, e-mail or visitor, at an instant: now, or any other. Before its
/// last event it is as its events up to then make it under the playbook that it lives under now; what is done to it
/// (enrollments, copies) is what was known by then.
pub fn show(view: &mut View, called: &str, at: Option<Instant>) -> Result<WholeLead, Refusal> {
    let asked = as_of(view, called, at)?;
    let LeadAsOf { row, under, at, past } = &asked;
    let at = *at;
    let connection = &mut *view.connection;
    let distilled = distill(&under.program, past);
    let profile = &distilled.person.profile;
    figures::unreadable(&distilled.person.unreadable_of(row.id));
    let playbook = under.program.playbook();
    let names = Names::of(playbook);
    let identities = identities_of(connection, row)?;
    let email = addresses::of_one(connection, row)?;
    let called = LeadNames::new(row, email.clone(), profile);
    let unconfirmed = is_unconfirmed(connection, row, email.as_ref(), profile)?;
    let address = of_address(connection, email.as_deref().unwrap_or_default())?.until(at);
    let receivers = &view.receivers;
    let permission = Permission { profile, blocks: &address, countries: &receivers.countries, now: at };
    let obstacle = receivers.obstacle(email.as_deref(), unconfirmed);
    let actors = ActorNames::read(connection)?;
    let explanation = explained(&asked, &distilled, &permission, email.as_deref(), actors)?;
    let last_seen = if asked.is_present() { row.seen } else { past.last().map(|last| last.at) };
    let copies = copies::of_leads(connection, &[row.id])?;
    Ok(WholeLead {
        explained: (&explanation).into(),
        moves: latest_moves(connection, row.id, at, &called, &names)?,
        ahead: explanation.ahead.iter().map(ComingItem::from).collect(),
        next_change: explanation.next_change.map(|at| at.to_string()),
        identities: identities.iter().map(identity).collect(),
        id: row.id.to_string(),
        email,
        display_name: profile.display_name(),
        company: profile.company_called(),
        company_id: profile.company(),
        first_seen: row.first_at.filter(|first| *first <= at.0).map(instant),
        last_seen: last_seen.map(instant),
        attributes: attributes(profile),
        unconfirmed,
        tags: tags(profile),
        owner: profile.attribute("owner").map(|owner| owner.value.clone()),
        notes: past.iter().rev().filter_map(note).collect(),
        consent: consent::shown(&permission, obstacle, &under.program, |id| is_assumed(past, id)),
        suppressed: consent::suppressions(&address),
        sequences: enrolled_by(row, at, &names),
        conflicts: conflicts::of_lead(connection, row.id)?,
        deals: DealItem::of_profile(row.id, &called, profile),
        calls: of_lead::ahead(connection, row.id, at, &|at| under.program.minute_with_zone(at))?,
        sends: copies.iter().filter(|copy| copy.asked_at <= at.0).map(|asked| copy(asked, &names)).collect(),
        version: under.version,
        rules_since: asked.rules_since().map(|since| since.to_string()),
    })
}

/// The enrollments that had begun by an instant; `None` where they cannot be read: that is not the same as none.
fn enrolled_by(row: &leads::Lead, at: Instant, names: &Names) -> Option<Vec<TrackItem>> {
    let Some(text) = row.enrollments.as_deref() else { return Some(Vec::new()) };
    match shown_enrollments(text, at) {
        Ok(all) => Some(all.into_iter().map(|track| tracked(track, names)).collect()),
        Err(why) => {
            figures::unreadable(&[Unreadable { what: "enrollments", lead: row.id, why }]);
            None
        }
    }
}

fn tracked(track: ShownTrack, names: &Names) -> TrackItem {
    let enrollment = |enrollment: ShownEnrollment| EnrollmentItem {
        began: enrollment.began.to_string(),
        by_hand: enrollment.by_hand,
        step: enrollment.step,
        since: enrollment.since.to_string(),
        sending: enrollment.sending,
        done: enrollment.done,
    };
    TrackItem {
        name: names.sequence(&track.sequence).to_owned(),
        sequence: track.sequence,
        held: track.held,
        last_began: track.last_began.map(|at| at.to_string()),
        enrollment: track.enrollment.map(enrollment),
    }
}

/// A lead's row, the playbook that it lives under, and its events up to an instant.
pub(super) struct LeadAsOf {
    pub row: leads::Lead,
    pub under: Under,
    pub at: Instant,
    pub past: Vec<Past>,
}

impl LeadAsOf {
    /// Whether nothing that is stored happened after that instant.
    fn is_present(&self) -> bool {
        self.at.0 >= self.row.at
    }

    /// When its version came into force, if it has events that the server took before: then other rules were in force.
    fn rules_since(&self) -> Option<Instant> {
        let since = self.under.at;
        self.past.iter().any(|past| past.received_at < since.0).then_some(since)
    }
}

pub(super) fn as_of(view: &mut View, called: &str, at: Option<Instant>) -> Result<LeadAsOf, Refusal> {
    let versions = view.versions()?;
    let row = match find::lead(view.connection, called) {
        Err(Refusal::Missing(why)) => return Err(Refusal::Missing(with_names(view, called, why)?)),
        found => found?,
    };
    let under = versions.of(&row.name).ok_or_else(|| Error::new(Kind::Other, "no playbook is published yet"))?;
    let at = at.unwrap_or_else(|| view.now.max(Instant(row.at)));
    let mut past = history(view.connection, &row)?;
    past.retain(|past| past.at <= at.0);
    Ok(LeadAsOf { row, under, at, past })
}

/// Why nobody was found; with the leads that people call so, if the text is the beginning of their name.
fn with_names(view: &mut View, called: &str, why: String) -> Result<String, Refusal> {
    let found = list::search(view, called, None, NAMED)?.items;
    if found.is_empty() {
        return Ok(why);
    }
    let named = |item: &LeadItem| {
        let parts = [item.display_name.as_deref(), item.email.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        format!("`id:{}` ({})", item.id, parts.join(", "))
    };
    let named: Vec<String> = found.iter().map(named).collect();
    Ok(format!("no lead has the key `{called}`; it is the name of {}", named.join(", ")))
}

/// The same for people: text, as `attractor explain` prints it.
pub fn explanation(view: &mut View, called: &str, at: Option<Instant>) -> Result<String, Refusal> {
    let asked = as_of(view, called, at)?;
    let LeadAsOf { row, under, at, past } = &asked;
    let distilled = distill(&under.program, past);
    let profile = &distilled.person.profile;
    let email = addresses::of_one(view.connection, row)?;
    let address = of_address(view.connection, email.as_deref().unwrap_or_default())?.until(*at);
    let unconfirmed = is_unconfirmed(view.connection, row, email.as_ref(), profile)?;
    let (email, playbook) = (email.as_deref(), under.program.playbook());
    let receivers = &view.receivers;
    let permission = Permission { profile, blocks: &address, countries: &receivers.countries, now: *at };
    // The explanation begins with the lead's name itself.
    let heading = heading::heading(profile, email.filter(|email| *email != row.name));
    let heading = heading.map(|heading| heading + "\n").unwrap_or_default();
    let obstacle = receivers.obstacle(email, unconfirmed);
    let mut mail = heading::mail(&permission, obstacle, &under.program, |id| is_assumed(past, id));
    mail += &heading::timing(&profile.timing, *at, |at| under.program.minute(at));
    let mut explained = explained(&asked, &distilled, &permission, email, ActorNames::read(view.connection)?)?;
    explained.moves = happened::moves(view, row, *at, past, &Names::of(playbook))?;
    explained.remark = asked.rules_since().map(|_| happened::remark(under, row.id));
    let copies = heading::copies(view, row, *at)?;
    let calls = of_lead::ahead(view.connection, row.id, *at, &|at| under.program.minute_with_zone(at))?;
    let asks = explained.ahead.iter().any(|one| one.moved.kind == Changed::Send);
    let outbox = if asks { WHEN_THEY_LEAVE } else { "" };
    Ok(format!("{heading}{explained}{outbox}\n{mail}{copies}{}", of_lead::text(&calls)))
}

/// Whether the instant of an event is assumed, because the list that brought it had no date for it.
fn is_assumed(past: &[Past], id: &str) -> bool {
    let event = past.iter().find(|past| past.id == id);
    let message = event.and_then(|past| Message::parse(&past.message, &Wanted::Everything).ok());
    message.is_some_and(|message| has_assumed_date(&message))
}

/// Why and why not, as the lead's events make it; what comes, as the store knows its enrollments: a replay of the events
/// would make others. `moves` are those of the replay.
fn explained(
    asked: &LeadAsOf,
    distilled: &Distilled,
    permission: &Permission,
    email: Option<&str>,
    actors: ActorNames,
) -> Result<Explanation, Error> {
    let LeadAsOf { row, under, at, past } = asked;
    let names = Names::of(under.program.playbook());
    let acts = Acts::of(past, actors);
    let words: Vec<String> = past.iter().map(|past| acts.cause(past, &names)).collect();
    let happened: Vec<Happened> = past
        .iter()
        .zip(&distilled.events)
        .zip(&words)
        .map(|((past, event), what)| Happened { id: &past.id, event, what })
        .collect();
    let mut explanation = explain(&under.program, &row.name, &happened, *at);
    (explanation.ahead, explanation.next_change) = ahead_of(asked, distilled, permission, email)?;
    Ok(explanation)
}

/// What comes if nothing happens, as the lead and `attractor explain` show it.
pub(super) fn coming_of(view: &mut View, asked: &LeadAsOf) -> Result<Vec<Move>, Error> {
    let distilled = distill(&asked.under.program, &asked.past);
    let email = addresses::of_one(view.connection, &asked.row)?;
    let address = of_address(view.connection, email.as_deref().unwrap_or_default())?.until(asked.at);
    let (profile, countries) = (&distilled.person.profile, &view.receivers.countries);
    let permission = Permission { profile, blocks: &address, countries, now: asked.at };
    Ok(ahead_of(asked, &distilled, &permission, email.as_deref())?.0)
}

fn ahead_of(
    asked: &LeadAsOf,
    distilled: &Distilled,
    permission: &Permission,
    email: Option<&str>,
) -> Result<(Vec<Move>, Option<Instant>), Error> {
    let playbook = asked.under.program.playbook();
    let held = |copy: Option<&Email>| consent::held(permission, email.unwrap_or_default(), copy, playbook);
    let lead = state(asked, &distilled.events)?;
    let (mut ahead, next_change) = coming(&asked.under.program, &lead, asked.at, held);
    // The rules do not know when a copy leaves: most have left by then.
    for one in ahead.iter_mut().filter(|one| one.moved.kind == Changed::Withdrawn) {
        one.what = format!("{}: a copy that has not left by then would be withdrawn", one.moved.subject.1);
    }
    Ok((ahead, next_change))
}

/// The lead as the lane keeps it, or kept it at an earlier instant. Its enrollments are facts, which no replay of its
/// events would give.
pub(super) fn state(asked: &LeadAsOf, events: &[Event]) -> Result<Lead, Error> {
    let LeadAsOf { row, under, at, .. } = asked;
    let head = || Lead::load(&row.head, &under.program).filter(|lead| lead.name() == row.name);
    if let Some(lead) = asked.is_present().then(head).flatten() {
        return Ok(lead);
    }
    let wrong = |why| Error::new(Kind::Other, why);
    let enrollments = row.enrollments.as_deref().unwrap_or("[]");
    let before = Lead::with_enrollments_until(&row.name, &under.program, enrollments, *at).map_err(wrong)?;
    let how = Rebuild { now: *at, enrols: false, sends: Sends::Reported };
    Ok(rebuild(&under.program, &before, events.iter(), how, |_, _| {}).lead)
}

/// The lead as the lane keeps it; from its events where it waits to be evaluated again.
pub(crate) fn present_state(connection: &mut Connection, row: &leads::Lead, under: Under) -> Result<Lead, Error> {
    let past = history(connection, row)?;
    let asked = LeadAsOf { row: row.clone(), under, at: Instant(row.at), past };
    let events = distill(&asked.under.program, &asked.past).events;
    state(&asked, &events)
}

/// The ids of a lead: its user ids, e-mails and visitors, in this order.
fn identities_of(connection: &mut Connection, row: &leads::Lead) -> Result<Vec<Identity>, Error> {
    let sources: Vec<IdentityId> = sources_of(row)?.iter().map(|slice| slice.0).collect();
    let mut all = identities::by_id(connection, &sources)?;
    all.sort_by(|a, b| (a.kind, &a.text).cmp(&(b.kind, &b.text)));
    all.dedup();
    Ok(all)
}

fn identity(identity: &Identity) -> IdentityItem {
    IdentityItem { kind: identity.kind.name(), id: identity.text.clone() }
}

/// Whether its address is known by public messages alone.
fn is_unconfirmed(
    connection: &mut Connection,
    row: &leads::Lead,
    email: Option<&String>,
    profile: &Profile,
) -> Result<bool, Error> {
    let addresses = email.map(|email| (row.id, email.clone())).into_iter().collect();
    let profiles = BTreeMap::from([(row.id, profile.clone())]);
    let rows = std::slice::from_ref(row);
    Ok(addresses::unconfirmed(connection, rows, &addresses, &profiles)?.contains(&row.id))
}

/// What is known of it, by name.
fn attributes(profile: &Profile) -> BTreeMap<String, AttributeItem> {
    let known = profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null());
    let one = |attribute: &Attribute| AttributeItem {
        value: attribute.value.clone(),
        at: instant(attribute.at),
        by: attribute.by.clone(),
        public: attribute.public,
    };
    known.map(|(name, attribute)| (name.clone(), one(attribute))).collect()
}

fn tags(profile: &Profile) -> Vec<Value> {
    match profile.attribute("tags").map(|tags| tags.value.clone()) {
        Some(Value::Array(tags)) => tags,
        other => other.into_iter().collect(),
    }
}

/// A note or a call. One that cannot be read is shown as the text that is there.
fn note(past: &Past) -> Option<NoteItem> {
    let named = [kind::NOTE_WRITTEN, kind::CALL_LOGGED].into_iter().find(|kind| past.message.contains(kind))?;
    let (id, at) = (past.id.clone(), instant(past.at));
    let message = stored(&past.message);
    if message.is_string() {
        let (kind, text) = (named.to_owned(), Some(message));
        return Some(NoteItem { event_id: id, at, kind, by: Value::Null, outcome: Value::Null, text });
    }
    let kind = message["event"].as_str().filter(|kind| [kind::NOTE_WRITTEN, kind::CALL_LOGGED].contains(kind))?;
    let properties = &message["properties"];
    Some(NoteItem {
        event_id: id,
        at,
        kind: kind.to_owned(),
        by: properties["by"].clone(),
        outcome: properties["outcome"].clone(),
        text: properties.get("text").or(properties.get("note")).cloned(),
    })
}

fn latest_moves(
    connection: &mut Connection,
    lead: LeadId,
    at: Instant,
    called: &LeadNames,
    parts: &Names,
) -> Result<Vec<MoveItem>, Error> {
    let mut all = moves::of_leads(connection, &[lead])?;
    all.retain(|noted| noted.revised.is_none() && noted.at <= at.0);
    all.sort_by_key(|noted| std::cmp::Reverse((noted.at, noted.number)));
    Ok(all.into_iter().take(MOVES).map(|noted| MoveItem::of(noted, called.clone(), parts)).collect())
}

/// A copy that was asked for.
pub fn copy(copy: &MailCopy, names: &Names) -> CopyItem {
    let (sequence, began, step) = match &copy.source {
        CopySource::Sequence { sequence, began, step } => (Some(sequence), Some(*began), Some(step)),
        _ => (None, None, None),
    };
    // That a copy was caught is no reason why it did not go on; its sentence says so. What held a copy before it was claimed
    // stays stored, for the case that it is given back, and holds it no more.
    let is_claimed = copy.state == CopyState::Claimed;
    let reason = copy.reason.as_deref().filter(|_| !is_claimed && !copy.is_caught());
    let (reason, suppression) = reason.map(in_fields).unzip();
    CopyItem {
        send_id: copy.send_id(),
        source: copy.source.name(),
        email: copy.email.clone(),
        email_name: copy.email.as_deref().map(|id| names.email(id).to_owned()),
        class: copy.class.clone(),
        asked_at: instant(copy.asked_at),
        not_after: copy.not_after.map(instant),
        state: copy.state.name(),
        reason,
        suppression: suppression.flatten(),
        until: copy.until.filter(|_| !is_claimed).map(instant),
        sequence: sequence.cloned(),
        sequence_name: sequence.map(|id| names.sequence(id).to_owned()),
        began: began.map(instant),
        step: step.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::testing;

    #[test]
    fn what_held_a_copy_is_not_shown_while_it_is_being_sent() {
        for (state, is_shown) in [(CopyState::Waiting, true), (CopyState::Claimed, false)] {
            let reason = Some("domain_unverified".to_owned());
            let held = MailCopy { state, reason, until: Some(7), ..testing::copy("offer") };
            let shown = copy(&held, &Names::default());
            assert_eq!((shown.reason.is_some(), shown.until.is_some()), (is_shown, is_shown), "{state:?}");
        }
    }
}
