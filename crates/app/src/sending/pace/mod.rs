//! The cadence adapts (contract §4.11.7): once a day it is asked of every stage, and of every lead that got something lately,
//! whether e-mails should come less or more often. Each change is noted with the numbers that moved it, and can be undone.

mod applied;
pub mod control;
mod evidence;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::cadence::{Change, Pace, StageFigures, interval, of_lead, of_stage};
use attractor_engine::playbook::{Adapt, Cadence};
use attractor_engine::time::{Duration, Instant};
use attractor_live::{Versions, force};
use attractor_store::paces::{self, PaceChange, PaceDirection, PaceOf, StoredPace};
use attractor_store::{Connection, Error, LeadId, Location, PaceChangeId, lane, leads};
use serde::{Deserialize, Serialize};

use self::evidence::{Evidence, judged, of_leads};
use crate::App;
use crate::lane::{LaneHandle, Stop};
use crate::leads::joined::present;
use crate::location;
use crate::machine::Time;
use crate::programs::Programs;

/// In the table `state`: when it was asked last.
const ASKED: &str = "cadence asked";
const DAILY: Duration = Duration::DAY;
/// How many leads are looked at together.
const TOGETHER: usize = 200;

/// How a stage is named in paces.
pub fn paced(ladder: &str, stage: &str) -> String {
    format!("{ladder}/{stage}")
}

/// How often the intervals of these leads were multiplied; those that are not here, never.
pub fn levels<'r>(
    connection: &mut Connection,
    rows: impl IntoIterator<Item = &'r leads::Lead>,
) -> Result<BTreeMap<LeadId, i32>, Error> {
    let ids: Vec<LeadId> = rows.into_iter().map(|row| row.id).collect();
    let found = paces::of_leads(connection, &ids)?;
    Ok(found.into_iter().map(|(lead, stored)| (lead, pace(stored).level)).collect())
}

/// The same of stages, by LADDER/STAGE.
pub fn stage_levels(connection: &mut Connection) -> Result<BTreeMap<String, i32>, Error> {
    let found = paces::of_stages(connection)?;
    Ok(found.into_iter().map(|(stage, stored)| (stage, pace(stored).level)).collect())
}

fn pace(stored: StoredPace) -> Pace {
    Pace {
        level: i32::try_from(stored.level).unwrap_or_default(),
        last_slower: stored.last_slower.map(Instant),
        last_faster: stored.last_faster.map(Instant),
    }
}

fn stored(pace: Pace) -> StoredPace {
    let at = |at: Option<Instant>| at.map(|at| at.0);
    StoredPace { level: pace.level.into(), last_slower: at(pace.last_slower), last_faster: at(pace.last_faster) }
}

/// What is kept of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ChangeDocument {
    /// In milliseconds.
    interval_before: i64,
    interval_after: i64,
    /// How many copies it was judged by, and how many of them were opened; of a lead, how many it answered.
    copies: u64,
    used: u64,
}

/// Asks whether the cadence is right.
pub struct Adapting {
    lane: LaneHandle,
    clock: Arc<dyn Time>,
    location: Location,
    programs: Arc<Programs>,
}

impl Adapting {
    pub fn new(app: &App) -> Adapting {
        Adapting {
            lane: app.lane.clone(),
            clock: app.clock.clone(),
            location: location(&app.settings, app.folder.path()),
            programs: app.programs.clone(),
        }
    }

    /// Asks if it was not asked today. Returns when it is to be asked again, by the leads' clock.
    pub fn step(&self) -> Result<Instant, Stop> {
        let mut reader = self.location.reader()?;
        let (now, last) = (self.clock.now(), lane::state(&mut reader, ASKED)?);
        // A clock that was set back must not silence it.
        let next = last.and_then(|last| last.parse().ok()).map(|last| Instant(last).min(now) + DAILY);
        if let Some(next) = next.filter(|next| *next > now) {
            return Ok(next);
        }
        let versions = self.programs.now(&mut reader)?;
        let in_force = versions.program_in_force();
        // While leads are evaluated again, nobody's stage is known.
        if force::scan(&mut reader)?.is_some() {
            return Ok(now + Duration(60_000));
        }
        let figures = match in_force.as_ref().and_then(|program| program.playbook().cadence.as_ref()) {
            Some(cadence) if cadence.adapt.is_some() => self.adapt_leads(&mut reader, &versions, cadence, now)?,
            _ => BTreeMap::new(),
        };
        let cadence = in_force.and_then(|program| program.playbook().cadence.clone());
        self.in_lane(move |connection| {
            if let Some(cadence) = &cadence {
                adapt_stages(connection, cadence, &figures, now)?;
            }
            lane::set_state(connection, ASKED, &now.0.to_string())
        })?;
        Ok(now + DAILY)
    }

    /// Adapts the paces of leads that got something lately, some at a time; returns the figures of the stages.
    fn adapt_leads(
        &self,
        reader: &mut Connection,
        versions: &Versions,
        cadence: &Cadence,
        now: Instant,
    ) -> Result<BTreeMap<String, StageFigures>, Stop> {
        let mut figures = BTreeMap::new();
        let Some(adapt) = &cadence.adapt else { return Ok(figures) };
        let judged = judged(adapt.over, now);
        // Several may be one lead now, which is looked at once.
        let mut seen = BTreeSet::new();
        for some in paces::written_since(reader, judged.start)?.chunks(TOGETHER) {
            let rows = present(reader, &some.iter().copied().collect())?.into_values().map(|row| (row.id, row));
            let rows = rows.filter(|(lead, _)| seen.insert(*lead)).collect();
            let Evidence { stages, leads } = of_leads(reader, versions, &rows, &judged)?;
            for (stage, new) in stages {
                let sum: &mut StageFigures = figures.entry(stage).or_default();
                sum.delivered += new.delivered;
                sum.opened += new.opened;
            }
            let changes: Vec<LeadChange> = leads
                .into_iter()
                .filter_map(|one| Some((one.lead, every(cadence, &one.stage)?, one.answered)))
                .filter_map(|(lead, every, answered)| {
                    Some(LeadChange { lead, every, change: of_lead(&answered)?, answered })
                })
                .collect();
            if !changes.is_empty() {
                let adapt = adapt.clone();
                self.in_lane(move |connection| adapt_some(connection, &adapt, &changes, now))?;
            }
        }
        Ok(figures)
    }

    fn in_lane<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Stop> {
        Ok(self.lane.run_here(move |lane| lane.write(work))??)
    }
}

/// The interval that the playbook says for a stage, which is named LADDER/STAGE.
fn every(cadence: &Cadence, stage: &str) -> Option<Duration> {
    let (_, every) = cadence.every.iter().find(|(id, _)| paced(&cadence.ladder, id) == stage)?;
    Some(*every)
}

/// What a lead's last copies ask for.
struct LeadChange {
    lead: LeadId,
    /// The interval of its stage, as the playbook says.
    every: Duration,
    change: Change,
    answered: Vec<bool>,
}

/// Adapts the paces of some leads, and notes it.
fn adapt_some(connection: &mut Connection, adapt: &Adapt, changes: &[LeadChange], now: Instant) -> Result<(), Error> {
    let ids: Vec<LeadId> = changes.iter().map(|change| change.lead).collect();
    // Some may be gone since they were judged, or one with others.
    let present = present(connection, &ids.iter().copied().collect())?;
    let is_present = |lead: &LeadId| present.get(lead).is_some_and(|row| row.id == *lead);
    let known: BTreeMap<LeadId, StoredPace> = paces::of_leads(connection, &ids)?.into_iter().collect();
    let (mut saved, mut notes) = (Vec::new(), Vec::new());
    for LeadChange { lead, every, change, answered } in changes.iter().filter(|change| is_present(&change.lead)) {
        let before = pace(known.get(lead).copied().unwrap_or_default());
        let Some(after) = before.changed(adapt, *every, *change, now) else { continue };
        let used = answered.iter().filter(|answered| **answered).count() as u64;
        let document = document(adapt, *every, (before, after), (answered.len() as u64, used));
        notes.push(note(now, PaceOf::Lead(*lead), *change, document));
        saved.push((*lead, stored(after)));
    }
    paces::save_leads(connection, &saved)?;
    paces::note(connection, &notes)
}

/// Adapts the paces of stages, and notes it.
fn adapt_stages(
    connection: &mut Connection,
    cadence: &Cadence,
    figures: &BTreeMap<String, StageFigures>,
    now: Instant,
) -> Result<(), Error> {
    let Some(adapt) = &cadence.adapt else { return Ok(()) };
    let known: BTreeMap<String, StoredPace> = paces::of_stages(connection)?.into_iter().collect();
    for (stage, figures) in figures {
        let Some((every, change)) = every(cadence, stage).zip(of_stage(adapt, *figures)) else { continue };
        let before = pace(known.get(stage).copied().unwrap_or_default());
        let Some(after) = before.changed(adapt, every, change, now) else { continue };
        let document = document(adapt, every, (before, after), (figures.delivered, figures.opened));
        paces::save_stage(connection, stage, stored(after))?;
        paces::note(connection, &[note(now, PaceOf::Stage(stage.clone()), change, document)])?;
        tracing::info!(stage, ?change, figures.delivered, figures.opened, "the cadence of a stage has changed");
    }
    Ok(())
}

fn document(
    adapt: &Adapt,
    every: Duration,
    (before, after): (Pace, Pace),
    (copies, used): (u64, u64),
) -> ChangeDocument {
    let length = |pace: Pace| interval(adapt, every, pace.level).0;
    ChangeDocument { interval_before: length(before), interval_after: length(after), copies, used }
}

fn note(at: Instant, of: PaceOf, change: Change, document: ChangeDocument) -> PaceChange {
    let document = serde_json::to_string(&document).unwrap_or_default();
    let direction = match change {
        Change::Slower => PaceDirection::Slower,
        Change::Faster => PaceDirection::Faster,
    };
    PaceChange { id: PaceChangeId::default(), at: at.0, of, direction, document, undone: None }
}
