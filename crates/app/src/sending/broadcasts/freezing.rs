//! The audience of a broadcast that was started becomes copies, piece by piece, and copies of one that was undone or
//! cancelled are taken back. Each piece moves the broadcast's own mark in the same transaction, so that it goes on where it
//! was after a kill, and asks for nobody twice.

use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::broadcasts::{self, Broadcast, BroadcastState, CopyTurn, START, Unscheduled};
use attractor_store::copies::{self, MailCopy};
use attractor_store::{BroadcastId, Connection, Error, LeadId, Location, leads};
use serde_json::json;

use super::audience::PIECE;
use super::known::edition;
use super::recipients::Recipients;
use super::settings::{Document, Understood, Waves};
use super::subject;
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::bell::Bell;
use crate::lane::{LaneHandle, Stop};
use crate::location;
use crate::machine::Time;
use crate::programs::Programs;
use crate::refusal::Refusal;
use crate::segments::in_force;

/// How many copies one transaction takes back.
const SLICE: i64 = 1_000;
/// Behind every bucket: all leads were asked.
const END: (i64, LeadId) = (256, LeadId::MAX);

/// What the worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do.
    More,
    /// Copies that are to be taken back are with a mail server.
    UnderWay,
    /// Nothing is left.
    Nothing,
}

/// Makes the copies of broadcasts.
pub struct Freezing {
    lane: LaneHandle,
    clock: Arc<dyn Time>,
    location: Location,
    programs: Arc<Programs>,
    /// Rings when copies may be due.
    copies: Arc<Bell>,
}

impl Freezing {
    pub fn new(app: &App) -> Freezing {
        Freezing {
            lane: app.lane.clone(),
            clock: app.clock.clone(),
            location: location(&app.settings, app.folder.path()),
            programs: app.programs.clone(),
            copies: app.copies.clone(),
        }
    }

    /// One piece of the first broadcast with work left.
    pub fn step(&self) -> Result<Progress, Stop> {
        let mut reader = self.location.reader()?;
        let mut is_under_way = false;
        for broadcast in broadcasts::unfinished(&mut reader)? {
            match broadcast.state {
                BroadcastState::Undoing => self.take_back(broadcast.id)?,
                BroadcastState::Cancelled => {
                    if !self.withdraw(broadcast.id)? {
                        is_under_way = true;
                        continue;
                    }
                }
                _ => self.freeze(&mut reader, &broadcast)?,
            }
            return Ok(Progress::More);
        }
        Ok(if is_under_way { Progress::UnderWay } else { Progress::Nothing })
    }

    /// Some more of an audience. What the playbook in force does not understand any more is paused.
    fn freeze(&self, reader: &mut Connection, broadcast: &Broadcast) -> Result<(), Stop> {
        match self.piece(reader, broadcast) {
            Ok(Piece::Asked(piece)) => {
                self.in_lane(move |connection| piece.commit(connection))?;
                self.copies.ring();
                Ok(())
            }
            Ok(Piece::Waves(waves)) => self.schedule(reader, broadcast.id, &waves),
            Err(Refusal::Unreachable(why) | Refusal::Failed(why)) => Err(Stop::Later(why)),
            Err(refusal) => self.give_up(broadcast.id, &refusal),
        }
    }

    fn piece(&self, reader: &mut Connection, broadcast: &Broadcast) -> Result<Piece, Refusal> {
        let (document, understood) = self.understood(reader, broadcast)?;
        if let (Some(waves), END) = (&understood.waves, broadcast.frozen_to) {
            return Ok(Piece::Waves(waves.clone()));
        }
        let started_at = Instant(broadcast.started_at.unwrap_or_default());
        let versions = self.programs.now(reader)?;
        let mut recipients = Recipients::of(versions, broadcast, &document, &understood, started_at)?;
        let rows = leads::after(reader, broadcast.frozen_to, PIECE)?;
        let to = rows.last().map_or(END, |last| (last.id.bucket(), last.id));
        let found = recipients.among(reader, rows, started_at)?;
        let in_waves = understood.waves.is_some();
        let is_last = to == END;
        Ok(Piece::Asked(AskedPiece {
            id: broadcast.id,
            from: broadcast.frozen_to,
            to,
            copies: found.recipients.iter().map(|one| recipients.copy(one, in_waves)).collect(),
            held_out: found.held_out,
            frozen_at: (is_last && !in_waves).then(|| self.clock.now().0),
        }))
    }

    fn understood(&self, reader: &mut Connection, broadcast: &Broadcast) -> Result<(Document, Understood), Refusal> {
        let document = Document::read(&broadcast.document)?;
        let program = in_force(&self.programs.now(reader)?)?;
        // Whom it goes to follows the rules in force; what they get is as it was at the start.
        let of_email = match document.version {
            Some(version) => edition(reader, &self.programs, version)?.1.map_err(Refusal::Conflict)?,
            None => program.clone(),
        };
        let understood = document.settings.understand_with(program.playbook(), of_email.playbook())?;
        Ok((document, understood))
    }

    /// Gives each copy its turn: the most engaged leads are in the first wave.
    fn schedule(&self, reader: &mut Connection, id: BroadcastId, waves: &Waves) -> Result<(), Stop> {
        let valid_for = self.valid_for(reader, id)?;
        let turns = turns(broadcasts::waiting_with_engagement(reader, id)?, waves, valid_for);
        for some in turns.chunks(SLICE as usize) {
            let some = some.to_vec();
            self.in_lane(move |connection| broadcasts::schedule(connection, id, &some))?;
        }
        let now = self.clock.now().0;
        self.in_lane(move |connection| match broadcasts::one(connection, id)? {
            Some(broadcast) if is_under_way(&broadcast) => {
                broadcasts::save(connection, &Broadcast { frozen_at: Some(now), ..broadcast })
            }
            _ => Ok(()),
        })?;
        self.copies.ring();
        Ok(())
    }

    fn valid_for(&self, reader: &mut Connection, id: BroadcastId) -> Result<i64, Stop> {
        let later = |refusal: Refusal| Stop::Later(refusal.to_string());
        let Some(broadcast) = broadcasts::one(reader, id)? else { return Ok(0) };
        Ok(self.understood(reader, &broadcast).map_err(later)?.1.valid_for.0)
    }

    /// A broadcast whose audience cannot be read any more waits for somebody who resumes or cancels it.
    fn give_up(&self, id: BroadcastId, refusal: &Refusal) -> Result<(), Stop> {
        let why = format!("its audience could not be completed under the playbook in force: {refusal}");
        let now = self.clock.now().0;
        self.in_lane(move |connection| {
            let Some(broadcast) = broadcasts::one(connection, id)? else { return Ok(()) };
            if !is_under_way(&broadcast) {
                return Ok(());
            }
            let state = BroadcastState::Paused;
            let paused = Broadcast { state, why: Some(why.clone()), stuck: true, ..broadcast };
            broadcasts::save(connection, &paused)?;
            note(connection, &Actor::sender(), now, "broadcast paused", &subject(id), &json!({"why": why}))
        })
    }

    /// Some copies of one that is undone; behind the last it is a draft again.
    fn take_back(&self, id: BroadcastId) -> Result<(), Stop> {
        self.in_lane(move |connection| {
            if broadcasts::discard(connection, id, SLICE)? > 0 {
                return Ok(());
            }
            let Some(broadcast) = broadcasts::one(connection, id)? else { return Ok(()) };
            let draft = Broadcast {
                document: without_version(&broadcast.document),
                state: BroadcastState::Draft,
                started_at: None,
                leaves_at: None,
                frozen_at: None,
                frozen_to: START,
                audience: 0,
                held_out: 0,
                stuck: false,
                ..broadcast
            };
            broadcasts::save(connection, &draft)
        })
    }

    /// Some copies of one that is cancelled; whether there were any.
    fn withdraw(&self, id: BroadcastId) -> Result<bool, Stop> {
        let now = self.clock.now().0;
        self.in_lane(move |connection| Ok(broadcasts::withdraw(connection, id, now, SLICE)? > 0))
    }

    fn in_lane<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Stop> {
        Ok(self.lane.run_here(move |lane| lane.write(work))??)
    }
}

/// A draft sends the e-mail of the playbook that is in force when it is started again.
fn without_version(document: &str) -> String {
    match Document::read(document) {
        Ok(document) => Document { version: None, corrected_from: Vec::new(), ..document }.text(),
        // One that cannot be read stays as it is, and says so to whoever opens the draft.
        Err(_) => document.to_owned(),
    }
}

fn is_under_way(broadcast: &Broadcast) -> bool {
    matches!(broadcast.state, BroadcastState::Started | BroadcastState::Paused)
}

enum Piece {
    Asked(AskedPiece),
    /// All copies are asked for, and have no turn yet.
    Waves(Waves),
}

/// A piece of an audience.
struct AskedPiece {
    id: BroadcastId,
    from: (i64, LeadId),
    to: (i64, LeadId),
    copies: Vec<MailCopy>,
    held_out: i64,
    /// Set with the last piece.
    frozen_at: Option<i64>,
}

impl AskedPiece {
    /// Asks for the copies, unless the broadcast has gone on or has been stopped since it was looked at.
    fn commit(&self, connection: &mut Connection) -> Result<(), Error> {
        let Some(broadcast) = broadcasts::one(connection, self.id)? else { return Ok(()) };
        if !is_under_way(&broadcast)
            || broadcast.frozen_to != self.from
            || broadcast.frozen_at.is_some()
            || broadcast.stuck
        {
            return Ok(());
        }
        let known = copies::insert(connection, &self.copies)?;
        let frozen = Broadcast {
            audience: broadcast.audience + self.copies.len() as i64 - known.len() as i64,
            held_out: broadcast.held_out + self.held_out,
            frozen_to: self.to,
            frozen_at: self.frozen_at,
            ..broadcast
        };
        broadcasts::save(connection, &frozen)
    }
}

/// The turns of copies that have none, by waves: in order of the score, then of the last event.
fn turns(mut all: Vec<Unscheduled>, waves: &Waves, valid_for: i64) -> Vec<CopyTurn> {
    all.sort_by(|a, b| {
        let score = |one: &Unscheduled| one.score.unwrap_or(f64::MIN);
        score(b).total_cmp(&score(a)).then(b.seen.cmp(&a.seen)).then(a.lead.cmp(&b.lead))
    });
    let of = all.len();
    let without = all.into_iter().enumerate().filter(|(_, one)| one.due.is_none());
    let turn = |(place, one): (usize, Unscheduled)| {
        let not_after = one.not_after? + waves.before(place, of) * waves.pause.0;
        Some(CopyTurn { lead: one.lead, due: not_after - valid_for, not_after })
    };
    without.filter_map(turn).collect()
}

#[cfg(test)]
mod tests {
    use attractor_engine::time::Duration;

    use super::*;

    #[test]
    fn the_most_engaged_are_in_the_first_wave() {
        let lead = |id, score, seen, due| Unscheduled { lead: LeadId(id), score, seen, due, not_after: Some(1_000) };
        let all = vec![
            lead(1, None, Some(9), None),
            lead(2, Some(5.0), Some(1), None),
            lead(3, Some(5.0), Some(2), None),
            lead(4, Some(7.0), None, Some(60)),
            lead(5, Some(-1.0), None, None),
        ];
        let waves = Waves { shares: vec![20.0, 40.0], pause: Duration(50) };
        let found: Vec<(i64, i64, i64)> =
            turns(all, &waves, 900).into_iter().map(|turn| (turn.lead.0, turn.due, turn.not_after)).collect();
        // The fourth has its turn already; it is the first wave alone.
        assert_eq!(found, [(3, 150, 1_050), (2, 150, 1_050), (5, 200, 1_100), (1, 200, 1_100)]);
    }
}
