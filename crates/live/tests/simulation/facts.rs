//! What must be so of wake-ups, copies and enrollments, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::moves::{Move, MoveReason};
use attractor_store::{Connection, LeadId, Location, leads};
use jiff::tz::TimeZoneDatabase;

fn program(playbook: &str) -> Program {
    let read = playbook::read(playbook).playbook.expect("a valid playbook");
    Program::new(read, &TimeZoneDatabase::bundled()).expect("a program")
}

fn all_leads(connection: &mut Connection) -> Vec<leads::Lead> {
    leads::after(connection, (-1, LeadId::NOBODY), 10_000).expect("the leads are readable")
}

pub fn all_copies(connection: &mut Connection) -> Vec<MailCopy> {
    let ids: Vec<LeadId> = all_leads(connection).iter().map(|row| row.id).collect();
    copies::of_leads(connection, &ids).expect("the copies are readable")
}

/// The lead's row.
pub fn row(connection: &mut Connection, lead: LeadId) -> Option<leads::Lead> {
    leads::load(connection, &[lead]).expect("the leads are readable").pop()
}

/// The copies in a state.
pub fn copies_in(connection: &mut Connection, state: CopyState) -> Vec<MailCopy> {
    all_copies(connection).into_iter().filter(|copy| copy.state == state).collect()
}

/// Nobody who was to be woken by now still sleeps, and of all others the wake-ups are early enough.
pub fn nobody_oversleeps(location: &Location, playbooks: &[String], now: Instant, next: Option<Instant>) {
    let programs: Vec<Program> = playbooks.iter().map(|playbook| program(playbook)).collect();
    let last = Instant::parse("9999-12-31T23:59:59.999Z").expect("an instant");
    for row in all_leads(&mut location.reader().expect("the store opens")) {
        let program = &programs[row.version.0.max(1) as usize - 1];
        let Some(lead) = Lead::load(&row.head, program).filter(|_| row.became.is_none()) else { continue };
        let due = lead.wake_at();
        assert!(due > now, "{} was to be woken at {due}, and it is {now}", row.name);
        let stored = row.wake.map(Instant);
        assert!(stored.is_none_or(|at| at <= last), "{} is woken at {stored:?}, when nobody is left", row.name);
        if due <= last {
            assert!(stored.is_some_and(|at| at <= due), "{} is woken at {stored:?} and not at {due}", row.name);
            assert!(next.is_some_and(|at| at <= due), "somebody is woken next at {next:?}, {} at {due}", row.name);
        }
    }
}

/// The lead that each lead is one with now, if it is one with another.
fn heirs(rows: &[leads::Lead]) -> impl Fn(LeadId) -> LeadId {
    let heirs: BTreeMap<LeadId, LeadId> = rows.iter().filter_map(|row| Some((row.id, row.became?))).collect();
    move |mut lead| {
        while let Some(successor) = heirs.get(&lead).filter(|successor| **successor != LeadId::NOBODY) {
            lead = *successor;
        }
        lead
    }
}

/// Each enrollment waits for exactly the copies that wait or are in review for it, or that a sender has.
pub fn copies_wait_for_enrollments(location: &Location, playbook: &str) -> Result<(), String> {
    let program = program(playbook);
    let mut connection = location.reader().expect("the store opens");
    let rows = all_leads(&mut connection);
    let mut awaited = BTreeSet::new();
    for row in rows.iter().filter(|row| row.became.is_none()) {
        let Some(lead) = Lead::load(&row.head, &program) else { continue };
        awaited.extend(lead.awaited().map(|(sequence, began, step)| {
            let id = program.playbook().sequences[sequence as usize].id.clone();
            let step = program.step_id(sequence, step).unwrap_or_default().to_owned();
            (row.id, CopySource::Sequence { sequence: id, began: began.0, step })
        }));
    }
    let is_step = |copy: &MailCopy| matches!(copy.source, CopySource::Sequence { .. });
    let all: Vec<MailCopy> = all_copies(&mut connection).into_iter().filter(is_step).collect();
    let of = |state, present: &dyn Fn(LeadId) -> LeadId| -> BTreeSet<_> {
        let those = all.iter().filter(|copy| copy.state == state);
        those.map(|copy| (present(copy.lead), copy.source.clone())).collect()
    };
    let waits: BTreeSet<_> =
        of(CopyState::Waiting, &|lead| lead).union(&of(CopyState::Draft, &|lead| lead)).cloned().collect();
    let under_way = of(CopyState::Claimed, &heirs(&rows));
    let missing: BTreeSet<_> = awaited.difference(&waits).cloned().collect();
    if waits.is_subset(&awaited) && missing.is_subset(&under_way) {
        return Ok(());
    }
    Err(format!("waiting {waits:?}\n  under way {under_way:?}\n  awaited {awaited:?}\n{playbook}"))
}

/// No copy is about to leave that was asked for by leads that are one now before, or is so a second time. (Two may have
/// left before anybody knew that they are one.)
pub fn no_copy_leaves_twice(location: &Location) -> Result<(), String> {
    let mut connection = location.reader().expect("the store opens");
    let rows = all_leads(&mut connection);
    let present = heirs(&rows);
    let mut asked: BTreeMap<_, Vec<MailCopy>> = BTreeMap::new();
    for copy in all_copies(&mut connection).into_iter().filter(|copy| copy.state != CopyState::Withdrawn) {
        asked.entry((present(copy.lead), copy.source.clone())).or_default().push(copy);
    }
    let twice = |copies: &&Vec<MailCopy>| copies.len() > 1 && copies.iter().any(|copy| copy.state.is_ahead());
    asked.values().find(twice).map_or(Ok(()), |copies| Err(format!("asked for twice: {copies:?}")))
}

/// Nothing that became known by a join or an import enrols anybody by rule.
pub fn quiet_moves_enrol_nobody(noted: &[Move]) -> Result<(), String> {
    let quiet = [MoveReason::Import, MoveReason::Join, MoveReason::Undo, MoveReason::Unmerge, MoveReason::Erasure];
    let wrong = |noted: &&Move| noted.became == "enrolled" && noted.because == "time" && quiet.contains(&noted.reason);
    noted.iter().find(wrong).map_or(Ok(()), |noted| Err(format!("enrols: {noted:?}")))
}
