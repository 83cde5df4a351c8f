//! What a forecast says of a copy.

use attractor_engine::time::Instant;
use attractor_mail::gate::Hold;
use attractor_store::copies::MailCopy;

/// A copy that waits, or that a sequence will ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeseenCopy {
    /// As it is now, or as it will be when it is asked for; with the e-mail that would be chosen for it.
    pub copy: MailCopy,
    /// It was asked for already.
    pub is_asked: bool,
    pub end: ForeseenEnd,
    /// When that end comes; `None` where it still waits at the end of the forecast.
    pub at: Option<Instant>,
    /// What keeps it from leaving sooner, in order.
    pub holds: Vec<ForeseenHold>,
    /// Why the forecast may be wrong even if nothing happens.
    pub estimate: Option<Estimate>,
    /// The address that it goes to, in canonical form; `None` where it does not leave.
    pub address: Option<String>,
}

/// What becomes of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeseenEnd {
    Leaves,
    /// The reason, as it is stored on a copy.
    Skipped(String),
    /// Its sequence ends before it has left.
    Withdrawn,
    /// It waits on, for a person or beyond the forecast.
    Waits,
}

impl ForeseenEnd {
    /// As the API writes them.
    pub const NAMES: [&'static str; 4] = ["leaves", "skipped", "withdrawn", "waits"];

    /// As the API writes it.
    pub fn name(&self) -> &'static str {
        let place = match self {
            ForeseenEnd::Leaves => 0,
            ForeseenEnd::Skipped(_) => 1,
            ForeseenEnd::Withdrawn => 2,
            ForeseenEnd::Waits => 3,
        };
        ForeseenEnd::NAMES[place]
    }
}

/// What keeps a copy back for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeseenHold {
    /// As it is stored on a copy: `cadence` …
    pub reason: String,
    pub from: Instant,
    /// `None`: until a person acts.
    pub until: Option<Instant>,
    /// In English: the rule of the cadence, or the clock by which sending hours are counted.
    pub rule: Option<String>,
}

/// Why an instant is an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Estimate {
    /// Sending is paused: as if it were resumed now.
    Paused,
    /// A rate spreads copies over time.
    Rate,
    WarmUp,
    /// A mail server put it off.
    Server,
    /// The cadence adapts daily to what people do.
    Adapts,
    /// The lead is evaluated again after a new version of the playbook.
    ReEvaluation,
    /// It is with a mail server at this moment.
    UnderWay,
}

impl Estimate {
    pub const ALL: [Estimate; 7] = [
        Estimate::Paused,
        Estimate::Rate,
        Estimate::WarmUp,
        Estimate::Server,
        Estimate::Adapts,
        Estimate::ReEvaluation,
        Estimate::UnderWay,
    ];

    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Estimate::Paused => "paused",
            Estimate::Rate => "rate",
            Estimate::WarmUp => "warm_up",
            Estimate::Server => "server",
            Estimate::Adapts => "adapts",
            Estimate::ReEvaluation => "re_evaluation",
            Estimate::UnderWay => "under_way",
        }
    }

    /// Of what holds a copy, for as long as it does.
    pub fn of_hold(reason: &str) -> Option<Estimate> {
        let hold = Hold::ALL.into_iter().find(|hold| hold.name() == reason)?;
        match hold {
            Hold::Rate => Some(Estimate::Rate),
            Hold::WarmUp => Some(Estimate::WarmUp),
            Hold::Server => Some(Estimate::Server),
            Hold::ReEvaluation => Some(Estimate::ReEvaluation),
            Hold::Paused | Hold::DomainUnverified | Hold::AutoReply | Hold::Cadence | Hold::Window => None,
        }
    }
}

impl ForeseenCopy {
    pub fn new(copy: MailCopy, is_asked: bool) -> ForeseenCopy {
        let (end, holds) = (ForeseenEnd::Waits, Vec::new());
        ForeseenCopy { copy, is_asked, end, at: None, holds, estimate: None, address: None }
    }

    /// Whether nothing was decided of it yet.
    pub fn is_open(&self) -> bool {
        self.end == ForeseenEnd::Waits
    }

    /// It is kept back from an instant on, for the same as before or for something else.
    pub fn hold(&mut self, reason: &str, from: Instant, until: Option<Instant>, rule: Option<String>) {
        if let Some(last) = self.holds.last_mut() {
            if last.reason == reason {
                (last.until, last.rule) = (until, rule.or(last.rule.take()));
                return;
            }
            // It ended when the copy was looked at.
            last.until = Some(last.until.map_or(from, |until| until.min(from)));
        }
        self.holds.push(ForeseenHold { reason: reason.to_owned(), from, until, rule });
    }

    /// Marks it as an estimate; the first reason stays.
    pub fn may_differ(&mut self, estimate: Option<Estimate>) {
        self.estimate = self.estimate.or(estimate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn holds_follow_one_another_and_the_same_one_goes_on() {
        let mut foreseen = ForeseenCopy::new(copy("offer"), true);
        for (reason, from, until) in
            [("cadence", 1, Some(9)), ("cadence", 5, Some(8)), ("window", 8, Some(20)), ("paused", 15, None)]
        {
            foreseen.hold(reason, Instant(from), until.map(Instant), None);
        }
        let found: Vec<(&str, i64, Option<i64>)> = foreseen
            .holds
            .iter()
            .map(|hold| (hold.reason.as_str(), hold.from.0, hold.until.map(|until| until.0)))
            .collect();
        assert_eq!(found, [("cadence", 1, Some(8)), ("window", 8, Some(15)), ("paused", 15, None)]);
    }

    #[test]
    fn every_estimate_has_a_name_of_its_own_and_the_first_reason_stays() {
        let names: std::collections::BTreeSet<&str> = Estimate::ALL.iter().map(|one| one.name()).collect();
        assert_eq!(names.len(), Estimate::ALL.len());
        let mut foreseen = ForeseenCopy::new(copy("offer"), true);
        foreseen.may_differ(None);
        foreseen.may_differ(Some(Estimate::Rate));
        foreseen.may_differ(Some(Estimate::Paused));
        assert_eq!(foreseen.estimate, Some(Estimate::Rate));
        assert_eq!(Estimate::of_hold("rate"), Some(Estimate::Rate));
        assert_eq!(Estimate::of_hold("cadence"), None);
    }
}
