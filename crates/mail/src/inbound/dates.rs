//! Days in running text: `5. Dezember`, `Dec 5, 2026`, `05.12.`, `12/5/26`, `2026-12-05`, `lundi`.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::away::Sent;
use super::plain::{clip, fold};

/// One word of a text, folded, without the signs around it.
pub(super) struct Token {
    pub word: String,
    pub ends_sentence: bool,
}

/// An auto-reply is short; in a longer text the date is in the first lines.
const MOST_BYTES: usize = 8_000;

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for line in clip(text, MOST_BYTES).lines() {
        for raw in line.split_whitespace() {
            let folded: String = raw.chars().flat_map(fold).collect();
            split_range(&folded, &mut tokens);
        }
        if line.trim().is_empty()
            && let Some(last) = tokens.last_mut()
        {
            last.ends_sentence = true;
        }
    }
    tokens
}

/// `1.8.-14.8.` and `1-14` are two words and a dash, `all'8` two words; `2026-12-05` is one.
fn split_range(raw: &str, tokens: &mut Vec<Token>) {
    if let Some((article, day)) = raw.split_once('\'').filter(|(_, day)| day.starts_with(|c: char| c.is_ascii_digit()))
    {
        tokens.extend([token(article), token(day)]);
        return;
    }
    let ends = |part: &str| part.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    match raw.split_once('-') {
        Some((from, to)) if ends(from) && starts(to) && !to.contains('-') && starts(from) => {
            tokens.extend([token(from), token("-"), token(to)]);
        }
        _ => tokens.push(token(raw)),
    }
}

fn token(raw: &str) -> Token {
    let signs = |c: char| !c.is_alphanumeric() && c != '-';
    let bare = raw.trim_matches(|c: char| signs(c));
    let is_number = bare.starts_with(|c: char| c.is_ascii_digit());
    let is_short = month(bare).is_some() && bare.len() <= 4;
    let stops = raw.ends_with(['!', '?']) || raw.ends_with('.') && !is_number && !is_short;
    Token { word: if bare.is_empty() { raw.to_owned() } else { bare.to_owned() }, ends_sentence: stops }
}

/// The day that begins at this token, and how many tokens it takes.
pub(super) fn day(tokens: &[Token], at: usize, sent: Sent) -> Option<(Date, usize)> {
    let word = |offset: usize| tokens.get(at + offset).map(|token| token.word.as_str());
    let first = word(0)?;
    if let Some(found) = numeric(first, sent) {
        return Some((found, 1));
    }
    if let Some(day) = day_number(first) {
        return day_month(tokens, at, day, sent);
    }
    if let (Some(month), Some(day)) = (month(first), word(1).and_then(day_number)) {
        return month_day(tokens, at, month, day, sent);
    }
    if let Some(weekday) = weekday(first) {
        // A date behind it says the same, and better.
        let has_date = (1..=3).any(|offset| {
            word(offset).is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()) || month(w).is_some())
        });
        let next = sent.day.nth_weekday(1, weekday).ok()?;
        return (!has_date).then_some((next, 1));
    }
    let is_tomorrow = ["tomorrow", "morgen", "demain", "domani", "manana"].contains(&first);
    is_tomorrow.then(|| sent.day.checked_add(1.day()).ok().map(|day| (day, 1)))?
}

/// `5 December 2026`, `5th of December`, `5 de diciembre de 2026`, `1er décembre`.
fn day_month(tokens: &[Token], at: usize, day: i8, sent: Sent) -> Option<(Date, usize)> {
    let word = |offset: usize| tokens.get(at + offset).map(|token| token.word.as_str()).unwrap_or_default();
    let skip = usize::from(matches!(word(1), "of" | "de" | "di" | "d"));
    let month = month(word(1 + skip))?;
    let next = 2 + skip;
    let skip_year = usize::from(matches!(word(next), "de" | "del" | "of"));
    match year(word(next + skip_year)) {
        Some(year) => Some((Date::new(year, month, day).ok()?, next + skip_year + 1)),
        None => Some((upcoming(month, day, sent)?, next)),
    }
}

/// `December 5th, 2026`, and of `December 5 - 9` the end.
fn month_day(tokens: &[Token], at: usize, month: i8, day: i8, sent: Sent) -> Option<(Date, usize)> {
    let word = |offset: usize| tokens.get(at + offset).map(|token| token.word.as_str()).unwrap_or_default();
    let is_range = matches!(word(2), "-" | "to" | "through" | "thru" | "until");
    let end = is_range.then(|| day_number(word(3))).flatten().filter(|_| self::month(word(4)).is_none());
    let (day, next) = end.map_or((day, 2), |end| (end, 4));
    match year(word(next)) {
        Some(year) => Some((Date::new(year, month, day).ok()?, next + 1)),
        None => Some((upcoming(month, day, sent)?, next)),
    }
}

/// `5`, `5th`, `1er`, `1º`: 1 to 31.
fn day_number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic() || c == 'º' || c == 'ª');
    let suffix = &word[digits.len()..];
    let is_ordinal = matches!(suffix, "" | "st" | "nd" | "rd" | "th" | "er" | "º" | "ª" | "ter" | "ten");
    let day = digits.parse().ok().filter(|day| (1..=31).contains(day));
    if is_ordinal && digits.len() <= 2 { day } else { None }
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| (2000..2100).contains(year))
}

/// `2026-12-05`, `05.12.2026`, `5.12`, `12/5/26`.
fn numeric(word: &str, sent: Sent) -> Option<Date> {
    let sign = ['.', '/', '-'].into_iter().find(|sign| word.contains(*sign))?;
    let parts: Option<Vec<i16>> = word.split(sign).map(|part| part.parse().ok()).collect();
    let small = |number: i16| i8::try_from(number).ok();
    match (parts?.as_slice(), sign) {
        ([year, month, day], _) if *year >= 2000 => Date::new(*year, small(*month)?, small(*day)?).ok(),
        ([day, month, year], '.' | '-') => Date::new(full_year(*year)?, small(*month)?, small(*day)?).ok(),
        ([day, month], '.') => upcoming(small(*month)?, small(*day)?, sent),
        ([one, two, year], '/') => {
            let (month, day) = order(small(*one)?, small(*two)?, sent);
            Date::new(full_year(*year)?, month, day).ok()
        }
        ([one, two], '/') => {
            let (month, day) = order(small(*one)?, small(*two)?, sent);
            upcoming(month, day, sent)
        }
        _ => None,
    }
}

fn full_year(year: i16) -> Option<i16> {
    match year {
        0..=99 => Some(2000 + year),
        2000..=2099 => Some(year),
        _ => None,
    }
}

/// Month and day of two numbers with a slash: the month comes first in the Americas' zones, unless that is impossible.
fn order(one: i8, two: i8, sent: Sent) -> (i8, i8) {
    let is_american = (-600..=-240).contains(&sent.zone);
    if two > 12 || is_american && one <= 12 { (one, two) } else { (two, one) }
}

/// The next such day, in this year or the next. A day of this week that is past is meant as past.
fn upcoming(month: i8, day: i8, sent: Sent) -> Option<Date> {
    let past = sent.day.checked_sub(7.days()).ok()?;
    let years = [sent.day.year(), sent.day.year() + 1];
    years.into_iter().filter_map(|year| Date::new(year, month, day).ok()).find(|day| *day >= past)
}

pub(super) fn is_weekday(word: &str) -> bool {
    weekday(word).is_some()
}

fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [(Weekday, &[&str]); 7] = [
        (Weekday::Monday, &["monday", "mon", "montag", "lundi", "lunedi", "lunes"]),
        (Weekday::Tuesday, &["tuesday", "tue", "tues", "dienstag", "mardi", "martedi", "martes"]),
        (Weekday::Wednesday, &["wednesday", "wed", "mittwoch", "mercredi", "mercoledi", "miercoles"]),
        (Weekday::Thursday, &["thursday", "thu", "thurs", "donnerstag", "jeudi", "giovedi", "jueves"]),
        (Weekday::Friday, &["friday", "fri", "freitag", "vendredi", "venerdi", "viernes"]),
        (Weekday::Saturday, &["saturday", "sat", "samstag", "sonnabend", "samedi", "sabato", "sabado"]),
        (Weekday::Sunday, &["sunday", "sun", "sonntag", "dimanche", "domenica", "domingo"]),
    ];
    DAYS.iter().find(|(_, names)| names.contains(&word)).map(|(day, _)| *day)
}

/// 1 to 12, by name or its usual short form.
fn month(word: &str) -> Option<i8> {
    const MONTHS: [&[&str]; 12] = [
        &["january", "jan", "januar", "janner", "janvier", "janv", "gennaio", "genn", "gen", "enero", "ene"],
        &["february", "feb", "februar", "fevrier", "fevr", "febbraio", "febb", "febrero"],
        &["march", "mar", "marz", "maerz", "mars", "marzo"],
        &["april", "apr", "avril", "avr", "aprile", "abril", "abr"],
        &["may", "mai", "maggio", "magg", "mag", "mayo"],
        &["june", "jun", "juni", "juin", "giugno", "giu", "junio"],
        &["july", "jul", "juli", "juillet", "juil", "luglio", "lug", "julio"],
        &["august", "aug", "aout", "agosto", "ago", "ag"],
        &["september", "sep", "sept", "septembre", "settembre", "sett", "set", "septiembre", "setiembre"],
        &["october", "oct", "oktober", "okt", "octobre", "ottobre", "ott", "octubre"],
        &["november", "nov", "novembre", "noviembre"],
        &["december", "dec", "dezember", "dez", "decembre", "dicembre", "dic", "diciembre"],
    ];
    (1..=12).zip(MONTHS).find(|(_, names)| names.contains(&word)).map(|(month, _)| month)
}
