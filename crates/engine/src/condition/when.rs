//! A date as text, in attributes and in conditions (contract §3, Dates 1).

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use serde_json::{Value as Json, json};

use crate::local::{Zone, in_utc};
use crate::playbook::form::{Definitions, Form};
use crate::playbook::marked::{Node, shortened};
use crate::playbook::reader::Reader;
use crate::time::{Duration, Instant};

/// A date, or a date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The first instant of this local day.
    Day(Date),
    /// Without a zone: local time.
    Local(DateTime),
    /// With a zone.
    Exact(Instant),
}

impl When {
    /// Reads `YYYY-MM-DD`, or that and a time of day `hh:mm`, `hh:mm:ss` or with a fraction, maybe with a zone. `None`
    /// for any other text. What is finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<When> {
        let mut rest = Rest(text.trim().as_bytes());
        let year = rest.number(4)?;
        rest.expect(b"-")?;
        let month = rest.number(2)?;
        rest.expect(b"-")?;
        let day = rest.number(2)?;
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().filter(|_| year > 0)?;
        if rest.0.is_empty() {
            return Some(When::Day(date));
        }
        rest.expect(b"Tt ")?;
        let local = date.to_datetime(rest.time()?);
        match rest.offset()? {
            None => Some(When::Local(local)),
            Some(offset) => Some(When::Exact(in_utc(local) - Duration(offset))),
        }
    }

    /// The instant in a zone; `None` where the calendar ends.
    pub(crate) fn instant(self, zone: &Zone) -> Option<Instant> {
        match self {
            When::Day(date) => zone.start(date),
            When::Local(local) => Some(zone.instant(local)),
            When::Exact(at) => Some(at),
        }
    }
}

/// As it reads back: without seconds where they are zero.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            When::Day(date) => write!(f, "{date}"),
            When::Exact(at) => write!(f, "{at}"),
            When::Local(local) => {
                let (date, time) = (local.date(), local.time());
                write!(f, "{date}T{:02}:{:02}", time.hour(), time.minute())?;
                match (time.second(), time.millisecond()) {
                    (0, 0) => Ok(()),
                    (second, 0) => write!(f, ":{second:02}"),
                    (second, millisecond) => write!(f, ":{second:02}.{millisecond:03}"),
                }
            }
        }
    }
}

/// What is left to read of a date.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn number(&mut self, width: usize) -> Option<i16> {
        let (digits, rest) = self.0.split_at_checked(width)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
    }

    /// Goes over one of these characters; `None` where none of them is next.
    fn expect(&mut self, one_of: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        one_of.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    fn time(&mut self) -> Option<Time> {
        let hour = self.number(2)?;
        self.expect(b":")?;
        let minute = self.number(2)?;
        let (mut second, mut milliseconds) = (0, 0);
        if self.expect(b":").is_some() {
            second = self.number(2)?;
            if self.expect(b".,").is_some() {
                let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (fraction, rest) = self.0.split_at(digits);
                self.0 = rest;
                let digit = |place: usize| fraction.get(place).map_or(0, |digit| i32::from(digit - b'0'));
                milliseconds = (0..3).fold(0, |number, place| number * 10 + digit(place));
                fraction.first()?;
            }
        }
        let small = |number: i16| i8::try_from(number).ok();
        Time::new(small(hour)?, small(minute)?, small(second)?, milliseconds * 1_000_000).ok()
    }

    /// The offset in milliseconds, to the end; the inner `None`: no zone is written.
    fn offset(&mut self) -> Option<Option<i64>> {
        let sign = match self.expect(b"Zz+-") {
            None => return self.0.is_empty().then_some(None),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return self.0.is_empty().then_some(Some(0)),
        };
        let hours = self.number(2)?;
        let minutes = if self.expect(b":").is_some() { self.number(2)? } else { 0 };
        let valid = self.0.is_empty() && hours < 24 && minutes < 60;
        valid.then(|| Some(sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000))
    }
}

/// What a date looks like; whether it exists is another question.
const PATTERN: &str = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?([Zz]|[+-][0-9]{2}(:[0-9]{2})?)?)?\s*$";

/// A date in a condition.
pub(crate) struct WhenText;

impl Form for WhenText {
    type Value = When;

    fn wanted() -> String {
        "a date such as 2026-05-10, or a date and time such as 2026-05-10T09:30".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<When> {
        let text = node.text().unwrap_or_default();
        if !looks_like_a_date(text) {
            return reader.wrong(node, &Self::wanted());
        }
        When::parse(text).or_else(|| {
            let message = format!("there is no date `{}`; write one of the calendar", shortened(text));
            reader.meaning(node.place, message);
            Some(When::Exact(Instant(0)))
        })
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": "string", "pattern": PATTERN})
    }
}

/// Whether `PATTERN` matches.
fn looks_like_a_date(text: &str) -> bool {
    let digits = |text: &str, width: usize| text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.trim();
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    let parts: Vec<&str> = date.split('-').collect();
    let is_date = parts.len() == 3 && digits(parts[0], 4) && digits(parts[1], 2) && digits(parts[2], 2);
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else { return is_date && rest.is_empty() };
    let (time, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let (whole, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let has_fraction = whole.len() < time.len();
    let is_time = (parts.len() == 3 || (parts.len() == 2 && !has_fraction))
        && parts.iter().all(|part| digits(part, 2))
        && !fraction.is_empty()
        && digits(fraction, fraction.len());
    let is_zone = match zone.strip_prefix(['+', '-']) {
        Some(offset) => offset.split(':').count() <= 2 && offset.split(':').all(|part| digits(part, 2)),
        None => zone.is_empty() || matches!(zone, "Z" | "z"),
    };
    is_date && is_time && is_zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_and_print() {
        let cases = [
            ("2026-05-10", "2026-05-10"),
            ("\t2026-05-10 ", "2026-05-10"),
            ("2026-05-10T09:30", "2026-05-10T09:30"),
            ("2026-05-10 09:30:15", "2026-05-10T09:30:15"),
            ("2026-05-10 09:30:15.1239", "2026-05-10T09:30:15.123"),
            ("2026-05-10T09:30:00.9", "2026-05-10T09:30:00.900"),
            ("2026-05-10T09:30Z", "2026-05-10T09:30:00.000Z"),
            ("2026-05-10T09:30:15.5+02:00", "2026-05-10T07:30:15.500Z"),
            ("2026-05-10T09:30-23:59", "2026-05-11T09:29:00.000Z"),
        ];
        for (text, printed) in cases {
            let read = When::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.to_string(), printed, "{text}");
            assert_eq!(When::parse(printed), Some(read), "{text}");
            assert!(looks_like_a_date(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_dates() {
        for text in [
            "",
            "2026",
            "20260510",
            "20260510T0930",
            "2026-05-10T09",
            "2026-05-10T0930",
            "2026-05-10T",
            "2026-5-10",
            "2026-02-30",
            "0000-01-01",
            "2026-05-10T24:00",
            "2026-05-10T23:59:60",
            "2026-05-10T09:30 Z",
            "2026-05-10T09:30+24:00",
            "2026-05-10T09:30+0200",
            "2026-05-10T09:30:15.",
            "2026-05-10  09:30",
            "2026-05-10Z",
            "05-10",
            "10.05.2026",
            "1798761600000",
        ] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }
}
