//! Hints of what changes, for screens that are open: which leads moved, so that they can be asked for again. Not what
//! they became: nobody relies on having seen every hint.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use attractor_store::moves::{self, Move};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Interval, interval};

use super::App;
use super::access::is_still_in;
use super::access::sessions::Signed;
use super::actor::Actor;

/// At most ten hints a second.
const PAUSE: Duration = Duration::from_millis(100);
/// With more moves than this a hint only says how many.
const NAMED: i64 = 100;

/// One hint: the number of the last move it speaks of, and what to tell.
pub struct Hint {
    pub last: i64,
    pub data: Value,
}

/// Whoever looks on is asked as often whether it still may; when a key is revoked or a session ended, at once.
const LOOK: Duration = Duration::from_secs(60);

/// Who looks on, and the session that it came with.
pub struct Guest {
    pub actor: Actor,
    pub session: Option<Signed>,
}

/// Somebody who looks on. What it has not taken yet waits in the log of moves, not in memory.
pub struct Onlooker {
    app: Arc<App>,
    guest: Guest,
    narrowed: watch::Receiver<()>,
    look: Interval,
    moved: watch::Receiver<i64>,
    after: i64,
}

impl Onlooker {
    /// Begins behind the move of this number; where none is given, with what comes next.
    pub fn new(app: &Arc<App>, guest: Guest, after: Option<i64>) -> Onlooker {
        let (moved, narrowed) = (app.lane.moves(), app.access.narrowed());
        let last = *moved.borrow();
        let after = after.map_or(last, |after| after.clamp(0, last));
        Onlooker { app: app.clone(), guest, narrowed, look: interval(LOOK), moved, after }
    }

    /// The next hint; `None`: the server stops, or who looks on may no more.
    pub async fn next(&mut self) -> Option<Hint> {
        let after = self.after;
        loop {
            tokio::select! {
                biased;
                () = self.app.stopped() => return None,
                changed = self.narrowed.changed() => changed.ok()?,
                _ = self.look.tick() => {}
                waited = self.moved.wait_for(|last| *last > after) => {
                    drop(waited.ok()?);
                    break;
                }
            }
            if !is_still_in(&self.app, &self.guest.actor, self.guest.session.as_ref()).await {
                return None;
            }
        }
        // What comes meanwhile goes into the same hint, and at a standstill nobody waits.
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = self.app.stopped() => return None,
        }
        let last = *self.moved.borrow_and_update();
        let data = if last - after > NAMED { summed(after, last) } else { self.named(after, last).await };
        self.after = last;
        Some(Hint { last, data })
    }

    async fn named(&self, after: i64, last: i64) -> Value {
        let read = move |connection: &mut _| moves::following(connection, after, NAMED);
        match self.app.readers.read(read).await {
            Ok(moves) => hint(&moves.into_iter().filter(|one| one.number <= last).collect::<Vec<_>>()),
            // A hint that something changed is better than none.
            Err(_) => summed(after, last),
        }
    }
}

fn summed(after: i64, last: i64) -> Value {
    json!({"from": after + 1, "to": last, "count": last - after})
}

fn hint(moves: &[Move]) -> Value {
    let leads: BTreeSet<i64> = moves.iter().map(|one| one.lead).collect();
    let leads: Vec<String> = leads.iter().map(i64::to_string).collect();
    let moves: Vec<Value> = moves
        .iter()
        .map(
            |one| json!({"number": one.number, "lead": one.lead.to_string(), "kind": one.kind, "subject": one.subject}),
        )
        .collect();
    json!({"leads": leads, "moves": moves})
}
