//! The instants of scheduled evaluation: the first instant of local days.

use super::book::{Book, When};
use super::life::Schedules;
use jiff::civil::{Date, Weekday};
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

fn local_date(zone: &TimeZone, at: i64) -> Date {
    zone.to_datetime(Timestamp::from_millisecond(at).expect("instants lie within the calendar")).date()
}

/// The first instant of a local day; none where the zone leaves the day out.
pub fn first_instant(zone: &TimeZone, date: Date) -> Option<i64> {
    let midnight = date.at(0, 0, 0, 0);
    let at = |offset: Offset| offset.to_timestamp(midnight).expect("within the calendar").as_millisecond();
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
