//! The clock: leads that something is due for, and, in the background, leads that live under another version now.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_store::copies::Rank;
use attractor_store::leads::{self, Wake};
use attractor_store::{Error, Kind, LeadId, VersionNumber, lane};
use serde::{Deserialize, Serialize};

use crate::carry_over::carry_over;
use crate::lane::Lane;
use crate::lead::changed::Changed;
use crate::lead::why::Why;
use crate::sending::blocks::block_stored;
use crate::versions::write_state;
use crate::work::Work;

/// How many leads one transaction wakes, and how many one slice of the background's work rebuilds.
const GROUP: i64 = 500;
const SLICE: i64 = 100;

/// Where the background's scan is.
pub const SCAN: &str = "version scan";

/// How far the leads are with the version in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    pub version: VersionNumber,
    pub bucket: i64,
    pub lead: LeadId,
    /// Leads gone through so far.
    pub done: i64,
}

impl Lane {
    /// Wakes the leads whose wake-up has passed, the earliest first, at most one group. Returns how many there were.
    pub fn wake(&mut self, now: Instant) -> Result<usize, Error> {
        self.work(now, |work| wake(work, now))
    }

    /// When somebody is to be woken next; early perhaps, never late.
    pub fn next_wake(&mut self) -> Result<Option<Instant>, Error> {
        let next = match self.memory.lane.next_wake {
            Some(next) => next,
            None => self.read(leads::first_wake)?.map_or(Instant::NEVER, Instant),
        };
        self.memory.lane.next_wake = Some(next);
        Ok(Some(next).filter(|next| *next != Instant::NEVER))
    }

    /// By rank, when the earliest of the copies is due that wait since the last call; `None` where it must be looked up in
    /// the store (`outbox::firsts`): at first, and after a failure.
    pub fn take_due(&mut self) -> Option<BTreeMap<Rank, Instant>> {
        self.memory.lane.due.replace(BTreeMap::new())
    }

    /// One slice of the background's work; `false` where there is none left.
    pub fn background(&mut self, now: Instant) -> Result<bool, Error> {
        // What somebody withdrew goes before what a new version changes.
        if self.owes_blocks()? {
            return self.work(now, block_stored).map(|()| true);
        }
        if let Some(at) = self.carry_over()? {
            return self.work(now, |work| carry_over(work, at)).map(|()| true);
        }
        let Some(scan) = self.scan()? else { return Ok(false) };
        self.work(now, |work| scan_slice(work, scan)).map(|()| true)
    }

    /// How far the background's work is, where there is some.
    pub fn scan(&mut self) -> Result<Option<Scan>, Error> {
        let wrong = |e: serde_json::Error| Error::new(Kind::Other, format!("the state `{SCAN}`: {}", said_of(&e)));
        let text = self.read(|connection| lane::state(connection, SCAN))?;
        text.map(|text| serde_json::from_str(&text).map_err(wrong)).transpose()
    }
}

fn wake(work: &mut Work, now: Instant) -> Result<usize, Error> {
    // What is due goes, and what is remembered may have gone before.
    work.memory.next_wake = None;
    let due = leads::due_wakes(work.connection, now.0, GROUP)?;
    let ids: BTreeSet<LeadId> = due.iter().map(|wake| wake.lead).collect();
    work.load_leads(&ids)?;
    let mut anew = Changed::default();
    for wake in &due {
        match work.leads.get(wake.lead) {
            Some(held) if held.wake == Some(wake.at) => {}
            // A row that no lead knows of.
            _ => leads::delete_wakes(work.connection, &[*wake])?,
        }
    }
    for Wake { lead, .. } in &due {
        if !work.turn().stir(*lead) {
            anew.look.insert(*lead);
        }
    }
    anew.look.retain(|lead| work.leads.has(*lead));
    rebuild(work, anew)?;
    Ok(due.len())
}

/// Rebuilds leads whose version is another one, or whose state cannot be read.
fn rebuild(work: &mut Work, changed: Changed) -> Result<(), Error> {
    if changed.look.is_empty() {
        return Ok(());
    }
    work.advance(Default::default(), &changed, &Why::default())
}

fn scan_slice(work: &mut Work, scan: Scan) -> Result<(), Error> {
    let rows = leads::after(work.connection, (scan.bucket, scan.lead), SLICE)?;
    let Some(last) = rows.last().map(|row| (row.id.bucket(), row.id)) else {
        return lane::forget_state(work.connection, SCAN);
    };
    let done = scan.done + rows.len() as i64;
    let ids: BTreeSet<LeadId> = rows.iter().filter(|row| row.became.is_none()).map(|row| row.id).collect();
    work.load_leads(&ids)?;
    let mut changed = Changed::default();
    for id in ids {
        let held = &work.leads[&id];
        let under = work.leads.versions.of(&held.name);
        if under.is_some_and(|under| held.lead.is_none() || !work.leads.fits(held, &under)) {
            changed.look.insert(id);
        }
    }
    rebuild(work, changed)?;
    write_state(work.connection, SCAN, &Scan { bucket: last.0, lead: last.1, done, ..scan })
}
