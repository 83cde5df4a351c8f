//! A broadcast pauses by itself when too many of its copies come back for good or are marked as spam: by the thresholds of
//! the sender's reputation, over this broadcast alone.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_mail::reputation::{Bucket, Counts, Thresholds, Window, stop};
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::copies::{CopySource, CopyState};
use attractor_store::{BroadcastId, Connection, Error};
use serde_json::json;

use super::freezing::sender;
use super::{item, subject};
use crate::access::note;

/// The broadcast that asked for a copy.
pub fn broadcast_of(source: &CopySource) -> Option<BroadcastId> {
    match source {
        CopySource::Broadcast(id) => id.parse().ok(),
        _ => None,
    }
}

/// The broadcast in the id of a copy, such as `414/broadcast/7`.
pub fn broadcast_in(send_id: &str) -> Option<BroadcastId> {
    let (_, id) = send_id.split_once("/broadcast/")?;
    id.parse().ok()
}

/// Counts what became of copies that left, those of broadcasts each for its own.
pub fn count_all(
    connection: &mut Connection,
    known: &[((Instant, Counts), Option<BroadcastId>)],
    now: Instant,
) -> Result<(), Error> {
    let mut all: BTreeMap<BroadcastId, Counts> = BTreeMap::new();
    for ((_, counts), id) in known {
        let Some(id) = id else { continue };
        let sum = all.entry(*id).or_default();
        sum.sent += counts.sent;
        sum.hard_bounces += counts.hard_bounces;
        sum.complaints += counts.complaints;
    }
    for (id, counts) in all {
        if let Some(why) = count(connection, id, counts, now)? {
            tracing::error!(why, %id, "a broadcast is paused");
        }
    }
    Ok(())
}

/// Counts what came of a broadcast's copies; `new.sent` are those of them that the store does not have as sent yet. Pauses it
/// when it is too much, and returns why.
pub fn count(connection: &mut Connection, id: BroadcastId, new: Counts, now: Instant) -> Result<Option<String>, Error> {
    let Some(before) = broadcasts::one(connection, id)? else { return Ok(None) };
    let mut broadcast = Broadcast {
        hard_bounces: before.hard_bounces + new.hard_bounces as i64,
        complaints: before.complaints + new.complaints as i64,
        ..before
    };
    if broadcast.hard_bounces + broadcast.complaints == 0 {
        return Ok(None);
    }
    let why = too_much(connection, &broadcast, new.sent, now)?.filter(|_| broadcast.state == BroadcastState::Started);
    if let Some(why) = &why {
        (broadcast.state, broadcast.why) = (BroadcastState::Paused, Some(why.clone()));
        note(connection, &sender(), now.0, "broadcast paused", &subject(id), &json!({"why": why}))?;
    }
    broadcasts::save(connection, &broadcast)?;
    Ok(why)
}

fn too_much(
    connection: &mut Connection,
    broadcast: &Broadcast,
    more: u64,
    now: Instant,
) -> Result<Option<String>, Error> {
    let counts = item::counts(connection, broadcast.id)?;
    let sent = [CopyState::Sent, CopyState::Failed].iter().filter_map(|state| counts.get(state)).sum::<i64>();
    let counts = Counts {
        sent: sent.unsigned_abs() + more,
        hard_bounces: broadcast.hard_bounces.unsigned_abs(),
        complaints: broadcast.complaints.unsigned_abs(),
        // What is refused because of us stops all sending.
        refusals: 0,
    };
    let stopped = stop(&[Bucket { at: now, counts }], now, Window::default(), Thresholds::default());
    Ok(stopped.map(|stop| stop.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broadcast_of_a_copy_is_in_its_id() {
        for (send_id, id) in [
            ("414/broadcast/7", Some(7)),
            ("414/broadcast/may", None),
            ("414/sequence/welcome/5/hello", None),
            ("", None),
        ] {
            assert_eq!(broadcast_in(send_id), id.map(BroadcastId), "{send_id}");
        }
        let source = CopySource::Broadcast("7".into());
        assert_eq!(broadcast_of(&source), broadcast_in(&source.send_id(attractor_store::LeadId(414))));
    }
}
