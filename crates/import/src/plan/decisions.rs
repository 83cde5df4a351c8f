//! How dates and numbers are read in columns that do not show it themselves.

use jiff::tz::TimeZone;

use super::evidence::ColumnEvidence;
use crate::dates::DateOrder;
use crate::map::Map;
use crate::numbers::Decimal;

/// What holds for the columns that do not show it themselves.
pub struct Decisions {
    pub order: DateOrder,
    pub decimal: Decimal,
    pub zone: TimeZone,
}

impl Decisions {
    pub fn of(
        header: &[String],
        evidence: &[ColumnEvidence],
        by_semicolon: bool,
        map: &Map,
        notes: &mut Vec<String>,
    ) -> Decisions {
        let named = || header.iter().zip(evidence);
        let proven_order = named().find_map(|(name, e)| Some((name, e.dates.as_ref()?.proven()?)));
        let open =
            |e: &ColumnEvidence| e.dates.as_ref().is_some_and(|dates| dates.ambiguous > 0 && dates.proven().is_none());
        let dotted = named().any(|(_, e)| e.dates.as_ref().is_some_and(|dates| dates.dots > 0));
        let assumed = if dotted || by_semicolon { DateOrder::DayFirst } else { DateOrder::MonthFirst };
        let order = map.dates.or(proven_order.map(|(_, order)| order)).unwrap_or(assumed);
        if let Some((name, _)) = named().find(|(_, e)| open(e)) {
            let why = match (map.dates, proven_order) {
                (Some(_), _) => "as --map says".to_owned(),
                (None, Some((proof, _))) => format!("as \u{201c}{proof}\u{201d} shows"),
                (None, None) => {
                    "a guess, nothing shows it; say --map \"dates=day-first\" or --map \"dates=month-first\"".to_owned()
                }
            };
            notes.push(format!("dates of \u{201c}{name}\u{201d} are read {}: {why}", order_name(order)));
        } else if let Some((name, order)) = proven_order {
            notes.push(format!("dates are written {}, as \u{201c}{name}\u{201d} shows", order_name(order)));
        }
        let decimal = decimal_sign(header, evidence, by_semicolon, map, notes);
        if evidence.iter().any(|e| e.dates.as_ref().is_some_and(|dates| dates.zoneless > 0)) {
            let zone = map.zone.as_ref().and_then(TimeZone::iana_name).unwrap_or("UTC");
            notes.push(format!("times without a zone are taken as {zone}"));
        }
        if evidence.iter().any(|e| e.dates.as_ref().is_some_and(|dates| dates.short_years > 0)) {
            notes.push("years of two digits are taken as 1969 to 2068".to_owned());
        }
        let zone = map.zone.clone().unwrap_or(TimeZone::UTC);
        Decisions { order, decimal, zone }
    }
}

/// The decimal sign of columns that do not show it themselves.
fn decimal_sign(
    header: &[String],
    evidence: &[ColumnEvidence],
    by_semicolon: bool,
    map: &Map,
    notes: &mut Vec<String>,
) -> Decimal {
    let named = || header.iter().zip(evidence).filter_map(|(name, e)| Some((name, e.numbers.as_ref()?)));
    let proven = named().find_map(|(name, numbers)| Some((name, numbers.proven()?)));
    let assumed = if by_semicolon { Decimal::Comma } else { Decimal::Point };
    let sign = map.decimal.or(proven.map(|(_, sign)| sign)).unwrap_or(assumed);
    if let Some((name, _)) = named().find(|(_, numbers)| numbers.ambiguous > 0 && numbers.proven().is_none()) {
        let why = match (map.decimal, proven) {
            (Some(_), _) => "as --map says".to_owned(),
            (None, Some((proof, _))) => format!("as \u{201c}{proof}\u{201d} shows"),
            (None, None) => {
                "a guess, nothing shows it; say --map \"decimal=comma\" or --map \"decimal=point\"".to_owned()
            }
        };
        notes.push(format!("numbers of \u{201c}{name}\u{201d} are read with a decimal {}: {why}", sign_name(sign)));
    } else if let Some((name, Decimal::Comma)) = proven {
        notes.push(format!("numbers are written with a decimal comma, as \u{201c}{name}\u{201d} shows"));
    }
    sign
}

fn sign_name(sign: Decimal) -> &'static str {
    match sign {
        Decimal::Point => "point",
        Decimal::Comma => "comma",
    }
}

fn order_name(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayFirst => "day before month",
        DateOrder::MonthFirst => "month before day",
    }
}
