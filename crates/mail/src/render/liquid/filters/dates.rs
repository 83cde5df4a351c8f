//! The filter of dates: in the language of the e-mail and the zone of the lead.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use liquid_core::model::Value;

use super::{Call, text};
use crate::render::words::Words;

/// Letters of a format. Longer ones are mistakes.
const FORMAT_LIMIT: usize = 100;

/// Directives of `strftime` that take a fixed number of letters. Widths, as in `%99d`, are left out: they could grow a text
/// without end.
const DIRECTIVES: &str = "aAbBcdeHIjklmMpSuUyYZzF";

/// `{{ "2026-03-14" | date: "long" }}`: the formats `short`, `long`, `weekday`, `time`, or one in the notation of
/// `strftime`, whose names of months and days are those of the language. The input is a date, an instant (ISO 8601),
/// seconds since 1970, or `now`; anything else stays as it is.
pub(super) fn date(call: &Call<'_>) -> Result<Value, String> {
    let input = call.text();
    let Some(at) = instant(input.trim(), call) else { return text(input) };
    let words = call.locale.language.words();
    let wanted = call.argument(0).unwrap_or_else(|| "long".into());
    let format = match wanted.as_str() {
        "short" => words.short,
        "long" => words.long,
        "weekday" => words.weekday,
        "time" => words.time,
        other => other,
    };
    text(written(&at, format, words)?)
}

fn instant(input: &str, call: &Call<'_>) -> Option<Zoned> {
    let zone = || call.locale.zone.clone();
    if matches!(input, "now" | "today") {
        return Some(Timestamp::from_millisecond(call.locale.now).ok()?.to_zoned(zone()));
    }
    if let Ok(seconds) = input.parse::<i64>() {
        return Some(Timestamp::from_second(seconds).ok()?.to_zoned(zone()));
    }
    if let Ok(at) = input.parse::<Timestamp>() {
        return Some(at.to_zoned(zone()));
    }
    // A day or a local time is the same in every zone.
    let local = input.parse::<Date>().map(|day| day.to_datetime(jiff::civil::Time::midnight()));
    let local = input.parse::<DateTime>().or(local).ok()?;
    local.to_zoned(TimeZone::UTC).ok()
}

fn written(at: &Zoned, format: &str, words: &Words) -> Result<String, String> {
    if format.len() > FORMAT_LIMIT {
        return Err(format!("a date format has more than {FORMAT_LIMIT} bytes"));
    }
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut directive = letters.next().unwrap_or('%');
        let is_bare = directive == '-';
        if is_bare {
            directive = letters.next().unwrap_or('-');
        }
        push(at, directive, is_bare, words, &mut out)?;
    }
    Ok(out)
}

fn push(at: &Zoned, directive: char, is_bare: bool, words: &Words, out: &mut String) -> Result<(), String> {
    let month = words.months[usize::try_from(at.month() - 1).unwrap_or(0).min(11)];
    let day = words.days[usize::try_from(at.weekday().to_sunday_zero_offset()).unwrap_or(0).min(6)];
    match directive {
        'B' => out.push_str(month),
        'b' | 'h' => out.push_str(abbreviated(month, &words.months)),
        'A' => out.push_str(day),
        'a' => out.push_str(abbreviated(day, &words.days)),
        '%' => out.push('%'),
        'c' => push(at, 'F', false, words, out)?,
        _ if DIRECTIVES.contains(directive) => {
            let format = if is_bare { format!("%-{directive}") } else { format!("%{directive}") };
            let made = jiff::fmt::strtime::format(&format, at);
            out.push_str(&made.map_err(|_| format!("`%{directive}` is not a part of a date"))?);
        }
        other => return Err(format!("`%{other}` is not a part of a date; for example, `%d.%m.%Y` is")),
    }
    Ok(())
}

/// The first three letters, or as many as tell a name from the others: `juin` and `juil`.
fn abbreviated(name: &'static str, all: &[&str]) -> &'static str {
    let ends = name.char_indices().map(|(at, _)| at).skip(3);
    let is_unique = |end: &usize| all.iter().filter(|other| other.starts_with(&name[..*end])).count() == 1;
    ends.into_iter().find(is_unique).map_or(name, |end| &name[..end])
}
