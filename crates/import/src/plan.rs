//! How a file will be read: which export it is, what each column means, and how its dates and numbers are written.

use jiff::tz::TimeZone;

use crate::cell::{kebab_case, said, snake_case};
use crate::dates::{self, Order, Reading};
use crate::error::Error;
use crate::exports::{self, Export, PLAIN, Shape, compact, generic, look_up};
use crate::keys::Key;
use crate::map::Map;
use crate::numbers::{self, Decimal};
use crate::table::{Item, Table};

pub struct Plan {
    pub export: &'static Export,
    pub shape: Shape,
    pub columns: Vec<Column>,
    /// Rows that can be read as such.
    pub rows: u64,
    /// Of an attendance list: which webinar.
    pub webinar: Webinar,
    /// What was guessed or decided, for people.
    pub notes: Vec<String>,
}

pub struct Column {
    pub header: String,
    pub key: Key,
    /// The attribute or property that takes what is kept as it is.
    pub name: String,
    pub dates: Reading,
    pub decimal: Decimal,
    pub values: Values,
    /// Rows in which it says anything.
    pub filled: u64,
}

/// What the values of a column are that is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    Texts,
    Numbers,
    Dates,
}

impl Plan {
    /// Whether it is an export that is known here.
    pub fn is_known(&self) -> bool {
        self.export.id != PLAIN.id
    }

    /// Whether a row can name its lead at all.
    pub fn names_leads(&self) -> bool {
        let names = |key: &Key| match self.shape {
            Shape::Companies => true,
            Shape::Deals => matches!(
                key,
                Key::ContactId | Key::ContactEmail | Key::ContactName | Key::DealId | Key::Email | Key::UserId
            ),
            Shape::People | Shape::Events | Shape::Attendance => matches!(key, Key::Email | Key::Id | Key::UserId),
        };
        self.columns.iter().any(|column| names(&column.key))
    }
}

impl Column {
    /// Whether its values are kept under the name that its header has anyway.
    pub fn is_under_own_name(&self) -> bool {
        self.name == free_name(&self.header)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Webinar {
    pub id: Option<String>,
    pub title: String,
}

/// Reads the whole table once to decide.
pub fn plan(table: &Table<'_>, map: &Map) -> Result<Plan, Error> {
    let recognised = exports::recognise(&table.header);
    let export = recognised.unwrap_or(&PLAIN);
    let shape = if recognised.is_some() { export.shape } else { shape_by_hand(&table.header, map) };
    let keys: Vec<Key> = table.header.iter().map(|header| key_of(header, export, shape, map)).collect();
    let mut evidence: Vec<Evidence> = keys.iter().map(Evidence::of).collect();
    let mut rows = table.rows()?;
    let mut count = 0;
    while let Some(item) = rows.next_item()? {
        if let Item::Row { cells, .. } = item {
            count += 1;
            for (evidence, cell) in evidence.iter_mut().zip(&cells) {
                evidence.see(cell);
            }
        }
    }
    let damaged = rows.damaged();
    let mut plan = Plan { export, shape, columns: Vec::new(), rows: count, webinar: webinar(table), notes: Vec::new() };
    if damaged {
        plan.notes.push("some characters could not be read in this encoding and became \u{fffd}".to_owned());
    }
    let decisions = Decisions::of(&table.header, &evidence, table.by_semicolon(), map, &mut plan.notes);
    for ((header, key), evidence) in table.header.iter().zip(keys).zip(&evidence) {
        plan.columns.push(column(header, key, evidence, &decisions));
    }
    Ok(plan)
}

/// Keys given by hand can show what kind of rows an unknown file has.
fn shape_by_hand(header: &[String], map: &Map) -> Shape {
    let keys: Vec<&Key> = header.iter().filter_map(|name| map.key_of(name)).collect();
    let any = |wanted: fn(&Key) -> bool| keys.iter().any(|key| wanted(key));
    if any(|key| matches!(key, Key::Event)) {
        Shape::Events
    } else if any(|key| matches!(key, Key::DealId | Key::WonAt | Key::LostAt | Key::DealStage | Key::DealCreated)) {
        Shape::Deals
    } else if any(|key| matches!(key, Key::Attended | Key::Joined)) {
        Shape::Attendance
    } else {
        generic::shape(header)
    }
}

/// By hand, by the export's table, by the general ones, else the column is kept under its own name.
fn key_of(header: &str, export: &Export, shape: Shape, map: &Map) -> Key {
    if let Some(key) = map.key_of(header) {
        return key.clone();
    }
    let name = header;
    let header = first_of_its_name(header);
    let left = export.left_prefix.and_then(|prefix| header.strip_prefix(prefix));
    if let Some(subscription) = left {
        return Key::Left(kebab_case(subscription));
    }
    let found = look_up(export.columns, header)
        .or_else(|| look_up(generic::first_table(shape), header))
        .or_else(|| look_up(generic::PEOPLE, header));
    let download = || generic::asset(header).map(|_| Key::At("Content Downloaded".to_owned()));
    // The tables are tested to hold keys only.
    let known = found.and_then(|key| Key::parse(key).ok()).or_else(download);
    // A second column of attributes is kept beside the first.
    let second = header != name;
    known.filter(|key| fits(key, shape, export) && !(second && key.is_free())).unwrap_or_else(|| free(name, shape))
}

/// The second column of a name is called `NAME #2` and means the same.
fn first_of_its_name(header: &str) -> &str {
    match header.rsplit_once(" #") {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => header,
    }
}

/// A word that means one thing of people means nothing of deals and events: there it stays a property.
fn fits(key: &Key, shape: Shape, export: &Export) -> bool {
    match shape {
        Shape::Deals | Shape::Events => match key {
            Key::At(_) | Key::Count(_) | Key::Activity | Key::Origin | Key::Converted => false,
            Key::Created | Key::Modified | Key::Seen | Key::Now(_) => false,
            Key::Status => !export.statuses.is_empty(),
            _ => true,
        },
        Shape::People | Shape::Attendance | Shape::Companies => true,
    }
}

fn free(header: &str, shape: Shape) -> Key {
    let name = free_name(header);
    match shape {
        Shape::Deals => Key::Deal(name),
        Shape::Events => Key::Property(name),
        Shape::People | Shape::Attendance | Shape::Companies => Key::Attribute(name),
    }
}

fn free_name(header: &str) -> String {
    let (prefix, bare) = match header.split_once(" - ") {
        Some(("Organization", rest)) => ("company.", rest),
        Some(("Person" | "Lead" | "Deal", rest)) => ("", rest),
        _ => ("", header),
    };
    match snake_case(bare) {
        name if name.is_empty() => "column".to_owned(),
        name => format!("{prefix}{name}"),
    }
}

/// What the cells of one column say together; only what can matter for its key is looked at.
struct Evidence {
    filled: u64,
    dates: Option<dates::Evidence>,
    numbers: Option<numbers::Evidence>,
    /// The evidence serves to find out what a column is, and ends where it is neither dates nor numbers.
    free: bool,
}

impl Evidence {
    fn of(key: &Key) -> Evidence {
        let free = key.is_free();
        Evidence {
            filled: 0,
            dates: (free || key.is_date()).then(dates::Evidence::default),
            numbers: (free || key.is_number()).then(numbers::Evidence::default),
            free,
        }
    }

    fn see(&mut self, cell: &str) {
        let Some(text) = said(cell) else { return };
        self.filled += 1;
        if let Some(dates) = &mut self.dates {
            dates.see(text);
        }
        if let Some(numbers) = &mut self.numbers {
            numbers.see(text);
        }
        if self.free {
            self.dates.take_if(|dates| !dates.all_dates());
            self.numbers.take_if(|numbers| !numbers.all_numbers());
        }
    }
}

/// What holds for the columns that do not show it themselves.
struct Decisions {
    order: Order,
    decimal: Decimal,
    zone: TimeZone,
}

impl Decisions {
    fn of(
        header: &[String],
        evidence: &[Evidence],
        by_semicolon: bool,
        map: &Map,
        notes: &mut Vec<String>,
    ) -> Decisions {
        let named = || header.iter().zip(evidence);
        let proven_order = named().find_map(|(name, e)| Some((name, e.dates.as_ref()?.proven()?)));
        let open = |e: &Evidence| e.dates.as_ref().is_some_and(|dates| dates.ambiguous > 0 && dates.proven().is_none());
        let dotted = named().any(|(_, e)| e.dates.as_ref().is_some_and(|dates| dates.dots > 0));
        let assumed = if dotted || by_semicolon { Order::DayFirst } else { Order::MonthFirst };
        let order = map.dates.or(proven_order.map(|(_, order)| order)).unwrap_or(assumed);
        if let Some((name, _)) = named().find(|(_, e)| open(e)) {
            let why = match (map.dates, proven_order) {
                (Some(_), _) => "as --map says".to_owned(),
                (None, Some((proof, _))) => format!("as \u{201c}{proof}\u{201d} shows"),
                (None, None) => {
                    "a guess, nothing shows it; say `dates: day-first` or `month-first` in a MAP.yaml".to_owned()
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
    evidence: &[Evidence],
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
                "a guess, nothing shows it; say `decimal: comma` or `decimal: point` in a MAP.yaml".to_owned()
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

fn order_name(order: Order) -> &'static str {
    match order {
        Order::DayFirst => "day before month",
        Order::MonthFirst => "month before day",
    }
}

fn column(header: &str, key: Key, evidence: &Evidence, decisions: &Decisions) -> Column {
    let dates = evidence.dates.as_ref();
    let numbers = evidence.numbers.as_ref();
    let values = match (dates, numbers) {
        (_, Some(numbers)) if evidence.free && numbers.all_numbers() => Values::Numbers,
        (Some(dates), _) if evidence.free && dates.all_dates() => Values::Dates,
        _ => Values::Texts,
    };
    let name = match &key {
        Key::Attribute(name) | Key::Now(name) | Key::Deal(name) | Key::Property(name) => name.clone(),
        _ => free_name(header),
    };
    Column {
        header: header.to_owned(),
        key,
        name,
        dates: Reading {
            order: dates.and_then(dates::Evidence::proven).unwrap_or(decisions.order),
            zone: decisions.zone.clone(),
        },
        decimal: numbers.and_then(numbers::Evidence::proven).unwrap_or(decisions.decimal),
        values,
        filled: evidence.filled,
    }
}

/// The webinar that the lines above the list describe; without them the file's name is its title.
fn webinar(table: &Table<'_>) -> Webinar {
    let stem = table.name().rsplit(['/', '\\']).next().unwrap_or("").split('.').next().unwrap_or("");
    let title = described(&table.preamble, &["topic", "webinarname", "webinartitle", "title"]);
    let id = described(&table.preamble, &["webinarid", "webinarkey"]);
    Webinar { id, title: title.unwrap_or_else(|| stem.to_owned()) }
}

const LABELS: [&str; 12] = [
    "topic",
    "webinarname",
    "webinartitle",
    "title",
    "webinarid",
    "webinarkey",
    "actualstarttime",
    "actualstartdatetime",
    "actualdurationminutes",
    "duration",
    "registered",
    "attended",
];

/// The value of a label: in the cell below where labels stand side by side, else in the cell to its right.
fn described(preamble: &[Vec<String>], labels: &[&str]) -> Option<String> {
    for (index, row) in preamble.iter().enumerate() {
        let Some(at) = row.iter().position(|cell| labels.contains(&compact(cell).as_str())) else { continue };
        let right = row.get(at + 1).filter(|cell| !LABELS.contains(&compact(cell).as_str()));
        let below = preamble.get(index + 1).and_then(|next| next.get(at));
        let value = right.and_then(|cell| said(cell)).or_else(|| below.and_then(|cell| said(cell)));
        if let Some(value) = value {
            return Some(value.to_owned());
        }
    }
    None
}
