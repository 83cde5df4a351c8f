//! Everything out again: leads, events, deals, the members of segments and suppressions, as NDJSON or CSV, row after row.

mod csv;
mod leads;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_store::directory::{self, LeadOrder, LeadQuery, OrderKey};
use attractor_store::leads as rows;
use attractor_store::suppressions::SuppressionEffect;
use attractor_store::{Connection, Error, Kind, LeadId, PlaceKey, deals, events};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::App;
use super::deals::DealItem;
use super::leads::who::LeadNames;
use super::moves::instant;
use super::pieces::pieces;
use super::programs::Programs;
use super::stored::stored;
use super::suppressions;
use crate::leads::addresses;
use crate::leads::consent::why_bound;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    Leads,
    Events,
    Deals,
    Segments,
    Suppressions,
}

/// How it is written
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line
    #[default]
    Ndjson,
    /// For spreadsheets; a cell that would be a formula begins with an apostrophe
    Csv,
}

impl Format {
    pub fn media(self) -> &'static str {
        match self {
            Format::Ndjson => "application/x-ndjson",
            Format::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// As much as is written in one piece.
const PIECE: usize = 64 << 10;
/// How many leads are read at once.
const STEP: i64 = 200;

/// Where rows go; an error ends the export.
pub struct Sink<'s> {
    piece: Vec<u8>,
    send: &'s mut dyn FnMut(Vec<u8>) -> Result<(), Error>,
}

impl Sink<'_> {
    fn line(&mut self, line: &str) -> Result<(), Error> {
        self.piece.extend_from_slice(line.as_bytes());
        self.piece.push(b'\n');
        if self.piece.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let piece = std::mem::take(&mut self.piece);
        if piece.is_empty() { Ok(()) } else { (self.send)(piece) }
    }
}

/// Writes an export while it is read. Its pieces end with an error where it cannot be finished, or where nobody takes one
/// within `patience`.
pub fn stream(
    app: &Arc<App>,
    what: ExportKind,
    format: Format,
    at: Option<Instant>,
    patience: Option<Duration>,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, taken) = pieces(app.machine.clone(), patience);
    let (app, host, end) = (app.clone(), app.machine.clone(), pieces.end());
    let at = at.unwrap_or_else(|| app.clock.now());
    host.begin(async move {
        let programs = app.programs.clone();
        let done = app.readers.read(move |connection| {
            let gone = |error: io::Error| Error::new(Kind::Other, error.to_string());
            let mut send = |piece: Vec<u8>| pieces.hand(piece).map_err(gone);
            write(connection, &programs, what, format, at, &mut send)
        });
        if let Err(error) = done.await {
            tracing::warn!(%error, "an export broke off");
            end.break_off("the export broke off").await;
        }
    });
    taken
}

/// Writes an export piece by piece, all of it as the store is at one instant. Leads stand as they do at `at`.
pub fn write(
    connection: &mut Connection,
    programs: &Programs,
    what: ExportKind,
    format: Format,
    at: Instant,
    send: &mut dyn FnMut(Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut sink = Sink { piece: Vec::new(), send };
    connection.snapshot(|connection| {
        let versions = &programs.now(connection)?;
        match what {
            ExportKind::Leads => leads::write(connection, versions, format, at, &mut sink)?,
            ExportKind::Events => write_events(connection, format, &mut sink)?,
            ExportKind::Deals => write_deals(connection, format, &mut sink)?,
            ExportKind::Segments => write_segments(connection, versions, format, &mut sink)?,
            ExportKind::Suppressions => write_suppressions(connection, format, &mut sink)?,
        }
        sink.flush()
    })
}

/// The columns of a table, and its rows by them.
fn row(sink: &mut Sink, format: Format, columns: &[&str], values: &Value) -> Result<(), Error> {
    match format {
        Format::Ndjson => sink.line(&values.to_string()),
        Format::Csv => sink.line(&csv::line(columns.iter().map(|column| &values[*column]))),
    }
}

fn head(sink: &mut Sink, format: Format, columns: &[&str]) -> Result<(), Error> {
    if format == Format::Csv { sink.line(&csv::head(columns)) } else { Ok(()) }
}

/// In the order received. As NDJSON they are what was stored, so that a replay of them gives the same leads.
fn write_events(connection: &mut Connection, format: Format, sink: &mut Sink) -> Result<(), Error> {
    let columns = [
        "id",
        "at",
        "received_at",
        "type",
        "event",
        "user_id",
        "anonymous_id",
        "machine",
        "history",
        "origin",
        "message",
    ];
    head(sink, format, &columns)?;
    events::each(connection, |event| {
        if format == Format::Ndjson {
            // Between the tokens of JSON a line's end is a blank; within them there is none.
            return sink.line(&event.message.replace(['\n', '\r'], " "));
        }
        let message = stored(&event.message);
        let values = json!({
            "id": event.message_id,
            "at": instant(event.at),
            "received_at": instant(event.received_at),
            "type": message["type"],
            "event": message["event"],
            "user_id": message["userId"],
            "anonymous_id": message["anonymousId"],
            "machine": event.flags & events::MACHINE != 0,
            "history": event.flags & events::HISTORY != 0,
            "origin": event.origin,
            "message": event.message,
        });
        row(sink, format, &columns, &values)
    })
}

fn write_deals(connection: &mut Connection, format: Format, sink: &mut Sink) -> Result<(), Error> {
    let columns = ["lead", "deal", "status", "amount", "currency", "opened_at", "at"];
    head(sink, format, &columns)?;
    let mut last = (-1, LeadId::NOBODY, String::new());
    loop {
        let found = deals::page(connection, (last.0, last.1, &last.2), None, STEP)?;
        let Some(end) = found.last() else { return Ok(()) };
        last = (end.lead.bucket(), end.lead, end.deal.clone());
        for deal in found {
            let values = serde_json::to_value(DealItem::of(deal, LeadNames::default())).map_err(unwritten)?;
            row(sink, format, &columns, &values)?;
        }
    }
}

/// Who is in which segment, and since when; segment after segment as declared.
fn write_segments(
    connection: &mut Connection,
    versions: &Versions,
    format: Format,
    sink: &mut Sink,
) -> Result<(), Error> {
    let columns = ["segment", "id", "name", "email", "since"];
    head(sink, format, &columns)?;
    let program = versions.program_in_force();
    let declared = program.iter().flat_map(|program| &program.playbook().segments);
    for segment in declared {
        let place = PlaceKey::segment(&segment.id);
        each_lead(connection, Some(&place), |connection, found| {
            let ids: Vec<LeadId> = found.iter().map(|row| row.id).collect();
            let places = rows::places(connection, &ids)?;
            let addresses = addresses::of(connection, &found)?;
            for lead in &found {
                let since = places.iter().find(|p| p.lead == lead.id && p.place == place).map(|p| instant(p.since));
                let values = json!({
                    "segment": segment.id, "id": lead.id.to_string(), "name": lead.name, "email": addresses.get(&lead.id), "since": since
                });
                row(sink, format, &columns, &values)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What binds addresses, under their hashes; an address itself only where a lead still has it.
fn write_suppressions(connection: &mut Connection, format: Format, sink: &mut Sink) -> Result<(), Error> {
    let columns = ["hash", "scope", "kind", "at", "email", "reason"];
    head(sink, format, &columns)?;
    suppressions::each(connection, |one, email| {
        let reason = match one.effect {
            SuppressionEffect::Blocks(kind) => Some(why_bound(kind, &one.scope)),
            SuppressionEffect::Grants | SuppressionEffect::Unknown(_) => None,
        };
        let values = json!({
            "hash": one.hash, "scope": one.scope, "kind": one.effect.name(), "at": instant(one.at), "email": email,
            "reason": reason,
        });
        row(sink, format, &columns, &values)
    })
}

/// Hands over all leads, or those in a place, some at a time.
fn each_lead(
    connection: &mut Connection,
    place: Option<&PlaceKey>,
    mut take: impl FnMut(&mut Connection, Vec<rows::Lead>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut last: Option<LeadId> = None;
    loop {
        let after = last.map(|id| (&OrderKey::None, id));
        let wanted = LeadQuery { order: LeadOrder::Id, after, place, company: None, limit: STEP };
        let ids: Vec<LeadId> = directory::page(connection, &wanted)?.into_iter().map(|(id, _)| id).collect();
        let Some(end) = ids.last() else { return Ok(()) };
        last = Some(*end);
        let mut found = rows::load(connection, &ids)?;
        found.sort_by_key(|row| (row.id.bucket(), row.id));
        take(connection, found)?;
    }
}

fn unwritten(error: serde_json::Error) -> Error {
    Error::new(Kind::Other, format!("a deal cannot be written: {}", said_of(&error)))
}
