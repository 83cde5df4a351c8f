//! What is so with a copy, for people: in one sentence, with its instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_mail::gate::Hold;
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::copies::{CopySource, CopyState, MailCopy, Rank};
use attractor_store::{BroadcastId, Connection, Error, LeadId, leads};

use super::broadcasts::stop::broadcast_of;
use super::budgets::{self, LeadBudget};
use super::compose::{class, is_counted};
use super::holds::ranks_held;
use super::paused;
use super::test_mode;
use super::words::{caught, full_address_or_rate, held, hold, in_words, lower, outside_hours};
use super::zone::LeadZone;
use crate::leads::joined::present;
use crate::leads::profiles;
use crate::programs::minute;
use crate::refusal::Refusal;
use crate::view::View;

/// Holds that end before the lead's pause, or that the gate asks about behind it.
const GIVING_WAY: [Hold; 5] = [Hold::Cadence, Hold::Window, Hold::WarmUp, Hold::Rate, Hold::Server];

/// What is known beside the copies themselves.
#[derive(Default)]
pub struct CopyWords {
    /// Why no e-mail leaves.
    paused: Option<String>,
    /// Copies of these ranks are not looked at, so that nothing is noted at each of them.
    ranks: &'static [Rank],
    /// Broadcasts that do not go on at present, each with why. It is written into a copy when its turn comes.
    halted: BTreeMap<BroadcastId, String>,
    /// Broadcasts that were cancelled.
    cancelled: BTreeSet<BroadcastId>,
    now: i64,
    /// Where samples of copies go that the test mode holds.
    test_to: Option<String>,
    /// What the budgets of leads depend on whose copies wait.
    budgets: BTreeMap<LeadId, LeadBudget>,
    /// By which clocks leads go whose copies wait.
    zones: BTreeMap<LeadId, LeadZone>,
    /// For the time zone: the playbook in force.
    program: Option<Arc<Program>>,
    /// What the playbook in force calls its parts.
    names: Names,
}

impl CopyWords {
    pub fn read(view: &mut View, copies: &[MailCopy]) -> Result<CopyWords, Refusal> {
        let versions = view.versions()?;
        let program = versions.program_in_force().cloned();
        let waiting = copies.iter().filter(|copy| copy.state == CopyState::Waiting);
        let rows = present(view.connection, &waiting.map(|copy| copy.lead).collect())?;
        let profiles = profiles::of(view.connection, rows.values())?;
        let zone = |(id, row): (&LeadId, &leads::Lead)| {
            let under = versions.of(&row.name);
            let account = under.as_ref().map(|under| under.program.zone());
            Some((*id, LeadZone::of(profiles.get(&row.id)?, account, versions.zones())))
        };
        let broadcasts = broadcasts_of(view.connection, copies)?;
        let is_tested = copies.iter().any(|copy| copy.reason.as_deref() == Some(test_mode::HELD));
        Ok(CopyWords {
            paused: paused(view.connection)?,
            ranks: ranks_held(view.connection)?,
            test_to: if is_tested { test_mode::address(view.connection)? } else { None },
            halted: broadcasts.iter().filter_map(|one| Some((one.id, why_halted(one)?))).collect(),
            cancelled: broadcasts
                .iter()
                .filter(|one| one.state == BroadcastState::Cancelled)
                .map(|one| one.id)
                .collect(),
            now: view.now.0,
            budgets: budgets::of_leads(view.connection, &versions, &rows, &profiles)?,
            zones: rows.iter().filter_map(zone).collect(),
            names: program.as_ref().map(|program| Names::of(program.playbook())).unwrap_or_default(),
            program,
        })
    }

    /// A copy with what keeps it back now: that sending or its broadcast is paused; that its lead chose a pause since.
    /// What kept it back before says nothing.
    pub fn as_it_waits(&self, copy: MailCopy) -> MailCopy {
        if copy.state == CopyState::Waiting && (self.paused.is_some() || self.halt(&copy).is_some()) {
            return MailCopy { reason: Some(Hold::Paused.name().to_owned()), until: None, ..copy };
        }
        match self.pause(&copy) {
            Some(until) => MailCopy { reason: Some(Hold::Cadence.name().to_owned()), until: Some(until), ..copy },
            None => copy,
        }
    }

    /// Until when the lead of a copy that waits chose to get nothing, where that is later than its next turn: then the gate
    /// will say so. What comes before the cadence there stays what it is.
    fn pause(&self, copy: &MailCopy) -> Option<i64> {
        let gives_way = match copy.reason.as_deref() {
            None => true,
            Some(reason) => hold(reason).is_some_and(|hold| GIVING_WAY.contains(&hold)),
        };
        let pause = self.budgets.get(&copy.lead)?.pause(class(copy))?;
        let turn = [copy.until, copy.dispatch.due].into_iter().flatten().fold(self.now, i64::max);
        (copy.state == CopyState::Waiting && gives_way && pause > turn).then_some(pause)
    }

    /// Why the broadcast of a copy does not go on.
    fn halt(&self, copy: &MailCopy) -> Option<&str> {
        self.halted.get(&broadcast_of(&copy.source)?).map(String::as_str)
    }

    /// Why a copy waits, or did not arrive, with its instant, or that it is being sent; `None` where there is nothing to say.
    pub fn why(&self, copy: &MailCopy) -> Option<String> {
        let copy = &self.as_it_waits(copy.clone());
        match copy.state {
            CopyState::Waiting => self.why_it_waits(copy).or_else(|| self.first_turn(copy)),
            CopyState::Claimed => Some("It is being sent at this moment.".to_owned()),
            _ => self.outcome(copy).map(|what| format!("It {what}.")),
        }
    }

    /// The turn of a copy that nothing has held yet. One whose turn has come is looked at within moments.
    fn first_turn(&self, copy: &MailCopy) -> Option<String> {
        let due = copy.dispatch.due.filter(|due| copy.reason.is_none() && *due > self.now)?;
        Some(format!("It leaves on {} at the earliest.", self.minute(due)))
    }

    /// Whether a copy was withdrawn with its broadcast.
    fn is_cancelled(&self, copy: &MailCopy) -> bool {
        broadcast_of(&copy.source).is_some_and(|id| self.cancelled.contains(&id))
    }

    /// What became of a copy that is over and did not plainly arrive, or is in review.
    fn outcome(&self, copy: &MailCopy) -> Option<String> {
        let (reason, on) = (copy.reason.as_deref(), self.ended(copy));
        Some(match copy.state {
            CopyState::Failed => format!("failed{on}: the mail server refused it: {}", plain(reason?)),
            CopyState::InDoubt => format!("may have been sent{on}, but that is not known: {}", plain(reason?)),
            CopyState::Skipped => format!("was skipped{on}: {}", lower(plain(&in_words(reason?, &self.names)))),
            CopyState::Draft => {
                let last = copy.not_after.map(|last| format!(" before {}", self.minute(last))).unwrap_or_default();
                let since = self.minute(copy.asked_at);
                let whose = self.whose(copy);
                format!(
                    "has been a draft since {since}: {whose} is in review, and somebody must release it{last} \
                     (POST /api/outbox/drafts)"
                )
            }
            CopyState::Sent if copy.is_caught() => {
                let on = copy.dispatch.sent_at.map(|at| format!(" on {}", self.minute(at))).unwrap_or_default();
                caught(&on)
            }
            CopyState::Withdrawn if copy.is_rejected() => format!("was withdrawn{on}: somebody rejected the draft"),
            CopyState::Withdrawn if self.is_cancelled(copy) => {
                format!("was withdrawn{on}, because the broadcast was cancelled")
            }
            CopyState::Waiting | CopyState::Claimed | CopyState::Sent | CopyState::Withdrawn => return None,
        })
    }

    /// What asked for a draft, by its name: only sequences make copies that are in review.
    fn whose(&self, copy: &MailCopy) -> String {
        match &copy.source {
            CopySource::Sequence { sequence, .. } => format!("the sequence “{}”", self.names.sequence(sequence)),
            _ => "its sequence".to_owned(),
        }
    }

    /// When it was decided; of copies of earlier versions it is known when they were asked for.
    fn ended(&self, copy: &MailCopy) -> String {
        match copy.dispatch.ended_at {
            Some(at) => format!(" on {}", self.minute(at)),
            None => format!(", asked for on {}", self.minute(copy.asked_at)),
        }
    }

    fn why_it_waits(&self, copy: &MailCopy) -> Option<String> {
        let began = copy.dispatch.again_at.unwrap_or(copy.asked_at);
        let since = |why: &str| Some(format!("{}; it has waited since {}.", plain(why), self.minute(began)));
        if let Some(why) = &self.paused {
            return since(&format!("Sending is paused: {}", plain(why)));
        }
        if let Some(why) = self.halt(copy) {
            return since(why);
        }
        if self.ranks.contains(&copy.rank()) && copy.dispatch.due.is_some_and(|due| due <= self.now) {
            return since(&in_words(Hold::ReEvaluation.name(), &self.names));
        }
        // A copy of a broadcast that goes on again is looked at within moments.
        let Some(reason) = copy.reason.as_deref().filter(|_| !is_held(copy, Hold::Paused)) else {
            let again = self.minute(copy.dispatch.again_at?);
            return Some(format!("It was in doubt, and somebody decided on {again} to send it again."));
        };
        let words = self.reason(copy, reason);
        let Some(until) = copy.until else { return since(&words) };
        Some(self.until(copy, plain(&words), (began, until)))
    }

    /// Why a copy is held: for the cadence, by which rule; outside sending hours, by which clock.
    fn reason(&self, copy: &MailCopy, reason: &str) -> String {
        if reason == test_mode::HELD {
            return test_mode::words(self.test_to.as_deref());
        }
        let said = match hold(reason) {
            Some(Hold::Window) => self.zones.get(&copy.lead).map(outside_hours),
            Some(Hold::Cadence) => copy.until.and_then(|until| self.rule(copy, Instant(until))),
            Some(Hold::Rate) if is_counted(copy) => Some(full_address_or_rate()),
            _ => None,
        };
        said.unwrap_or_else(|| in_words(reason, &self.names))
    }

    /// The rule of the cadence that keeps a copy back, as the forecast says it.
    fn rule(&self, copy: &MailCopy, until: Instant) -> Option<String> {
        self.budgets.get(&copy.lead)?.rule(class(copy), until)
    }

    /// A reason with the instant until which it holds, or at which the copy is looked at again, and what becomes of a copy
    /// that expires before.
    fn until(&self, copy: &MailCopy, words: &str, (began, until): (i64, i64)) -> String {
        let known_ends = [Hold::Window, Hold::AutoReply, Hold::Cadence];
        let is_end_known = known_ends.into_iter().any(|hold| is_held(copy, hold));
        let (on, expires) = (self.minute(until), ends_first(copy, until).map(|last| self.minute(last)));
        match (is_end_known, expires) {
            (true, None) => held(words, (Instant(began), Some(Instant(until))), &|at| self.minute(at.0)),
            (true, Some(last)) => format!(
                "{words}: it could leave on {on} at the earliest, but it expires on {last}, so it will be skipped."
            ),
            (false, None) => format!("{words}; it is looked at again on {on}."),
            (false, Some(last)) => {
                format!("{words}; it is looked at again on {on}, but it expires on {last}, so it will be skipped.")
            }
        }
    }

    /// What is so with a copy: that it left, waits, or why it did neither.
    pub fn sentence(&self, copy: &MailCopy) -> String {
        let copy = &self.as_it_waits(copy.clone());
        let minute = |at: Option<i64>| at.map(|at| self.minute(at)).unwrap_or_default();
        if let Some(what) = self.outcome(copy) {
            return what;
        }
        match (copy.state, self.why_it_waits(copy)) {
            (CopyState::Waiting, Some(why)) => format!("waits. {}", plain(&why)),
            (CopyState::Claimed, _) => "is being sent".to_owned(),
            (CopyState::Sent, _) => format!("was sent on {}", minute(copy.dispatch.sent_at)),
            (CopyState::Withdrawn, _) => format!("was withdrawn{}", self.ended(copy)),
            _ => format!("waits for its turn from {} on", minute(copy.dispatch.due)),
        }
    }

    /// The same in a few words, for a line that says more than that; its times are those of the playbook's zone.
    pub fn brief(&self, copy: &MailCopy) -> String {
        if copy.state == CopyState::Waiting && self.halt(copy).is_some() {
            return format!("waits: {}", Hold::Paused.name());
        }
        let copy = &self.as_it_waits(copy.clone());
        let reason = || copy.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        match (copy.state, copy.until.or(copy.dispatch.due)) {
            (CopyState::Waiting, Some(until)) if ends_first(copy, until).is_some() => {
                let last = copy.not_after.map(|last| self.clock(last)).unwrap_or_default();
                format!("waits{}, and is skipped on {last}", reason())
            }
            (CopyState::Waiting, Some(until)) => format!("waits until {}{}", self.clock(until), reason()),
            (CopyState::Waiting, None) => format!("waits{}", reason()),
            (CopyState::Draft, _) => "a draft that a person releases".to_owned(),
            (CopyState::Claimed, _) => "is being sent".to_owned(),
            (CopyState::Sent, _) if copy.is_caught() => {
                format!("caught on {}", copy.dispatch.sent_at.map(|at| self.clock(at)).unwrap_or_default())
            }
            (CopyState::Sent, _) => {
                format!("sent on {}", copy.dispatch.sent_at.map(|at| self.clock(at)).unwrap_or_default())
            }
            (CopyState::Skipped, _) => {
                let words = |why: &String| format!(": {}", lower(plain(&in_words(why, &self.names))));
                format!("skipped{}", copy.reason.as_ref().map(words).unwrap_or_default())
            }
            (CopyState::Failed, _) => format!("failed{}", reason()),
            (CopyState::InDoubt, _) => "may have been sent".to_owned(),
            (CopyState::Withdrawn, _) if self.is_cancelled(copy) => "withdrawn: the broadcast was cancelled".to_owned(),
            (CopyState::Withdrawn, _) => "withdrawn".to_owned(),
        }
    }

    fn clock(&self, at: i64) -> String {
        self.program.as_ref().map_or_else(|| Instant(at).to_string(), |program| program.minute(Instant(at)))
    }

    /// What clocks show in the playbook's time zone, with its name.
    pub fn minute(&self, at: i64) -> String {
        minute(self.program.as_deref(), Instant(at))
    }
}

/// The broadcasts of copies that wait or were withdrawn: what is said of the others does not depend on their broadcast.
fn broadcasts_of(connection: &mut Connection, copies: &[MailCopy]) -> Result<Vec<Broadcast>, Error> {
    let depend = copies.iter().filter(|copy| matches!(copy.state, CopyState::Waiting | CopyState::Withdrawn));
    let asked: BTreeSet<BroadcastId> = depend.filter_map(|copy| broadcast_of(&copy.source)).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    broadcasts::of_ids(connection, &asked.into_iter().collect::<Vec<_>>())
}

fn why_halted(broadcast: &Broadcast) -> Option<String> {
    let words = match (broadcast.state, &broadcast.why) {
        (BroadcastState::Paused, Some(why)) => return Some(format!("The broadcast is paused: {}", plain(why))),
        (BroadcastState::Paused, None) => "The broadcast is paused",
        (BroadcastState::Undoing, _) => "The start of the broadcast is being undone",
        (BroadcastState::Cancelled, _) => "The broadcast was cancelled, and its copies are being withdrawn",
        (BroadcastState::Draft | BroadcastState::Started, _) => return None,
    };
    Some(words.to_owned())
}

/// Without the full stop, behind which more is said.
fn plain(words: &str) -> &str {
    words.trim_end_matches('.')
}

fn is_held(copy: &MailCopy, hold: Hold) -> bool {
    copy.state == CopyState::Waiting && copy.reason.as_deref() == Some(hold.name())
}

/// The end of its use, where that comes before what it waits for.
fn ends_first(copy: &MailCopy, until: i64) -> Option<i64> {
    copy.not_after.filter(|last| *last <= until)
}

#[cfg(test)]
mod tests;
