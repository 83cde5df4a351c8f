//! Copies that are due, and drafts that nobody has released in time.

use attractor_engine::time::Instant;
use attractor_live::{Outcome, Report};
use attractor_store::copies::{MailCopy, Rank};
use attractor_store::{Connection, Error, outbox};

use super::gate::SOON;
use super::holds::ranks_held;
use super::plan::Plan;
use super::words::late_draft;

/// How many drafts one transaction skips.
const LATE_DRAFTS: i64 = 200;

/// Copies that are due, or when the first one is.
pub enum Due {
    Copies(Vec<MailCopy>),
    None(Option<Instant>),
}

/// The first copies that are due: those of the first rank that has any and is not held as a whole.
pub fn due(connection: &mut Connection, now: Instant, limit: usize) -> Result<Due, Error> {
    let (firsts, held) = (outbox::firsts(connection)?, ranks_held(connection)?);
    let is_due = |(rank, due): &&(Rank, i64)| *due <= now.0 && !held.contains(rank);
    if let Some((rank, _)) = firsts.iter().filter(is_due).min() {
        return Ok(Due::Copies(outbox::page(connection, *rank, now.0, limit as i64)?));
    }
    let next = |(rank, due): &(Rank, i64)| match held.contains(rank) {
        true => Instant(*due).max(now + SOON),
        false => Instant(*due),
    };
    let late = outbox::first_late_draft(connection)?.map(Instant);
    Ok(Due::None(firsts.iter().map(next).chain(late).min()))
}

/// Whether a copy is due that goes before those of a rank.
pub fn is_overtaken(connection: &mut Connection, now: Instant, rank: Rank) -> Result<bool, Error> {
    let firsts = outbox::firsts(connection)?;
    Ok(firsts.iter().any(|(first, due)| *first < rank && *due <= now.0))
}

/// Skips drafts that nobody has released in time.
pub fn late_drafts(connection: &mut Connection, now: Instant) -> Result<Plan, Error> {
    let skipped = |copy: MailCopy| Report {
        key: (copy.lead, copy.source),
        claim: None,
        outcome: Outcome::DraftSkipped { reason: late_draft() },
        messages: Vec::new(),
    };
    let late = outbox::late_drafts(connection, now.0, LATE_DRAFTS)?;
    Ok(Plan { reports: late.into_iter().map(skipped).collect(), ..Plan::default() })
}

#[cfg(test)]
mod tests {
    use attractor_store::{LeadId, Location, copies};

    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn an_answer_goes_before_what_was_planned_of_sequences() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let answer = MailCopy { class: "answer".into(), lead: LeadId(671), ..copy("answer") };
        assert!(answer.rank() < copy("offer").rank());
        copies::insert(&mut connection, &[copy("offer"), answer.clone()]).unwrap();
        let mut overtakes = |now, rank| is_overtaken(&mut connection, Instant(now), rank).unwrap();
        assert!(overtakes(5, Rank::Broadcast) && overtakes(5, Rank::Sequence));
        assert!(!overtakes(4, Rank::Sequence), "it is not due yet");
        assert!(!overtakes(5, answer.rank()), "those of one rank go in their order");
    }
}
