//! The warm-up of the sender's domain: how many copies it sent on which days is kept in the table `state`, and marketing that
//! is more than a day may have waits for a later one. Days are those of UTC.

use attractor_engine::time::{Duration, Instant};
use attractor_mail::reputation::{Level, Portion, Usage};
use attractor_store::copies::Rank;
use attractor_store::{Connection, Error, lane};
use serde::{Deserialize, Serialize};

use crate::stored::of_row;

/// In the table `state`, behind it the domain.
const USED: &str = "warm-up of ";

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct StoredUsage {
    days: usize,
    day: i32,
    sent: u64,
}

/// What a domain sent so far.
pub fn usage(connection: &mut Connection, domain: &str) -> Result<Usage, Error> {
    let row = format!("{USED}{domain}");
    let stored = lane::state(connection, &row)?;
    // What cannot be read is counted anew: the domain begins with the fewest copies.
    let StoredUsage { days, day, sent } = stored.and_then(|text| of_row(&text, "state", &row).ok()).unwrap_or_default();
    Ok(Usage { days, day, sent })
}

/// Counts copies of a domain that a mail server accepted.
pub fn count(connection: &mut Connection, domain: &str, copies: u64, now: Instant) -> Result<(), Error> {
    if copies == 0 {
        return Ok(());
    }
    let Usage { days, day, sent } = usage(connection, domain)?.plus(day_of(now), copies);
    let text = serde_json::to_string(&StoredUsage { days, day, sent }).unwrap_or_default();
    lane::set_state(connection, &format!("{USED}{domain}"), &text)
}

fn day_of(at: Instant) -> i32 {
    i32::try_from(at.0.div_euclid(Duration::DAY.0)).unwrap_or(i32::MAX)
}

/// How much of a day copies of a rank may use. What answers somebody is never crowded out by what is sent to everybody, nor
/// by sequences; what somebody asked for does not wait for a warm-up at all.
pub fn portion(rank: Rank) -> Portion {
    match rank {
        Rank::Broadcast => Portion(80),
        Rank::Sequence => Portion(90),
        Rank::Transactional | Rank::Alert | Rank::Answer => Portion(100),
    }
}

/// What a day may still have, and who waits for another.
#[derive(Debug)]
pub struct WarmUp {
    usage: Usage,
    day: i32,
    level: Level,
    /// Of this batch.
    taken: u64,
    /// Copies that may leave or not: they count as if they did.
    under_way: u64,
    /// How many of each rank wait for another day.
    waiting: [u64; Rank::ALL.len()],
}

impl WarmUp {
    pub fn new(usage: Usage, now: Instant) -> WarmUp {
        let day = day_of(now);
        WarmUp { usage, day, level: usage.level(day), taken: 0, under_way: 0, waiting: [0; Rank::ALL.len()] }
    }

    /// A batch begins.
    pub fn begin(&mut self, usage: Usage, now: Instant) {
        let waiting = if self.day == day_of(now) { self.waiting } else { [0; Rank::ALL.len()] };
        *self = WarmUp { waiting, ..WarmUp::new(usage, now) };
    }

    /// A batch begins while so many copies are under way.
    pub fn begin_beside(&mut self, usage: Usage, under_way: u64, now: Instant) {
        self.begin(usage, now);
        self.under_way = under_way;
    }

    /// Until when one more copy of a rank waits; `None` where it may leave now. The instant is an estimate, as if each day
    /// sent all that it may.
    pub fn held_until(&mut self, rank: Rank) -> Option<Instant> {
        let portion = portion(rank);
        if self.level.remaining_of(portion)? > self.taken + self.under_way {
            return None;
        }
        if self.under_way > 0 {
            // It is asked again when they have left or not: it has no place among those that wait yet.
            return Some(Instant(i64::from(self.day.saturating_add(1)) * Duration::DAY.0));
        }
        let before = self.waiting[..=rank as usize].iter().sum();
        let days = self.level.wait(before, portion);
        self.waiting[rank as usize] += 1;
        Some(Instant(i64::from(self.day.saturating_add(days)) * Duration::DAY.0))
    }

    pub fn take(&mut self) {
        self.taken += 1;
    }

    /// When a copy of a rank that may leave at an instant would leave, behind all that were asked about before. Each day
    /// sends all that it may.
    pub fn foresee(&mut self, rank: Rank, at: Instant) -> Instant {
        let mut day = day_of(at).max(self.day);
        while self.usage.level(day).remaining_of(portion(rank)) == Some(0) && day < i32::MAX {
            day += 1;
        }
        (self.usage, self.day) = (self.usage.plus(day, 1), day);
        at.max(Instant(i64::from(day) * Duration::DAY.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_day_may_not_have_waits_for_the_day_that_may() {
        let now = Instant(20_000 * Duration::DAY.0 + 5);
        let mut warm_up = WarmUp::new(Usage::default().plus(20_000, 48), now);
        let mut days = Vec::new();
        for _ in 0..200 {
            match warm_up.held_until(Rank::Answer) {
                None => {
                    warm_up.take();
                    days.push(0);
                }
                Some(until) => days.push(until.0 / Duration::DAY.0 - 20_000),
            }
        }
        let on = |day| days.iter().filter(|other| **other == day).count();
        assert_eq!((on(0), on(1), on(2), on(3)), (2, 70, 98, 30));
        warm_up.begin(Usage::default().plus(20_000, 50), now);
        assert_eq!(
            warm_up.held_until(Rank::Answer),
            Some(Instant(20_003 * Duration::DAY.0)),
            "those that wait wait still"
        );
        warm_up.begin(Usage::default().plus(20_000, 50), now + Duration::DAY);
        assert_eq!(warm_up.held_until(Rank::Answer), None);
        warm_up.begin_beside(Usage::default().plus(20_000, 50), 70, now + Duration::DAY);
        let tomorrow = Some(Instant(20_002 * Duration::DAY.0));
        assert_eq!([warm_up.held_until(Rank::Answer), warm_up.held_until(Rank::Answer)], [tomorrow; 2]);
        warm_up.begin(Usage::default().plus(20_000, 50), now + Duration::DAY);
        assert_eq!(warm_up.held_until(Rank::Answer), None, "those under way have not left after all");
        let warm = Usage { days: 24, day: 20_000, sent: 1_000_000 };
        assert_eq!(WarmUp::new(warm, now).held_until(Rank::Broadcast), None);
    }

    #[test]
    fn a_broadcast_leaves_room_for_what_matters_more_and_does_not_stand_before_it() {
        let now = Instant(20_000 * Duration::DAY.0 + 5);
        let mut warm_up = WarmUp::new(Usage::default(), now);
        let mut leave = |rank, of: usize| {
            let left = (0..of).take_while(|_| warm_up.held_until(rank).is_none().then(|| warm_up.take()).is_some());
            left.count()
        };
        let left = [Rank::Broadcast, Rank::Sequence, Rank::Answer].map(|rank| leave(rank, 100_000));
        assert_eq!(left, [40, 5, 5]);
        let last = (0..100_000).filter_map(|_| warm_up.held_until(Rank::Broadcast)).last();
        assert!(last.is_some());
        let day = |rank, warm_up: &mut WarmUp| warm_up.held_until(rank).map(|at| at.0 / Duration::DAY.0 - 20_000);
        assert_eq!(day(Rank::Answer, &mut warm_up), Some(1));
        assert_eq!(day(Rank::Sequence, &mut warm_up), Some(1));
        assert!(day(Rank::Broadcast, &mut warm_up) > Some(15));
    }

    #[test]
    fn what_was_sent_is_kept_by_domain() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection =
            attractor_store::Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        let now = Instant(3 * Duration::DAY.0);
        count(&mut connection, "a.example", 30, now).expect("stored");
        count(&mut connection, "a.example", 10, now).expect("stored");
        count(&mut connection, "a.example", 5, now + Duration::DAY).expect("stored");
        let known = usage(&mut connection, "a.example").expect("read");
        assert_eq!(known, Usage { days: 1, day: 4, sent: 5 });
        assert_eq!(usage(&mut connection, "b.example").expect("read"), Usage::default());
    }
}
