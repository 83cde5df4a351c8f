//! What an import says about itself, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use attractor_engine::printable;

use crate::exports::Shape;
use crate::keys::ColumnKey;
use crate::nouns::counted;
use crate::own::{self, Own};
use crate::plan::{By, Column, Plan, Values};
use crate::rows::Rules;
use crate::table::Table;

/// Of people from whom consent is held back: some of them left, and the others have not.
pub const ONLY_WITHOUT_CONSENT: &str = "no consent is recorded for them; those who did not opt out get e-mails only in the \
                                        countries of the setting `consent_unknown`";

/// As many kinds of events are listed.
const KINDS: usize = 20;

/// So many cells that could not be read are shown of a file, and so many rows whose events have no date.
const SHOWN: usize = 20;

#[derive(Debug, Default)]
pub struct Report {
    pub files: Vec<FileReport>,
    /// Rows about leads, about deals, and about events or messages of their own.
    pub leads: u64,
    pub deal_rows: u64,
    pub event_rows: u64,
    /// Deals that the rows speak of, each counted once.
    pub deals: u64,
    /// Whom the rows are about, each counted once; and visitors of whom nothing more is known.
    pub people: u64,
    pub visitors: u64,
    /// Of these people, those whom only rows of deals name.
    pub only_in_deals: u64,
    /// People who left, bounced or complained.
    pub opt_outs: u64,
    /// The same, by how far they left.
    pub opt_outs_by: OptOutCounts,
    /// People whose stage in another tool says that they buy or bought, and of whose deals these files do not tell.
    pub without_deal: Vec<StageWithoutDeal>,
    /// Whether the import says where and how people agreed; otherwise nobody is granted consent.
    pub is_told_how_agreed: bool,
    /// People to whom consent is granted, where it was not withdrawn before.
    pub consents: u64,
    /// People to whom consent could not be granted.
    pub held_back: u64,
    /// Countries of the setting `consent_unknown`; empty where they are not known.
    pub unasked: Vec<String>,
    /// Events by their kind.
    pub events: BTreeMap<String, u64>,
    pub messages: u64,
    /// The addresses of the people whom messages name, in canonical form; none unless the rules ask for them.
    pub addresses: BTreeSet<String>,
    pub rejected: u64,
    /// What a store adds to it.
    pub notes: Vec<String>,
    /// The first of the rejected rows.
    pub rejected_first: Vec<RejectedRow>,
}

/// How many people left, by the furthest way; each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptOutCounts {
    /// Everything.
    pub all: u64,
    /// One subscription or topic.
    pub part: u64,
    pub bounced: u64,
    pub complained: u64,
}

/// People in a stage of another tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageWithoutDeal {
    /// As the list writes it.
    pub stage: String,
    pub people: u64,
}

#[derive(Debug, Default)]
pub struct FileReport {
    pub name: String,
    /// Which export it is, or what its headers make of it.
    pub recognised: String,
    pub format: String,
    /// All of its rows, those that cannot be read too.
    pub rows: u64,
    pub rejected: u64,
    /// Every column in its order, for a look before anything is stored.
    pub overview: Vec<Overview>,
    /// The first rows, each with its line or row of the sheet.
    pub first: Vec<(u64, Vec<String>)>,
    /// Columns and what became of them.
    pub columns: Vec<(String, String)>,
    /// Columns kept.
    pub kept: Vec<String>,
    pub left_out: Vec<String>,
    pub empty: Vec<String>,
    pub notes: Vec<String>,
    /// Cells that could not be read, and the first of them, each with its row.
    pub unread: u64,
    pub unread_shown: Vec<String>,
    /// Rows of which events are left out because nobody knows their date, and the first of them.
    pub undated: u64,
    pub undated_shown: Vec<String>,
}

/// A column as it is understood.
#[derive(Clone, Debug)]
pub struct Overview {
    pub column: String,
    /// What it means.
    pub meaning: String,
    /// Nobody said so: its header's words did.
    pub guessed: bool,
    /// Texts of its first rows.
    pub samples: Vec<String>,
}

/// A row that could not be taken.
#[derive(Clone, Debug)]
pub struct RejectedRow {
    pub file: String,
    pub row: u64,
    pub why: String,
    pub content: String,
}

impl FileReport {
    pub(crate) fn new(table: &Table<'_>, plan: &Plan) -> FileReport {
        let mut report = FileReport {
            name: printable::line(table.name()).into_owned(),
            recognised: recognised(plan, table),
            format: printable::line(&table.format).into_owned(),
            rows: plan.items,
            notes: notes(table, plan),
            overview: plan.columns.iter().map(|column| overview(column, plan.rows)).collect(),
            first: plan.first.clone(),
            ..FileReport::default()
        };
        if plan.shape != Shape::Companies {
            plan.columns.iter().for_each(|column| report.add_column(column, plan.rows));
        }
        report
    }

    fn add_column(&mut self, column: &Column, rows: u64) {
        let header = printable::line(&column.header).into_owned();
        match &column.key {
            // Lines that end with a delimiter have a last column without name and content.
            _ if column.filled == 0 && header.starts_with("column ") => {}
            ColumnKey::Ignore => self.left_out.push(header),
            _ if rows > 0 && column.filled == 0 => self.empty.push(header),
            ColumnKey::Attribute(_) | ColumnKey::Deal(_) | ColumnKey::Property(_) if column.is_under_own_name() => {
                let name = if header == column.name { "" } else { &format!(" → {}", printable::line(&column.name)) };
                self.kept.push(format!("{header}{name} ({})", column.kept_as()));
            }
            key => {
                let guess = if column.by == By::Guess { ", guessed by its name" } else { "" };
                let kind = if column.values == Values::Texts { "" } else { &format!(", {}", column.kept_as()) };
                self.columns.push((header, format!("{}{kind}{guess}", printable::line(&key.describe()))));
            }
        }
    }

    pub(crate) fn add_unread(&mut self, row: u64, cells: &[String]) {
        self.unread += cells.len() as u64;
        let free = SHOWN.saturating_sub(self.unread_shown.len());
        self.unread_shown.extend(cells.iter().take(free).map(|cell| format!("row {row}: {}", printable::line(cell))));
    }

    /// Events of a row that are left out, by their kind.
    pub(crate) fn add_undated(&mut self, row: u64, events: &BTreeMap<String, u64>) {
        if events.is_empty() {
            return;
        }
        self.undated += 1;
        if self.undated_shown.len() < SHOWN {
            let events: Vec<String> =
                events.iter().map(|(kind, count)| format!("{count} {}", printable::line(kind))).collect();
            self.undated_shown.push(format!("row {row}: {}", events.join(", ")));
        }
    }
}

/// What was guessed or decided; of an export of our own, the columns that are not read too.
fn notes(table: &Table<'_>, plan: &Plan) -> Vec<String> {
    let ignored = match &table.own {
        Some((Own::Leads, columns)) => own::ignored(columns),
        Some((Own::Events, _)) | None => Vec::new(),
    };
    let ignored = (!ignored.is_empty()).then(|| format!("left out: {}", ignored.join(", ")));
    plan.notes.iter().chain(&ignored).map(|note| printable::line(note).into_owned()).collect()
}

fn overview(column: &Column, rows: u64) -> Overview {
    let kind = if column.values == Values::Texts { "" } else { &format!(", {}", column.kept_as()) };
    let meaning = match &column.key {
        ColumnKey::Ignore => "left out".to_owned(),
        _ if rows > 0 && column.filled == 0 => "nothing in it".to_owned(),
        ColumnKey::Attribute(_) if column.by == By::Nobody => format!("attribute {} {}", column.name, column.kept_as()),
        key => format!("{}{kind}", key.describe()),
    };
    let (column, guessed, samples) = (column.header.clone(), column.by == By::Guess, column.samples.clone());
    Overview { column, meaning, guessed, samples }
}

fn recognised(plan: &Plan, table: &Table<'_>) -> String {
    match table.own {
        Some((Own::Leads, _)) => return OWN_LEADS.to_owned(),
        Some((Own::Events, _)) => return "recognised as Attractor's own export of events".to_owned(),
        None => {}
    }
    let rows = match plan.shape {
        Shape::People => "leads",
        Shape::Deals => "deals",
        Shape::Events => "events",
        Shape::Attendance => "a webinar's attendance",
        Shape::Companies => return format!("{}: companies are not leads, so nothing is taken", plan.export.name),
    };
    match (plan.is_known(), table.is_ndjson() && plan.columns.is_empty()) {
        (true, _) => format!("recognised as {}", plan.export.name),
        (false, true) => "messages".to_owned(),
        (false, false) => format!("a list of {rows}, as its headers say"),
    }
}

const OWN_LEADS: &str = "recognised as Attractor's own export of leads: attributes that were corrected are taken, tags \
                         are added and none is taken away, and so is consent that is not known; scores, stages, segments \
                         and other things that follow from events are left out";

impl FileReport {
    fn has_columns(&self) -> bool {
        !(self.columns.is_empty() && self.kept.is_empty() && self.left_out.is_empty() && self.empty.is_empty())
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.recognised)?;
        // Messages have no columns, and are not rows.
        let rows = if self.has_columns() { format!("; {}", counted(self.rows, "row")) } else { String::new() };
        writeln!(f, "  {}{rows}", self.format)?;
        for (header, meaning) in &self.columns {
            writeln!(f, "  {header} → {meaning}")?;
        }
        for (what, headers) in [("kept", &self.kept), ("left out", &self.left_out), ("nothing in", &self.empty)] {
            if !headers.is_empty() {
                writeln!(f, "  {what}: {}", headers.join(", "))?;
            }
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        self.cell_notes().try_for_each(|note| writeln!(f, "  {note}"))
    }
}

impl FileReport {
    /// Which cells are not what the rest of their column is, and what is left out because of that; none where all are.
    pub fn cell_notes(&self) -> impl Iterator<Item = String> {
        let cells = counted(self.unread, "cell");
        let shown = listed(&self.unread_shown, self.unread);
        let unread = format!("{cells} could not be read in the way of the other cells of the column: {shown}");
        let shown = listed(&self.undated_shown, self.undated);
        let undated = format!("events left out, because the cell with their date could not be read: {shown}");
        let notes = [(self.unread, unread), (self.undated, undated)];
        notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            write!(f, "{file}")?;
        }
        writeln!(f, "{}: {}", self.rows(), self.who())?;
        writeln!(f, "{}", self.consent())?;
        self.people_notes().try_for_each(|note| writeln!(f, "{note}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))?;
        let total: u64 = self.events.values().sum();
        writeln!(f, "{} with {}{}", counted(self.messages, "message"), counted(total, "event"), self.kinds())
    }
}

impl Report {
    /// That of an import that has read nothing yet.
    pub(crate) fn begin(files: Vec<FileReport>, rules: &Rules) -> Report {
        let unasked = rules.unasked.clone();
        Report { files, is_told_how_agreed: rules.consent.is_some(), unasked, ..Report::default() }
    }

    fn rows(&self) -> String {
        let mut parts = Vec::new();
        if self.leads > 0 || self.deal_rows + self.event_rows == 0 {
            parts.push(counted(self.leads, "row") + " of leads");
        }
        if self.deal_rows > 0 {
            parts.push(counted(self.deal_rows, "row") + " of deals");
        }
        if self.event_rows > 0 {
            parts.push(counted(self.event_rows, "row") + " of events");
        }
        parts.join(", ")
    }

    fn who(&self) -> String {
        let mut parts = vec![people(self.people)];
        if self.visitors > 0 {
            parts.push(counted(self.visitors, "visitor"));
        }
        if self.deals > 0 {
            parts.push(counted(self.deals, "deal"));
        }
        parts.join(", ")
    }

    fn consent(&self) -> String {
        let mut parts = vec![format!("{} opted out{}", people(self.opt_outs), self.opt_outs_by)];
        if self.consents > 0 {
            // What a store knows of them is not known here.
            let except = if self.consents == 1 { "unless they" } else { "except those who" };
            let granted = people(self.consents);
            parts.push(format!("consent is recorded for {granted}, {except} opted out here before"));
        }
        if !self.is_told_how_agreed && self.consents == 0 && self.people > 0 {
            parts.push("consent is recorded for nobody without `--consent`".to_owned());
        }
        if self.held_back > 0 {
            let now = match &self.unasked[..] {
                [] => String::new(),
                countries => format!(", now {}", countries.join(", ")),
            };
            parts.push(format!("held back from {} ({ONLY_WITHOUT_CONSENT}{now})", people(self.held_back)));
        }
        parts.push(format!("{} rejected", counted(self.rejected, "row")));
        parts.join("; ")
    }

    /// What is odd about who has a deal: people without one, and deals of people whom no list names.
    pub fn people_notes(&self) -> impl Iterator<Item = String> {
        self.without_deal_note().into_iter().chain(self.only_in_deals_note())
    }

    /// How many people only deals name; `None` where there are none, and where no file but of deals was read.
    fn only_in_deals_note(&self) -> Option<String> {
        let is_named = if self.only_in_deals == 1 { "is" } else { "are" };
        (self.only_in_deals > 0 && self.only_in_deals < self.people).then(|| {
            format!(
                "{} {is_named} named only by deals, and by no list of people in these files: a deal makes a new lead of \
                 somebody who is not known yet, so look for addresses with a typing error",
                people(self.only_in_deals)
            )
        })
    }

    /// Whose stage speaks of a deal that no file tells of, and what to do; `None` where there are none.
    fn without_deal_note(&self) -> Option<String> {
        let stages: Vec<String> =
            self.without_deal.iter().map(|one| format!("{} {}", one.people, printable::line(&one.stage))).collect();
        (!stages.is_empty()).then(|| {
            format!(
                "people without a deal in these files, by their stage: {}; the rules treat them as leads that have not \
                 bought. Import the list of deals in the same call, or map the date of the sale: --map \"Became a Customer \
                 Date=won_at\"",
                stages.join(", ")
            )
        })
    }

    /// The kinds of events, the most frequent first, as many as people read.
    fn kinds(&self) -> String {
        if self.events.is_empty() {
            return String::new();
        }
        let mut kinds: Vec<(&String, &u64)> = self.events.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut shown: Vec<String> =
            kinds.iter().take(KINDS).map(|(kind, count)| format!("{} {count}", printable::line(kind))).collect();
        if kinds.len() > KINDS {
            shown.push(format!("and {} more kinds", kinds.len() - KINDS));
        }
        format!(" ({})", shown.join(", "))
    }
}

/// In brackets behind the number of all, where not all left everything.
impl fmt::Display for OptOutCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = [
            (self.all, "from everything"),
            (self.part, "from single subscriptions"),
            (self.bounced, "because mail came back"),
            (self.complained, "because of a complaint"),
        ];
        let ways: Vec<String> =
            ways.iter().filter(|(count, _)| *count > 0).map(|(count, way)| format!("{count} {way}")).collect();
        match (&ways[..], self.all) {
            ([], _) => Ok(()),
            ([_], 1..) => Ok(()),
            (ways, _) => write!(f, " ({})", ways.join(", ")),
        }
    }
}

/// The first ones, and how many more there are.
fn listed(shown: &[String], count: u64) -> String {
    let more = count - shown.len() as u64;
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", shown.join("; "))
}

/// `1 person`, `2 people`
fn people(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}
