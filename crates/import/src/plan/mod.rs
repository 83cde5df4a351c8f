//! How a file will be read: which export it is, what each column means, and how its dates and numbers are written.

mod answers;
mod choose;
mod decisions;
mod evidence;
mod notes;
mod webinar;

use crate::cell::Holds;
use crate::consent::About;
use crate::dates::{DateEvidence, DateFormat};
use crate::error::Error;
use crate::exports::{self, Export, PLAIN, Shape};
use crate::keys::ColumnKey;
use crate::map::Map;
use crate::numbers::{Decimal, NumberEvidence};
use crate::table::{Item, Table};
use choose::{Chosen, free_name};
use decisions::Decisions;
use evidence::ColumnEvidence;
pub use notes::hint;
pub use webinar::Webinar;

pub struct Plan {
    pub export: &'static Export,
    pub shape: Shape,
    pub columns: Vec<Column>,
    /// Rows that can be read as such.
    pub rows: u64,
    /// All that the file lists: these, messages, and what cannot be read.
    pub items: u64,
    /// Of an attendance list: which webinar.
    pub webinar: Webinar,
    /// What was guessed or decided, for people.
    pub notes: Vec<String>,
    /// The first rows, each with its line or row of the sheet.
    pub first: Vec<(u64, Vec<String>)>,
}

pub struct Column {
    pub header: String,
    pub key: ColumnKey,
    pub by: By,
    /// What its cells can say about being written to.
    pub about: Option<About>,
    /// Other rows have a yes or a date of consent, so that an empty cell is not one.
    pub expects_yes: bool,
    /// The attribute or property that takes what is kept as it is.
    pub name: String,
    pub dates: DateFormat,
    pub decimal: Decimal,
    pub values: Values,
    /// Rows in which it says anything.
    pub filled: u64,
    /// What it says in the first rows, each text once.
    pub samples: Vec<String>,
}

/// Who says what a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `--map`.
    Hand,
    /// The table of an export, or the general ones.
    Table,
    /// The words of its header.
    Guess,
    /// Nobody: it is kept under its own name.
    Nobody,
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
        let names = |key: &ColumnKey| match self.shape {
            Shape::Companies => true,
            Shape::Deals => matches!(
                key,
                ColumnKey::ContactId
                    | ColumnKey::ContactEmail
                    | ColumnKey::ContactName
                    | ColumnKey::DealId
                    | ColumnKey::Email
                    | ColumnKey::UserId
            ),
            Shape::People | Shape::Events | Shape::Attendance => {
                matches!(key, ColumnKey::Email | ColumnKey::Id | ColumnKey::UserId)
            }
        };
        self.columns.iter().any(|column| names(&column.key))
    }
}

impl Column {
    /// Whether its values are kept under the name that its header has anyway.
    pub fn is_under_own_name(&self) -> bool {
        self.name == free_name(&self.header)
    }

    pub fn holds(&self) -> Holds {
        holds(&self.key, &self.name, self.about)
    }

    /// What its values become where they are kept as they are.
    pub fn kept_as(&self) -> &'static str {
        match self.values {
            Values::Texts => "as text",
            Values::Numbers => "as a number",
            Values::Dates => "as a date",
        }
    }
}

/// Which cells of a column are empty.
fn holds(key: &ColumnKey, name: &str, about: Option<About>) -> Holds {
    const NAMES: [&str; 7] = ["name", "first_name", "last_name", "middle_name", "nickname", "full_name", "birth_name"];
    match key {
        ColumnKey::ContactName => Holds::Names,
        ColumnKey::Attribute(_) | ColumnKey::Now(_) if NAMES.contains(&name) => Holds::Names,
        _ if about.is_some_and(About::is_plain) => Holds::Consent,
        ColumnKey::Since(_) | ColumnKey::Left(_) => Holds::Consent,
        _ => Holds::Anything,
    }
}

/// As many rows are kept to be shown.
const FIRST_ROWS: usize = 3;

/// Reads the whole table once to decide.
pub fn plan(table: &Table<'_>, map: &Map) -> Result<Plan, Error> {
    let recognised = exports::recognise(&table.header);
    let export = recognised.unwrap_or(&PLAIN);
    let shape = if recognised.is_some() { export.shape } else { choose::shape(&table.header, map) };
    let mut chosen: Vec<Chosen> = table.header.iter().map(|header| Chosen::of(header, export, shape, map)).collect();
    let mut evidence: Vec<ColumnEvidence> = chosen.iter().map(|chosen| ColumnEvidence::of(chosen, export)).collect();
    let mut rows = table.rows()?;
    let (mut count, mut items) = (0, 0);
    let mut first = Vec::new();
    while let Some(item) = rows.next_item()? {
        items += 1;
        if let Item::Lead { .. } = item {
            count += 1;
        }
        if let Item::Row { number, cells } = item {
            count += 1;
            for (evidence, cell) in evidence.iter_mut().zip(&cells) {
                evidence.see(cell);
            }
            if first.len() < FIRST_ROWS {
                first.push((number, cells));
            }
        }
    }
    evidence.iter_mut().for_each(ColumnEvidence::settle);
    chosen.iter_mut().zip(&evidence).for_each(|(chosen, evidence)| chosen.settle(evidence));
    choose::settle_names(&mut chosen, &first);
    let webinar = webinar::of(table);
    let mut plan = Plan { export, shape, columns: Vec::new(), rows: count, items, webinar, notes: Vec::new(), first };
    plan.notes.extend(notes::titles(table));
    plan.notes.extend(rows.damage());
    let decisions = Decisions::of(&table.header, &evidence, table.by_semicolon(), map, &mut plan.notes);
    notes::add(&mut plan.notes, &chosen, &evidence, count);
    for (chosen, evidence) in chosen.into_iter().zip(&evidence) {
        plan.columns.push(column(chosen, evidence, &decisions));
    }
    Ok(plan)
}

fn column(chosen: Chosen, evidence: &ColumnEvidence, decisions: &Decisions) -> Column {
    let dates = evidence.dates.as_ref();
    let numbers = evidence.numbers.as_ref();
    let values = match (dates, numbers) {
        (_, Some(_)) if evidence.free => Values::Numbers,
        (Some(_), _) if evidence.free => Values::Dates,
        _ => Values::Texts,
    };
    Column {
        expects_yes: chosen.expects_yes(evidence),
        // In a column about something else, only cells that were found to say something are looked at again.
        about: chosen.about.filter(|about| about.is_plain() || evidence.is_telling()),
        header: chosen.header,
        key: chosen.key,
        by: chosen.by,
        name: chosen.name,
        dates: DateFormat {
            order: dates.and_then(DateEvidence::proven).unwrap_or(decisions.order),
            zone: decisions.zone.clone(),
        },
        decimal: numbers.and_then(NumberEvidence::proven).unwrap_or(decisions.decimal),
        values,
        filled: evidence.filled,
        samples: evidence.samples.clone(),
    }
}
