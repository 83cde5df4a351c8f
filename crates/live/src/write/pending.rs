//! What a transaction will write about leads, gathered so that each kind goes down in a few statements.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::program::Program;
use attractor_engine::step::{Cause, Effect, MoveKind, What};
use attractor_engine::time::Instant;
use attractor_store::copies::{CopyState, Dispatch, MailCopy};
use attractor_store::leads::Place;
use attractor_store::moves::{Alert, Move, MoveReason};
use attractor_store::{LeadId, MoveNumber, PlaceKey, VersionNumber, moves};

use crate::lead::profile::Deal;
use crate::sending::copies::{asked_copy, key_of};
use crate::sending::suppression::AddressBlock;
use crate::write::rounds::Rounds;

/// What a transaction will write. Whoever reads from the store what may be pending here lays the one over the other.
#[derive(Default)]
pub struct PendingWrites {
    /// By lead.
    pub(in crate::write) moves: BTreeMap<LeadId, Vec<Move>>,
    /// Lead and number, by what: moves that a rebuild no longer yields.
    pub(in crate::write) revised: BTreeMap<(LeadId, MoveNumber), MoveReason>,
    pub(in crate::write) places: BTreeMap<LeadId, BTreeMap<PlaceKey, Option<i64>>>,
    /// By lead, all of its places after a rebuild.
    pub(in crate::write) places_anew: BTreeMap<LeadId, BTreeMap<PlaceKey, i64>>,
    /// Copies that are asked for, withdrawn and over.
    pub copies: Rounds,
    pub(in crate::write) alerts: Vec<Alert>,
    /// Leads whose profiles changed.
    pub(in crate::write) profiles: BTreeSet<LeadId>,
    pub(in crate::write) deals: BTreeMap<(LeadId, String), Deal>,
    /// By lead, all of its deals after a rebuild.
    pub(in crate::write) deals_anew: BTreeMap<LeadId, BTreeMap<String, Deal>>,
    /// By lead, the wake-up that is stored, and the one that will be.
    pub(in crate::write) wakes: BTreeMap<LeadId, (Option<i64>, Option<i64>)>,
    pub(in crate::write) saved: BTreeSet<LeadId>,
    /// What events do to addresses, in their order.
    pub(in crate::write) blocks: Vec<AddressBlock>,
}

/// Where effects come from.
#[derive(Clone, Copy)]
pub struct EffectSource<'a> {
    pub lead: LeadId,
    pub program: &'a Program,
    pub version: VersionNumber,
    pub now: Instant,
    /// The message's id; time's moves have none.
    pub because: &'a str,
    pub reason: MoveReason,
    /// What became known too late, or by an import, a join or a version: it alerts and mails nobody.
    pub quiet: bool,
}

/// A move as people read it: kind, subject, before, after.
pub type Words = (MoveKind, String, Option<String>, String);

pub fn words(program: &Program, what: &What) -> Option<Words> {
    let (playbook, kind) = (program.playbook(), what.move_kind()?);
    let topic = |number: &u32| playbook.topics[*number as usize].id.clone();
    Some(match what {
        What::Stage { ladder, from, to } => {
            let ladder = &playbook.ladders[*ladder as usize];
            let stage = |number: u32| ladder.stages[number as usize].id.clone();
            (kind, ladder.id.clone(), from.map(stage), stage(*to))
        }
        What::Segment { segment, entered } => {
            let change = if *entered { "entered" } else { "left" };
            (kind, playbook.segments[*segment as usize].id.clone(), None, change.to_owned())
        }
        What::Sequence { sequence, change } => {
            (kind, playbook.sequences[*sequence as usize].id.clone(), None, change.name().to_owned())
        }
        What::PrimaryInterest { from, to } => {
            let to = to.as_ref().map(topic).unwrap_or_default();
            (kind, "primary".to_owned(), from.as_ref().map(topic), to)
        }
        What::Send { .. } | What::Alert { .. } | What::Withdrawn { .. } => return None,
    })
}

/// A copy that was asked for too late to be sent.
fn passed(copy: MailCopy, now: Instant) -> MailCopy {
    let dispatch = Dispatch { ended_at: Some(now.0), ..Dispatch::default() };
    MailCopy { state: CopyState::Skipped, reason: Some("too_late".to_owned()), dispatch, ..copy }
}

impl PendingWrites {
    /// Notes what follows from a step; `number` gives each move its running number.
    pub fn effects(&mut self, source: EffectSource, effects: &[Effect], mut number: impl FnMut() -> MoveNumber) {
        for effect in effects {
            if let Some(words) = words(source.program, &effect.what) {
                self.place(source, effect);
                self.note_move(a_move(source, effect, words, number()));
            } else {
                self.request(source, effect);
            }
        }
    }

    pub fn note_move(&mut self, noted: Move) {
        self.moves.entry(noted.lead).or_default().push(noted);
    }

    fn place(&mut self, source: EffectSource, effect: &Effect) {
        let playbook = source.program.playbook();
        match &effect.what {
            What::Stage { ladder, from, to } => {
                if let Some(from) = from {
                    let place = stage_place(source.program, *ladder, *from);
                    self.set_place(source.lead, place, None);
                }
                let place = stage_place(source.program, *ladder, *to);
                self.set_place(source.lead, place, Some(effect.at.0));
            }
            What::Segment { segment, entered } => {
                let place = PlaceKey::segment(&playbook.segments[*segment as usize].id);
                self.set_place(source.lead, place, entered.then_some(effect.at.0));
            }
            _ => {}
        }
    }

    fn request(&mut self, source: EffectSource, effect: &Effect) {
        if let Some(copy) = asked_copy(source.lead, source.program, effect) {
            return self.copies.ask(if source.quiet { passed(copy, source.now) } else { copy });
        }
        let playbook = source.program.playbook();
        let id = |sequence: u32| playbook.sequences[sequence as usize].id.clone();
        let step = |sequence: u32, step: u32| source.program.step_id(sequence, step).unwrap_or_default().to_owned();
        match &effect.what {
            What::Alert { sequence, began, step: at, to, say } => {
                let alert = Alert {
                    lead: source.lead,
                    sequence: id(*sequence),
                    began: began.0,
                    step: step(*sequence, *at),
                    to: to.clone(),
                    say: say.clone(),
                    at: effect.at.0,
                    known_at: source.now.0,
                };
                self.alerts.extend(Some(alert).filter(|_| !source.quiet));
            }
            What::Withdrawn { sequence, began, step: at } => {
                self.copies.withdraw(key_of(source.program, source.lead, *sequence, *began, *at));
            }
            _ => {}
        }
    }

    /// The moves of a lead that are not written yet.
    pub fn moves_of(&self, lead: LeadId) -> impl Iterator<Item = &Move> {
        self.moves.get(&lead).into_iter().flatten()
    }

    /// Marks a move that is no longer yielded, unless it is marked.
    pub fn revise(&mut self, lead: LeadId, number: MoveNumber, reason: MoveReason) {
        self.revised.entry((lead, number)).or_insert(reason);
    }

    /// A join ends what leads were in that are nobody any more; `stored` are their moves in the store.
    pub fn revise_joined(&mut self, leads: &[LeadId], stored: Vec<Move>) {
        let unwritten = leads.iter().flat_map(|lead| self.moves_of(*lead).cloned());
        let noted: Vec<Move> = stored.into_iter().chain(unwritten).collect();
        for noted in noted.iter().filter(|noted| noted.kind != moves::MoveKind::Sequence) {
            if !self.is_revised(noted) {
                self.revise(noted.lead, noted.number, MoveReason::Join);
            }
        }
    }

    /// Whether a move counts no more, in the store or by what is pending.
    pub fn is_revised(&self, noted: &Move) -> bool {
        noted.revised.is_some() || self.revised.contains_key(&(noted.lead, noted.number))
    }

    fn set_place(&mut self, lead: LeadId, place: PlaceKey, since: Option<i64>) {
        match (self.places_anew.get_mut(&lead), since) {
            (Some(anew), Some(since)) => _ = anew.insert(place, since),
            (Some(anew), None) => _ = anew.remove(&place),
            (None, since) => _ = self.places.entry(lead).or_default().insert(place, since),
        }
    }

    pub fn replace_places(&mut self, lead: LeadId, places: Vec<Place>) {
        self.places.remove(&lead);
        self.places_anew.insert(lead, places.into_iter().map(|place| (place.place, place.since)).collect());
    }

    pub fn block(&mut self, blocks: impl IntoIterator<Item = AddressBlock>) {
        self.blocks.extend(blocks);
    }

    /// What events do to addresses; it is the caller's to write.
    pub fn take_blocks(&mut self) -> Vec<AddressBlock> {
        std::mem::take(&mut self.blocks)
    }

    pub fn save_profile(&mut self, lead: LeadId) {
        self.profiles.insert(lead);
    }

    pub fn save_deal(&mut self, lead: LeadId, id: String, deal: Deal) {
        match self.deals_anew.get_mut(&lead) {
            Some(anew) => _ = anew.insert(id, deal),
            None => _ = self.deals.insert((lead, id), deal),
        }
    }

    pub fn replace_deals(&mut self, lead: LeadId, deals: BTreeMap<String, Deal>) {
        remove_of(&mut self.deals, lead);
        self.deals_anew.insert(lead, deals);
    }

    /// Saves a lead's row, as the lead is in the end.
    pub fn save(&mut self, lead: LeadId) {
        self.saved.insert(lead);
    }

    /// A lead's row among the wake-ups: which one is there, and which one will be.
    pub fn wake(&mut self, lead: LeadId, stored: Option<i64>, wake: Option<i64>) {
        self.wakes.entry(lead).or_insert((stored, None)).1 = wake;
    }

    /// Leads are nobody any more: what was done under them stays, the rest goes.
    pub fn dissolve(&mut self, leads: &[LeadId]) {
        leads.iter().for_each(|lead| self.forget_state(*lead));
        self.copies.dissolve(leads);
    }

    /// A lead is gone without a trace.
    pub fn forget(&mut self, lead: LeadId) {
        self.forget_state(lead);
        self.moves.remove(&lead);
        remove_of(&mut self.revised, lead);
        self.alerts.retain(|alert| alert.lead != lead);
        self.wakes.remove(&lead);
        self.saved.remove(&lead);
        self.copies.forget(lead);
    }

    fn forget_state(&mut self, lead: LeadId) {
        self.places.remove(&lead);
        self.places_anew.remove(&lead);
        self.profiles.remove(&lead);
        remove_of(&mut self.deals, lead);
        self.deals_anew.remove(&lead);
    }
}

/// Removes what is kept of a lead; the rest is not gone through.
fn remove_of<K: Ord + Clone + Default, V>(kept: &mut BTreeMap<(LeadId, K), V>, lead: LeadId) {
    let keys: Vec<(LeadId, K)> =
        kept.range((lead, K::default())..).map(|(key, _)| key).take_while(|key| key.0 == lead).cloned().collect();
    keys.iter().for_each(|key| _ = kept.remove(key));
}

pub fn a_move(source: EffectSource, effect: &Effect, words: Words, number: MoveNumber) -> Move {
    let (kind, subject, was, became) = words;
    let because = if effect.cause == Cause::Time { "time" } else { source.because };
    Move {
        lead: source.lead,
        number,
        at: effect.at.0,
        known_at: source.now.0,
        kind: stored(kind),
        subject,
        was,
        became,
        because: because.to_owned(),
        reason: source.reason,
        version: source.version,
        revised: None,
    }
}

/// As the store has it what moved.
fn stored(kind: MoveKind) -> moves::MoveKind {
    match kind {
        MoveKind::Stage => moves::MoveKind::Stage,
        MoveKind::Segment => moves::MoveKind::Segment,
        MoveKind::Sequence => moves::MoveKind::Sequence,
        MoveKind::Interest => moves::MoveKind::Interest,
    }
}

pub fn stage_place(program: &Program, ladder: u32, stage: u32) -> PlaceKey {
    let ladder = &program.playbook().ladders[ladder as usize];
    PlaceKey::stage(&ladder.id, &ladder.stages[stage as usize].id)
}

/// The places that a lead is in, for `Place` rows.
pub fn places_of(lead: LeadId, program: &Program, state: &attractor_engine::lead::Lead) -> Vec<Place> {
    let stages = state.stages().map(|(ladder, stage, since)| Place {
        lead,
        place: stage_place(program, ladder, stage),
        since: since.0,
    });
    let segments = state.memberships().map(|(segment, since)| {
        let place = PlaceKey::segment(&program.playbook().segments[segment as usize].id);
        Place { lead, place, since: since.0 }
    });
    stages.chain(segments).collect()
}
