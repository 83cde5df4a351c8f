//! What people do with calls: open, take, log, put off and hand them over. What is decided is computed from the stored call;
//! then all of it is written in one transaction, with the event that the lead's score and segments see.

use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_live::{Deed, Lane};
use attractor_store::access::User;
use attractor_store::calls::{self, Call, CallState};
use attractor_store::{CallId, Connection, Error, UserId, leads};
use jiff::tz::TimeZone;

use super::Now;
use super::desk::Desk;
use super::document::{CallAction, CallDocument, CallOutcome, Entry, Reason};
use super::lead::{KnownLead, known};
use super::list::{self, CallItem, missing};
use super::notes;
use super::opening::{Opening, owned, take as take_in};
use super::posted::{CallEvent, post};
use crate::App;
use crate::access::addresses::with_address;
use crate::actor::{Actor, Role};
use crate::hand::deed::Deed as ManualAction;
use crate::hand::message::Writer;
use crate::leads::find;
use crate::refusal::Refusal;
use crate::team::calls::hand_over;
use crate::team::notices::called;
use crate::team::recipients::users;

/// No call is put off for longer.
const LONGEST_SNOOZE: Duration = Duration(366 * Duration::DAY.0);
/// In characters.
const LONGEST_NOTE: usize = 5_000;

/// A call that somebody opens by hand.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// What the lead is called.
    pub lead: String,
    pub note: String,
    /// The address of a user; `None`: as for an alert.
    pub owner: Option<String>,
}

/// How a call went.
#[derive(Clone, Debug)]
pub struct LoggedCall {
    pub outcome: CallOutcome,
    pub note: Option<String>,
    /// When the lead is to be called again.
    pub until: Option<String>,
}

/// A stored call, and what it takes to decide what becomes of it.
struct Found {
    call: Call,
    document: CallDocument,
    row: leads::Lead,
    /// Those who may sign in.
    users: Vec<User>,
    /// Who asks, where that is a user.
    user: Option<User>,
    actor: Actor,
    zone: TimeZone,
    now: Instant,
}

/// What becomes of a call.
struct Change {
    call: Call,
    entry: Entry,
    /// Who gets a mail about it.
    mail_to: Option<String>,
}

/// Opens a call by hand; of a lead that has one ahead, that one gets another reason.
pub async fn open(app: &Arc<App>, actor: &Actor, new: NewCall) -> Result<CallItem, Refusal> {
    let say = trimmed(Some(&new.note), "/note")?
        .ok_or_else(|| Refusal::invalid("/note", "say why the lead is to be called"))?;
    let (desk, by, now) = (Desk::asked(app)?, actor.who.clone(), Now::of(app));
    let work = move |lane: &mut Lane| {
        lane.deed(now.leads, |deed| {
            let connection = deed.connection();
            let row = match find::lead(connection, &new.lead) {
                Ok(row) => row,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let owner = match new.owner.map(|owner| caller(&users(connection)?, &owner, "/owner")).transpose() {
                Ok(owner) => owner.map(|user| user.email),
                Err(refusal) => return Ok(Err(refusal)),
            };
            let reason = Reason { at: now.leads.0, say, by: Some(by), ..Reason::default() };
            let mut opening = Opening::begin(connection, &desk, now)?;
            let call = opening.open(connection, &row, reason, owner)?;
            opening.finish(deed)?;
            Ok(Ok(call.id))
        })
    };
    let id = app.lane.run(work).await???;
    shown(app, id).await
}

/// Takes a call: whoever asks will make it.
pub async fn take(app: &Arc<App>, actor: &Actor, id: CallId) -> Result<CallItem, Refusal> {
    change(app, actor, id, taken).await
}

/// Logs how a call went.
pub async fn log(app: &Arc<App>, actor: &Actor, id: CallId, logged: LoggedCall) -> Result<CallItem, Refusal> {
    let desk = Desk::asked(app)?;
    change(app, actor, id, move |found| self::logged(found, &desk, &logged)).await
}

/// Puts a call off until an instant.
pub async fn snooze(app: &Arc<App>, actor: &Actor, id: CallId, until: String) -> Result<CallItem, Refusal> {
    let desk = Desk::asked(app)?;
    change(app, actor, id, move |found| snoozed(found, &desk, &until)).await
}

/// Hands a call over to a user.
pub async fn give(app: &Arc<App>, actor: &Actor, id: CallId, to: String) -> Result<CallItem, Refusal> {
    change(app, actor, id, move |found| given(found, &to)).await
}

async fn shown(app: &Arc<App>, id: CallId) -> Result<CallItem, Refusal> {
    app.calls.ring();
    app.nudged.notify_one();
    app.read(move |view| list::one(view, id)).await
}

/// Changes a call as `decide` says.
async fn change(
    app: &Arc<App>,
    actor: &Actor,
    id: CallId,
    decide: impl FnOnce(&Found) -> Result<Change, Refusal> + Send + 'static,
) -> Result<CallItem, Refusal> {
    let (desk, actor) = (Desk::asked(app)?, actor.clone());
    let now = Now::of(app);
    let work = move |lane: &mut Lane| {
        lane.deed(now.leads, |deed| {
            let Some(found) = look(deed.connection(), &desk, (id, actor), now.leads)? else {
                return Ok(Err(missing(id)));
            };
            let change = match decide(&found) {
                Ok(change) => change,
                Err(refusal) => return Ok(Err(refusal)),
            };
            write(deed, &desk, found, change, now)?;
            Ok(Ok(()))
        })
    };
    app.lane.run(work).await???;
    shown(app, id).await
}

fn look(
    connection: &mut Connection,
    desk: &Desk,
    (id, actor): (CallId, Actor),
    now: Instant,
) -> Result<Option<Found>, Error> {
    let Some(call) = calls::one(connection, id)? else { return Ok(None) };
    let Some(row) = find::row(connection, call.lead)? else { return Ok(None) };
    let users = users(connection)?;
    let own = actor.who.strip_prefix("user:").and_then(|id| id.parse::<UserId>().ok());
    let user = users.iter().find(|user| Some(user.id) == own).cloned();
    let zone = desk.zone(&desk.versions(connection)?);
    Ok(Some(Found { document: CallDocument::of(&call)?, call, row, users, user, actor, zone, now }))
}

/// Writes what was decided, and whatever follows.
fn write(deed: &mut Deed, desk: &Desk, found: Found, change: Change, now: Now) -> Result<(), Error> {
    let Found { call: before, mut document, row, actor, zone, .. } = found;
    let Change { mut call, entry, mail_to } = change;
    let connection = deed.connection();
    let mut messages = Vec::new();
    if let Some(owner) = call.owner.as_ref().filter(|owner| Some(*owner) != before.owner.as_ref()) {
        messages.extend(owned(connection, &row, owner, &actor.who, now.leads)?);
    }
    let versions = desk.versions(connection)?;
    let leads = known(connection, &versions, std::slice::from_ref(&row))?;
    let writer = Writer { lead: &row, by: &actor.who, at: now.leads.max(Instant(row.at)) };
    for action in actions(&entry, leads.get(&row.id)) {
        messages.extend(writer.track(connection, action.event(), action.properties())?);
    }
    let is_logged = entry.outcome.is_some();
    document.note(entry);
    (call.document, call.lead) = (document.text()?, row.id);
    calls::save(connection, &call)?;
    if is_logged {
        post(connection, CallEvent::Logged, &call, leads.get(&row.id), now)?;
    }
    if let Some((to, lead)) = mail_to.zip(leads.get(&row.id)) {
        let (note, by) = (notes::of_lead(&call, lead, (desk, &zone), now.leads)?, called(connection, &actor)?);
        hand_over(connection, (row.id, &note), (&to, &by), now.machine)?;
    }
    take_in(deed, &messages)
}

/// What an entry does to the lead. A bad fit goes back to nurturing: nothing that was decided by hand holds it with sales.
fn actions(entry: &Entry, lead: Option<&KnownLead>) -> Vec<ManualAction> {
    let Some(outcome) = entry.outcome else { return Vec::new() };
    let mut actions = vec![ManualAction::Call { outcome: outcome.name().to_owned(), note: entry.note.clone() }];
    if outcome == CallOutcome::BadFit {
        actions.extend(lead.map(KnownLead::releases).unwrap_or_default());
    }
    actions
}

impl Found {
    /// Refuses to change a call that has ended.
    fn demand_open(&self) -> Result<(), Refusal> {
        let ended = || Refusal::Conflict("this call has ended; open another one with POST /api/calls".into());
        if self.call.ended_at.is_some() { Err(ended()) } else { Ok(()) }
    }

    fn entry(&self, action: CallAction) -> Entry {
        Entry::new(action, self.now.0, Some(&self.actor.who))
    }

    /// An instant to come that somebody names.
    fn later(&self, text: &str) -> Result<Instant, Refusal> {
        let wrong = |why: &str| Refusal::invalid("/until", format!("`{text}` {why}"));
        let at = Instant::parse(text).ok_or_else(|| wrong("is not an instant; write it like 2026-03-09T14:30:00Z"))?;
        match at.0 {
            at if at <= self.now.0 => Err(wrong("has passed; name an instant to come")),
            at if at > self.now.0 + LONGEST_SNOOZE.0 => Err(wrong("is more than a year ahead; end the call instead")),
            _ => Ok(at),
        }
    }
}

fn taken(found: &Found) -> Result<Change, Refusal> {
    found.demand_open()?;
    let key = || Refusal::senseless("a key cannot take a call; give it to a user with POST /api/calls/{id}/give");
    let user = found.user.as_ref().ok_or_else(key)?;
    let owner = Some(user.email.clone());
    if found.call.state == CallState::Taken && found.call.owner != owner {
        let other = found.call.owner.as_deref().unwrap_or("somebody");
        let why = format!("{other} has taken this call; to make it yourself, give it to yourself");
        return Err(Refusal::Conflict(why));
    }
    let call = Call { state: CallState::Taken, owner, ..found.call.clone() };
    Ok(Change { call, entry: found.entry(CallAction::Taken), mail_to: None })
}

fn logged(found: &Found, desk: &Desk, logged: &LoggedCall) -> Result<Change, Refusal> {
    found.demand_open()?;
    let LoggedCall { outcome, note, until } = logged;
    let note = trimmed(note.as_deref(), "/note")?;
    if *outcome == CallOutcome::BadFit && note.is_none() {
        return Err(Refusal::invalid("/note", "say why the lead is a bad fit"));
    }
    let goes_on = match outcome {
        CallOutcome::NoAnswer => true,
        CallOutcome::NotNow => until.is_some(),
        CallOutcome::Reached | CallOutcome::Meeting | CallOutcome::BadFit if until.is_some() => {
            let why = format!("a call ends with `{}`; only `not_now` and `no_answer` have an instant", outcome.name());
            return Err(Refusal::invalid("/until", why));
        }
        CallOutcome::Reached | CallOutcome::Meeting | CallOutcome::BadFit => false,
    };
    let until = until.as_deref().map(|text| found.later(text)).transpose()?;
    let own = || found.user.as_ref().map(|user| user.email.clone());
    let mut call = Call {
        owner: found.call.owner.clone().or_else(own),
        logged_at: Some(found.now.0),
        outcome: Some(outcome.name().to_owned()),
        snoozed_until: until.map(|until| until.0),
        ..found.call.clone()
    };
    if goes_on {
        // A user who logs it sees to it: it escalates no more. A key is not a person, and takes nothing.
        if found.user.is_some() {
            call.state = CallState::Taken;
        }
        call.due_at = desk.due(until.unwrap_or(found.now), &found.zone).0;
    } else {
        (call.state, call.ended_at) = (CallState::Done, Some(found.now.0));
    }
    let entry =
        Entry { outcome: Some(*outcome), note, until: until.map(|until| until.0), ..found.entry(CallAction::Logged) };
    Ok(Change { call, entry, mail_to: None })
}

fn snoozed(found: &Found, desk: &Desk, until: &str) -> Result<Change, Refusal> {
    found.demand_open()?;
    let until = found.later(until)?;
    let due_at = desk.due(until, &found.zone).0;
    let call = Call { snoozed_until: Some(until.0), due_at, ..found.call.clone() };
    let entry = Entry { until: Some(until.0), ..found.entry(CallAction::Snoozed) };
    Ok(Change { call, entry, mail_to: None })
}

fn given(found: &Found, to: &str) -> Result<Change, Refusal> {
    found.demand_open()?;
    let to = caller(&found.users, to, "/to")?;
    let is_own = found.user.as_ref().is_some_and(|user| user.id == to.id);
    let state = if is_own { CallState::Taken } else { CallState::Open };
    let call = Call { state, owner: Some(to.email.clone()), ..found.call.clone() };
    let entry = Entry { to: Some(to.email.clone()), ..found.entry(CallAction::Given) };
    Ok(Change { call, entry, mail_to: Some(to.email).filter(|_| !is_own) })
}

/// The user with an address who may make calls.
fn caller(users: &[User], address: &str, pointer: &str) -> Result<User, Refusal> {
    let may_call = |user: &&User| Role::named(&user.role).is_some_and(|role| role >= Role::Sales);
    let found = with_address(users, address).filter(may_call);
    let why = || Refusal::invalid(pointer, "no user with the role sales, marketer or owner has this address");
    found.cloned().ok_or_else(why)
}

/// A text without the spaces around it; `None` where nothing is left.
fn trimmed(text: Option<&str>, pointer: &str) -> Result<Option<String>, Refusal> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > LONGEST_NOTE) {
        return Err(Refusal::invalid(pointer, format!("a note has at most {LONGEST_NOTE} characters")));
    }
    Ok(text.map(str::to_owned))
}
