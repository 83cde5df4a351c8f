//! What happens with calls by the mere passing of time: those that nobody has taken escalate, and lists of calls are mailed
//! when a working day begins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_live::{Lane, Versions};
use attractor_store::calls::{self, Call};
use attractor_store::{Connection, Error, LeadId, Location, lane, leads};
use jiff::tz::TimeZone;

use super::desk::Desk;
use super::document::{CallAction, CallDocument, Entry};
use super::lead::known;
use super::list::MOST_AHEAD;
use super::notes;
use super::posted::{CallEvent, post};
use super::rank::{is_snoozed, ranked};
use super::{Now, companies};
use crate::lane::Stop;
use crate::leads::joined::present;
use crate::team::calls::{CallNote, escalate, list};
use crate::team::recipients::users;
use crate::{App, location};

/// In the table `state`: up to when lists were mailed, in milliseconds since 1970.
pub(crate) const MORNING: &str = "calls listed";

/// A server that was off in the morning still mails the lists for so long.
const TOO_LATE: i64 = 6 * Duration::HOUR.0;
/// As many calls escalate in one transaction.
const PORTION: i64 = 100;
/// As many calls are listed in one mail.
const LISTED: usize = 50;

/// Lets calls escalate, and mails lists of them.
pub struct Calling {
    app: Arc<App>,
    location: Location,
    desk: Arc<Desk>,
}

impl Calling {
    /// The error is what is wrong in the settings.
    pub fn new(app: &Arc<App>) -> Result<Calling, String> {
        let desk = Arc::new(Desk::of(app)?);
        Ok(Calling { app: app.clone(), location: location(&app.settings, app.folder.path()), desk })
    }

    /// Does what is due. Returns when there is more to do, by the leads' clock; `None`: when a call is opened or changed.
    pub fn step(&self) -> Result<Option<Instant>, Stop> {
        let now = Now::of(&self.app);
        let look = |connection: &mut Connection| Due::look(connection, &self.desk, now.leads);
        let due = self.location.reader()?.snapshot(look)?;
        if due.is_parted {
            self.in_lane(move |connection| unite(connection, now.leads))?;
        }
        if due.is_late {
            let desk = self.desk.clone();
            self.in_lane(move |connection| escalate_some(connection, &desk, now))?;
            self.app.nudged.notify_one();
            return Ok(Some(now.leads));
        }
        if due.is_morning {
            if self.open_of_companies(now)? {
                return Ok(Some(now.leads));
            }
            let desk = self.desk.clone();
            self.in_lane(move |connection| morning(connection, &desk, now))?;
            return Ok(Some(now.leads));
        }
        Ok(due.next)
    }

    /// Opens calls of companies of which people in two roles are active. Whether any was opened: there may be more.
    fn open_of_companies(&self, now: Now) -> Result<bool, Stop> {
        let desk = self.desk.clone();
        let look = |connection: &mut Connection| {
            let versions = desk.versions(connection)?;
            companies::active(connection, &desk, &versions, now.leads)
        };
        let found = self.location.reader()?.snapshot(look)?;
        if found.is_empty() {
            return Ok(false);
        }
        let desk = self.desk.clone();
        let work = move |lane: &mut Lane| lane.deed(now.leads, |deed| companies::open(deed, &desk, found, now));
        self.app.lane.run_here(work)??;
        self.app.nudged.notify_one();
        Ok(true)
    }

    fn in_lane(&self, work: impl FnOnce(&mut Connection) -> Result<(), Error> + Send + 'static) -> Result<(), Stop> {
        Ok(self.app.lane.run_here(move |lane: &mut Lane| lane.write(work))??)
    }
}

/// What there is to do.
struct Due {
    /// Whether a lead was joined to another one, so that its call is the other one's.
    is_parted: bool,
    /// Whether a call is to escalate.
    is_late: bool,
    /// Whether the lists are to be mailed, or the first morning is to be waited for.
    is_morning: bool,
    next: Option<Instant>,
}

impl Due {
    fn look(connection: &mut Connection, desk: &Desk, now: Instant) -> Result<Due, Error> {
        let first = calls::unanswered(connection, 1)?.pop().map(|call| Instant(call.due_at));
        let zone = desk.zone(&desk.versions(connection)?);
        let listed = listed_until(connection, now)?;
        let is_morning = listed.is_none_or(|until| desk.next_day(until, &zone).is_some_and(|begins| begins <= now));
        let next = first.into_iter().chain(desk.next_day(now, &zone)).min();
        let ids = calls::ahead(connection, MOST_AHEAD)?.into_iter().map(|call| call.lead).collect();
        let is_parted = present(connection, &ids)?.iter().any(|(id, row)| row.id != *id);
        Ok(Due { is_parted, is_late: first.is_some_and(|due| due <= now), is_morning, next })
    }
}

/// Up to when lists were mailed; `None` where none were. A clock that was set back must not silence them.
fn listed_until(connection: &mut Connection, now: Instant) -> Result<Option<Instant>, Error> {
    let until = lane::state(connection, MORNING)?.and_then(|until| until.parse().ok());
    Ok(until.map(|until| Instant(until).min(now)))
}

/// Gives calls to the leads that theirs were joined to. Of two calls of one lead, the first one keeps the reasons of both.
fn unite(connection: &mut Connection, now: Instant) -> Result<(), Error> {
    let mut ahead = calls::ahead(connection, MOST_AHEAD)?;
    ahead.sort_by_key(|call| call.id);
    let ids: BTreeSet<LeadId> = ahead.iter().map(|call| call.lead).collect();
    let leads = present(connection, &ids)?;
    let mut first: BTreeMap<LeadId, Call> = BTreeMap::new();
    for mut call in ahead {
        let Some(lead) = leads.get(&call.lead).map(|row| row.id) else { continue };
        let Some(kept) = first.get_mut(&lead) else {
            if call.lead != lead {
                call.lead = lead;
                calls::save(connection, &call)?;
            }
            first.insert(lead, call);
            continue;
        };
        let (mut document, other) = (CallDocument::of(kept)?, CallDocument::of(&call)?);
        document.add(other.reasons);
        other.log.into_iter().for_each(|entry| document.note(entry));
        document.log.sort_by_key(|entry| entry.at);
        take_over(kept, &call, now);
        kept.document = document.text()?;
        calls::save(connection, kept)?;
        calls::delete(connection, call.id)?;
    }
    Ok(())
}

/// What a call that was put off takes over from one of the same lead that is to be made now, and which it would hide.
fn take_over(kept: &mut Call, other: &Call, now: Instant) {
    if is_snoozed(kept, now) && !is_snoozed(other, now) {
        (kept.state, kept.snoozed_until) = (other.state, None);
        (kept.due_at, kept.escalated_at) = (other.due_at, other.escalated_at);
        kept.owner = other.owner.clone().or(kept.owner.take());
    }
}

/// Mails that nobody has taken calls in time, once for each.
fn escalate_some(connection: &mut Connection, desk: &Desk, now: Now) -> Result<(), Error> {
    let mut late = calls::unanswered(connection, PORTION)?;
    late.retain(|call| call.due_at <= now.leads.0);
    let versions = desk.versions(connection)?;
    let zone = desk.zone(&versions);
    let ids: BTreeSet<LeadId> = late.iter().map(|call| call.lead).collect();
    let present = present(connection, &ids)?;
    let rows: Vec<leads::Lead> = present.values().cloned().collect();
    let leads = known(connection, &versions, &rows)?;
    for mut call in late {
        let mut document = CallDocument::of(&call)?;
        document.note(Entry::new(CallAction::Escalated, now.leads.0, None));
        (call.document, call.escalated_at) = (document.text()?, Some(now.leads.0));
        calls::save(connection, &call)?;
        let Some(lead) = present.get(&call.lead).and_then(|row| leads.get(&row.id)) else { continue };
        let note = notes::of_lead(&call, lead, (desk, &zone), now.leads)?;
        escalate(connection, (lead.row.id, &note), &desk.lists, now.machine)?;
        post(connection, CallEvent::Escalated, &call, Some(lead), now)?;
    }
    Ok(())
}

/// Mails everybody their calls, where a working day has begun since that was done last.
fn morning(connection: &mut Connection, desk: &Desk, now: Now) -> Result<(), Error> {
    let versions = desk.versions(connection)?;
    let zone = desk.zone(&versions);
    let last = listed_until(connection, now.leads)?;
    let is_today = |until: Instant| {
        let since = Instant(until.0.max(now.leads.0 - TOO_LATE));
        desk.next_day(since, &zone).is_some_and(|begins| begins <= now.leads)
    };
    if desk.is_mailed && last.is_some_and(is_today) {
        for (owner, notes) in lists(connection, desk, (&versions, &zone), now.leads)? {
            list(connection, &owner, &notes, now.machine)?;
        }
    }
    lane::set_state(connection, MORNING, &now.leads.0.to_string())
}

/// By owner, the calls that are to be made now.
fn lists(
    connection: &mut Connection,
    desk: &Desk,
    (versions, zone): (&Versions, &TimeZone),
    now: Instant,
) -> Result<BTreeMap<String, Vec<CallNote>>, Error> {
    let mut ahead = calls::ahead(connection, MOST_AHEAD)?;
    // Those that are put off until later today are among them.
    let next_day = desk.next_day(now, zone).unwrap_or(now);
    ahead.retain(|call| !is_snoozed(call, next_day));
    let all = ranked(connection, versions, ahead, now)?;
    let rows: Vec<leads::Lead> = all.iter().map(|one| one.row.clone()).collect();
    let leads = known(connection, versions, &rows)?;
    let mut lists: BTreeMap<String, Vec<CallNote>> = BTreeMap::new();
    for user in users(connection)? {
        let own = all.iter().filter(|one| one.call.owner.as_ref() == Some(&user.email)).take(LISTED);
        for one in own {
            let Some(lead) = leads.get(&one.row.id) else { continue };
            let note = notes::of_lead(&one.call, lead, (desk, zone), now)?;
            lists.entry(user.email.clone()).or_default().push(note);
        }
    }
    Ok(lists)
}

#[cfg(test)]
mod tests {
    use attractor_store::CallId;
    use attractor_store::calls::CallState;

    use super::*;

    fn call(state: CallState, owner: Option<&str>, due_at: i64, snoozed_until: Option<i64>) -> Call {
        Call {
            id: CallId(1),
            lead: LeadId(414),
            state,
            owner: owner.map(str::to_owned),
            opened_at: 1,
            due_at,
            snoozed_until,
            escalated_at: None,
            logged_at: None,
            ended_at: None,
            outcome: None,
            document: String::new(),
        }
    }

    #[test]
    fn of_two_calls_of_one_lead_the_one_that_was_put_off_does_not_hide_the_other() {
        let put_off = || call(CallState::Taken, Some("ada"), 900, Some(800));
        for (first, other, expected) in [
            (put_off(), call(CallState::Open, Some("bob"), 30, None), call(CallState::Open, Some("bob"), 30, None)),
            (put_off(), call(CallState::Open, None, 30, None), call(CallState::Open, Some("ada"), 30, None)),
            (put_off(), call(CallState::Open, None, 700, Some(600)), put_off()),
            (call(CallState::Open, None, 30, None), put_off(), call(CallState::Open, None, 30, None)),
            (call(CallState::Taken, None, 30, Some(9)), put_off(), call(CallState::Taken, None, 30, Some(9))),
        ] {
            let mut kept = first.clone();
            take_over(&mut kept, &other, Instant(10));
            assert_eq!(kept, expected, "{first:?} and {other:?}");
        }
    }
}
