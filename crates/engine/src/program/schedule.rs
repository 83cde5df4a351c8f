//! Scheduled evaluation (contract §4.7): the first instant of a local day, in the playbook's zone.

use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use crate::playbook::Evaluate;
use crate::time::{Duration, Instant};

/// How often a ladder or segment is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rhythm {
    Live,
    Scheduled(Every),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    Day,
    Week,
    Month,
}

impl From<Evaluate> for Rhythm {
    fn from(evaluate: Evaluate) -> Rhythm {
        match evaluate {
            Evaluate::Live => Rhythm::Live,
            Evaluate::Daily => Rhythm::Scheduled(Every::Day),
            Evaluate::Weekly => Rhythm::Scheduled(Every::Week),
            Evaluate::Monthly => Rhythm::Scheduled(Every::Month),
        }
    }
}

impl Rhythm {
    /// A minimum stay is asked with an hour's grace where evaluation is scheduled: a week with a change of clocks has
    /// 167 hours.
    pub fn stay(self, min_stay: Duration) -> Duration {
        match self {
            Rhythm::Live => min_stay,
            Rhythm::Scheduled(_) => Duration(min_stay.0 - Duration::HOUR.0),
        }
    }
}

pub(crate) struct Schedule(TimeZone);

impl Schedule {
    pub fn new(zone: &str, zones: &TimeZoneDatabase) -> Result<Schedule, String> {
        let zone = if zone.is_empty() { "UTC" } else { zone };
        zones.get(zone).map(Schedule).map_err(|_| format!("unknown time zone `{zone}`"))
    }

    /// The first scheduled instant after `after`. `NEVER` where the calendar ends.
    pub fn next(&self, every: Every, after: Instant) -> Instant {
        let Ok(timestamp) = Timestamp::from_millisecond(after.0) else { return Instant::NEVER };
        let today = self.0.to_datetime(timestamp).date();
        let mut day = Some(begin(every, today));
        while let Some(date) = day {
            match self.start(date) {
                Some(start) if start > after => return start,
                Some(_) => day = following(every, date),
                None => break,
            }
        }
        Instant::NEVER
    }

    /// The first scheduled instant at or after `from`.
    pub fn at_or_after(&self, every: Every, from: Instant) -> Instant {
        if from == Instant::NEVER { from } else { self.next(every, Instant(from.0.saturating_sub(1))) }
    }

    /// The first instant at which the local date is `date` or, where that day does not exist, a later one. A midnight
    /// that comes twice counts once, the first time.
    fn start(&self, date: Date) -> Option<Instant> {
        let midnight = self.0.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok()?;
        let start = match self.gap_at(date, midnight) {
            Some(transition) => transition,
            None => midnight,
        };
        Some(Instant(start.as_millisecond()))
    }

    /// Where midnight falls into a gap, the day begins at the change itself.
    fn gap_at(&self, date: Date, after_gap: Timestamp) -> Option<Timestamp> {
        let local = self.0.to_datetime(after_gap);
        if local == date.at(0, 0, 0, 0) {
            return None;
        }
        self.0.preceding(after_gap.checked_add(1.millisecond()).ok()?).next().map(|transition| transition.timestamp())
    }
}

fn begin(every: Every, date: Date) -> Date {
    match every {
        Every::Day => date,
        Every::Week => {
            let back = i64::from(date.weekday().since(Weekday::Monday));
            date.checked_sub(back.days()).unwrap_or(date)
        }
        Every::Month => date.first_of_month(),
    }
}

fn following(every: Every, date: Date) -> Option<Date> {
    let step = match every {
        Every::Day => 1.day(),
        Every::Week => 1.week(),
        Every::Month => 1.month(),
    };
    date.checked_add(step).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_their_first_instant() {
        let cases = [
            ("America/Havana", Every::Day, "2022-11-06T06:00", "2022-11-07T05:00"),
            ("America/Havana", Every::Day, "2024-11-02T12:30", "2024-11-03T04:00"),
            ("America/Havana", Every::Day, "2024-11-03T04:00", "2024-11-04T05:00"),
            ("America/Sao_Paulo", Every::Day, "2018-11-03T12:00", "2018-11-04T03:00"),
            ("Pacific/Apia", Every::Day, "2011-12-29T10:00", "2011-12-30T10:00"),
            ("Pacific/Apia", Every::Day, "2011-12-30T10:00", "2011-12-31T10:00"),
            ("Europe/Berlin", Every::Week, "2024-03-24T23:00", "2024-03-31T22:00"),
            ("Europe/Berlin", Every::Month, "2024-03-01T12:00", "2024-03-31T22:00"),
            ("UTC", Every::Month, "2024-12-31T23:59", "2025-01-01T00:00"),
        ];
        for (zone, every, after, next) in cases {
            let schedule = Schedule::new(zone, &TimeZoneDatabase::bundled()).unwrap();
            let instant = |text| Instant::parse(text).unwrap();
            let found = schedule.next(every, instant(after));
            assert_eq!(found.to_string(), instant(next).to_string(), "{zone} {every:?} {after}");
        }
    }
}
