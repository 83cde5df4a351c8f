//! Instants from the many ways in which people and tools write them. What a single cell leaves open (is 03/04 in March
//! or in April?) is decided over the whole column.

mod evidence;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

pub use evidence::DateEvidence;

/// Which comes first in `03/04/2024`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// How the dates of one column are read.
#[derive(Clone, Debug)]
pub struct DateFormat {
    pub order: DateOrder,
    /// Where the clocks stand whose times have no zone.
    pub zone: TimeZone,
}

/// An instant and how much of it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    /// Only a day was written; `at` is its first instant.
    pub day_only: bool,
    /// A time was written without its zone.
    pub zoneless: bool,
    /// The year was written with two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068 (as POSIX has it).
    pub short_year: bool,
    /// Day and month could change places.
    pub ambiguous: bool,
}

/// The instant of a cell that is a date. In which order the column's dates are written is known only at its end: until then,
/// a date in either is one.
pub fn in_either_order(text: &str) -> Option<Timestamp> {
    let in_order = |order| read(text, &DateFormat { order, zone: TimeZone::UTC });
    in_order(DateOrder::MonthFirst).or_else(|| in_order(DateOrder::DayFirst)).map(|moment| moment.at)
}

/// Reads one cell; `None` where it is no date in any notation known here.
pub fn read(text: &str, format: &DateFormat) -> Option<Moment> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    let is_number =
        text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_number && let Some(moment) = from_number(text, format) {
        return Some(moment);
    }
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let day = parser.date(format.order)?;
    let (time, zone) = parser.time_and_zone()?;
    let civil = day.date.to_datetime(time.unwrap_or(Time::midnight()));
    let at = match zone {
        Some(offset) => offset.to_timestamp(civil).ok()?,
        None => in_zone(civil, &format.zone)?,
    };
    Some(Moment {
        at,
        day_only: time.is_none(),
        zoneless: time.is_some() && zone.is_none(),
        short_year: day.short_year,
        ambiguous: day.ambiguous,
    })
}

fn in_zone(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(civil).compatible().ok()
}

/// `20240131`, `20240131235959`, seconds or milliseconds since 1970, or the day number of a spreadsheet.
fn from_number(text: &str, format: &DateFormat) -> Option<Moment> {
    let plain = |at, day_only, zoneless| Moment { at, day_only, zoneless, short_year: false, ambiguous: false };
    let digits = text.split('.').next()?;
    let whole: i64 = digits.parse().ok()?;
    match digits.len() {
        5 if text.matches('.').count() <= 1 => from_serial(text.parse().ok()?, format),
        8 if digits == text => {
            let date = Date::new((whole / 10_000) as i16, (whole / 100 % 100) as i8, (whole % 100) as i8).ok()?;
            (1900..=2100).contains(&date.year()).then_some(())?;
            Some(plain(in_zone(date.to_datetime(Time::midnight()), &format.zone)?, true, false))
        }
        10 if text.matches('.').count() <= 1 => Some(plain(Timestamp::from_second(whole).ok()?, false, false)),
        13 if digits == text => Some(plain(Timestamp::from_millisecond(whole).ok()?, false, false)),
        14 if digits == text => {
            let date = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
            Some(plain(in_zone(date, &format.zone)?, false, true))
        }
        _ => None,
    }
}

/// Days since the 30th of December 1899, as spreadsheets count from March 1900 on.
fn from_serial(days: f64, format: &DateFormat) -> Option<Moment> {
    (20_000.0..80_000.0).contains(&days).then_some(())?;
    let seconds = (days.fract() * 86_400.0).round() as i64;
    let civil = jiff::civil::date(1899, 12, 30)
        .to_datetime(Time::midnight())
        .checked_add(jiff::Span::new().days(days.trunc() as i64).seconds(seconds))
        .ok()?;
    let at = in_zone(civil, &format.zone)?;
    Some(Moment { at, day_only: seconds == 0, zoneless: seconds != 0, short_year: false, ambiguous: false })
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Number(&'a str),
    Word(String),
    Sign(char),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let alike: fn(char) -> bool = match first {
            c if c.is_ascii_digit() => |c| c.is_ascii_digit(),
            c if c.is_alphabetic() => char::is_alphabetic,
            _ => |_| false,
        };
        let length = rest.find(|c| !alike(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (token, behind) = rest.split_at(length);
        if first.is_ascii_digit() {
            tokens.push(Token::Number(token));
        } else if first.is_alphabetic() {
            tokens.push(Token::Word(token.to_lowercase()));
        } else if !first.is_whitespace() {
            tokens.push(Token::Sign(first));
        }
        rest = behind;
    }
    tokens
}

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
}

struct Day {
    date: Date,
    short_year: bool,
    ambiguous: bool,
}

impl<'t> Parser<'t> {
    fn number(&mut self) -> Option<&'t str> {
        match self.tokens.get(self.at) {
            Some(Token::Number(digits)) => {
                self.at += 1;
                Some(digits)
            }
            _ => None,
        }
    }

    fn word(&mut self) -> Option<&'t str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    fn sign(&mut self, wanted: &[char]) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) if wanted.contains(sign) => {
                self.at += 1;
                Some(*sign)
            }
            _ => None,
        }
    }

    /// Undoes what was taken where the attempt fails.
    fn attempt<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.at;
        let parsed = parse(self);
        if parsed.is_none() {
            self.at = before;
        }
        parsed
    }

    fn date(&mut self, order: DateOrder) -> Option<Day> {
        self.attempt(Self::weekday);
        self.attempt(Self::year_first)
            .or_else(|| self.attempt(|p| p.year_last(order)))
            .or_else(|| self.attempt(Self::day_then_month_name))
            .or_else(|| self.attempt(Self::month_name_then_day))
    }

    fn weekday(&mut self) -> Option<()> {
        let word = self.word()?;
        month(word).is_none().then_some(())?;
        self.sign(&['.']);
        self.sign(&[',']);
        matches!(self.tokens.get(self.at), Some(Token::Number(_) | Token::Word(_))).then_some(())
    }

    /// `2024-01-31`, `2024/1/31`, `2024.01.31`
    fn year_first(&mut self) -> Option<Day> {
        let year = self.number().filter(|digits| digits.len() == 4)?;
        let sign = self.sign(&['-', '/', '.'])?;
        let month = self.number()?;
        self.sign(&[sign])?;
        day(year, month.parse().ok()?, self.number()?.parse().ok()?)
    }

    /// `31.01.2024`, `1/31/24`
    fn year_last(&mut self, order: DateOrder) -> Option<Day> {
        let first: i8 = self.number()?.parse().ok()?;
        let sign = self.sign(&['-', '/', '.'])?;
        let second: i8 = self.number()?.parse().ok()?;
        self.sign(&[sign])?;
        let year = self.number()?;
        let (d, m) = match order {
            DateOrder::DayFirst => (first, second),
            DateOrder::MonthFirst => (second, first),
        };
        let ambiguous = first <= 12 && second <= 12 && first != second;
        day(year, m, d).map(|day| Day { ambiguous, ..day })
    }

    /// `28 March 2020`, `28. März 2020`, `28-Mar-20`, `28th of March, 2020`
    fn day_then_month_name(&mut self) -> Option<Day> {
        let d = self.number()?.parse().ok()?;
        self.attempt(|p| p.word().filter(|word| ["st", "nd", "rd", "th", "de"].contains(word)));
        self.attempt(|p| p.word().filter(|word| ["of", "de"].contains(word)));
        self.sign(&['.', '-', '/']);
        let m = month(self.word()?)?;
        self.sign(&['.']);
        self.sign(&['-', '/', ',']);
        self.attempt(|p| p.word().filter(|word| *word == "de"));
        day(self.number()?, m, d)
    }

    /// `March 28, 2020`
    fn month_name_then_day(&mut self) -> Option<Day> {
        let m = month(self.word()?)?;
        self.sign(&['.']);
        let d = self.number()?.parse().ok()?;
        self.attempt(|p| p.word().filter(|word| ["st", "nd", "rd", "th"].contains(word)));
        self.sign(&[',']);
        day(self.number()?, m, d)
    }

    /// What stands behind the date; all of it must be understood.
    fn time_and_zone(&mut self) -> Option<(Option<Time>, Option<Offset>)> {
        self.sign(&[',']);
        self.attempt(|p| p.word().filter(|word| ["t", "at", "um", "à"].contains(word)));
        self.sign(&['-']);
        if self.at == self.tokens.len() {
            return Some((None, None));
        }
        let time = match self.attempt(Self::time) {
            Some(time) => Some(time),
            None if matches!(self.tokens.get(self.at), Some(Token::Word(_))) => None,
            None => return None,
        };
        let zone = self.zone()?;
        (self.at == self.tokens.len()).then_some((time, zone))
    }

    fn time(&mut self) -> Option<Time> {
        let mut hour: i8 = self.number()?.parse().ok()?;
        let minute: i8 = if self.sign(&[':', '.']).is_some() { self.number()?.parse().ok()? } else { 0 };
        let second: i8 = if self.sign(&[':']).is_some() { self.number()?.parse().ok()? } else { 0 };
        let fraction = if self.sign(&['.', ',']).is_some() { self.number()? } else { "" };
        if let Some(half) = self.attempt(Self::half_of_day) {
            (1..=12).contains(&hour).then_some(())?;
            hour = hour % 12 + half;
        } else {
            self.attempt(|p| p.word().filter(|word| ["uhr", "h"].contains(word)));
        }
        Time::new(hour, minute, second.min(59), nanoseconds(fraction)?).ok()
    }

    /// 0 for `AM`, 12 for `PM`; also `a.m.`
    fn half_of_day(&mut self) -> Option<i8> {
        let half = match self.word()? {
            "am" => return Some(0),
            "pm" => return Some(12),
            "a" => 0,
            "p" => 12,
            _ => return None,
        };
        self.sign(&['.'])?;
        self.word().filter(|word| *word == "m")?;
        self.sign(&['.']);
        Some(half)
    }

    /// `Z`, `UTC`, `+02:00`, `GMT+2`, `CEST`, `(UTC)`; the outer `None` where it is not understood.
    fn zone(&mut self) -> Option<Option<Offset>> {
        let opened = self.sign(&['(']).is_some();
        let named = self.attempt(|p| zone_hours(p.word()?));
        let shifted = self.attempt(Self::shift);
        if opened {
            self.sign(&[')'])?;
        }
        match (named, shifted) {
            (_, Some(offset)) => Some(Some(offset)),
            (Some(minutes), None) => Some(Some(Offset::from_seconds(minutes * 60).ok()?)),
            (None, None) => Some(None),
        }
    }

    fn shift(&mut self) -> Option<Offset> {
        let sign = if self.sign(&['+', '-', '\u{2212}'])? == '+' { 1 } else { -1 };
        let digits = self.number()?;
        let (hours, minutes): (i32, i32) = match digits.len() {
            1 | 2 if self.sign(&[':']).is_some() => (digits.parse().ok()?, self.number()?.parse().ok()?),
            1 | 2 => (digits.parse().ok()?, 0),
            4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
            _ => return None,
        };
        (hours <= 14 && minutes < 60).then_some(())?;
        Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
    }
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let digits = &fraction[..fraction.len().min(9)];
    format!("{digits:0<9}").parse().ok()
}

fn day(year: &str, month: i8, day: i8) -> Option<Day> {
    let number: i16 = year.parse().ok()?;
    let (year, short_year) = match year.len() {
        2 => (number + if number < 69 { 2000 } else { 1900 }, true),
        4 => (number, false),
        _ => return None,
    };
    let date = Date::new(year, month, day).ok()?;
    (1900..=2200).contains(&year).then_some(Day { date, short_year, ambiguous: false })
}

/// January is 1. English, German, French and Spanish names by their beginnings.
fn month(word: &str) -> Option<i8> {
    const BEGINNINGS: [&[&str]; 12] = [
        &["jan", "jän", "ene"],
        &["feb", "fév", "fev"],
        &["mar", "mär", "mrz"],
        &["apr", "avr", "abr"],
        &["may", "mai"],
        &["jun", "juin"],
        &["jul", "juil"],
        &["aug", "aoû", "aou", "ago"],
        &["sep"],
        &["oct", "okt"],
        &["nov"],
        &["dec", "dez", "déc", "dic"],
    ];
    const WEEKDAYS: [&str; 3] = ["mardi", "martes", "marts"];
    if WEEKDAYS.contains(&word) || word.chars().count() < 3 {
        return None;
    }
    BEGINNINGS.iter().position(|names| names.iter().any(|name| word.starts_with(name))).map(|at| at as i8 + 1)
}

/// Minutes east of Greenwich of the abbreviations that mean one thing.
fn zone_hours(word: &str) -> Option<i32> {
    let hours = match word {
        "z" | "utc" | "gmt" | "wet" => 0,
        "cet" | "mez" | "west" | "bst" => 1,
        "cest" | "mesz" | "eet" => 2,
        "eest" | "msk" => 3,
        "edt" => -4,
        "est" | "cdt" => -5,
        "cst" | "mdt" => -6,
        "mst" | "pdt" => -7,
        "pst" => -8,
        "jst" => 9,
        "aest" => 10,
        _ => return None,
    };
    Some(hours * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, order: DateOrder) -> String {
        match read(text, &DateFormat { order, zone: TimeZone::UTC }) {
            Some(moment) => format!("{:.0}", moment.at),
            None => "-".to_owned(),
        }
    }

    #[test]
    fn notations() {
        let cases = [
            ("2024-01-31", "2024-01-31T00:00:00Z"),
            ("2024-01-31 10:20", "2024-01-31T10:20:00Z"),
            ("2018-02-26 19:58:54", "2018-02-26T19:58:54Z"),
            ("2021-07-06T16:20:44.000Z", "2021-07-06T16:20:44Z"),
            ("2023-03-24 10:23:10 UTC", "2023-03-24T10:23:10Z"),
            ("2021-02-04 07:55:20 +0000", "2021-02-04T07:55:20Z"),
            ("2021-02-04T07:55:20+02:00", "2021-02-04T05:55:20Z"),
            ("2021-02-04 07:55 GMT+2", "2021-02-04T05:55:00Z"),
            ("31.01.2024", "2024-01-31T00:00:00Z"),
            ("31.1.24 9:05", "2024-01-31T09:05:00Z"),
            ("31/01/2024 09:05:06", "2024-01-31T09:05:06Z"),
            ("Mar 28, 2020 08:07:27", "2020-03-28T08:07:27Z"),
            ("Mar 28, 2020 8:07 PM", "2020-03-28T20:07:00Z"),
            ("March 28, 2020, 12:00 a.m.", "2020-03-28T00:00:00Z"),
            ("28 March 2020", "2020-03-28T00:00:00Z"),
            ("28. März 2020, 14:30 Uhr", "2020-03-28T14:30:00Z"),
            ("28-Mar-20", "2020-03-28T00:00:00Z"),
            ("Sat, 28 Mar 2020 08:07:27 GMT", "2020-03-28T08:07:27Z"),
            ("3 de enero de 2024", "2024-01-03T00:00:00Z"),
            ("June 3, 2021 10:02 AM EDT", "2021-06-03T14:02:00Z"),
            ("45322", "2024-01-31T00:00:00Z"),
            ("45322.5", "2024-01-31T12:00:00Z"),
            ("20240131", "2024-01-31T00:00:00Z"),
            ("1706659200", "2024-01-31T00:00:00Z"),
            ("1706659200000", "2024-01-31T00:00:00Z"),
            ("01.02.70", "1970-02-01T00:00:00Z"),
            ("30.02.2024", "-"),
            ("2024-13-01", "-"),
            ("12", "-"),
            ("2024", "-"),
            ("soon", "-"),
            ("", "-"),
            ("31.01.2024 25:00", "-"),
            ("31.01.2024 and more", "-"),
            ("1.2.3.4", "-"),
            ("99999999999999999999", "-"),
        ];
        for (text, wanted) in cases {
            assert_eq!(show(text, DateOrder::DayFirst), wanted, "{text}");
        }
        assert_eq!(show("01/31/2024", DateOrder::MonthFirst), "2024-01-31T00:00:00Z");
        assert_eq!(show("02/03/2024", DateOrder::MonthFirst), "2024-02-03T00:00:00Z");
        assert_eq!(show("1/31/2024 1:05 PM", DateOrder::MonthFirst), "2024-01-31T13:05:00Z");
    }

    #[test]
    fn times_without_a_zone_are_in_the_one_given() {
        let format = DateFormat { order: DateOrder::DayFirst, zone: TimeZone::get("Europe/Berlin").unwrap() };
        assert_eq!(read("2024-07-01 12:00", &format).unwrap().at.to_string(), "2024-07-01T10:00:00Z");
        assert_eq!(read("2024-07-01 12:00Z", &format).unwrap().at.to_string(), "2024-07-01T12:00:00Z");
    }
}
