//! What happened to a lead, as the store has it: its moves, and the copies and alerts that its sequences asked for.

use std::collections::BTreeMap;

use attractor_engine::condition::Names;
use attractor_engine::explain::{Caused, Changed, Move, Moved};
use attractor_engine::step::MoveKind;
use attractor_engine::time::Instant;
use attractor_live::Under;
use attractor_live::history::Past;
use attractor_store::copies::{self, CopySource, MailCopy};
use attractor_store::moves::{self, Alert};
use attractor_store::{LeadId, leads};

use super::acts::Acts;
use super::joined::with_predecessors;
use crate::access::names::ActorNames;
use crate::refusal::Refusal;
use crate::sending::copy_words::CopyWords;
use crate::view::View;

/// What happened by an instant, in order. `past` are the lead's events until then; `names`, what its playbook calls things.
pub fn moves(
    view: &mut View,
    row: &leads::Lead,
    at: Instant,
    past: &[Past],
    names: &Names,
) -> Result<Vec<Move>, Refusal> {
    let all = with_predecessors(view.connection, row.id)?;
    let causes = Causes::of(past, names, ActorNames::read(view.connection)?);
    let mut happened = stored_moves(view, row.id, at, &causes, names)?;
    happened.extend(asked_copies(view, &all, at, &causes, names)?);
    let alerts = moves::alerts_of_leads(view.connection, &all)?;
    happened.extend(alerts.iter().filter(|alert| alert.at <= at.0).map(|alert| alerted(alert, &causes, names)));
    happened.sort_by_key(|one| (one.at, place(&one.moved)));
    Ok(happened)
}

/// What is to be known about what happened before the version that a lead lives under came into force.
pub fn remark(under: &Under, lead: LeadId) -> String {
    let (since, version) = (under.program.minute(under.at), under.version);
    format!(
        "What is earlier than {since}, when version {version} was published, is shown as the rules of version {version} see it; `GET /api/leads/id:{lead}/moves` has what the server did at the time."
    )
}

/// An enrollment begins before what it asks for, and ends after that.
fn place(moved: &Moved) -> u8 {
    match (moved.kind, moved.to.as_ref().map(|to| to.0.as_str())) {
        (Changed::Move(MoveKind::Sequence), Some("enrolled" | "held_out")) => 1,
        (Changed::Move(MoveKind::Sequence), _) => 3,
        (Changed::Move(_), _) => 0,
        _ => 2,
    }
}

/// The lead's events in words.
struct Causes<'p> {
    acts: Acts<'p>,
    by_instant: BTreeMap<i64, &'p Past>,
    names: &'p Names,
}

impl<'p> Causes<'p> {
    fn of(past: &'p [Past], names: &'p Names, actors: ActorNames) -> Causes<'p> {
        Causes { acts: Acts::of(past, actors), by_instant: past.iter().map(|past| (past.at, past)).collect(), names }
    }

    /// By what the log says: a message's id, or `time`. Enrollments are not decided anew for the past, so that what a version
    /// brings of them happens when it comes into force.
    fn noted(&self, noted: &moves::Move) -> Caused {
        let because = noted.because.as_str();
        match (self.acts.get(because), noted.kind, noted.reason) {
            (Some(past), ..) => self.caused(past),
            (None, moves::MoveKind::Sequence, moves::MoveReason::Version(number)) => Caused::Version(number.0),
            (None, ..) if because == "time" => Caused::Time,
            (None, ..) => Caused::Event { id: because.to_owned(), what: format!("the message {because}") },
        }
    }

    /// Of what the store keeps no cause: the event at its instant, else time.
    fn at(&self, at: i64) -> Caused {
        self.by_instant.get(&at).map_or(Caused::Time, |past| self.caused(past))
    }

    fn caused(&self, past: &Past) -> Caused {
        Caused::Event { id: past.id.clone(), what: self.acts.cause(past, self.names) }
    }
}

fn stored_moves(
    view: &mut View,
    lead: LeadId,
    at: Instant,
    causes: &Causes,
    names: &Names,
) -> Result<Vec<Move>, Refusal> {
    let mut noted = moves::of_leads(view.connection, &[lead])?;
    noted.retain(|noted| noted.revised.is_none() && noted.at <= at.0);
    noted.sort_by_key(|noted| (noted.at, noted.number));
    let shown = |noted: &moves::Move| {
        let moved = moved(noted, names);
        Move { at: Instant(noted.at), what: moved.sentence(""), moved, because: causes.noted(noted) }
    };
    Ok(noted.iter().map(shown).collect())
}

fn moved(noted: &moves::Move, names: &Names) -> Moved {
    let (subject, ids) = (noted.subject.as_str(), (noted.was.clone(), noted.became.clone()));
    let (kind, called, name): (_, _, &dyn Fn(&str) -> String) = match noted.kind {
        moves::MoveKind::Stage => (MoveKind::Stage, names.ladder(subject), &|id| names.stage(subject, id).to_owned()),
        moves::MoveKind::Segment => (MoveKind::Segment, names.segment(subject), &str::to_owned),
        moves::MoveKind::Sequence => (MoveKind::Sequence, names.sequence(subject), &str::to_owned),
        moves::MoveKind::Interest => (MoveKind::Interest, "Primary interest", &|id| names.topic(id).to_owned()),
    };
    let named = |id: String| (name(&id), id);
    let part = |id: String| Some(named(id)).filter(|(_, id)| !id.is_empty()).map(|(name, id)| (id, name));
    Moved {
        kind: Changed::Move(kind),
        subject: (subject.to_owned(), called.to_owned()),
        from: ids.0.and_then(part),
        to: part(ids.1),
        step: None,
        held: None,
    }
}

fn asked_copies(
    view: &mut View,
    leads: &[LeadId],
    at: Instant,
    causes: &Causes,
    names: &Names,
) -> Result<Vec<Move>, Refusal> {
    let mut copies = copies::of_leads(view.connection, leads)?;
    copies.retain(|copy| copy.asked_at <= at.0);
    let words = CopyWords::read(view, &copies)?;
    Ok(copies.iter().filter_map(|copy| asked(copy, &words, causes, names)).collect())
}

/// A copy that a sequence asked for, with what became of it.
fn asked(copy: &MailCopy, words: &CopyWords, causes: &Causes, names: &Names) -> Option<Move> {
    let CopySource::Sequence { sequence, step, .. } = &copy.source else { return None };
    let moved = Moved {
        to: copy.email.as_ref().map(|id| (id.clone(), names.email(id).to_owned())),
        ..of_step(Changed::Send, sequence, step, names)
    };
    let what = format!("{} ({})", moved.sentence(""), words.brief(copy));
    Some(Move { at: Instant(copy.asked_at), what, moved, because: causes.at(copy.asked_at) })
}

fn alerted(alert: &Alert, causes: &Causes, names: &Names) -> Move {
    let to = Some((alert.to.clone(), alert.to.clone()));
    let moved = Moved { to, ..of_step(Changed::Alert, &alert.sequence, &alert.step, names) };
    Move { at: Instant(alert.at), what: moved.sentence(&alert.say), moved, because: causes.at(alert.at) }
}

fn of_step(kind: Changed, sequence: &str, step: &str, names: &Names) -> Moved {
    let subject = (sequence.to_owned(), names.sequence(sequence).to_owned());
    Moved { kind, subject, from: None, to: None, step: Some(step.to_owned()), held: None }
}
