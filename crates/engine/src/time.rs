//! Instants and durations, in whole milliseconds. The engine has no clock: every instant comes with its input.

use std::fmt;
use std::ops::{Add, Sub};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// A fixed length of time in milliseconds; never negative in a playbook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

impl Instant {
    /// Later than every instant that occurs.
    pub const NEVER: Instant = Instant(i64::MAX);
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, length: Duration) -> Instant {
        Instant(self.0.saturating_add(length.0))
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, length: Duration) -> Instant {
        Instant(self.0.saturating_sub(length.0))
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    pub const SECOND: Duration = Duration(1_000);
    pub const MINUTE: Duration = Duration(60_000);
    pub const HOUR: Duration = Duration(3_600_000);
    pub const DAY: Duration = Duration(86_400_000);

    /// Reads a playbook duration such as `90s`, `15m`, `48h`, `30d` or `8w`: a whole number of one unit, at least 1.
    pub fn parse(text: &str) -> Option<Duration> {
        let unit = match text.bytes().last()? {
            b's' => 1_000,
            b'm' => 60_000,
            b'h' => 3_600_000,
            b'd' => 86_400_000,
            b'w' => 604_800_000,
            _ => return None,
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let length = digits.parse::<i64>().ok()?.checked_mul(unit)?;
        (length > 0).then_some(Duration(length))
    }
}

/// The playbook's own notation, in the largest unit that divides the length.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(604_800_000, 'w'), (86_400_000, 'd'), (3_600_000, 'h'), (60_000, 'm'), (1_000, 's')];
        match units.iter().find(|(size, _)| self.0 % size == 0) {
            Some((size, unit)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}ms", self.0),
        }
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(Duration::DAY.0));
        let ms = self.0.rem_euclid(Duration::DAY.0);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
    }
}

impl Instant {
    /// Reads ISO 8601: a date, or a date and a time of day with or without seconds, fraction and zone. Without a zone
    /// it is UTC; what is finer than a millisecond is cut off. Years 0001 to 9999.
    pub fn parse(text: &str) -> Option<Instant> {
        let mut rest = Digits(text.trim().as_bytes());
        let year = rest.number(4)?;
        let dashed = rest.skip(b'-');
        let month = rest.number(2)?;
        if dashed != rest.skip(b'-') {
            return None;
        }
        let day = rest.number(2)?;
        if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
            return None;
        }
        let mut ms = days_from_civil(year, month, day) * Duration::DAY.0;
        if rest.skip(b'T') || rest.skip(b't') || rest.skip(b' ') {
            ms += rest.time_of_day()?;
            ms -= rest.offset()?;
        }
        rest.0.is_empty().then_some(Instant(ms))
    }
}

/// What is left to read of a timestamp.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn number(&mut self, width: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(width)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn starts_with_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }

    /// Milliseconds since midnight; a leap second counts as the one before it.
    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        let (mut minute, mut second, mut ms) = (0, 0, 0);
        if self.skip(b':') || self.starts_with_digit() {
            minute = self.number(2)?;
            if self.skip(b':') || self.starts_with_digit() {
                second = self.number(2)?.min(if minute == 59 { 60 } else { 99 });
                if self.skip(b'.') || self.skip(b',') {
                    ms = self.fraction()?;
                }
            }
        }
        let midnight_after = hour == 24 && minute == 0 && second == 0 && ms == 0;
        let valid = (hour < 24 || midnight_after) && minute < 60 && second <= 60;
        valid.then_some(((hour * 60 + minute) * 60 + second.min(59)) * 1_000 + ms)
    }

    fn fraction(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        let ms = (0..3).fold(0, |n, i| n * 10 + fraction.get(i).map_or(0, |d| i64::from(d - b'0')));
        (digits > 0).then_some(ms)
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = match self.0.first() {
            None => return Some(0),
            Some(b'Z' | b'z') => {
                self.0 = &self.0[1..];
                return Some(0);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.0 = &self.0[1..];
        let hours = self.number(2)?;
        let minutes = if self.skip(b':') || self.starts_with_digit() { self.number(2)? } else { 0 };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (H. Hinnant, chrono-compatible date algorithms).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of `days_from_civil`: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let year = days.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_and_print() {
        let cases = [
            ("2024-01-01", "2024-01-01T00:00:00.000Z"),
            ("2024-01-02T10:00", "2024-01-02T10:00:00.000Z"),
            ("2024-01-01T10:00:00.1239+01:00", "2024-01-01T09:00:00.123Z"),
            ("2024-02-29T23:59:60Z", "2024-02-29T23:59:59.000Z"),
            ("20240229T235959Z", "2024-02-29T23:59:59.000Z"),
            ("2024-01-01 10:00:00,5-0330", "2024-01-01T13:30:00.500Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2024-01-01T24:00", "2024-01-02T00:00:00.000Z"),
            ("0001-01-01", "0001-01-01T00:00:00.000Z"),
        ];
        for (text, printed) in cases {
            assert_eq!(Instant::parse(text).unwrap().to_string(), printed, "{text}");
        }
        for wrong in [
            "",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "2024-01-01T",
            "2024-01-01T25:00",
            "2024-01-01T10:00:00.Z",
            "2024-0101",
            "yesterday",
            "2024-01-01T10:61",
            "2024-01-01T10:00:61",
        ] {
            assert_eq!(Instant::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_day_prints_as_it_reads() {
        for day in (-719_162..2_932_896).step_by(97) {
            let instant = Instant(day * Duration::DAY.0);
            assert_eq!(Instant::parse(&instant.to_string()), Some(instant));
        }
    }

    #[test]
    fn durations_read_and_print() {
        for text in ["90s", "15m", "47h", "30d", "8w"] {
            assert_eq!(Duration::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "d", "0d", "1.5d", "-1d", "5", "5y", "99999999999999999w"] {
            assert_eq!(Duration::parse(wrong), None, "{wrong}");
        }
    }
}
