//! The order in which calls are to be made: late ones first, then those that are due sooner, those of higher stages and of
//! higher scores.

use std::collections::BTreeSet;

use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_store::calls::Call;
use attractor_store::{CallId, Connection, Error, LeadId, leads};
use serde::{Deserialize, Serialize};

use super::lead::stages;
use crate::leads::joined::present;

/// Where a call is in the list: the lowest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Rank {
    is_in_time: bool,
    due_at: i64,
    /// Higher stages of the first ladder have lower numbers.
    stage: i64,
    /// In thousandths of a point, below zero.
    score: i64,
    id: CallId,
}

/// Whether a call is late: it was to be made before an instant.
pub(super) fn is_late(call: &Call, now: Instant) -> bool {
    call.ended_at.is_none() && call.due_at <= now.0
}

/// Whether somebody put a call off for now.
pub(super) fn is_snoozed(call: &Call, now: Instant) -> bool {
    call.ended_at.is_none() && call.snoozed_until.is_some_and(|until| until > now.0)
}

/// A call in its place, with the lead that it belongs to now.
pub(super) struct Ranked {
    pub rank: Rank,
    pub call: Call,
    pub row: leads::Lead,
}

/// Calls in their order. Those whose lead is gone are left out.
pub(super) fn ranked(
    connection: &mut Connection,
    versions: &Versions,
    calls: Vec<Call>,
    now: Instant,
) -> Result<Vec<Ranked>, Error> {
    let ids: BTreeSet<LeadId> = calls.iter().map(|call| call.lead).collect();
    let leads = present(connection, &ids)?;
    let rows: Vec<leads::Lead> = leads.values().cloned().collect();
    let stages = stages(connection, &rows)?;
    let ladder = versions.program_in_force().and_then(|program| program.playbook().ladders.first());
    let height = |lead: &LeadId| {
        let (ladder, stage) = (ladder?, stages.get(lead)?.get(&ladder?.id)?);
        ladder.stages.iter().position(|one| one.id == *stage)
    };
    let placed = calls.into_iter().filter_map(|call| {
        let row = leads.get(&call.lead)?.clone();
        let rank = Rank {
            is_in_time: !is_late(&call, now),
            due_at: call.due_at,
            stage: -height(&row.id).map_or(-1, |height| height as i64),
            score: -(row.score.unwrap_or_default() * 1_000.0) as i64,
            id: call.id,
        };
        Some(Ranked { rank, call, row })
    });
    let mut all: Vec<Ranked> = placed.collect();
    all.sort_by_key(|one| one.rank);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_calls_come_first_then_those_due_sooner_then_the_hotter_ones() {
        let rank = |is_in_time, due_at, stage: i64, score: i64, id| Rank {
            is_in_time,
            due_at,
            stage: -stage,
            score: -score,
            id: CallId(id),
        };
        let sorted = [
            rank(false, 50, 0, 0, 9),
            rank(false, 60, 2, 9_000, 8),
            rank(true, 10, 2, 4_000, 7),
            rank(true, 10, 1, 9_000, 6),
            rank(true, 10, 1, 8_000, 4),
            rank(true, 10, 1, 8_000, 5),
            rank(true, 20, 2, 9_000, 1),
        ];
        let mut ranks = sorted;
        ranks.reverse();
        ranks.sort();
        assert_eq!(ranks, sorted);
    }
}
