//! `--map`: what the columns of a file mean, said by hand. Either `COLUMN=KEY,…` or the text of a MAP.yaml.

use jiff::tz::TimeZone;
use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::dates::DateOrder;
use crate::error::Error;
use crate::exports::compact;
use crate::keys::ColumnKey;
use crate::numbers::Decimal;

/// A mapping by hand; it goes before what the program would say of a column by itself.
#[derive(Clone, Debug, Default)]
pub struct Map {
    columns: Vec<(String, ColumnKey)>,
    /// Where the clocks stand whose times have no zone; UTC where absent.
    pub zone: Option<TimeZone>,
    /// The order of dates whose columns do not show it.
    pub dates: Option<DateOrder>,
    /// The decimal sign of columns that do not show it.
    pub decimal: Option<Decimal>,
}

impl Map {
    /// Reads `COLUMN=KEY,…`, with the settings of a MAP.yaml among them. A column with a comma or an equals sign in its
    /// name needs a MAP.yaml.
    pub fn from_argument(text: &str) -> Result<Map, Error> {
        let mut map = Map::default();
        for pair in text.split(',') {
            let Some((column, key)) = pair.rsplit_once('=') else {
                return Err(Error::Map(format!("`{pair}` is not COLUMN=KEY; for a comma in a name write a MAP.yaml")));
            };
            map.add_or_set(column.trim(), key.trim())?;
        }
        Ok(map)
    }

    /// Reads a MAP.yaml: `COLUMN: KEY` lines, or the same under `columns:` beside `timezone:`, `dates: day-first` or
    /// `month-first`, and `decimal: comma` or `point`.
    pub fn from_yaml(text: &str) -> Result<Map, Error> {
        let mut map = Map::default();
        let text = with_quoted_dashes(text);
        let entries = yaml_entries(&text)?;
        let nested = entries.iter().any(|(path, _)| path.len() == 2);
        for (path, value) in &entries {
            match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["columns", column] => map.add(column, value)?,
                [setting] if nested => map.set(setting, value)?,
                [column] => map.add_or_set(column, value)?,
                _ => {
                    return Err(Error::Map(format!(
                        "`{}` is nested too deep; columns belong under `columns:`",
                        path.join(": ")
                    )));
                }
            }
        }
        Ok(map)
    }

    /// A setting where the value can be nothing else, else a column.
    fn add_or_set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match SETTINGS.iter().find(|(setting, values)| *setting == name && can_be(values, value)) {
            Some((setting, _)) => self.set(setting, value),
            None => match SETTINGS.iter().find(|(_, values)| !values.is_empty() && values.contains(&value)) {
                Some((setting, _)) => Err(Error::Map(format!("`{name}: {value}`: write `{setting}: {value}`"))),
                None => self.add(name, value),
            },
        }
    }

    fn add(&mut self, column: &str, key: &str) -> Result<(), Error> {
        let key = ColumnKey::parse_by_hand(key).map_err(|why| Error::Map(format!("{column}: {why}")))?;
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
                    Some(found.map_err(|_| Error::Map(format!("`{zone}` is not a time zone; one is Europe/Berlin")))?);
            }
            ("dates", "day-first") => self.dates = Some(DateOrder::DayFirst),
            ("dates", "month-first") => self.dates = Some(DateOrder::MonthFirst),
            ("decimal", "comma") => self.decimal = Some(Decimal::Comma),
            ("decimal", "point") => self.decimal = Some(Decimal::Point),
            _ => {
                return Err(Error::Map(format!(
                    "`{setting}: {value}` is unknown; the settings beside `columns` are timezone: ZONE, dates: day-first \
                     or month-first, and decimal: comma or point"
                )));
            }
        }
        Ok(())
    }

    /// The subscriptions that people left by what its columns say.
    pub fn subscriptions(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter_map(|(_, key)| match key {
            ColumnKey::Left(subscription) => Some(subscription.as_str()),
            _ => None,
        })
    }

    pub(crate) fn key_of(&self, column: &str) -> Option<&ColumnKey> {
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

/// Settings and the values that mean nothing else; a time zone is one of many names.
const SETTINGS: [(&str, &[&str]); 3] =
    [("timezone", &[]), ("dates", &["day-first", "month-first"]), ("decimal", &["comma", "point"])];

fn can_be(values: &[&str], value: &str) -> bool {
    if values.is_empty() { value.contains('/') || TimeZone::get(value).is_ok() } else { values.contains(&value) }
}

/// `Notes: -` leaves a column out, though YAML takes a bare dash for the beginning of a list.
fn with_quoted_dashes(text: &str) -> String {
    let quoted = |line: &str| {
        let bare = line.split(" #").next().unwrap_or(line).trim_end();
        bare.strip_suffix(": -").map_or_else(|| line.to_owned(), |name| format!("{name}: \"-\""))
    };
    text.lines().map(quoted).collect::<Vec<_>>().join("\n")
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
                return Err(Error::Map(format!("MAP.yaml line {line}: expected lines `COLUMN: KEY`")));
            }
            _ => {}
        }
        if depth > 2 {
            return Err(Error::Map(format!("MAP.yaml line {line}: nothing is nested deeper than under `columns:`")));
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
        assert_eq!(map.key_of("e-mail"), Some(&ColumnKey::Email));
        assert_eq!(map.key_of("LETZTE ÖFFNUNG"), Some(&ColumnKey::At("Email Opened".into())));
        assert_eq!(map.key_of("x=y"), Some(&ColumnKey::Attribute("z".into())));
        assert_eq!(map.missing(&[&["E-Mail".to_owned()]]), ["Letzte Öffnung", "x=y"]);
        for wrong in ["email", "a=,b=c", "a=b,A=c", "a=at:"] {
            assert!(Map::from_argument(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn settings_need_no_columns_beside_them() {
        let settings = |map: &Map| (map.dates, map.decimal, map.zone.is_some(), map.columns.len());
        for (yaml, wanted) in [
            ("dates: day-first\n", (Some(DateOrder::DayFirst), None, false, 0)),
            ("dates: month-first\ncolumns: {}\n", (Some(DateOrder::MonthFirst), None, false, 0)),
            ("decimal: comma\ntimezone: Europe/Berlin\n", (None, Some(Decimal::Comma), true, 0)),
            ("decimal: point\nE-Mail: email\n", (None, Some(Decimal::Point), false, 1)),
            ("dates: created_at\ntimezone: timezone\ndecimal: company.size\n", (None, None, false, 3)),
        ] {
            assert_eq!(settings(&Map::from_yaml(yaml).unwrap()), wanted, "{yaml}");
        }
        let map = Map::from_argument("dates=day-first,decimal=comma,timezone=Europe/Berlin,A=email").unwrap();
        assert_eq!(settings(&map), (Some(DateOrder::DayFirst), Some(Decimal::Comma), true, 1));
        let error = Map::from_yaml("date: day-first\n").unwrap_err().to_string();
        assert_eq!(error, "--map: `date: day-first`: write `dates: day-first`");
        assert!(Map::from_yaml("timezone: Europe/Berlni\n").is_err());
    }

    #[test]
    fn yaml() {
        let map = Map::from_yaml("E-Mail: email\n\"Umsatz, netto\": company.revenue\nNotiz: \"-\"\n").unwrap();
        assert_eq!(map.key_of("Umsatz, netto"), Some(&ColumnKey::Attribute("company.revenue".into())));
        assert_eq!(map.key_of("Notiz"), Some(&ColumnKey::Ignore));
        let map =
            Map::from_yaml("timezone: Europe/Berlin\ndates: day-first\ndecimal: comma\ncolumns: {A: email}\n").unwrap();
        assert_eq!(map.key_of("A"), Some(&ColumnKey::Email));
        assert_eq!(map.dates, Some(DateOrder::DayFirst));
        assert!(map.zone.is_some());
        assert_eq!(Map::from_yaml("Notiz: -\nA: email # who\n").unwrap().key_of("Notiz"), Some(&ColumnKey::Ignore));
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
