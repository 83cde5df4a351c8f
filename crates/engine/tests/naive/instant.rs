//! Instants as whole milliseconds since 1970 UTC: read from ISO 8601, written as RFC 3339.

use super::schedule::civil;
use jiff::civil::Date;

/// The length of a day of 24 hours, in milliseconds.
pub const DAY: i64 = 86_400_000;
/// The length of an hour, in milliseconds.
pub const HOUR: i64 = 3_600_000;

/// Reads an ISO 8601 instant: a date, or a date and a time; without a zone UTC; finer than a millisecond is cut off.
pub fn parse(text: &str) -> Option<i64> {
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = match text.find(['T', 't']) {
        Some(middle) => (&text[..middle], Some(&text[middle + 1..])),
        None => (text, None),
    };
    let midnight = civil(parse_date(date)?.at(0, 0, 0, 0));
    match time {
        None => Some(midnight),
        Some(time) => {
            let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
            Some(midnight + parse_time(&time[..zone])? - parse_zone(&time[zone..])?)
        }
    }
}

pub fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

pub fn parse_date(text: &str) -> Option<Date> {
    let (year, month, day) = match text.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] => (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?),
        [_] if text.len() == 8 => (digits(&text[..4], 4)?, digits(&text[4..6], 2)?, digits(&text[6..], 2)?),
        _ => return None,
    };
    Date::new(year as i16, month as i8, day as i8).ok()
}

pub fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.find(['.', ',']) {
        Some(point) => (&text[..point], Some(&text[point + 1..])),
        None => (text, None),
    };
    let (hour, minute, second) = match clock.split(':').collect::<Vec<_>>()[..] {
        [hour, minute, second] => (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?),
        [hour, minute] if fraction.is_none() => (digits(hour, 2)?, digits(minute, 2)?, 0),
        [_] if clock.len() == 6 => (digits(&clock[..2], 2)?, digits(&clock[2..4], 2)?, digits(&clock[4..], 2)?),
        [_] if clock.len() == 4 && fraction.is_none() => (digits(&clock[..2], 2)?, digits(&clock[2..], 2)?, 0),
        [hour] if fraction.is_none() => (digits(hour, 2)?, 0, 0),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(hour * HOUR + minute * 60_000 + second * 1000 + fraction.map_or(Some(0), parse_fraction)?)
}

/// The first three digits behind the point, as milliseconds.
fn parse_fraction(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let first: String = text.chars().chain("00".chars()).take(3).collect();
    first.parse().ok()
}

fn parse_zone(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match (&text[1..], text.len()) {
        (clock, 3) => (digits(clock, 2)?, 0),
        (clock, 5) => (digits(&clock[..2], 2)?, digits(&clock[2..], 2)?),
        (clock, 6) if clock.as_bytes()[2] == b':' => (digits(&clock[..2], 2)?, digits(&clock[3..], 2)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * HOUR + minutes * 60_000))
}

/// RFC 3339 in UTC with milliseconds.
pub fn print(instant: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(instant).expect("instants lie within the calendar");
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A duration of the playbook (`90s 15m 48h 30d 8w`) in milliseconds.
pub fn duration(text: &str) -> i64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => panic!("no duration: {text}"),
    };
    number.parse::<i64>().expect("a duration is a whole number and a unit") * unit
}
