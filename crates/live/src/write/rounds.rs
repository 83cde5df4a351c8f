//! What a transaction does to copies. It goes down at the end, as everything does, but in rounds: what is asked for after
//! a withdrawal is asked for anew, and what is there already stays.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::addressed::{self, Addressed};
use attractor_store::contents::{self, Content};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy, Rank};
use attractor_store::outbox::{self, Claim, Ended, SentAgain};
use attractor_store::{Connection, Error, Kind, LeadId, leads};

/// A copy: its lead, and what asked for it.
pub type CopyKey = (LeadId, CopySource);

/// What happens to copies at once.
enum Round {
    Asked {
        copies: Vec<MailCopy>,
        withdrawn: BTreeSet<CopyKey>,
    },
    /// Senders have copies now.
    Claimed(ClaimedCopies),
    /// Senders report what became of copies, each of them once.
    Reported {
        all: Vec<Ended>,
        /// Those that are sent again: whatever becomes of them now, they may have arrived before.
        again: BTreeSet<CopyKey>,
    },
    /// Somebody sends copies again that are in doubt.
    SentAgain(Vec<SentAgain>),
    /// Leads that are nobody any more.
    Dissolved(Vec<LeadId>),
}

/// Copies that senders have now, and what was frozen with them.
#[derive(Default)]
pub struct ClaimedCopies {
    pub claims: Vec<Claim>,
    pub contents: Vec<Content>,
    /// By id.
    pub link_sets: BTreeMap<String, String>,
    pub addressed: Vec<Addressed>,
}

/// What a transaction does to copies. Whoever reads copies from the store lays the rounds over them.
#[derive(Default)]
pub struct Rounds {
    /// What the present round asks for and withdraws.
    copies: BTreeMap<CopyKey, MailCopy>,
    withdrawn: BTreeSet<CopyKey>,
    /// Those that have ended, in order.
    ended: Vec<Round>,
    /// By rank, when the earliest of those that wait now is due; perhaps it does not wait in the end.
    due: BTreeMap<Rank, i64>,
}

impl Rounds {
    /// Asks for a copy. Of what is asked for and withdrawn in one round the last word counts.
    pub fn ask(&mut self, copy: MailCopy) {
        self.note_due(&copy);
        let key = (copy.lead, copy.source.clone());
        self.withdrawn.remove(&key);
        self.copies.insert(key, copy);
    }

    /// A copy comes to nothing, if it waits.
    pub fn withdraw(&mut self, key: CopyKey) {
        self.withdrawn.insert(key);
    }

    /// Withdraws what the present round asks for on behalf of a lead's sequences and is not awaited. Returns what is.
    pub fn keep_awaited(&mut self, lead: LeadId, awaited: &BTreeSet<CopyKey>) -> BTreeSet<CopyKey> {
        let mut waits = BTreeSet::new();
        for (key, copy) in self.copies.iter_mut().filter(|(key, copy)| key.0 == lead && waits_for_a_step(copy)) {
            if awaited.contains(key) {
                waits.insert(key.clone());
            } else {
                copy.state = CopyState::Withdrawn;
            }
        }
        waits
    }

    /// Senders have copies now: none that the present round asks for or withdraws.
    pub fn claim(&mut self, claimed: ClaimedCopies) {
        if !claimed.claims.is_empty() {
            self.ended.push(Round::Claimed(claimed));
        }
    }

    /// Notes what became of copies, each with the copy as it was, and each copy once.
    pub fn report(&mut self, reported: Vec<(MailCopy, Ended)>) {
        let (mut all, mut again) = (Vec::with_capacity(reported.len()), BTreeSet::new());
        for (mut copy, ended) in reported {
            ended.apply(&mut copy);
            self.note_due(&copy);
            if copy.is_sent_again() {
                again.insert((copy.lead, copy.source));
            }
            all.push(ended);
        }
        self.ended.push(Round::Reported { all, again });
    }

    /// Somebody sends a copy again that is in doubt, at an instant in milliseconds since 1970.
    pub fn send_again(&mut self, mut copy: MailCopy, at: i64) {
        let again = SentAgain { lead: copy.lead, source: copy.source.clone(), at };
        again.apply(&mut copy);
        self.note_due(&copy);
        self.ended.push(Round::SentAgain(vec![again]));
    }

    fn note_due(&mut self, copy: &MailCopy) {
        let due = match copy.state {
            CopyState::Waiting => copy.dispatch.due,
            // A draft that nobody releases becomes too late.
            CopyState::Draft => copy.not_after,
            _ => None,
        };
        if let Some(at) = due {
            self.due.entry(copy.rank()).and_modify(|earliest| *earliest = at.min(*earliest)).or_insert(at);
        }
    }

    /// By rank, when the earliest of those that wait now is due; perhaps it does not wait in the end.
    pub fn due(&self) -> impl Iterator<Item = (Rank, i64)> {
        self.due.iter().map(|(rank, at)| (*rank, *at))
    }

    /// The leads for which the present round asks for copies.
    pub fn asking(&self) -> BTreeSet<LeadId> {
        self.copies.keys().map(|(lead, _)| *lead).collect()
    }

    /// Ends a round. Returns those of the stored copies, as earlier rounds left them, that it asks for a second time.
    pub fn end_round(&mut self, stored: Vec<MailCopy>) -> Vec<MailCopy> {
        let asked = std::mem::take(&mut self.copies);
        let leads = asked.keys().map(|(lead, _)| *lead).collect();
        let mut known = self.over(stored, &leads);
        known.retain(|copy| asked.contains_key(&(copy.lead, copy.source.clone())) && !copy.is_given_up());
        let withdrawn = std::mem::take(&mut self.withdrawn);
        if !asked.is_empty() || !withdrawn.is_empty() {
            self.ended.push(Round::Asked { copies: asked.into_values().collect(), withdrawn });
        }
        known
    }

    /// The stored copies of some leads, as earlier rounds leave them; `leads` are those whose copies are meant.
    pub fn over(&self, stored: Vec<MailCopy>, leads: &BTreeSet<LeadId>) -> Vec<MailCopy> {
        if self.ended.is_empty() {
            return stored;
        }
        let mut copies: BTreeMap<CopyKey, MailCopy> = BTreeMap::new();
        copies.extend(stored.into_iter().map(|copy| ((copy.lead, copy.source.clone()), copy)));
        self.ended.iter().for_each(|round| round.over(&mut copies, leads));
        copies.into_values().collect()
    }

    /// What waits of leads that are nobody any more comes to nothing.
    pub fn dissolve(&mut self, leads: &[LeadId]) {
        if !leads.is_empty() {
            self.ended.push(Round::Dissolved(leads.to_vec()));
        }
    }

    /// Nothing is asked for on behalf of a lead that is gone.
    pub fn forget(&mut self, lead: LeadId) {
        self.copies.retain(|(of, _), _| *of != lead);
        self.withdrawn.retain(|(of, _)| *of != lead);
        self.ended.iter_mut().for_each(|round| round.forget(lead));
    }

    /// Writes the rounds that have ended.
    pub fn save(&self, connection: &mut Connection) -> Result<(), Error> {
        self.ended.iter().try_for_each(|round| round.save(connection))
    }
}

impl Round {
    /// What the round makes of stored copies of these leads.
    fn over(&self, copies: &mut BTreeMap<CopyKey, MailCopy>, leads: &BTreeSet<LeadId>) {
        match self {
            Round::Asked { copies: asked, withdrawn } => {
                for copy in asked.iter().filter(|copy| leads.contains(&copy.lead)) {
                    let key = (copy.lead, copy.source.clone());
                    if copies.get(&key).is_none_or(MailCopy::is_given_up) {
                        copies.insert(key, copy.clone());
                    }
                }
                for key in withdrawn {
                    copies.entry(key.clone()).and_modify(withdraw_if_ahead);
                }
            }
            Round::Claimed(claimed) => claimed.over(copies),
            Round::Reported { all, .. } => {
                for ended in all {
                    let key = (ended.lead, ended.source.clone());
                    if let Some(copy) = copies.get_mut(&key).filter(|copy| ended.is_about(copy)) {
                        ended.apply(copy);
                    }
                }
            }
            Round::SentAgain(all) => {
                for again in all {
                    let key = (again.lead, again.source.clone());
                    if let Some(copy) = copies.get_mut(&key).filter(|copy| again.is_about(copy)) {
                        again.apply(copy);
                    }
                }
            }
            Round::Dissolved(dissolved) => {
                let is_theirs = |copy: &&mut MailCopy| {
                    dissolved.contains(&copy.lead) && !matches!(copy.source, CopySource::Form(_))
                };
                copies.values_mut().filter(is_theirs).for_each(withdraw_if_ahead);
            }
        }
    }

    fn save(&self, connection: &mut Connection) -> Result<(), Error> {
        match self {
            Round::Asked { copies, withdrawn } => {
                copies::insert(connection, copies)?;
                let withdrawn: Vec<(LeadId, &CopySource)> =
                    withdrawn.iter().map(|(lead, source)| (*lead, source)).collect();
                copies::withdraw(connection, &withdrawn)
            }
            Round::Claimed(claimed) => claimed.save(connection),
            Round::Reported { all, again } => {
                outbox::end(connection, all)?;
                forget_stayed(connection, all, again)
            }
            Round::SentAgain(all) => {
                let copies = all.iter().map(|again| (again.lead, again.source.send_id(again.lead)));
                contents::keep(connection, &copies.collect::<Vec<_>>())?;
                outbox::send_again(connection, all).map(drop)
            }
            Round::Dissolved(dissolved) => leads::clear(connection, dissolved),
        }
    }

    fn forget(&mut self, lead: LeadId) {
        match self {
            Round::Asked { copies, withdrawn } => {
                copies.retain(|copy| copy.lead != lead);
                withdrawn.retain(|(of, _)| *of != lead);
            }
            Round::Claimed(claimed) => claimed.forget(lead),
            Round::Reported { all, .. } => all.retain(|ended| ended.lead != lead),
            Round::SentAgain(all) => all.retain(|again| again.lead != lead),
            Round::Dissolved(dissolved) => dissolved.retain(|of| *of != lead),
        }
    }
}

impl ClaimedCopies {
    fn over(&self, copies: &mut BTreeMap<CopyKey, MailCopy>) {
        for claim in &self.claims {
            if let Some(copy) = copies.get_mut(&(claim.lead, claim.source.clone())) {
                copy.state = CopyState::Claimed;
                copy.email = copy.email.take().or_else(|| claim.email.clone());
                copy.dispatch.claim = Some(claim.number);
                copy.dispatch.lease_until = Some(claim.lease_until);
            }
        }
    }

    fn save(&self, connection: &mut Connection) -> Result<(), Error> {
        let held = outbox::claim(connection, &self.claims)?;
        if held.len() < self.claims.len() {
            let text = format!("{} of {} copies were claimed, and all were waiting", held.len(), self.claims.len());
            return Err(Error::new(Kind::Other, text));
        }
        let sets: Vec<(String, String)> =
            self.link_sets.iter().map(|(id, document)| (id.clone(), document.clone())).collect();
        contents::put_link_sets(connection, &sets)?;
        contents::put(connection, &self.contents)?;
        addressed::note(connection, &self.addressed)
    }

    fn forget(&mut self, lead: LeadId) {
        self.claims.retain(|claim| claim.lead != lead);
        self.contents.retain(|content| content.lead != lead);
        self.addressed.retain(|note| note.lead != lead);
    }
}

/// Forgets what was noted of copies that did not go to their address: it may go there later, for whichever lead. Those that
/// are sent again may have arrived before, so of them the try alone is forgotten that has ended now.
fn forget_stayed(connection: &mut Connection, all: &[Ended], again: &BTreeSet<CopyKey>) -> Result<(), Error> {
    let stayed = all.iter().filter(|ended| !matches!(ended.state, CopyState::Sent | CopyState::InDoubt));
    let (mut copies, mut tries) = (Vec::new(), Vec::new());
    for ended in stayed {
        let send_id = ended.source.send_id(ended.lead);
        if !again.contains(&(ended.lead, ended.source.clone())) {
            copies.push((ended.lead, send_id));
        } else if let Some(claim) = ended.claim {
            let what = addressed::left_again(&send_id, claim);
            tries.push((ended.lead, send_id, what));
        }
    }
    addressed::forget(connection, &copies)?;
    addressed::forget_one(connection, &tries)
}

/// Whether a copy of a sequence waits to be sent, or to be released first; the sequence waits with it.
pub fn waits_for_a_step(copy: &MailCopy) -> bool {
    copy.state.is_ahead() && matches!(copy.source, CopySource::Sequence { .. }) && !copy.is_sent_again()
}

fn withdraw_if_ahead(copy: &mut MailCopy) {
    if copy.state.is_ahead() {
        (copy.state, copy.reason, copy.until) = (CopyState::Withdrawn, None, None);
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::copies::{Dispatch, REJECTED};
    use attractor_store::{ClaimNumber, Location};

    use super::*;

    const STATES: [Option<CopyState>; 7] = [
        None,
        Some(CopyState::Draft),
        Some(CopyState::Waiting),
        Some(CopyState::Claimed),
        Some(CopyState::Sent),
        Some(CopyState::InDoubt),
        Some(CopyState::Withdrawn),
    ];

    /// The claim that each copy is under before the first round, if it is under one.
    const CLAIM: ClaimNumber = ClaimNumber(5);

    fn copy(lead: LeadId, state: CopyState, asked_at: i64) -> MailCopy {
        let claim = matches!(state, CopyState::Claimed | CopyState::Sent | CopyState::InDoubt).then_some(CLAIM);
        MailCopy {
            lead,
            source: CopySource::Broadcast("may".into()),
            email: None,
            class: "marketing".into(),
            asked_at,
            not_after: None,
            state,
            reason: (state != CopyState::Withdrawn).then(|| "held".into()),
            until: Some(9),
            dispatch: Dispatch { claim, ..Dispatch::due(asked_at) },
        }
    }

    fn ended(lead: LeadId, claim: Option<ClaimNumber>, state: CopyState) -> (MailCopy, Ended) {
        let ended = Ended {
            lead,
            source: CopySource::Broadcast("may".into()),
            claim,
            state,
            reason: Some("bounced".into()),
            until: None,
            due: Some(70),
            tries: 1,
            trouble_since: Some(60),
            sent_at: None,
            ended_at: (state != CopyState::Waiting).then_some(80),
        };
        (copy(lead, CopyState::Waiting, 0), ended)
    }

    /// What one round does to the copy of a lead: one of as many things. A claim is made where the copy waits alone.
    const THINGS: usize = 11;

    fn one_round(rounds: &mut Rounds, lead: LeadId, what: usize, at: i64, before: &[MailCopy]) {
        let key = (lead, CopySource::Broadcast("may".into()));
        match what {
            0 => rounds.ask(copy(lead, CopyState::Waiting, at)),
            1 => rounds.ask(copy(lead, CopyState::Skipped, at)),
            2 => rounds.withdraw(key),
            3 => rounds.report(vec![ended(lead, None, CopyState::Failed)]),
            4 => rounds.report(vec![ended(lead, Some(CLAIM), CopyState::InDoubt)]),
            5 => rounds.report(vec![ended(lead, Some(CLAIM), CopyState::Waiting)]),
            6 => rounds.dissolve(&[lead]),
            7 => {
                let waiting = rounds.over(before.to_vec(), &[lead].into());
                let waiting = waiting.into_iter().filter(|copy| copy.state == CopyState::Waiting);
                let claims = waiting.map(|copy| Claim {
                    lead,
                    source: copy.source,
                    asked_at: copy.asked_at,
                    email: Some("chosen".to_owned()),
                    number: CLAIM,
                    lease_until: 99,
                });
                rounds.claim(ClaimedCopies { claims: claims.collect(), ..ClaimedCopies::default() });
            }
            8 => {
                let (before, mut rejected) = ended(lead, None, CopyState::Withdrawn);
                rejected.reason = Some(REJECTED.into());
                rounds.report(vec![(before, rejected)]);
            }
            9 => rounds.send_again(copy(lead, CopyState::InDoubt, 0), at),
            _ => {
                rounds.withdraw(key);
                rounds.ask(copy(lead, CopyState::Waiting, at));
            }
        }
        rounds.end_round(Vec::new());
    }

    #[test]
    fn what_is_pending_is_what_the_store_will_have() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let cases = STATES.iter().flat_map(|state| (0..THINGS.pow(3)).map(move |three| (*state, three)));
        let all = connection.transaction(|connection| {
            for (lead, (stored, three)) in (1..).map(LeadId).zip(cases) {
                let before: Vec<MailCopy> = stored.map(|state| copy(lead, state, 0)).into_iter().collect();
                copies::insert(connection, &before)?;
                let mut rounds = Rounds::default();
                let what = [three % THINGS, three / THINGS % THINGS, three / THINGS.pow(2)];
                (1..).zip(what).for_each(|(at, what)| one_round(&mut rounds, lead, what, at, &before));
                let pending = rounds.over(before, &[lead].into());
                rounds.save(connection)?;
                assert_eq!(pending, copies::of_leads(connection, &[lead])?, "{stored:?}, then {what:?}");
            }
            Ok::<_, Error>(())
        });
        all.unwrap();
    }

    #[test]
    fn the_earliest_of_those_that_wait_is_known_by_rank() {
        let mut rounds = Rounds::default();
        rounds.ask(copy(LeadId(1), CopyState::Waiting, 8));
        rounds.ask(copy(LeadId(2), CopyState::Waiting, 6));
        rounds.ask(MailCopy { class: "answer".into(), ..copy(LeadId(3), CopyState::Waiting, 7) });
        rounds.ask(copy(LeadId(4), CopyState::Skipped, 2));
        rounds.report(vec![ended(LeadId(5), Some(CLAIM), CopyState::Sent)]);
        let earliest = |rounds: &Rounds| rounds.due().collect::<Vec<_>>();
        assert_eq!(earliest(&rounds), [(Rank::Answer, 7), (Rank::Broadcast, 6)]);
        let (before, mut held) = ended(LeadId(6), Some(CLAIM), CopyState::Waiting);
        held.due = Some(3);
        rounds.report(vec![(before, held)]);
        assert_eq!(earliest(&rounds), [(Rank::Answer, 7), (Rank::Broadcast, 3)]);
    }

    #[test]
    fn what_is_there_already_is_known_and_what_was_withdrawn_is_not() {
        for (stored, known) in STATES.into_iter().zip([0, 1, 1, 1, 1, 1, 0]) {
            let mut rounds = Rounds::default();
            rounds.ask(copy(LeadId(1), CopyState::Waiting, 1));
            let found = rounds.end_round(stored.map(|state| copy(LeadId(1), state, 0)).into_iter().collect());
            assert_eq!(found.len(), known, "{stored:?}");
            // Now the first round has it, whatever the store had.
            rounds.ask(copy(LeadId(1), CopyState::Waiting, 2));
            let found = rounds.end_round(stored.map(|state| copy(LeadId(1), state, 0)).into_iter().collect());
            assert_eq!(found.len(), 1, "{stored:?}");
        }
    }

    #[test]
    fn nothing_is_written_of_a_lead_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let mut rounds = Rounds::default();
        for lead in [1, 2].map(LeadId) {
            rounds.ask(copy(lead, CopyState::Waiting, 1));
        }
        rounds.end_round(Vec::new());
        rounds.forget(LeadId(1));
        rounds.save(&mut connection).unwrap();
        let left = copies::of_leads(&mut connection, &[1, 2].map(LeadId)).unwrap();
        assert_eq!(left, [copy(LeadId(2), CopyState::Waiting, 1)]);
    }
}
