//! Instants in a time zone: local days and periods of the calendar (contract §3, Dates).

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::time::Instant;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// A playbook's time zone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    pub fn new(zone: &str, zones: &TimeZoneDatabase) -> Result<Zone, String> {
        let zone = if zone.is_empty() { "UTC" } else { zone };
        zones.get(zone).map(Zone).map_err(|_| format!("unknown time zone `{zone}`"))
    }

    /// The local date and time; `None` where the calendar ends.
    pub fn local(&self, at: Instant) -> Option<DateTime> {
        if let Ok(timestamp) = Timestamp::from_millisecond(at.0) {
            return Some(self.0.to_datetime(timestamp));
        }
        EPOCH.checked_add(SignedDuration::from_millis(at.0.checked_add(self.last_offset())?)).ok()
    }

    /// As it is written in playbooks: “Europe/Berlin”.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What clocks show there, to the minute: “2026-03-12 14:03”.
    pub fn minute(&self, at: Instant) -> String {
        match self.local(at) {
            Some(local) => local.strftime("%Y-%m-%d %H:%M").to_string(),
            None => at.to_string(),
        }
    }

    /// The instant of a local date and time. One that a change of clocks skips moves forward by the gap; of one that
    /// occurs twice it is the first.
    pub fn instant(&self, local: DateTime) -> Instant {
        match self.0.to_ambiguous_timestamp(local).compatible() {
            Ok(timestamp) => Instant(timestamp.as_millisecond()),
            Err(_) => Instant(in_utc(local).0 - self.last_offset()),
        }
    }

    /// In milliseconds, for the last day of the year 9999: people write it for "never", and it is beyond the instants of
    /// the library.
    fn last_offset(&self) -> i64 {
        i64::from(self.0.to_offset(Timestamp::MAX).seconds()) * 1_000
    }

    /// The first instant at which the local date is `date` or, where that day does not exist, a later one. A midnight
    /// that comes twice counts once, the first time.
    pub fn start(&self, date: Date) -> Option<Instant> {
        let local = date.at(0, 0, 0, 0);
        let Ok(midnight) = self.0.to_ambiguous_timestamp(local).compatible() else { return Some(self.instant(local)) };
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

    /// The local day whose first instant came last. Where clocks go back over midnight, it is the day that has begun,
    /// whatever they show.
    pub fn day(&self, at: Instant) -> Option<Date> {
        let mut day = self.local(at)?.date();
        while self.start(day)? > at {
            day = day.yesterday().ok()?;
        }
        while let Some(next) = day.tomorrow().ok().filter(|next| self.start(*next).is_some_and(|start| start <= at)) {
            day = next;
        }
        Some(day)
    }
}

pub(crate) fn in_utc(local: DateTime) -> Instant {
    Instant(i64::try_from(local.duration_since(EPOCH).as_millis()).unwrap_or(i64::MAX))
}

/// A length of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    Day,
    Week,
    Month,
    Year,
}

impl Every {
    /// The first day of the period that has this day.
    pub fn begin(self, day: Date) -> Option<Date> {
        match self {
            Every::Day => Some(day),
            Every::Week => day.checked_sub(i64::from(day.weekday().since(Weekday::Monday)).days()).ok(),
            Every::Month => Some(day.first_of_month()),
            Every::Year => Some(day.first_of_year()),
        }
    }

    /// The same day this many periods later, or earlier where it is negative.
    pub fn later(self, day: Date, periods: i64) -> Option<Date> {
        let span = match self {
            Every::Day => periods.days(),
            Every::Week => periods.weeks(),
            Every::Month => periods.months(),
            Every::Year => periods.years(),
        };
        day.checked_add(span).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_one_that_began_last() {
        let cases = [
            ("America/St_Johns", "2010-11-07T02:29:59.999", "2010-11-06"),
            ("America/St_Johns", "2010-11-07T02:30", "2010-11-07"),
            // Clocks show 23:30 of the 6th again.
            ("America/St_Johns", "2010-11-07T03:00", "2010-11-07"),
            ("America/Toronto", "1919-03-31T04:29:59.999", "1919-03-30"),
            ("America/Toronto", "1919-03-31T04:30", "1919-03-31"),
            // The 30th does not exist there.
            ("Pacific/Apia", "2011-12-30T09:59:59.999", "2011-12-29"),
            ("Pacific/Apia", "2011-12-30T10:00", "2011-12-31"),
            ("UTC", "2024-02-29T23:59:59.999", "2024-02-29"),
        ];
        for (zone, at, day) in cases {
            let local = Zone::new(zone, &TimeZoneDatabase::bundled()).unwrap();
            let found = local.day(Instant::parse(at).unwrap()).unwrap();
            assert_eq!(found.to_string(), day, "{zone} {at}");
        }
    }
}
