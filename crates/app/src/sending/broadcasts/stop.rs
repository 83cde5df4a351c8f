//! A broadcast pauses by itself when too many of its copies come back for good or are marked as spam: by the thresholds of
//! the sender's reputation, over this broadcast alone.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_mail::reputation::{Bucket, Counts, Thresholds, Window, stop};
use attractor_store::broadcasts::{self, Broadcast, BroadcastState, CameBack};
use attractor_store::copies::CopySource;
use attractor_store::{BroadcastId, Connection, Error};
use serde_json::json;

use super::subject;
use crate::access::note;
use crate::actor::Actor;

/// The broadcast that asked for a copy.
pub fn broadcast_of(source: &CopySource) -> Option<BroadcastId> {
    match source {
        CopySource::Broadcast(id) => id.parse().ok(),
        _ => None,
    }
}

/// How the ids of its copies end, and those of no others.
pub fn in_send_id(id: BroadcastId) -> String {
    format!("/broadcast/{id}")
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
    limits: Thresholds,
    now: Instant,
) -> Result<(), Error> {
    let mut all: BTreeMap<BroadcastId, CameBack> = BTreeMap::new();
    for ((_, counts), id) in known {
        let Some(id) = id else { continue };
        let sum = all.entry(*id).or_default();
        sum.sent += counts.sent as i64;
        sum.hard_bounces += counts.hard_bounces as i64;
        sum.complaints += counts.complaints as i64;
    }
    for (id, new) in all {
        if let Some(why) = count(connection, id, new, limits, now)? {
            tracing::error!(why, %id, "a broadcast is paused");
        }
    }
    Ok(())
}

/// Counts what became of a broadcast's copies. Pauses it when too much came back, and returns why.
fn count(
    connection: &mut Connection,
    id: BroadcastId,
    new: CameBack,
    limits: Thresholds,
    now: Instant,
) -> Result<Option<String>, Error> {
    let Some(broadcast) = broadcasts::add(connection, id, new)? else { return Ok(None) };
    if broadcast.state != BroadcastState::Started {
        return Ok(None);
    }
    let Some(why) = too_much(&broadcast, limits, now) else { return Ok(None) };
    note(connection, &Actor::sender(), now.0, "broadcast paused", &subject(id), &json!({"why": why}))?;
    let paused = Broadcast { state: BroadcastState::Paused, why: Some(why.clone()), ..broadcast };
    broadcasts::save(connection, &paused)?;
    Ok(Some(why))
}

/// Why a broadcast does not go on, by what became of its copies.
fn too_much(broadcast: &Broadcast, limits: Thresholds, now: Instant) -> Option<String> {
    let counts = Counts {
        sent: broadcast.sent.unsigned_abs(),
        hard_bounces: broadcast.hard_bounces.unsigned_abs(),
        complaints: broadcast.complaints.unsigned_abs(),
        // What is refused because of us stops all sending.
        refusals: 0,
    };
    stop(&[Bucket { at: now, counts }], now, Window::default(), limits).map(|stop| stop.to_string())
}

#[cfg(test)]
mod tests {
    use attractor_mail::reputation::Share;

    use super::*;
    use crate::sending::broadcasts::control::testing::broadcast;

    #[test]
    fn a_broadcast_is_counted_by_its_own_sum_and_stopped_by_the_settings() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection =
            attractor_store::Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        let started = Broadcast { state: BroadcastState::Started, ..broadcast(7) };
        let of = |percent| Thresholds { hard_bounces: Share(percent), ..Thresholds::default() };
        let counts = |sent, hard_bounces| Counts { sent, hard_bounces, ..Counts::default() };
        for (limits, expected) in [(of(200), Some("(3 %)")), (of(400), None)] {
            broadcasts::save(&mut connection, &started).expect("stored");
            for _ in 0..3 {
                let known = [counts(50, 3), counts(50, 0)].map(|counts| ((Instant(5), counts), Some(BroadcastId(7))));
                count_all(&mut connection, &known, limits, Instant(9)).expect("counted");
            }
            let found = broadcasts::one(&mut connection, BroadcastId(7)).expect("read").expect("stored");
            assert_eq!((found.sent, found.hard_bounces), (300, 9), "{limits:?}");
            assert_eq!(found.why.is_some(), expected.is_some(), "{:?}", found.why);
            assert!(found.why.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
    }

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
        let send_id = source.send_id(attractor_store::LeadId(414));
        assert_eq!(broadcast_of(&source), broadcast_in(&send_id));
        assert!(send_id.ends_with(&in_send_id(BroadcastId(7))) && !send_id.ends_with(&in_send_id(BroadcastId(17))));
    }
}
