//! Broadcasts: one e-mail to many leads (contract §4.11.5, §6). A broadcast is a draft until somebody starts it for the
//! audience that they have seen; then its audience is frozen as copies in the outbox, and each copy waits for its turn like
//! any other. [`freezing`] is the work beside requests.

pub mod audience;
pub mod control;
mod departures;
pub mod follow;
pub mod freezing;
pub mod item;
pub mod known;
pub mod offers;
mod progress;
mod recipients;
pub mod report;
mod schedule;
mod settings;
mod siblings;
pub mod stop;
pub mod subjects;
mod warning;

pub use settings::{BroadcastSettings, BroadcastWaves, BroadcastWhen, EarlyAccess};

use attractor_engine::time::Instant;
use attractor_store::broadcasts::{self, Broadcast};
use attractor_store::{BroadcastId, Connection};

use crate::refusal::Refusal;

/// A broadcast, or that there is none.
pub(super) fn one(connection: &mut Connection, id: BroadcastId) -> Result<Broadcast, Refusal> {
    let missing = || Refusal::Missing(format!("there is no broadcast {id}"));
    broadcasts::one(connection, id)?.ok_or_else(missing)
}

/// What an audit calls it.
fn subject(id: BroadcastId) -> String {
    format!("broadcast:{id}")
}

fn instant(at: i64) -> String {
    Instant(at).to_string()
}
