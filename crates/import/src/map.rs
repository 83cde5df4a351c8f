//! `--map`: what the columns of a file mean, said by hand. Either `COLUMN=KEY,…` or the text of a MAP.yaml.

use jiff::tz::TimeZone;
use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::dates::Order;
use crate::error::Error;
use crate::exports::compact;
use crate::keys::Key;
use crate::numbers::Decimal;

/// A mapping by hand; it goes before what the program would say of a column by itself.
#[derive(Clone, Debug, Default)]
pub struct Map {
    columns: Vec<(String, Key)>,
    /// Where the clocks stand whose times have no zone; UTC where absent.
    pub zone: Option<TimeZone>,
    /// The order of dates whose columns do not show it.
    pub dates: Option<Order>,
    /// The decimal sign of columns that do not show it.
    pub decimal: Option<Decimal>,
}

impl Map {
    /// Reads `COLUMN=KEY,…`. A column with a comma or an equals sign in its name needs a MAP.yaml.
    pub fn from_argument(text: &str) -> Result<Map, Error> {
        let mut map = Map::default();
        for pair in text.split(',') {
            let Some((column, key)) = pair.rsplit_once('=') else {
                return Err(Error::Map(format!("`{pair}` is not COLUMN=KEY; for a comma in a name write a MAP.yaml")));
            };
            map.add(column, key)?;
        }
        Ok(map)
    }

    /// Reads a MAP.yaml: `COLUMN: KEY` lines, or the same under `columns:` beside `timezone:`, `dates: day-first` or
    /// `month-first`, and `decimal: comma` or `point`.
    pub fn from_yaml(text: &str) -> Result<Map, Error> {
        let mut map = Map::default();
        let entries = yaml_entries(text)?;
        let nested = entries.iter().any(|(path, _)| path.len() == 2);
        for (path, value) in &entries {
            match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["columns", column] => map.add(column, value)?,
                [setting] if nested => map.set(setting, value)?,
                [column] => map.add(column, value)?,
                _ => {
                    return Err(Error::Map(format!(
                        "`{}` stands too deep; columns stand under `columns:`",
                        path.join(": ")
                    )));
                }
            }
        }
        Ok(map)
    }

    fn add(&mut self, column: &str, key: &str) -> Result<(), Error> {
        let key = Key::parse(key).map_err(|why| Error::Map(format!("{column}: {why}")))?;
        if self.key_of(column).is_some() {
            return Err(Error::Map(format!("the column `{column}` is mapped twice")));
        }
        self.columns.push((column.trim().to_owned(), key));
        Ok(())
    }

    fn set(&mut self, setting: &str, value: &str) -> Result<(), Error> {
        match (setting, value) {
            ("timezone", zone) => {
                let found = TimeZone::get(zone);
                self.zone =
                    Some(found.map_err(|_| Error::Map(format!("`{zone}` is no time zone; Europe/Berlin is one")))?);
            }
            ("dates", "day-first") => self.dates = Some(Order::DayFirst),
            ("dates", "month-first") => self.dates = Some(Order::MonthFirst),
            ("decimal", "comma") => self.decimal = Some(Decimal::Comma),
            ("decimal", "point") => self.decimal = Some(Decimal::Point),
            _ => {
                return Err(Error::Map(format!(
                    "`{setting}: {value}` is unknown; beside `columns` may stand timezone: ZONE, dates: day-first or \
                     month-first, decimal: comma or point"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn key_of(&self, column: &str) -> Option<&Key> {
        let wanted = compact(column);
        let exact = self.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column.trim()));
        let found =
            exact.or_else(|| self.columns.iter().find(|(name, _)| !wanted.is_empty() && compact(name) == wanted));
        found.map(|(_, key)| key)
    }

    /// Columns that none of these headers has.
    pub(crate) fn missing<'m>(&'m self, headers: &[&[String]]) -> Vec<&'m str> {
        let has = |name: &str| headers.iter().copied().flatten().any(|header| compact(header) == compact(name));
        self.columns.iter().map(|(name, _)| name.as_str()).filter(|name| !has(name)).collect()
    }
}

/// The scalars of a YAML mapping with the keys that lead to each.
fn yaml_entries(text: &str) -> Result<Vec<(Vec<String>, String)>, Error> {
    let mut entries = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut depth = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Error::Map(format!("MAP.yaml: {error}")))?;
        let line = span.start.line();
        match event {
            Event::MappingStart(..) => depth += 1,
            Event::MappingEnd => {
                depth -= 1;
                path.pop();
            }
            Event::Scalar(value, style, ..) if depth > 0 && path.len() == depth => {
                if style == ScalarStyle::Plain && ["", "~", "null"].contains(&value.as_ref()) {
                    return Err(Error::Map(format!(
                        "MAP.yaml line {line}: `{}` has no key; `-` leaves it out",
                        path.join(": ")
                    )));
                }
                entries.push((path.clone(), value.into_owned()));
                path.pop();
            }
            Event::Scalar(value, ..) if depth > 0 => path.push(value.into_owned()),
            Event::Scalar(..) | Event::SequenceStart(..) | Event::Alias(_) => {
                return Err(Error::Map(format!("MAP.yaml line {line}: wanted are lines `COLUMN: KEY`")));
            }
            _ => {}
        }
        if depth > 2 {
            return Err(Error::Map(format!("MAP.yaml line {line}: nothing stands deeper than under `columns:`")));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let map = Map::from_argument("E-Mail=email,Letzte Öffnung=at:Email Opened, x=y=z").unwrap();
        assert_eq!(map.key_of("e-mail"), Some(&Key::Email));
        assert_eq!(map.key_of("LETZTE ÖFFNUNG"), Some(&Key::At("Email Opened".into())));
        assert_eq!(map.key_of("x=y"), Some(&Key::Attribute("z".into())));
        assert_eq!(map.missing(&[&["E-Mail".to_owned()]]), ["Letzte Öffnung", "x=y"]);
        for wrong in ["email", "a=,b=c", "a=b,A=c", "a=at:"] {
            assert!(Map::from_argument(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn yaml() {
        let map = Map::from_yaml("E-Mail: email\n\"Umsatz, netto\": company.revenue\nNotiz: \"-\"\n").unwrap();
        assert_eq!(map.key_of("Umsatz, netto"), Some(&Key::Attribute("company.revenue".into())));
        assert_eq!(map.key_of("Notiz"), Some(&Key::Ignore));
        let map =
            Map::from_yaml("timezone: Europe/Berlin\ndates: day-first\ndecimal: comma\ncolumns: {A: email}\n").unwrap();
        assert_eq!(map.key_of("A"), Some(&Key::Email));
        assert_eq!(map.dates, Some(Order::DayFirst));
        assert!(map.zone.is_some());
        for wrong in [
            "- a\n",
            "a: [b]\n",
            "a: {b: {c: d}}\n",
            "a:\n",
            "a: b\n  c: d\n",
            "timezone: Mars\ncolumns: {a: b}\n",
            "just text",
        ] {
            assert!(Map::from_yaml(wrong).is_err(), "{wrong}");
        }
    }
}
