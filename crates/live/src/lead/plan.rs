//! How a lead is rebuilt: up to when all that is known counts as known all along, and what may follow from it.

use std::collections::BTreeSet;

use attractor_engine::time::{Duration, Instant};
use attractor_store::Received;
use attractor_store::VersionNumber;
use attractor_store::moves::MoveReason;

use crate::lead::why::Why;

/// What becomes known later than this after its instant enrols, alerts and mails nobody (contract §4.10).
pub const LATE: Duration = Duration::HOUR;

/// A new event.
#[derive(Clone, Copy, Debug)]
pub struct New {
    pub received: Received,
    pub at: Instant,
    /// Brought in from the past.
    pub history: bool,
}

impl New {
    /// Whether it can enrol nobody any more.
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.history || now - self.at > LATE
    }
}

/// A version of the playbook that the lead did not live under until now.
#[derive(Clone, Copy, Debug)]
pub struct Other {
    pub number: VersionNumber,
    /// Since when it is in force.
    pub at: Instant,
    /// Whether the moves that it causes may enrol.
    pub enrols: bool,
}

/// Everything that may make a rebuild quiet.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub now: Instant,
    /// The lead's last input, and the last of its events that are not new; the first of all instants where there is none.
    pub head: Instant,
    pub last: Instant,
    pub new: &'a [New],
    /// Its events are others than before, by facts about who is who.
    pub moved: bool,
    pub other: Option<Other>,
    pub why: &'a Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was due up to here was done as though nothing else were known.
    pub known_until: Instant,
    /// The rebuild goes up to here; what comes after is stepped.
    pub until: Instant,
    pub reason: MoveReason,
    /// It alerts and mails nobody.
    pub quiet: bool,
    pub enrols: bool,
    /// New events that came in time, later than everything else, by their numbers: those are stepped.
    pub in_time: BTreeSet<Received>,
}

impl Plan {
    pub fn of(given: &Circumstances) -> Plan {
        let in_time = given.in_time();
        let limit = in_time.iter().map(|new| new.at).min().unwrap_or(given.now);
        let version = given.other.filter(|_| given.is_version());
        let quiet = given.is_quiet();
        let until = match version {
            Some(version) => version.at.min(limit),
            None if quiet => limit,
            None => given.floor(),
        };
        let enrols = version.map_or(!quiet, |version| version.enrols);
        Plan {
            known_until: if version.is_some() { until } else { limit },
            until: until.max(given.floor().min(limit)),
            reason: given.reason(),
            quiet: quiet && !enrols,
            enrols,
            in_time: in_time.iter().map(|new| new.received).collect(),
        }
    }
}

impl Circumstances<'_> {
    fn any_history(&self) -> bool {
        self.new.iter().any(|new| new.history)
    }

    fn any_old(&self) -> bool {
        self.new.iter().any(|new| self.now - new.at > LATE)
    }

    /// Whether the version alone is the reason.
    fn is_version(&self) -> bool {
        self.other.is_some() && !self.moved && !self.any_history() && !self.any_old() && self.why.reason.is_none()
    }

    fn is_quiet(&self) -> bool {
        let by_itself = self.any_history() || self.any_old() || self.moved || self.why.reason.is_some();
        self.other.is_some() || (by_itself && !self.why.loud)
    }

    /// Everything that is known already, or can enrol nobody, lies up to here.
    fn floor(&self) -> Instant {
        let quiet = self.new.iter().filter(|new| new.is_quiet(self.now)).map(|new| new.at);
        quiet.chain([self.head, self.last]).max().unwrap_or(self.head)
    }

    fn in_time(&self) -> Vec<New> {
        let floor = self.floor();
        self.new.iter().filter(|new| new.at >= floor && !new.is_quiet(self.now)).copied().collect()
    }

    fn reason(&self) -> MoveReason {
        match (self.why.reason, self.other) {
            (Some(reason), _) => reason,
            (None, _) if self.any_history() => MoveReason::Import,
            (None, _) if self.moved => MoveReason::Join,
            (None, Some(other)) if self.is_version() => MoveReason::Version(other.number),
            (None, _) => MoveReason::Late,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Instant = Instant(i64::MIN);
    const HOUR: i64 = 3_600_000;
    const NOW: Instant = Instant(1_000 * HOUR);

    /// Minutes before now.
    fn ago(minutes: i64) -> Instant {
        Instant(NOW.0 - minutes * 60_000)
    }

    fn new(received: i64, minutes: i64, history: bool) -> New {
        New { received: Received(received), at: ago(minutes), history }
    }

    const SILENT: Why = Why { reason: None, loud: false };

    fn given(new: &[New]) -> Circumstances<'_> {
        Circumstances { now: NOW, head: NEVER, last: NEVER, new, moved: false, other: None, why: &SILENT }
    }

    fn version(minutes: i64, enrols: bool) -> Option<Other> {
        Some(Other { number: VersionNumber(7), at: ago(minutes), enrols })
    }

    /// In short: reason, whether it is quiet and enrols, up to which minute before now, what is stepped.
    fn short(given: &Circumstances) -> (String, bool, bool, i64, Vec<i64>) {
        let plan = Plan::of(given);
        let minutes = (NOW.0 - plan.until.0) / 60_000;
        (
            plan.reason.to_string(),
            plan.quiet,
            plan.enrols,
            minutes,
            plan.in_time.into_iter().map(|received| received.0).collect(),
        )
    }

    #[test]
    fn an_event_that_is_late_by_minutes_enrols_at_its_head() {
        let late = [new(1, 10, false)];
        let given = Circumstances { head: ago(5), last: ago(5), ..given(&late) };
        assert_eq!(short(&given), ("late".into(), false, true, 5, vec![]));
    }

    #[test]
    fn an_event_that_is_late_by_more_than_an_hour_enrols_nobody() {
        let late = [new(1, 61, false)];
        let given = Circumstances { head: ago(5), last: ago(5), ..given(&late) };
        assert_eq!(short(&given), ("late".into(), true, false, 0, vec![]));
        let barely = [new(1, 60, false)];
        assert!(!Plan::of(&Circumstances { new: &barely, ..given }).quiet, "an hour exactly is in time");
    }

    #[test]
    fn what_came_in_time_beside_something_late_is_stepped() {
        let both = [new(1, 90, false), new(2, 3, false)];
        let given = Circumstances { head: ago(5), last: ago(5), ..given(&both) };
        assert_eq!(short(&given), ("late".into(), true, false, 3, vec![2]));
    }

    #[test]
    fn history_is_an_import_and_what_follows_it_in_time_is_not() {
        let both = [new(1, 30, true), new(2, 20, false), new(3, 40, false)];
        assert_eq!(short(&given(&both)), ("import".into(), true, false, 20, vec![2]));
    }

    #[test]
    fn a_join_is_quiet_up_to_the_event_that_made_it() {
        let identify = [new(1, 1, false)];
        let given = Circumstances { head: ago(5), last: ago(5), moved: true, ..given(&identify) };
        assert_eq!(short(&given), ("join".into(), true, false, 1, vec![1]));
    }

    #[test]
    fn a_version_counts_from_when_it_was_published() {
        let given = Circumstances { head: ago(600), last: ago(600), other: version(30, false), ..given(&[]) };
        assert_eq!(short(&given), ("version 7".into(), true, false, 30, vec![]));
        let asked = Circumstances { other: version(30, true), ..given };
        assert_eq!(short(&asked), ("version 7".into(), false, true, 30, vec![]));
    }

    #[test]
    fn a_version_goes_at_least_to_the_head() {
        let given = Circumstances { head: ago(5), last: ago(10), other: version(30, false), ..given(&[]) };
        assert_eq!(short(&given).3, 5);
        assert_eq!(Plan::of(&given).known_until, ago(30), "what was due under the old one until then was done");
    }

    #[test]
    fn a_version_beside_a_join_enrols_nobody_whoever_asked() {
        let given = Circumstances { head: ago(5), last: ago(5), moved: true, other: version(30, true), ..given(&[]) };
        assert_eq!(short(&given), ("join".into(), true, false, 0, vec![]));
    }

    #[test]
    fn a_reason_given_is_named_and_quiet_unless_it_came_in_time() {
        let undo = Why::reason(MoveReason::Undo);
        let given = Circumstances { head: ago(5), last: ago(5), moved: true, why: &undo, ..given(&[]) };
        assert_eq!(short(&given), ("undo".into(), true, false, 0, vec![]));
        let verdict = Why { loud: true, ..Why::reason(MoveReason::Verdict) };
        assert_eq!(short(&Circumstances { why: &verdict, ..given }), ("verdict".into(), false, true, 5, vec![]));
    }
}
