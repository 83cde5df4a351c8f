//! What a candidate playbook would do to leads, without doing it: the places of each now, and then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::condition::sampled;
use attractor_engine::lead::Lead;
use attractor_engine::program::Program;
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::step::{Input, Sends, Stepper, What};
use attractor_engine::time::Instant;
use attractor_engine::version::{Carried, carry};
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityId, LeadId, VersionNumber, leads};
use jiff::tz::TimeZoneDatabase;

use crate::identity::slice::Slice;
use crate::lead::history::{self, Past, distill, sources_of};
use crate::unreadable::Unreadable;
use crate::versions::stored;

/// A candidate, and for whom it would count.
pub struct Candidate {
    pub program: Arc<Program>,
    pub zones: TimeZoneDatabase,
    /// Percent, and the number of the version: those of whom it would be a pilot.
    pub pilot: Option<(f64, VersionNumber)>,
    /// Whether what becomes true by it enrols.
    pub enrols: bool,
    pub now: Instant,
    /// The programs that leads live under now, by version, as they were met.
    pub present: BTreeMap<VersionNumber, Arc<Program>>,
}

/// A page of leads.
pub struct Page {
    /// What would become of those for whom the candidate would count.
    pub foreseen: Vec<Foreseen>,
    /// The place of the last lead looked at, (bucket, id); `None`: nobody is left.
    pub last: Option<(i64, LeadId)>,
    /// How many were looked at. Those that became another lead are not counted.
    pub looked_at: usize,
    /// Those of whom nothing can be foreseen until the lane has mended them.
    pub unreadable: Vec<Unreadable>,
}

/// What would become of one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    pub id: LeadId,
    pub name: String,
    /// Ladder, the stage now, the stage then; `None` where the playbook has no such ladder.
    pub stages: Vec<(String, Option<String>, Option<String>)>,
    pub entered: Vec<String>,
    pub left: Vec<String>,
    /// Sequence, and what would happen there at once: `enrolled`, `stopped` …
    pub sequences: Vec<(String, &'static str)>,
}

impl Foreseen {
    pub fn is_nothing(&self) -> bool {
        self.stages.is_empty() && self.entered.is_empty() && self.left.is_empty() && self.sequences.is_empty()
    }
}

impl Candidate {
    /// The leads behind a place, at most `limit`.
    pub fn page(&mut self, connection: &mut Connection, after: (i64, LeadId), limit: i64) -> Result<Page, Error> {
        let rows = leads::after(connection, after, limit)?;
        let last = rows.last().map(|row| (row.id.bucket(), row.id));
        let looked_at = rows.iter().filter(|row| row.became.is_none()).count();
        let rows: Vec<leads::Lead> = rows.into_iter().filter(|row| self.counts_for(row)).collect();
        let (sources, unreadable) = readable_sources(&rows);
        let mut histories = history::histories(connection, sources)?;
        let mut foreseen = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(past) = histories.remove(&row.id) else { continue };
            let program = self.present(connection, row.version)?;
            foreseen.push(self.foresee(&program, row, &past)?);
        }
        Ok(Page { foreseen, last, looked_at, unreadable })
    }

    fn counts_for(&self, row: &leads::Lead) -> bool {
        let piloted = |(percent, version): (f64, VersionNumber)| sampled(percent, &version.to_string(), &row.name);
        row.became.is_none() && self.pilot.is_none_or(piloted)
    }

    fn present(&mut self, connection: &mut Connection, version: VersionNumber) -> Result<Arc<Program>, Error> {
        if let Some(program) = self.present.get(&version) {
            return Ok(program.clone());
        }
        let program = Arc::new(stored(connection, version, &self.zones)?);
        self.present.insert(version, program.clone());
        Ok(program)
    }

    fn foresee(&self, program: &Program, row: &leads::Lead, past: &[Past]) -> Result<Foreseen, Error> {
        let mut foreseen = Foreseen { id: row.id, name: row.name.clone(), ..Foreseen::default() };
        let present = self.present_state(program, row, past)?;
        if !present.started() {
            return Ok(foreseen);
        }
        let (new, now) = (&*self.program, present.at().max(self.now));
        let events = distill(new, past).events;
        let how = Rebuild { now, enrols: self.enrols, sends: Sends::Reported };
        let Carried { lead, ended } = carry(program, new, &present, now);
        let then = rebuild(new, &lead, events.iter(), how, |_, _| {});
        let (was, is) = (places(program, &present), places(new, &then.lead));
        foreseen.entered = is.segments.difference(&was.segments).cloned().collect();
        foreseen.left = was.segments.difference(&is.segments).cloned().collect();
        let ladders: BTreeSet<&String> = was.stages.keys().chain(is.stages.keys()).collect();
        for ladder in ladders {
            let (from, to) = (was.stages.get(ladder), is.stages.get(ladder));
            if from != to {
                foreseen.stages.push((ladder.clone(), from.cloned(), to.cloned()));
            }
        }
        foreseen.sequences = ended.iter().filter_map(|effect| sequence(program, &effect.what)).collect();
        foreseen.sequences.extend(then.effects.iter().filter_map(|effect| sequence(new, &effect.what)));
        Ok(foreseen)
    }

    /// The present state of the lead, under the version that it lives under.
    fn present_state(&self, program: &Program, row: &leads::Lead, past: &[Past]) -> Result<Lead, Error> {
        let stored = Lead::load(&row.head, program).filter(|lead| lead.name() == row.name);
        let Some(lead) = stored else {
            let events = distill(program, past).events;
            let how = Rebuild { now: self.now, enrols: false, sends: Sends::Reported };
            return Ok(rebuild(program, &Lead::new(&row.name), events.iter(), how, |_, _| {}).lead);
        };
        let mut stepper = Stepper::new(program, lead, Sends::Reported);
        while stepper.lead().wake_at() <= self.now {
            let wake = stepper.lead().wake_at();
            stepper.input(Input::Clock(wake));
        }
        Ok(stepper.into_lead())
    }
}

/// What a lead is known by, and the visitors whose events are its own.
pub fn identities(connection: &mut Connection, lead: &leads::Lead) -> Result<Vec<Identity>, Error> {
    let ids: BTreeSet<IdentityId> = sources_of(lead)?.iter().map(|slice| slice.0).collect();
    identities::by_id(connection, &ids.into_iter().collect::<Vec<_>>())
}

/// By lead, the slices of its events; and the leads whose slices cannot be read.
fn readable_sources(rows: &[leads::Lead]) -> (Vec<(LeadId, Vec<Slice>)>, Vec<Unreadable>) {
    let (mut sources, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        match sources_of(row) {
            Ok(slices) => sources.push((row.id, slices)),
            Err(error) => unreadable.push(Unreadable { what: "sources", lead: row.id, why: error.to_string() }),
        }
    }
    (sources, unreadable)
}

struct Places {
    stages: BTreeMap<String, String>,
    segments: BTreeSet<String>,
}

fn places(program: &Program, lead: &Lead) -> Places {
    let playbook = program.playbook();
    let stage = |(ladder, stage, _): (u32, u32, Instant)| {
        let ladder = &playbook.ladders[ladder as usize];
        (ladder.id.clone(), ladder.stages[stage as usize].id.clone())
    };
    let segment = |(segment, _): (u32, Instant)| playbook.segments[segment as usize].id.clone();
    Places { stages: lead.stages().map(stage).collect(), segments: lead.memberships().map(segment).collect() }
}

fn sequence(program: &Program, what: &What) -> Option<(String, &'static str)> {
    let What::Sequence { sequence, change } = what else { return None };
    Some((program.playbook().sequences[*sequence as usize].id.clone(), change.name()))
}
