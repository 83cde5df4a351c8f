//! Hints of what changes, for screens that are open: which leads moved, so that they can be asked for again. Not what
//! they became: nobody relies on having seen every hint.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attractor_store::moves::{self, Move};
use attractor_store::{LeadId, MoveNumber};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::App;
use super::access::is_still_in;
use super::access::sessions::Signed;
use super::actor::Actor;
use super::refusal::Refusal;
use crate::machine::Sleep;

/// At most ten hints a second.
const PAUSE: Duration = Duration::from_millis(100);
/// With more moves than this a hint only says how many.
const NAMED: i64 = 100;

/// One hint: the number of the last move it speaks of, and what to tell.
pub struct Hint {
    pub last: MoveNumber,
    pub data: Value,
}

/// Whoever looks on is asked as often whether it still may; when a key is revoked or a session ended, at once.
const LOOK: Duration = Duration::from_secs(60);

/// The streams that are open, by who has them.
#[derive(Debug)]
pub struct Streams {
    per_actor: usize,
    all: usize,
    open: Mutex<BTreeMap<String, usize>>,
}

/// A place for one stream, until it is dropped.
#[derive(Debug)]
pub struct Place {
    streams: Arc<Streams>,
    who: String,
}

impl Streams {
    /// At most `per_actor` of one actor and `all` together.
    pub fn new(per_actor: usize, all: usize) -> Streams {
        Streams { per_actor, all: all.max(1), open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, who: &str) -> Result<Place, Refusal> {
        let mut open = self.open();
        let (own, all) = (open.get(who).copied().unwrap_or(0), open.values().sum::<usize>());
        if own >= self.per_actor {
            let limit = self.per_actor;
            return Err(Refusal::busy(format!(
                "you have {limit} streams open, as many as `streams_per_user` allows; close one"
            )));
        }
        if all >= self.all {
            return Err(Refusal::busy("as many streams are open as the server keeps; try again later"));
        }
        *open.entry(who.to_owned()).or_default() += 1;
        Ok(Place { streams: self.clone(), who: who.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        let left = open.get(&self.who).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            open.remove(&self.who);
        } else {
            open.insert(self.who.clone(), left);
        }
    }
}

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
    look: Sleep,
    moved: watch::Receiver<MoveNumber>,
    after: MoveNumber,
    _place: Place,
}

impl Onlooker {
    /// Begins behind the move of this number; where none is given, with what comes next.
    pub fn new(app: &Arc<App>, guest: Guest, after: Option<i64>) -> Result<Onlooker, Refusal> {
        let place = app.streams.enter(&guest.actor.who)?;
        let (moved, narrowed) = (app.lane.moves(), app.access.narrowed());
        let last = *moved.borrow();
        let after = after.map_or(last, |after| MoveNumber(after).clamp(MoveNumber::START, last));
        Ok(Onlooker {
            app: app.clone(),
            guest,
            narrowed,
            look: app.machine.sleep(Duration::ZERO),
            moved,
            after,
            _place: place,
        })
    }

    /// The next hint; `None`: the server stops, or who looks on may no more.
    pub async fn next(&mut self) -> Option<Hint> {
        let after = self.after;
        loop {
            tokio::select! {
                biased;
                () = self.app.stopped() => return None,
                changed = self.narrowed.changed() => changed.ok()?,
                () = self.look.as_mut() => self.look = self.app.machine.sleep(LOOK),
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
            () = self.app.machine.sleep(PAUSE) => {}
            () = self.app.stopped() => return None,
        }
        let last = *self.moved.borrow_and_update();
        let data = if last.since(after) > NAMED { summed(after, last) } else { self.named(after, last).await };
        self.after = last;
        Some(Hint { last, data })
    }

    async fn named(&self, after: MoveNumber, last: MoveNumber) -> Value {
        let read = move |connection: &mut _| moves::following(connection, after, NAMED);
        match self.app.readers.read(read).await {
            Ok(moves) => hint(&moves.into_iter().filter(|one| one.number <= last).collect::<Vec<_>>()),
            // A hint that something changed is better than none.
            Err(_) => summed(after, last),
        }
    }
}

fn summed(after: MoveNumber, last: MoveNumber) -> Value {
    json!({"from": after.next().0, "to": last.0, "count": last.since(after)})
}

fn hint(moves: &[Move]) -> Value {
    let leads: BTreeSet<LeadId> = moves.iter().map(|one| one.lead).collect();
    let leads: Vec<String> = leads.iter().map(LeadId::to_string).collect();
    let moves: Vec<Value> = moves
        .iter()
        .map(
            |one| json!({"number": one.number.0, "lead": one.lead.to_string(), "kind": one.kind.name(), "subject": one.subject}),
        )
        .collect();
    json!({"leads": leads, "moves": moves})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_actor_has_a_few_streams_and_all_together_are_limited() {
        let streams = Arc::new(Streams::new(2, 3));
        let mut places = vec![streams.enter("key:1").unwrap(), streams.enter("key:1").unwrap()];
        let Refusal::Busy(why, _) = streams.enter("key:1").unwrap_err() else { panic!() };
        assert!(why.contains("streams_per_user"), "{why}");
        places.push(streams.enter("key:2").unwrap());
        streams.enter("key:3").unwrap_err();
        assert_eq!(streams.open().len(), 2, "nothing is kept of who was refused");
        places.clear();
        assert!(streams.open().is_empty(), "nor of who has left");
        streams.enter("key:3").unwrap();
    }
}
