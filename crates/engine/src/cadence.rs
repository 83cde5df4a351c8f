//! How the interval between e-mails adapts (contract §4.11.7): for a stage by the share of copies that were opened, for a
//! lead by what it did with its last ones.
//!
//! What adapts is a *pace*: how many times the interval was multiplied by the playbook's factor; below zero, divided. So a
//! playbook that changes its intervals keeps what was learned.

use crate::playbook::Adapt;
use crate::time::{Duration, Instant};

/// How many of its last copies decide about a lead.
pub const LAST: usize = 4;
/// How many of them it must have answered to get more.
const MOST_OF_THEM: usize = 3;
/// Copies are judged when their readers have had them for this time. In the first hours a copy that was not opened says
/// nothing; and counting at once those that were opened would flatter. An `adapt.over` that is no longer counts nothing.
pub const TIME_TO_READ: Duration = Duration::DAY;

/// A direction in which a pace changes; a reason counts once in `adapt.over`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Fewer e-mails: the interval grows.
    Slower,
    /// More e-mails: the interval shrinks.
    Faster,
}

/// How often an interval was multiplied, and when it was last changed in each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// 0: as the playbook says.
    pub level: i32,
    pub last_slower: Option<Instant>,
    pub last_faster: Option<Instant>,
}

/// Measured copies to a stage that were delivered within `adapt.over`, and how many of them were opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageFigures {
    pub delivered: u64,
    pub opened: u64,
}

/// The interval of a pace, by the interval that the playbook says. Only what is adapted is kept within `adapt.between`.
pub fn interval(adapt: &Adapt, every: Duration, level: i32) -> Duration {
    if level == 0 {
        return every;
    }
    let (shortest, longest) = adapt.between;
    let length = every.0 as f64 * adapt.factor.powi(level);
    // A level far from zero is beyond the bounds, whatever its length; a conversion from a double saturates.
    Duration((length.round() as i64).clamp(shortest.0, longest.0.max(shortest.0)))
}

/// What the figures of a stage ask for; `None` where nothing, or where too few copies say anything.
pub fn of_stage(adapt: &Adapt, figures: StageFigures) -> Option<Change> {
    if figures.delivered < u64::from(adapt.min_sent) || figures.delivered == 0 {
        return None;
    }
    let share = figures.opened as f64 / figures.delivered as f64;
    if share < adapt.slow_below {
        Some(Change::Slower)
    } else if share > adapt.quicken_above {
        Some(Change::Faster)
    } else {
        None
    }
}

/// What a lead's last copies ask for, each with whether the lead clicked in it or chose a topic by it; `None` where nothing,
/// or where it got fewer than four.
pub fn of_lead(last: &[bool]) -> Option<Change> {
    if last.len() < LAST {
        return None;
    }
    match last[last.len() - LAST..].iter().filter(|answered| **answered).count() {
        0 => Some(Change::Slower),
        MOST_OF_THEM.. => Some(Change::Faster),
        _ => None,
    }
}

impl Pace {
    /// The pace after a change that is asked for at `now`; `None` where the same reason changed it within `adapt.over`, or
    /// where the interval is as long or as short as it may be already.
    pub fn changed(self, adapt: &Adapt, every: Duration, change: Change, now: Instant) -> Option<Pace> {
        let (last, level) = match change {
            Change::Slower => (self.last_slower, self.level.saturating_add(1)),
            Change::Faster => (self.last_faster, self.level.saturating_sub(1)),
        };
        if last.is_some_and(|last| now < last + adapt.over) {
            return None;
        }
        let (before, after) = (interval(adapt, every, self.level), interval(adapt, every, level));
        let is_towards = match change {
            Change::Slower => after > before,
            Change::Faster => after < before,
        };
        is_towards.then(|| Pace { level, ..self.noted(change, now) })
    }

    /// The pace after a change was undone: the reason counts as used, or the same figures would change it again at once.
    pub fn undone(self, change: Change, now: Instant) -> Pace {
        let level = match change {
            Change::Slower => self.level.saturating_sub(1),
            Change::Faster => self.level.saturating_add(1),
        };
        Pace { level, ..self.noted(change, now) }
    }

    fn noted(self, change: Change, now: Instant) -> Pace {
        match change {
            Change::Slower => Pace { last_slower: Some(now), ..self },
            Change::Faster => Pace { last_faster: Some(now), ..self },
        }
    }
}

/// The interval that applies of several: the slowest.
pub fn slowest(intervals: impl IntoIterator<Item = Option<Duration>>) -> Option<Duration> {
    intervals.into_iter().flatten().max()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(days: i64) -> Duration {
        Duration(days * Duration::DAY.0)
    }

    /// The contract's example.
    fn adapt() -> Adapt {
        Adapt {
            slow_below: 0.15,
            quicken_above: 0.40,
            over: days(30),
            min_sent: 50,
            factor: 1.5,
            between: (days(3), days(60)),
        }
    }

    #[test]
    fn a_stage_is_slowed_below_one_share_and_quickened_above_another() {
        for (delivered, opened, expected) in [
            (0, 0, None),
            (49, 0, None),
            (50, 0, Some(Change::Slower)),
            (100, 14, Some(Change::Slower)),
            (100, 15, None),
            (100, 40, None),
            (100, 41, Some(Change::Faster)),
            (50, 50, Some(Change::Faster)),
        ] {
            assert_eq!(of_stage(&adapt(), StageFigures { delivered, opened }), expected, "{opened} of {delivered}");
        }
        let eager = Adapt { min_sent: 0, ..adapt() };
        assert_eq!(of_stage(&eager, StageFigures::default()), None, "nothing says nothing");
    }

    #[test]
    fn a_lead_is_judged_by_its_last_four_copies() {
        let read = |text: &str| text.chars().map(|sign| sign == 'x').collect::<Vec<_>>();
        for (last, expected) in [
            ("", None),
            ("...", None),
            ("xxx", None),
            ("....", Some(Change::Slower)),
            ("x....", Some(Change::Slower)),
            ("x...", None),
            ("xx..", None),
            ("xx.x", Some(Change::Faster)),
            ("xxxx", Some(Change::Faster)),
            ("xxx...", None),
            ("....xxx", Some(Change::Faster)),
        ] {
            assert_eq!(of_lead(&read(last)), expected, "{last}");
        }
    }

    #[test]
    fn the_interval_grows_by_the_factor_within_its_bounds() {
        for (every, level, expected) in [
            (days(14), 0, days(14)),
            (days(14), 1, days(21)),
            (days(14), 2, Duration(days(63).0 / 2)),
            (days(14), 4, days(60)),
            (days(14), 1_000_000, days(60)),
            (days(14), -1, Duration(days(28).0 / 3)),
            (days(14), -9, days(3)),
            (days(14), i32::MIN, days(3)),
            // What the playbook says itself may be outside.
            (days(1), 0, days(1)),
            (days(1), -1, days(3)),
            (days(90), 1, days(60)),
        ] {
            assert_eq!(interval(&adapt(), every, level), expected, "{every:?} at {level}");
        }
    }

    #[test]
    fn a_reason_counts_once_in_its_period_and_nothing_leaves_the_bounds() {
        let (adapt, every, now) = (adapt(), days(14), Instant(days(1000).0));
        let slower = Pace::default().changed(&adapt, every, Change::Slower, now).unwrap();
        assert_eq!(slower, Pace { level: 1, last_slower: Some(now), last_faster: None });
        assert_eq!(slower.changed(&adapt, every, Change::Slower, now + days(29)), None);
        let again = slower.changed(&adapt, every, Change::Slower, now + days(30)).unwrap();
        assert_eq!((again.level, again.last_slower), (2, Some(now + days(30))));
        let other = slower.changed(&adapt, every, Change::Faster, now + days(1)).unwrap();
        assert_eq!((other.level, other.last_faster), (0, Some(now + days(1))), "the other reason is another");
        let slowest = Pace { level: 4, ..Pace::default() };
        assert_eq!(slowest.changed(&adapt, every, Change::Slower, now), None, "it is sixty days already");
        // A playbook outside its own bounds is never moved the wrong way.
        assert_eq!(Pace::default().changed(&adapt, days(90), Change::Slower, now), None);
        assert_eq!(Pace::default().changed(&adapt, days(1), Change::Faster, now), None);
    }

    #[test]
    fn what_is_undone_does_not_come_back_at_once() {
        let (adapt, every, now) = (adapt(), days(14), Instant(days(1000).0));
        let slower = Pace::default().changed(&adapt, every, Change::Slower, now).unwrap();
        let undone = slower.undone(Change::Slower, now + days(2));
        assert_eq!(undone.level, 0);
        assert_eq!(undone.changed(&adapt, every, Change::Slower, now + days(31)), None);
        assert!(undone.changed(&adapt, every, Change::Slower, now + days(32)).is_some());
    }

    #[test]
    fn the_slowest_of_several_applies() {
        assert_eq!(slowest([Some(days(7)), None, Some(days(14))]), Some(days(14)));
        assert_eq!(slowest([None, None]), None);
    }

    proptest! {
        #[test]
        fn a_change_goes_where_it_says_and_stays_within_bounds(level in -30..30_i32, every in 1..120_i64, slower: bool) {
            let (adapt, now) = (adapt(), Instant(days(1000).0));
            let (every, pace) = (days(every), Pace { level, ..Pace::default() });
            let change = if slower { Change::Slower } else { Change::Faster };
            if let Some(after) = pace.changed(&adapt, every, change, now) {
                let (before, after) = (interval(&adapt, every, level), interval(&adapt, every, after.level));
                let is_towards = if slower { after > before } else { after < before };
                prop_assert!(is_towards, "from {:?} to {:?}", before, after);
            }
        }
    }
}
