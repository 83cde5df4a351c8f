//! Warm-up: receivers distrust a domain that begins with a flood, so it may send a little more each day.

/// The most copies a day at each level; beyond the last, there is no limit.
///
/// It begins with 50, the first day of the schedules that mail services publish, and grows by 1.4 a day, as the thresholds of
/// Twilio SendGrid's automated warm-up do (20, 28, 39, 55, 77 … copies an hour). Published schedules grow faster (50, 100,
/// 250, 500, 1,000, 2,500 …): they warm up addresses of known senders, and this one domains that nobody knows.
pub const LIMITS: [u64; 24] = [
    50, 70, 98, 137, 192, 268, 376, 527, 737, 1_033, 1_446, 2_024, 2_834, 3_968, 5_556, 7_778, 10_889, 15_245, 21_343,
    29_880, 41_833, 58_566, 81_993, 114_790,
];

/// After this many days without a copy, receivers have forgotten a domain, and its warm-up begins again (Twilio SendGrid
/// warms up again what did not send for more than 30 days).
pub const QUIET_DAYS: i32 = 30;

/// How many copies a domain sent on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970, in the zone of the account.
    pub day: i32,
    /// Copies that servers accepted on it.
    pub sent: u64,
}

/// A part of what a day may send, in hundredths: what matters less may not use up a day for what matters more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion(pub u64);

impl Portion {
    /// All that a day may send.
    pub const ALL: Portion = Portion(100);

    fn of(self, limit: u64) -> u64 {
        limit * self.0 / 100
    }
}

/// How far a domain has come, and what it has sent today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Days on which it sent at least half of what it was allowed to.
    pub days: usize,
    /// Copies of today.
    pub sent: u64,
}

impl Level {
    /// The most copies of today; `None` once the domain is warm.
    pub fn limit(self) -> Option<u64> {
        LIMITS.get(self.days).copied()
    }

    /// How many more copies may leave today; `None` for any number.
    pub fn remaining(self) -> Option<u64> {
        self.limit().map(|limit| limit.saturating_sub(self.sent))
    }

    /// The same for copies that may use only a portion of the day, whatever else it sent.
    pub fn remaining_of(self, portion: Portion) -> Option<u64> {
        self.limit().map(|limit| portion.of(limit).saturating_sub(self.sent))
    }

    /// In how many days the copy may leave before which so many others wait that may not leave today, if each day sends its
    /// portion.
    pub fn wait(self, waiting: u64, portion: Portion) -> i32 {
        let (mut level, mut waiting) = (self.days + usize::from(counts(self.days, self.sent)), waiting);
        for day in 1.. {
            match LIMITS.get(level).map(|limit| portion.of(*limit)) {
                Some(limit) if waiting >= limit => waiting -= limit,
                _ => return day,
            }
            level += 1;
        }
        i32::MAX
    }
}

/// The same as many [`Day`]s, kept short: what a domain sent on its last day, and its level before that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Days before the last one on which it sent at least half of what it was allowed to.
    pub days: usize,
    /// The last day on which it sent; days since 1970.
    pub day: i32,
    /// Copies of that day.
    pub sent: u64,
}

impl Usage {
    /// Copies left on a day. Of an earlier day than the last one they count on the last.
    #[must_use]
    pub fn plus(self, day: i32, sent: u64) -> Usage {
        if sent == 0 {
            return self;
        }
        let today = self.on(day.max(self.day));
        Usage { sent: today.sent.saturating_add(sent), ..today }
    }

    /// The level on a day.
    pub fn level(self, day: i32) -> Level {
        let Usage { days, sent, .. } = self.on(day.max(self.day));
        Level { days, sent }
    }

    /// As it is on a day, on which nothing else left so far.
    fn on(self, day: i32) -> Usage {
        match self.sent {
            0 => Usage { day, ..self },
            _ if day <= self.day => self,
            _ if is_forgotten(Some(self.day), day) => Usage { days: 0, day, sent: 0 },
            sent => Usage { days: self.days + usize::from(counts(self.days, sent)), day, sent: 0 },
        }
    }
}

/// Whether so many copies are enough for the day to count.
fn counts(days: usize, sent: u64) -> bool {
    LIMITS.get(days).is_some_and(|limit| sent >= limit.div_ceil(2))
}

/// The level of a domain today, by what it sent before. Days come in any order, each once; later ones than today are left
/// out.
///
/// A day counts if at least half of its limit was sent: a domain that sends ten copies a day does not become trusted with
/// thousands by waiting.
///
/// ```
/// use attractor_mail::reputation::{Day, days_of_use};
///
/// let sent = [Day { day: 20_000, sent: 50 }, Day { day: 20_001, sent: 20 }];
/// let today = days_of_use(&sent, 20_001);
/// assert_eq!((today.limit(), today.remaining()), (Some(70), Some(50)));
/// ```
pub fn days_of_use(sent: &[Day], today: i32) -> Level {
    let mut past: Vec<Day> = sent.iter().copied().filter(|day| day.day < today && day.sent > 0).collect();
    past.sort_unstable_by_key(|day| day.day);
    let mut days = 0;
    let mut last: Option<i32> = None;
    for day in past {
        if is_forgotten(last, day.day) {
            days = 0;
        }
        days += usize::from(counts(days, day.sent));
        last = Some(day.day);
    }
    if is_forgotten(last, today) {
        days = 0;
    }
    Level { days, sent: sent.iter().filter(|day| day.day == today).map(|day| day.sent).sum() }
}

fn is_forgotten(last: Option<i32>, day: i32) -> bool {
    last.is_some_and(|last| day.saturating_sub(last) > QUIET_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many days of so many copies, from day 0 on.
    fn days(sent: &[u64]) -> Vec<Day> {
        (0..).zip(sent).map(|(day, sent)| Day { day, sent: *sent }).collect()
    }

    #[test]
    fn limits_grow_by_two_fifths_a_day_and_never_faster_than_published() {
        for pair in LIMITS.windows(2) {
            let growth = pair[1] as f64 / pair[0] as f64;
            assert!((1.38..=1.41).contains(&growth), "{pair:?}");
        }
        let published = [50, 100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 40_000, 55_000];
        assert!(LIMITS.iter().zip(published).all(|(ours, theirs)| *ours <= theirs));
    }

    #[test]
    fn days_on_which_enough_was_sent_count() {
        for (sent, today, limit) in [
            (&[][..], 0, Some(50)),
            (&[50], 1, Some(70)),
            (&[25], 1, Some(70)),
            (&[24], 1, Some(50)),
            (&[50, 34], 2, Some(70)),
            (&[50, 35], 2, Some(98)),
            (&[50, 0, 0, 70], 4, Some(98)),
            (&[10; 300], 300, Some(50)),
            (&[1_000_000; 24], 24, None),
            (&[1_000_000; 23], 23, Some(114_790)),
            (&[1_000_000; 24], 23 + QUIET_DAYS, None),
            (&[1_000_000; 24], 24 + QUIET_DAYS, Some(50)),
            (&[50, 70, 98], 1, Some(70)),
        ] {
            assert_eq!(days_of_use(&days(sent), today).limit(), limit, "{sent:?} {today}");
        }
    }

    #[test]
    fn a_usage_says_the_same_as_all_days() {
        let table: [&[u64]; 6] =
            [&[50, 34, 35, 70], &[10; 40], &[1_000_000; 30], &[50, 0, 0, 70, 0, 98], &[24, 25, 49, 35], &[0, 0, 50]];
        for (sent, pause) in table.iter().flat_map(|sent| [(sent, 0), (sent, 29), (sent, 30), (sent, 31)]) {
            let (mut usage, mut known) = (Usage::default(), Vec::new());
            for (place, sent) in (0..).zip(*sent) {
                let day = if place > 2 { place + pause } else { place };
                known.push(Day { day, sent: *sent });
                usage = usage.plus(day, *sent / 2).plus(day, sent - sent / 2);
                for later in [0, 1, 30, 31, 32] {
                    assert_eq!(usage.level(day + later), days_of_use(&known, day + later), "{sent} {known:?} {later}");
                }
            }
        }
        assert_eq!(Usage { days: 3, day: 9, sent: 5 }.plus(7, 2), Usage { days: 3, day: 9, sent: 7 });
    }

    #[test]
    fn who_waits_longer_than_today_is_told_the_day() {
        for (days, sent, waiting, expected) in [
            (0, 50, 0, 1),
            (0, 50, 69, 1),
            (0, 50, 70, 2),
            (0, 50, 167, 2),
            (0, 50, 168, 3),
            (0, 10, 49, 1),
            (0, 10, 50, 2),
            (23, 114_790, 9_999_999, 1),
        ] {
            assert_eq!(Level { days, sent }.wait(waiting, Portion::ALL), expected, "{days} {sent} {waiting}");
        }
    }

    #[test]
    fn a_portion_leaves_room_for_others() {
        for (days, sent, percent, remaining) in [
            (0, 0, 80, Some(40)),
            (0, 40, 80, Some(0)),
            (0, 45, 80, Some(0)),
            (0, 40, 100, Some(10)),
            (24, 9, 80, None),
        ] {
            let level = Level { days, sent };
            assert_eq!(level.remaining_of(Portion(percent)), remaining, "{days} {sent} {percent}");
        }
        assert_eq!(Level { days: 0, sent: 40 }.wait(56, Portion(80)), 2);
        assert_eq!(Level { days: 0, sent: 40 }.wait(55, Portion(80)), 1);
    }

    #[test]
    fn a_long_pause_begins_anew() {
        let mut sent = days(&[50, 70]);
        sent.push(Day { day: 40, sent: 50 });
        assert_eq!(days_of_use(&sent, 41).days, 1);
        sent.reverse();
        assert_eq!(days_of_use(&sent, 41).days, 1);
        assert_eq!(days_of_use(&[Day { day: i32::MIN, sent: 50 }], i32::MAX).days, 0);
    }

    #[test]
    fn what_remains_today_is_counted() {
        for (sent, remaining) in [(0, Some(70)), (69, Some(1)), (70, Some(0)), (500, Some(0))] {
            assert_eq!(days_of_use(&days(&[50, sent]), 1).remaining(), remaining, "{sent}");
        }
        let warm = Level { days: LIMITS.len(), sent: 1_000_000 };
        assert_eq!((warm.limit(), warm.remaining()), (None, None));
    }
}
