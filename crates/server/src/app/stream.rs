//! Hints of what changes, for screens that are open: which leads moved, so that they can be asked for again. Not what
//! they became: nobody relies on having seen every hint.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use attractor_store::moves::{self, Move};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::App;

/// At most ten hints a second.
const PAUSE: Duration = Duration::from_millis(100);
/// With more moves than this a hint only says how many.
const NAMED: i64 = 100;

/// One hint: the number of the last move it speaks of, and what to tell.
pub struct Hint {
    pub last: i64,
    pub data: Value,
}

/// Somebody who looks on. What it has not taken yet waits in the log of moves, not in memory.
pub struct Onlooker {
    app: Arc<App>,
    moved: watch::Receiver<i64>,
    after: i64,
}

impl Onlooker {
    /// Begins behind the move of this number; where none is given, with what comes next.
    pub fn new(app: &Arc<App>, after: Option<i64>) -> Onlooker {
        let moved = app.lane.moves();
        let last = *moved.borrow();
        Onlooker { app: app.clone(), moved, after: after.map_or(last, |after| after.clamp(0, last)) }
    }

    /// The next hint; `None`: the server stops.
    pub async fn next(&mut self) -> Option<Hint> {
        let after = self.after;
        let stopped = self.app.stopped();
        tokio::select! {
            waited = self.moved.wait_for(|last| *last > after) => drop(waited.ok()?),
            () = stopped => return None,
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
