//! Scheduled evaluation (contract §4.7): the first instant of a local day, in the playbook's zone.

use jiff::tz::TimeZoneDatabase;

pub(crate) use crate::local::Every;
use crate::local::Zone;
use crate::playbook::Evaluate;
use crate::time::{Duration, Instant};

/// How often a ladder or segment is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rhythm {
    Live,
    Scheduled(Every),
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

pub(crate) struct Schedule(pub Zone);

impl Schedule {
    pub fn new(zone: &str, zones: &TimeZoneDatabase) -> Result<Schedule, String> {
        Zone::new(zone, zones).map(Schedule)
    }

    /// The first scheduled instant after `after`. `NEVER` where the calendar ends.
    pub fn next(&self, every: Every, after: Instant) -> Instant {
        let today = self.0.local(after).map(|local| local.date());
        let mut day = today.map(|today| every.begin(today).unwrap_or(today));
        while let Some(date) = day {
            match self.0.start(date) {
                Some(start) if start > after => return start,
                Some(_) => day = every.later(date, 1),
                None => break,
            }
        }
        Instant::NEVER
    }

    /// The first scheduled instant at or after `from`.
    pub fn at_or_after(&self, every: Every, from: Instant) -> Instant {
        if from == Instant::NEVER { from } else { self.next(every, Instant(from.0.saturating_sub(1))) }
    }
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
