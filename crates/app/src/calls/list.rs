//! Calls as people see them.

use std::collections::BTreeMap;

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_store::calls::{self, Call, CallState};
use attractor_store::{CallId, Connection, Error, UserId, access, leads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::document::{CallAction, CallDocument, CallOutcome, Entry, Reason};
use super::lead::{CalledLead, known};
use super::rank::{Rank, Ranked, is_late, is_snoozed, ranked};
use super::words;
use crate::access::names::ActorNames;
use crate::actor::Actor;
use crate::closed_lists::CallStateName;
use crate::cursor::{self, Page};
use crate::moves::instant;
use crate::programs::minute;
use crate::refusal::Refusal;
use crate::view::View;

/// As many calls ahead are ranked: those that are due first.
pub(super) const MOST_AHEAD: i64 = 5_000;

/// A call that sales is to make, or has made
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub struct CallItem {
    pub id: String,
    #[schema(value_type = CallStateName)]
    pub state: &'static str,
    /// How far it is, in one sentence, in English
    pub what: String,
    pub lead: CalledLead,
    /// Why, the first reason first
    pub reasons: Vec<CallReason>,
    /// The address of the user whose call it is; null where there is nobody
    pub owner: Option<String>,
    pub owner_name: Option<String>,
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Within working hours, and never before the end of a snooze
    #[schema(format = DateTime)]
    pub due_at: String,
    /// It is due, and has not ended
    pub late: bool,
    /// It was put off and is not in the list of open calls before this instant; null where it was not, or that is over
    #[schema(format = DateTime)]
    pub snoozed_until: Option<String>,
    /// When others were mailed because nobody had taken it in time
    #[schema(format = DateTime)]
    pub escalated_at: Option<String>,
    /// Null while it has not ended
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// How it ended; null while it has not
    #[schema(value_type = Option<CallOutcome>)]
    pub outcome: Option<String>,
    /// What was last logged of a call that goes on: after `no_answer`, and after a `not_now` that put it off; null where
    /// nothing was, and where it has ended
    #[schema(value_type = Option<CallOutcome>)]
    pub last_outcome: Option<String>,
    /// What was done with it, the first entry first
    pub log: Vec<CallEntry>,
}

/// Why a call was opened
#[derive(Debug, Serialize, ToSchema)]
pub struct CallReason {
    #[schema(format = DateTime)]
    pub at: String,
    /// In the words of the sequence, or of whoever opened it
    pub say: String,
    /// The sequence's id
    pub sequence: Option<String>,
    pub sequence_name: Option<String>,
    /// Who opened it by hand, or did to the lead by hand what the sequence's alert follows from, such as a pin; null
    /// where nobody did
    pub by: Option<String>,
    pub by_name: Option<String>,
}

/// Something that was done with a call
#[derive(Debug, Serialize, ToSchema)]
pub struct CallEntry {
    #[schema(format = DateTime)]
    pub at: String,
    pub action: CallAction,
    /// Who did it; null for the server
    pub by: Option<String>,
    pub by_name: Option<String>,
    pub outcome: Option<CallOutcome>,
    pub note: Option<String>,
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// The address of the user to whom it was given
    pub to: Option<String>,
}

/// Which calls are listed
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallSelection {
    /// Those that are to be made now: neither ended nor snoozed
    #[default]
    Open,
    /// Those of them that somebody has taken
    Taken,
    Snoozed,
    /// Those that have ended, the last one first
    Done,
}

impl CallSelection {
    fn has(self, call: &Call, now: Instant) -> bool {
        match self {
            CallSelection::Open => !is_snoozed(call, now),
            CallSelection::Taken => call.state == CallState::Taken && !is_snoozed(call, now),
            CallSelection::Snoozed => is_snoozed(call, now),
            CallSelection::Done => call.ended_at.is_some(),
        }
    }
}

/// Where a list of calls goes on.
#[derive(Serialize, Deserialize)]
struct Behind {
    selection: CallSelection,
    rank: Option<Rank>,
    ended: Option<(i64, CallId)>,
}

/// Calls in the order in which they are to be made. `mine`: of this user alone.
pub fn page(
    view: &mut View,
    (selection, mine): (CallSelection, Option<&Actor>),
    after: Option<&str>,
    limit: usize,
) -> Result<Page<CallItem>, Refusal> {
    let owner = mine.map(|actor| address(view.connection, actor)).transpose()?;
    let behind: Option<Behind> = cursor::read(after)?;
    if behind.as_ref().is_some_and(|behind| behind.selection != selection) {
        return Err(Refusal::Malformed("`cursor` is of a list of calls in another `state`; begin without it".into()));
    }
    let versions = view.versions()?;
    let (connection, now) = (&mut *view.connection, view.now);
    if selection == CallSelection::Done {
        let before = behind.and_then(|behind| behind.ended).unwrap_or((i64::MAX, CallId::MAX));
        let found = calls::ended(connection, before, owner.as_deref(), limit as i64 + 1)?;
        let page = Page::cut(found, limit, |last| Behind {
            selection,
            rank: None,
            ended: Some((last.ended_at.unwrap_or_default(), last.id)),
        });
        let found = ranked_as_they_are(connection, &versions, page.items, now)?;
        return Ok(Page { items: items(view, found)?, next: page.next });
    }
    let mut ahead = calls::ahead(connection, MOST_AHEAD)?;
    ahead.retain(|call| selection.has(call, now) && (owner.is_none() || call.owner == owner));
    let mut all = ranked(connection, &versions, ahead, now)?;
    if let Some(rank) = behind.and_then(|behind| behind.rank) {
        all.retain(|one| one.rank > rank);
    }
    let page = Page::cut(all, limit, |last| Behind { selection, rank: Some(last.rank), ended: None });
    Ok(Page { items: items(view, page.items)?, next: page.next })
}

pub fn one(view: &mut View, id: CallId) -> Result<CallItem, Refusal> {
    let versions = view.versions()?;
    let call = calls::one(view.connection, id)?.ok_or_else(|| missing(id))?;
    let found = ranked(view.connection, &versions, vec![call], view.now)?;
    items(view, found)?.pop().ok_or_else(|| missing(id))
}

pub(super) fn missing(id: CallId) -> Refusal {
    Refusal::Missing(format!("there is no call {id}; GET /api/calls lists those that are open"))
}

/// The address of a user who asks.
fn address(connection: &mut Connection, actor: &Actor) -> Result<String, Refusal> {
    let id = actor.who.strip_prefix("user:").and_then(|id| id.parse::<UserId>().ok());
    let user = id.map(|id| access::user_by_id(connection, id)).transpose()?.flatten();
    let none = || Refusal::Malformed("`mine` is for users who have signed in; a key owns no calls".into());
    user.map(|user| user.email).ok_or_else(none)
}

/// Calls with their leads, in the order given.
fn ranked_as_they_are(
    connection: &mut Connection,
    versions: &Versions,
    calls: Vec<Call>,
    now: Instant,
) -> Result<Vec<Ranked>, Error> {
    let order: Vec<CallId> = calls.iter().map(|call| call.id).collect();
    let mut found = ranked(connection, versions, calls, now)?;
    found.sort_by_key(|one| order.iter().position(|id| *id == one.call.id));
    Ok(found)
}

fn items(view: &mut View, found: Vec<Ranked>) -> Result<Vec<CallItem>, Refusal> {
    let (versions, names) = (view.versions()?, view.names()?);
    let (connection, now) = (&mut *view.connection, view.now);
    let rows: Vec<leads::Lead> = found.iter().map(|one| one.row.clone()).collect();
    let leads = known(connection, &versions, &rows)?;
    let people = People::read(connection)?;
    let program = versions.program_in_force().map(|program| &**program);
    let minute = |at: Instant| minute(program, at);
    let mut items = Vec::with_capacity(found.len());
    for Ranked { call, row, .. } in found {
        let Some(lead) = leads.get(&row.id) else { continue };
        let lead = lead.shown(&names, versions.zones(), now);
        items.push(item(call, lead, (&names, &people), (now, &minute))?);
    }
    Ok(items)
}

/// The names of the team.
struct People {
    actors: ActorNames,
    /// By address.
    users: BTreeMap<String, String>,
}

impl People {
    fn read(connection: &mut Connection) -> Result<People, Error> {
        let users = access::users(connection)?.into_iter().filter(|user| !user.name.is_empty());
        let users = users.map(|user| (user.email, user.name)).collect();
        Ok(People { actors: ActorNames::read(connection)?, users })
    }
}

fn item(
    call: Call,
    lead: CalledLead,
    (names, people): (&Names, &People),
    (now, minute): (Instant, &dyn Fn(Instant) -> String),
) -> Result<CallItem, Error> {
    let CallDocument { reasons, log } = CallDocument::of(&call)?;
    Ok(CallItem {
        id: call.id.to_string(),
        state: words::state(&call, now),
        what: words::sentence(&call, now, minute),
        lead,
        reasons: reasons.into_iter().map(|reason| shown_reason(reason, names, people)).collect(),
        owner_name: call.owner.as_ref().and_then(|owner| people.users.get(owner).cloned()),
        late: is_late(&call, now),
        owner: call.owner.clone(),
        opened_at: instant(call.opened_at),
        due_at: instant(call.due_at),
        snoozed_until: words::snoozed_until(&call, now).map(instant),
        escalated_at: call.escalated_at.map(instant),
        ended_at: call.ended_at.map(instant),
        outcome: words::outcome(&call),
        last_outcome: words::last_outcome(&call),
        log: log.into_iter().map(|entry| shown_entry(entry, people)).collect(),
    })
}

fn shown_reason(reason: Reason, names: &Names, people: &People) -> CallReason {
    CallReason {
        at: instant(reason.at),
        say: reason.say,
        sequence_name: reason.sequence.as_deref().map(|id| names.sequence(id).to_owned()),
        sequence: reason.sequence,
        by_name: reason.by.as_deref().and_then(|by| people.actors.of(by)),
        by: reason.by,
    }
}

fn shown_entry(entry: Entry, people: &People) -> CallEntry {
    CallEntry {
        at: instant(entry.at),
        action: entry.action,
        by_name: entry.by.as_deref().and_then(|by| people.actors.of(by)),
        by: entry.by,
        outcome: entry.outcome,
        note: entry.note,
        until: entry.until.map(instant),
        to: entry.to,
    }
}
