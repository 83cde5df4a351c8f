//! The instants of scheduled evaluation: the first instant of local days.

use super::book::{Book, When};
use super::life::Schedules;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

impl Book {
    /// The instants from `start` to `end` of every schedule that is used.
    pub fn schedules(&self, start: i64, end: i64) -> Schedules {
        let ladders = self.ladders.iter().map(|ladder| ladder.when);
        let used = ladders.chain(self.segments.iter().map(|segment| segment.when));
        used.map(|when| (when, instants(&self.zone, when, start, end))).collect()
    }
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The instants of a schedule from `start` to `end`, sorted.
fn instants(zone: &TimeZone, when: When, start: i64, end: i64) -> Vec<i64> {
    let mut found = Vec::new();
    // A day more on both sides, for the offset.
    let mut date = local_date(zone, start).checked_sub(2.days()).expect("no event is at the start of the calendar");
    let last = local_date(zone, end).checked_add(2.days()).expect("no event is at the end of the calendar");
    while date <= last {
        if is_scheduled(when, date) {
            found.extend(first_instant(zone, date).filter(|at| (start..=end).contains(at)));
        }
        date = date.tomorrow().expect("before the last day");
    }
    found.sort_unstable();
    found
}

fn is_scheduled(when: When, date: Date) -> bool {
    match when {
        When::Live => false,
        When::Daily => true,
        When::Weekly => date.weekday() == Weekday::Monday,
        When::Monthly => date.day() == 1,
    }
}

/// The milliseconds since 1970 that a date and time has in UTC.
pub fn civil(at: DateTime) -> i64 {
    at.duration_since(EPOCH).as_millis() as i64
}

/// What clocks show at an instant. Beyond the instants that the time zones know, their last offset goes on.
pub fn local(zone: &TimeZone, at: i64) -> DateTime {
    let known = at.clamp(Timestamp::MIN.as_millisecond() + 1000, Timestamp::MAX.as_millisecond() - 1000);
    let known = Timestamp::from_millisecond(known).expect("within what is known");
    let shown = at + i64::from(zone.to_offset(known).seconds()) * 1000;
    EPOCH.saturating_add(jiff::SignedDuration::from_millis(shown))
}

fn local_date(zone: &TimeZone, at: i64) -> Date {
    local(zone, at).date()
}

/// The first instant of a local day; none where the zone leaves the day out.
pub fn first_instant(zone: &TimeZone, date: Date) -> Option<i64> {
    let midnight = date.at(0, 0, 0, 0);
    let at = |offset: Offset| civil(midnight) - i64::from(offset.seconds()) * 1000;
    match zone.to_ambiguous_timestamp(midnight).offset() {
        AmbiguousOffset::Unambiguous { offset } => Some(at(offset)),
        AmbiguousOffset::Fold { before, .. } => Some(at(before)),
        AmbiguousOffset::Gap { before, after } => {
            // The clock is moved on somewhere between the two readings of midnight.
            let (mut low, mut high) = (at(after) - 1, at(before));
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                *(if local_date(zone, middle) < date { &mut low } else { &mut high }) = middle;
            }
            (local_date(zone, high) == date).then_some(high)
        }
    }
}
