//! The form `date`: instants that attributes name, calendar periods and anniversaries.

use super::instant::{DAY, digits, parse_date, parse_time};
use super::schedule::{civil, local};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde_json::Value;

pub struct DateForm {
    pub name: String,
    pub in_last: Option<i64>,
    pub in_next: Option<i64>,
    pub older: Option<i64>,
    pub passed: Option<bool>,
    pub after: Option<i64>,
    pub before: Option<i64>,
    pub during: Option<Period>,
    pub every_year: bool,
}

/// A calendar period as seen from the present one: the last (−1), this (0) or the next (1).
#[derive(Clone, Copy)]
pub struct Period {
    away: i64,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// The instant that a value is as a date, if it is one.
pub fn read(zone: &TimeZone, value: &Value) -> Option<i64> {
    let text = value.as_str()?.trim();
    let (day, time) = text.split_at_checked(10)?;
    let day = parse_date(day)?;
    if time.is_empty() {
        return Some(begin(zone, day));
    }
    let time = time.strip_prefix(['T', 't', ' '])?;
    let end = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(end);
    if !clock.contains(':') {
        return None;
    }
    let at = civil(day.at(0, 0, 0, 0)) + parse_time(clock)?;
    if offset.is_empty() { Some(read_local(zone, at)) } else { Some(at - read_offset(offset)?) }
}

/// `Z`, `+05:30` or `+05`, in milliseconds.
fn read_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "00"));
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// The instant of a local time, which is given as the milliseconds that UTC would have. With the offset from before
/// a change of clocks, a skipped time moves forward by the gap, and of a repeated one the first is meant.
fn read_local(zone: &TimeZone, at: i64) -> i64 {
    let offset = match zone.to_ambiguous_timestamp(local(&TimeZone::UTC, at)).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    };
    at - i64::from(offset.seconds()) * 1000
}

/// The first instant of a local day. A day that the zone leaves out begins where the next one does.
pub fn begin(zone: &TimeZone, day: Date) -> i64 {
    match super::schedule::first_instant(zone, day) {
        Some(at) => at,
        None => begin(zone, day.tomorrow().expect("no zone leaves out the last day of the calendar")),
    }
}

/// The local day whose first instant came last.
fn today(zone: &TimeZone, now: i64) -> Date {
    let mut day = local(zone, now).date().saturating_add(2.days());
    while begin(zone, day) > now {
        day = day.yesterday().expect("no event is at the start of the calendar");
    }
    day
}

impl Period {
    pub fn read(words: &str) -> Option<Period> {
        let (away, unit) = match words {
            "today" => return Some(Period { away: 0, unit: Unit::Day }),
            "yesterday" => return Some(Period { away: -1, unit: Unit::Day }),
            "tomorrow" => return Some(Period { away: 1, unit: Unit::Day }),
            _ => words.split_once(' ')?,
        };
        let away = ["last", "this", "next"].iter().position(|word| *word == away)? as i64 - 1;
        let unit = match unit {
            "week" => Unit::Week,
            "month" => Unit::Month,
            "year" => Unit::Year,
            _ => return None,
        };
        Some(Period { away, unit })
    }

    /// The first day of the period that is so many periods away from the one with this day.
    fn first_day(self, day: Date, away: i64) -> Date {
        match self.unit {
            Unit::Day => day.saturating_add(away.days()),
            Unit::Week => {
                let monday = day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days());
                monday.saturating_add(away.weeks())
            }
            Unit::Month => day.first_of_month().saturating_add(away.months()),
            Unit::Year => day.first_of_year().saturating_add(away.years()),
        }
    }

    /// Whether the instant lies in this period, as seen now.
    fn has(self, zone: &TimeZone, now: i64, at: i64) -> bool {
        let today = today(zone, now);
        let (first, next) = (self.first_day(today, self.away), self.first_day(today, self.away + 1));
        begin(zone, first) <= at && at < begin(zone, next)
    }

    /// The next instant at which another period of this length begins.
    fn next_turn(self, zone: &TimeZone, now: i64) -> i64 {
        begin(zone, self.first_day(today(zone, now), 1))
    }
}

/// The anniversary of a local time in a year; 29 February is the 28th where there is none.
fn anniversary(zone: &TimeZone, of: DateTime, year: i16) -> Option<i64> {
    let day = Date::new(year, of.month(), of.day()).or_else(|_| Date::new(year, of.month(), of.day() - 1)).ok()?;
    Some(read_local(zone, civil(day.to_datetime(of.time()))))
}

impl DateForm {
    /// The instants of which one has to satisfy everything: the date itself, or its anniversaries around now.
    fn instants(&self, zone: &TimeZone, now: i64, at: i64) -> Vec<i64> {
        if !self.every_year {
            return vec![at];
        }
        let longest = self.in_last.max(self.in_next).unwrap_or(0);
        let years = i16::try_from(longest / (365 * DAY)).unwrap_or(i16::MAX).saturating_add(3);
        let (of, year) = (local(zone, at), local(zone, now).year());
        let years = year.saturating_sub(years)..=year.saturating_add(years);
        years.filter_map(|year| anniversary(zone, of, year)).collect()
    }

    /// Whether everything that is written holds of the instant `at`, seen now.
    pub fn holds(&self, zone: &TimeZone, now: i64, at: Option<i64>) -> bool {
        let Some(at) = at else { return false };
        self.instants(zone, now, at).into_iter().any(|a| {
            self.in_last.is_none_or(|length| 0 <= now - a && now - a < length)
                && self.in_next.is_none_or(|length| 0 < a - now && a - now <= length)
                && self.older.is_none_or(|length| now - a >= length)
                && self.passed.is_none_or(|passed| (a <= now) == passed)
                && self.after.is_none_or(|after| a >= after)
                && self.before.is_none_or(|before| a < before)
                && self.during.is_none_or(|period| period.has(zone, now, a))
        })
    }

    /// Instants at which time alone may change whether it holds; all that come next are among them.
    pub fn turns(&self, zone: &TimeZone, now: i64, at: Option<i64>) -> Vec<i64> {
        let Some(at) = at else { return Vec::new() };
        let mut turns = Vec::new();
        for a in self.instants(zone, now, at) {
            turns.push(a);
            turns.extend(self.in_last.map(|length| a + length));
            turns.extend(self.in_next.map(|length| a - length));
            turns.extend(self.older.map(|length| a + length));
        }
        turns.extend(self.during.map(|period| period.next_turn(zone, now)));
        turns
    }
}
