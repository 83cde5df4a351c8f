//! A look at files before anything of them is stored: what their columns mean, and who would stand where by them alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Seek, Write};
use std::slice;

use attractor_engine::address::canonical;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_import::{FileReport, Map, Report, Rules, SourceFile, import};
use attractor_live::suppression::{AddressBlocks, of_addresses};
use attractor_replay::{ReplayRequest, replay};
use attractor_store::{Connection, Error, IdentityKind, identities};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{erased, left};

/// Bytes of a replay in memory; what is more waits in temporary files.
const MEMORY: usize = 64 << 20;
/// Names and addresses that a store is asked for at once.
pub const ASKED: usize = 1_000;

/// What an import would bring. Nothing is stored
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    pub files: Vec<PreviewedFile>,
    /// Whom the rows are about, each counted once: those too who were erased here
    pub people: u64,
    /// Visitors of whom nothing more is known
    pub visitors: u64,
    pub consent: PreviewedConsent,
    /// Of these people, those who were erased here and have not come back: their rows are held back, and they are not among
    /// `leads` and those who are granted consent, unless the import says `erased`; null without a store
    pub erased: Option<u64>,
    /// Leads as the playbook sees them, by these files alone: `new` and `known` make the total
    pub leads: PreviewedLeads,
    /// By ladder, how many leads would be in each stage
    pub stages: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many leads would be in each segment
    pub segments: BTreeMap<String, u64>,
    /// What the import would warn of beside the notes of each file, such as customers without a deal
    pub notes: Vec<String>,
    /// Rows that would be rejected
    pub rejected: u64,
    /// The first of them
    pub rejected_rows: Vec<PreviewedRejection>,
    /// All of it that was understood of the files, for people
    pub report: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PreviewedFile {
    pub name: String,
    /// Which export it is, or what its headers make of it
    pub recognised: String,
    pub format: String,
    /// All of its rows, those that cannot be read too
    pub rows: u64,
    pub columns: Vec<PreviewedColumn>,
    /// The first rows
    pub first_rows: Vec<PreviewedRow>,
    /// What was guessed or decided
    pub notes: Vec<String>,
    /// Cells that could not be read in the way of the other cells of their column
    pub unread: u64,
    /// The first of them, each with its row
    pub unread_cells: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PreviewedColumn {
    pub name: String,
    pub meaning: String,
    /// The meaning is a guess by the words of its name
    pub guessed: bool,
    /// Values of the first rows
    pub samples: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PreviewedRow {
    /// Its line, or its row in the sheet
    pub row: u64,
    pub cells: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PreviewedConsent {
    /// People who are granted consent, unless they withdrew it before
    pub granted: u64,
    /// Whether the import says where and how people agreed; otherwise nobody is granted consent
    pub asked: bool,
    /// People who left, bounced or complained
    pub withdrawn: u64,
    /// Of these, who left everything, who left single subscriptions only, whose mail came back, and who complained
    pub withdrawn_from_all: u64,
    pub withdrawn_in_part: u64,
    pub bounced: u64,
    pub complained: u64,
    /// People whose consent is held back
    pub held_back: u64,
    /// Addresses of the list, of new leads and known ones, that the store knows to be withdrawn, complained or bounced; those
    /// of erased people are not among them. Null without a store
    pub suppressed: Option<u64>,
    /// Addresses that left a subscription or topic in the store, and not everything: the import does not lift that. Null
    /// without a store
    pub suppressed_in_part: Option<u64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PreviewedLeads {
    pub total: u64,
    /// Leads that the store does not know; null without a store
    pub new: Option<u64>,
    /// Leads that the store knows; null without a store
    pub known: Option<u64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PreviewedRejection {
    pub file: String,
    pub row: u64,
    pub why: String,
    pub content: String,
}

/// What is asked of a store.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Whom {
    /// Names of leads
    #[serde(default)]
    pub names: Vec<String>,
    /// E-mail addresses
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// How many of those that were asked about a store knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Known {
    /// Names that somebody has
    pub names: u64,
    /// Addresses that are suppressed
    pub suppressed: u64,
    /// Addresses that left a subscription or topic, and are not suppressed
    #[serde(default)]
    pub suppressed_in_part: u64,
    /// Addresses of people who were erased and have not come back; they are not counted as suppressed
    #[serde(default)]
    pub erased: u64,
    /// Which addresses these are, in canonical form
    #[serde(default)]
    pub erased_addresses: Vec<String>,
}

/// Asks a store.
pub type Ask<'a> = &'a mut dyn FnMut(&Whom) -> Result<Known, String>;

/// Why there is no preview.
#[derive(Debug)]
pub enum Unseen {
    /// It lies in the files, or in what was asked.
    Wrong(String),
    /// A temporary file, or the store.
    Failed(String),
}

impl From<io::Error> for Unseen {
    fn from(error: io::Error) -> Unseen {
        Unseen::Failed(error.to_string())
    }
}

/// Looks at files. `at` is the instant as of which leads are shown; `with_erased`, whether the import stores the rows of
/// people who were erased, too.
pub fn look(
    sources: &[SourceFile],
    mapping: &Map,
    rules: &Rules,
    program: &Program,
    at: Instant,
    with_erased: bool,
    mut ask: Option<Ask<'_>>,
) -> Result<Preview, Unseen> {
    left::declared(mapping, slice::from_ref(program.playbook()))
        .map_err(|unknown| Unseen::Wrong(unknown.to_string()))?;
    let mut messages = BufWriter::with_capacity(1 << 20, tempfile::tempfile()?);
    let rules = if ask.is_some() { rules.clone().with_addresses() } else { rules.clone() };
    let report = import(sources, mapping, &rules, &mut messages, &mut io::sink()).map_err(|error| match error {
        attractor_import::Error::Write(error) => Unseen::from(error),
        wrong => Unseen::Wrong(wrong.to_string()),
    })?;
    let mut messages = messages.into_inner().map_err(|error| Unseen::from(error.into_error()))?;
    let mut preview = of_report(&report);
    if let Some(ask) = &mut ask {
        let known = of_addresses_in(&Vec::from_iter(report.addresses), ask)?;
        (preview.consent.suppressed, preview.erased) = (Some(known.suppressed), Some(known.erased));
        preview.consent.suppressed_in_part = Some(known.suppressed_in_part);
        if !with_erased && known.erased > 0 {
            let without = erased::without(messages, &known.erased_addresses.into_iter().collect())?;
            preview.consent.granted = preview.consent.granted.saturating_sub(without.granted);
            messages = without.messages;
        }
    }
    messages.rewind()?;
    let mut places = Places { preview: &mut preview, line: Vec::new(), names: Vec::new(), ask: ask.as_mut() };
    let request = ReplayRequest { program, at: Some(at), log: false, memory: MEMORY, threads: 1 };
    replay(&request, messages, &mut places, |_, _| {})?;
    places.flush()?;
    preview.leads.new = preview.leads.known.map(|known| preview.leads.total - known);
    Ok(preview)
}

fn of_report(report: &Report) -> Preview {
    let rejection = |row: &attractor_import::RejectedRow| PreviewedRejection {
        file: row.file.clone(),
        row: row.row,
        why: row.why.clone(),
        content: row.content.clone(),
    };
    Preview {
        files: report.files.iter().map(of_file).collect(),
        people: report.people,
        visitors: report.visitors,
        consent: PreviewedConsent {
            granted: report.consents,
            asked: report.is_told_how_agreed,
            withdrawn: report.opt_outs,
            withdrawn_from_all: report.opt_outs_by.all,
            withdrawn_in_part: report.opt_outs_by.part,
            bounced: report.opt_outs_by.bounced,
            complained: report.opt_outs_by.complained,
            held_back: report.held_back,
            suppressed: None,
            suppressed_in_part: None,
        },
        notes: report.people_notes().collect(),
        rejected: report.rejected,
        rejected_rows: report.rejected_first.iter().map(rejection).collect(),
        report: report.to_string(),
        ..Preview::default()
    }
}

fn of_file(file: &FileReport) -> PreviewedFile {
    let column = |column: &attractor_import::Overview| PreviewedColumn {
        name: column.column.clone(),
        meaning: column.meaning.clone(),
        guessed: column.guessed,
        samples: column.samples.clone(),
    };
    PreviewedFile {
        name: file.name.clone(),
        recognised: file.recognised.clone(),
        format: file.format.clone(),
        rows: file.rows,
        columns: file.overview.iter().map(column).collect(),
        first_rows: file.first.iter().map(|(row, cells)| PreviewedRow { row: *row, cells: cells.clone() }).collect(),
        notes: file.notes.iter().cloned().chain(file.cell_notes()).collect(),
        unread: file.unread,
        unread_cells: file.unread_shown.clone(),
    }
}

/// Counts the leads that a replay prints, line by line.
struct Places<'p, 'a, 'f> {
    preview: &'p mut Preview,
    /// The beginning of a line.
    line: Vec<u8>,
    names: Vec<String>,
    ask: Option<&'a mut Ask<'f>>,
}

impl Places<'_, '_, '_> {
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        let lead: Value = serde_json::from_slice(line)?;
        self.preview.leads.total += 1;
        for (ladder, stage) in lead["stages"].as_object().into_iter().flatten() {
            let stages = self.preview.stages.entry(ladder.clone()).or_default();
            *stages.entry(stage.as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        for segment in lead["segments"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            *self.preview.segments.entry(segment.to_owned()).or_default() += 1;
        }
        if self.ask.is_some() {
            self.names.extend(lead["lead"].as_str().map(str::to_owned));
        }
        if self.names.len() >= ASKED { self.flush() } else { Ok(()) }
    }
}

impl Write for Places<'_, '_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.take(&line)?;
            }
        }
        Ok(bytes.len())
    }

    /// Asks about the names that were gathered.
    fn flush(&mut self) -> io::Result<()> {
        let Some(ask) = &mut self.ask else { return Ok(()) };
        let names = std::mem::take(&mut self.names);
        let known =
            if names.is_empty() { 0 } else { ask(&Whom { names, ..Whom::default() }).map_err(io::Error::other)?.names };
        *self.preview.leads.known.get_or_insert(0) += known;
        Ok(())
    }
}

/// What a store knows of addresses.
fn of_addresses_in(addresses: &[String], ask: &mut Ask<'_>) -> Result<Known, Unseen> {
    let mut all = Known::default();
    for some in addresses.chunks(ASKED) {
        let asked = Whom { addresses: some.to_vec(), ..Whom::default() };
        let known = ask(&asked).map_err(Unseen::Failed)?;
        all.suppressed += known.suppressed;
        all.suppressed_in_part += known.suppressed_in_part;
        all.erased += known.erased;
        all.erased_addresses.extend(known.erased_addresses);
    }
    Ok(all)
}

/// What a store knows.
pub fn known(connection: &mut Connection, asked: &Whom) -> Result<Known, Error> {
    let keys: Vec<(IdentityKind, &str)> = asked
        .names
        .iter()
        .flat_map(|name| IdentityKind::ALL.into_iter().map(move |kind| (kind, name.as_str())))
        .collect();
    let names: BTreeSet<String> = identities::find(connection, &keys)?.into_iter().map(|found| found.text).collect();
    let addresses: BTreeSet<String> = asked.addresses.iter().filter_map(|address| canonical(address)).collect();
    let erased = erased::of_addresses(connection, &addresses)?;
    let bound = of_addresses(connection, &addresses)?;
    let others: Vec<&AddressBlocks> =
        bound.iter().filter(|(address, _)| !erased.contains(*address)).map(|(_, blocks)| blocks).collect();
    let suppressed = others.iter().filter(|blocks| left::is_of_all(blocks)).count() as u64;
    let suppressed_in_part = others.iter().filter(|blocks| left::is_of_part(blocks)).count() as u64;
    let (count, erased_addresses) = (erased.len() as u64, erased.into_iter().collect());
    Ok(Known { names: names.len() as u64, suppressed, suppressed_in_part, erased: count, erased_addresses })
}
