//! When a lead's copy of a broadcast is due. Pure: the instant from which on copies may leave comes with the input.

use attractor_engine::time::{Duration, Instant};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use super::settings::{Understood, When};

/// A start can be undone for this long: nothing leaves before.
pub const UNDO: Duration = Duration(60_000);
/// The clock of the easternmost islands is this far ahead of UTC.
const EASTERNMOST: Duration = Duration(14 * Duration::HOUR.0);

/// When copies leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    when: When,
    /// No copy leaves earlier.
    pub leaves_at: Instant,
    valid_for: Duration,
    /// How much later those get it who are not among the first.
    lead_time: Option<Duration>,
}

/// When a lead's copy leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendTime {
    pub due: Instant,
    /// From then on it is too late.
    pub not_after: Instant,
    /// Its local time had passed: it is another day than the one that was meant.
    pub is_put_off: bool,
}

impl Schedule {
    /// The schedule of a broadcast that is started at an instant.
    pub fn of(broadcast: &Understood, started_at: Instant) -> Schedule {
        let earliest = started_at + UNDO;
        let leaves_at = match broadcast.when {
            When::AtOnce => earliest,
            When::At(at) => at.max(earliest),
            When::Local(local) => {
                let in_utc = local.to_zoned(TimeZone::UTC).map_or(i64::MIN, |at| at.timestamp().as_millisecond());
                (Instant(in_utc) - EASTERNMOST).max(earliest)
            }
        };
        let lead_time = broadcast.early.as_ref().map(|(_, lead_time)| *lead_time);
        Schedule { when: broadcast.when, leaves_at, valid_for: broadcast.valid_for, lead_time }
    }

    /// Whether each lead's own zone is asked.
    pub fn is_local(&self) -> bool {
        matches!(self.when, When::Local(_))
    }

    /// When the copy of a lead in a zone leaves, who may be among the first.
    pub fn send_time(&self, zone: &TimeZone, is_early: bool) -> SendTime {
        let (base, is_put_off) = self.base(zone);
        let later = self.lead_time.filter(|_| !is_early).unwrap_or_default();
        let due = base + later;
        SendTime { due, not_after: due + self.valid_for, is_put_off }
    }

    fn base(&self, zone: &TimeZone) -> (Instant, bool) {
        let When::Local(local) = self.when else { return (self.leaves_at, false) };
        let on_day = |days: i64| {
            let day = local.checked_add(Span::new().try_days(days).unwrap_or_else(|_| 0.days())).ok()?;
            let at = zone.to_zoned(day).ok()?.timestamp().as_millisecond();
            Some(Instant(at))
        };
        let Some(meant) = on_day(0) else { return (self.leaves_at, false) };
        if meant >= self.leaves_at {
            return (meant, false);
        }
        // The first day on which the hour is still to come.
        let days = (self.leaves_at - meant).0 / Duration::DAY.0;
        let next = (days..days + 3).filter_map(on_day).find(|at| *at >= self.leaves_at);
        (next.unwrap_or(self.leaves_at), true)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn schedule(when: When, started_at: &str, lead_time: Option<Duration>) -> Schedule {
        let early = lead_time.map(|time| (String::new(), time));
        let broadcast = Understood {
            email: "may".into(),
            audience: String::new(),
            sentence: String::new(),
            when,
            valid_for: Duration(7 * Duration::DAY.0),
            early,
            waves: None,
            holdout: 0.0,
        };
        Schedule::of(&broadcast, Instant::parse(started_at).unwrap())
    }

    #[test]
    fn each_lead_has_its_turn_by_its_own_clock_and_the_next_day_where_its_hour_has_passed() {
        let zones = TimeZoneDatabase::bundled();
        let nine = When::Local("2026-12-01T09:00".parse().unwrap());
        let at = |text: &str| When::At(Instant::parse(text).unwrap());
        for (when, started_at, zone, due, is_put_off) in [
            (When::AtOnce, "2026-12-01T10:00:00Z", "UTC", "2026-12-01T10:01:00.000Z", false),
            (at("2026-12-02T10:00:00Z"), "2026-12-01T10:00:00Z", "Asia/Tokyo", "2026-12-02T10:00:00.000Z", false),
            (at("2026-12-01T10:00:30Z"), "2026-12-01T10:00:00Z", "UTC", "2026-12-01T10:01:00.000Z", false),
            (nine, "2026-11-30T12:00:00Z", "Europe/Vienna", "2026-12-01T08:00:00.000Z", false),
            (nine, "2026-11-30T12:00:00Z", "America/New_York", "2026-12-01T14:00:00.000Z", false),
            (nine, "2026-12-01T10:00:00Z", "America/New_York", "2026-12-01T14:00:00.000Z", false),
            (nine, "2026-12-01T10:00:00Z", "Europe/Vienna", "2026-12-02T08:00:00.000Z", true),
            (nine, "2026-12-01T07:59:30Z", "Europe/Vienna", "2026-12-02T08:00:00.000Z", true),
            (nine, "2026-12-05T10:00:00Z", "Europe/Vienna", "2026-12-06T08:00:00.000Z", true),
            (nine, "2026-12-05T07:00:00Z", "Europe/Vienna", "2026-12-05T08:00:00.000Z", true),
        ] {
            let time = schedule(when, started_at, None).send_time(&zones.get(zone).unwrap(), true);
            assert_eq!((time.due.to_string().as_str(), time.is_put_off), (due, is_put_off), "{when:?} {started_at}");
            assert_eq!((time.not_after - time.due).to_string(), "1w");
        }
    }

    #[test]
    fn the_rest_gets_it_after_those_who_get_it_early() {
        let two_days = Duration(2 * Duration::DAY.0);
        let schedule = schedule(When::AtOnce, "2026-12-01T10:00:00Z", Some(two_days));
        let due = |is_early| schedule.send_time(&TimeZone::UTC, is_early).due;
        assert_eq!(due(false) - due(true), two_days);
        assert_eq!(due(true), schedule.leaves_at);
    }
}
