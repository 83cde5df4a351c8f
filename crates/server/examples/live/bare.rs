//! The reference: the rows that the server wrote, into the same tables of a copy of the store, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant as Clock;

use attractor_store::events::Event;
use attractor_store::leads::{Lead, Wake};
use attractor_store::moves::Move;
use attractor_store::{
    Connection, Error, IdentityId, LeadId, Location, MoveNumber, Received, events, identities, leads, moves,
};

use super::Outcome;

pub struct Bare {
    rows: usize,
    seconds: f64,
    /// How many events one transaction held.
    pub group: f64,
}

impl Bare {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        self.rows as f64 / self.seconds
    }
}

/// What is measured of what was written.
struct Rows {
    events: Vec<Event>,
    /// By identity: its lead, as it stood at the end.
    leads: BTreeMap<IdentityId, Lead>,
    moves: BTreeMap<LeadId, Vec<Move>>,
}

/// The numbers of the last message and of the last move.
pub fn last(folder: &Path) -> Outcome<(Received, MoveNumber)> {
    let row = location(folder).reader()?.first("SELECT received, moves FROM lane", &[])?;
    let row = row.ok_or("the store has no lane")?;
    Ok((Received(row.integer(0)?), MoveNumber(row.integer(1)?)))
}

pub fn insert(written: &Path, copy: &Path, from: (Received, MoveNumber), group: f64) -> Outcome<Bare> {
    let (before, measured) =
        (rows(written, last(copy)?, from)?, rows(written, from, (Received::MAX, MoveNumber::MAX))?);
    let mut connection = location(copy).writer()?;
    let size = (group as usize).max(1);
    // As warm as the server was.
    write(&mut connection, before, size)?;
    let rows = measured.events.len();
    let clock = Clock::now();
    write(&mut connection, measured, size)?;
    Ok(Bare { rows, seconds: clock.elapsed().as_secs_f64(), group: size as f64 })
}

fn location(folder: &Path) -> Location {
    Location::Sqlite(folder.join("attractor.db"))
}

/// The rows behind the one pair of numbers, up to the other.
fn rows(folder: &Path, from: (Received, MoveNumber), until: (Received, MoveNumber)) -> Outcome<Rows> {
    let mut reader = location(folder).reader()?;
    let sql = "SELECT identity, message_id, at, received, received_at, flags, origin, message FROM events
        WHERE received > $1 AND received <= $2 ORDER BY received";
    let found = reader.query(sql, &[from.0.into(), until.0.into()])?;
    let event = |mut row: attractor_store::Row| -> Result<Event, Error> {
        Ok(Event {
            identity: IdentityId(row.integer(0)?),
            message_id: row.take_text(1)?,
            at: row.integer(2)?,
            received: Received(row.integer(3)?),
            received_at: row.integer(4)?,
            flags: row.integer(5)?,
            origin: row.take_text(6)?,
            message: row.take_text(7)?,
        })
    };
    let events: Vec<Event> = found.into_iter().map(event).collect::<Result<_, _>>()?;
    let all: BTreeSet<IdentityId> = events.iter().map(|event| event.identity).collect();
    let all: Vec<IdentityId> = all.into_iter().collect();
    let owners = identities::by_id(&mut reader, &all)?;
    let ids: BTreeSet<LeadId> = owners.iter().map(|own| own.lead).collect();
    let by_id: BTreeMap<LeadId, Lead> = leads::load(&mut reader, &ids.into_iter().collect::<Vec<_>>())?
        .into_iter()
        .map(|lead| (lead.id, lead))
        .collect();
    let leads = owners.iter().filter_map(|own| Some((own.id, by_id.get(&own.lead)?.clone()))).collect();
    let mut by_lead: BTreeMap<LeadId, Vec<Move>> = BTreeMap::new();
    for noted in moves::following(&mut reader, from.1, i64::MAX)?.into_iter().filter(|noted| noted.number <= until.1) {
        by_lead.entry(noted.lead).or_default().push(noted);
    }
    Ok(Rows { events, leads, moves: by_lead })
}

fn write(connection: &mut Connection, mut rows: Rows, size: usize) -> Result<(), Error> {
    for group in rows.events.chunks_mut(size) {
        group.sort_by(|a, b| {
            (a.identity.bucket(), a.identity, &a.message_id).cmp(&(b.identity.bucket(), b.identity, &b.message_id))
        });
        let mut affected: Vec<Lead> =
            group.iter().filter_map(|event| rows.leads.get(&event.identity).cloned()).collect();
        affected.dedup_by_key(|lead| lead.id);
        let moved: Vec<Move> = affected.iter().filter_map(|lead| rows.moves.remove(&lead.id)).flatten().collect();
        // A wake-up is written anew only where the next one is earlier: for the few.
        let early = affected.iter().filter(|lead| moved.iter().any(|noted| noted.lead == lead.id));
        let wakes: Vec<Wake> = early.filter_map(|lead| Some(Wake { at: lead.wake?, lead: lead.id })).collect();
        connection.transaction(|connection| {
            events::insert(connection, group)?;
            leads::insert_wakes(connection, &wakes)?;
            moves::insert(connection, &moved)?;
            leads::save(connection, &affected)
        })?;
    }
    Ok(())
}
