//! Hours: when e-mails may leave, on the clock of the lead, and when a team works.

mod working;
mod zones;

use std::fmt;

use jiff::civil::{Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

pub use working::WorkingHours;
pub use zones::{code_of_country, zone_of_country};

/// When e-mails may leave, in local time: hours of some days of the week, or always.
///
/// ```
/// use attractor_mail::hours::SendingHours;
///
/// let hours = SendingHours::read("mon-fri 9:00-18:00, sat 10:00-14:00").unwrap();
/// assert_eq!(hours.to_string(), "mon-fri 9:00-18:00, sat 10:00-14:00");
/// assert!(SendingHours::read("").unwrap().is_always());
/// assert!(SendingHours::read("mon-fri 18:00-9:00").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendingHours(Vec<Span>);

/// The same hours of some days in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: Weekday,
    last: Weekday,
    /// Minutes of the day; the last may be 1,440.
    from: i16,
    until: i16,
}

/// No day is looked for beyond this: each day of the week comes within it, also where one is left out.
const MOST_DAYS: i64 = 15;
const MINUTES_OF_A_DAY: i16 = 24 * 60;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl SendingHours {
    /// Sending hours as they are written: `mon-fri 9:00-18:00`, several with commas; nothing for always. Else what is wrong.
    pub fn read(text: &str) -> Result<SendingHours, String> {
        if text.trim().is_empty() {
            return Ok(SendingHours::default());
        }
        let read = |part: &str| {
            Span::read(part)
                .ok_or_else(|| format!("`{}` is not days and hours; write them like `mon-fri 9:00-18:00`", part.trim()))
        };
        text.split(',').map(read).collect::<Result<_, _>>().map(SendingHours)
    }

    /// Whether e-mails may leave at any time.
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }

    /// The first instant after `now` at which e-mails may leave in a zone; `None` where they may leave now.
    pub fn opens(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.is_always() {
            return None;
        }
        let today = now.to_zoned(zone.clone()).date();
        let days = (0..MOST_DAYS).filter_map(|days| today.checked_add(days.days()).ok());
        let mut opens: Option<Timestamp> = None;
        for day in days {
            for span in self.0.iter().filter(|span| span.is_on(day.weekday())) {
                let at = |minutes| instant(day, minutes, zone);
                let (Some(from), Some(until)) = (at(span.from), at(span.until)) else { continue };
                if from <= now && now < until {
                    return None;
                }
                if from > now && from < until {
                    opens = Some(opens.map_or(from, |found| found.min(from)));
                }
            }
            // The hours of a later day begin later.
            if opens.is_some() {
                return opens;
            }
        }
        opens
    }
}

/// The first instant at which a clock shows a minute of a day; where it leaves that out, the instant at which it is changed.
fn instant(day: jiff::civil::Date, minutes: i16, zone: &TimeZone) -> Option<Timestamp> {
    let (day, minutes) = match minutes {
        MINUTES_OF_A_DAY => (day.tomorrow().ok()?, 0),
        minutes => (day, minutes),
    };
    let time = Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).ok()?;
    let shown = day.to_datetime(time);
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(shown).ok()?;
            zone.following(before).next().map(|change| change.timestamp())
        }
        _ => ambiguous.compatible().ok(),
    }
}

impl Span {
    fn read(text: &str) -> Option<Span> {
        let (days, hours) = text.trim().split_once(char::is_whitespace)?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (from, until) = hours.trim().split_once('-')?;
        let (from, until) = (minutes(from.trim())?, minutes(until.trim())?);
        (from < until).then_some(Span { first: weekday(first)?, last: weekday(last)?, from, until })
    }

    fn is_on(&self, day: Weekday) -> bool {
        self.first.until(day) <= self.first.until(self.last)
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    DAYS.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, day)| day)
}

/// `9:00` as the minute of a day; `24:00` is its end.
fn minutes(text: &str) -> Option<i16> {
    let (hour, minute) = text.split_once(':')?;
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hour) || minute.len() != 2 || !is_number(minute) {
        return None;
    }
    let (hour, minute): (i16, i16) = (hour.parse().ok()?, minute.parse().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= MINUTES_OF_A_DAY).then_some(all)
}

impl fmt::Display for SendingHours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, span) in self.0.iter().enumerate() {
            let joint = if place == 0 { "" } else { ", " };
            write!(out, "{joint}{span}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: Weekday| DAYS[day.to_monday_zero_offset() as usize].0;
        let days = match self.first == self.last {
            true => name(self.first).to_owned(),
            false => format!("{}-{}", name(self.first), name(self.last)),
        };
        let clock = |minutes: i16| format!("{}:{:02}", minutes / 60, minutes % 60);
        write!(out, "{days} {}-{}", clock(self.from), clock(self.until))
    }
}

#[cfg(test)]
mod tests;
