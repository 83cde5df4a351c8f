//! Which topics the latest broadcasts offered, and which of them pulled somebody.

use std::cmp::Reverse;
use std::collections::VecDeque;

use attractor_engine::time::Instant;
use attractor_insight::in_vain::{Offer, in_vain};
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::{BroadcastId, Connection, Error};

use super::report::Reading;
use super::settings::Document;

/// How many broadcasts are looked at, those that were started last.
pub const MOST: usize = 10;
/// Among as many that were made last: drafts and broadcasts that were undone are left out.
const MADE: i64 = 200;

/// The topics that a broadcast offered to people who could answer, and those that pulled somebody.
#[derive(Clone, Debug)]
pub struct BroadcastOffer {
    pub id: BroadcastId,
    /// What people call it.
    pub name: String,
    pub offer: Offer,
}

/// The latest broadcasts, read piece by piece: a piece is some copies of one of them.
pub struct LatestOffers {
    /// Where each of these has pulled somebody, earlier broadcasts say nothing more.
    topics: Vec<String>,
    now: Instant,
    /// Those that were not read yet, the latest first; `None` before the first piece.
    waiting: Option<VecDeque<Broadcast>>,
    reading: Option<Reading>,
    read: Vec<BroadcastOffer>,
}

impl LatestOffers {
    /// Of these topics at an instant, before the first piece.
    pub fn of(topics: Vec<String>, now: Instant) -> LatestOffers {
        LatestOffers { topics, now, waiting: None, reading: None, read: Vec::new() }
    }

    /// Those that were read so far, the latest first.
    pub fn read(&self) -> &[BroadcastOffer] {
        &self.read
    }

    /// Reads the next piece; whether there was one. After an error it is as before.
    pub fn piece(&mut self, connection: &mut Connection) -> Result<bool, Error> {
        if self.waiting.is_none() {
            self.waiting = Some(latest(connection)?);
        }
        let is_settled = self.topics.iter().all(|topic| self.read.iter().any(|one| one.offer.taken.contains(topic)));
        let Some(broadcast) = self.waiting.iter().flatten().next().filter(|_| !is_settled) else { return Ok(false) };
        let reading = self.reading.get_or_insert_with(|| Reading::of(broadcast.id));
        if reading.piece(connection)? {
            return Ok(true);
        }
        reading.end(connection)?;
        self.read.push(BroadcastOffer { id: broadcast.id, name: name(broadcast), offer: reading.offer(self.now) });
        self.reading = None;
        self.waiting.iter_mut().for_each(|waiting| drop(waiting.pop_front()));
        Ok(true)
    }
}

/// Those of the broadcasts that offered a topic and pulled nobody, in a row up to the latest that pulled somebody.
pub fn offered_in_vain<'o>(latest: &'o [BroadcastOffer], topic: &str) -> Vec<&'o BroadcastOffer> {
    let places = in_vain(latest.iter().map(|one| &one.offer), topic);
    places.into_iter().filter_map(|place| latest.get(place)).collect()
}

/// Those that have begun to leave or are about to, the one that was started last at first.
fn latest(connection: &mut Connection) -> Result<VecDeque<Broadcast>, Error> {
    let mut found = broadcasts::latest(connection, BroadcastId::MAX, MADE)?;
    let is_under_way = |one: &Broadcast| !matches!(one.state, BroadcastState::Draft | BroadcastState::Undoing);
    found.retain(|one| one.started_at.is_some() && is_under_way(one));
    found.sort_by_key(|one| Reverse(one.started_at));
    found.truncate(MOST);
    Ok(found.into())
}

fn name(broadcast: &Broadcast) -> String {
    let document = Document::read(&broadcast.document);
    document.map_or_else(|_| broadcast.id.to_string(), |document| document.settings.name)
}

#[cfg(test)]
mod tests {
    use attractor_engine::time::Duration;
    use attractor_mail::frozen::{FrozenCopy, FrozenLink};
    use attractor_store::contents::{self, Content};
    use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
    use attractor_store::{LeadId, Location};
    use serde_json::json;

    use super::*;
    use crate::sending::broadcasts::control::testing::broadcast;
    use crate::sending::testing::copy;

    const NOW: Instant = Instant(1_800_000_000_000);

    /// What is sent of a broadcast.
    #[derive(Clone, Copy)]
    struct Sent {
        copies: i64,
        measured: bool,
        /// Whether its link is one that asks.
        asks: bool,
        left_before: Duration,
    }

    const ENOUGH: Sent = Sent { copies: 20, measured: true, asks: false, left_before: Duration::DAY };

    /// Broadcasts by id and state, each of which offers hats. They were started in the order of their ids.
    fn store(broadcasts: &[(i64, BroadcastState, Sent)]) -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        for asks in [false, true] {
            let links = [FrozenLink { topic: Some("hats".into()), asks, ..FrozenLink::default() }];
            let links = serde_json::to_string(&links).unwrap();
            contents::put_link_sets(&mut connection, &[(format!("hats {asks}"), links)]).unwrap();
        }
        for (id, state, sent) in broadcasts.iter().copied() {
            let document = json!({"settings": {"name": format!("News {id}"), "email": "may", "audience": {}}});
            let document = document.to_string();
            let stored = Broadcast { state, document, started_at: Some(id), ..broadcast(id) };
            attractor_store::broadcasts::save(&mut connection, &stored).unwrap();
            (0..sent.copies).for_each(|number| leaves(&mut connection, id, LeadId(1_000 * id + number), sent));
        }
        (folder, connection)
    }

    fn leaves(connection: &mut Connection, id: i64, lead: LeadId, sent: Sent) {
        let dispatch = Dispatch { sent_at: Some((NOW - sent.left_before).0), ..Dispatch::default() };
        let source = CopySource::Broadcast(id.to_string());
        let copy = MailCopy { lead, source, state: CopyState::Sent, dispatch, ..copy("may") };
        let kept = FrozenCopy { measured: sent.measured, ..FrozenCopy::default() };
        let content = Content {
            lead,
            send_id: copy.send_id(),
            tag: 7,
            address: "ada@people.example".into(),
            link_set: format!("hats {}", sent.asks),
            document: serde_json::to_string(&kept).unwrap(),
        };
        copies::insert(connection, &[copy]).unwrap();
        contents::put(connection, &[content]).unwrap();
    }

    fn read(connection: &mut Connection, topics: &[&str]) -> Vec<BroadcastOffer> {
        let mut offers = LatestOffers::of(topics.iter().map(|topic| (*topic).to_owned()).collect(), NOW);
        while offers.piece(connection).unwrap() {}
        offers.read().to_vec()
    }

    #[test]
    fn the_latest_broadcasts_are_read_but_for_drafts() {
        use BroadcastState::{Cancelled, Draft, Paused, Started, Undoing};
        let states = [(1, Started), (2, Draft), (3, Paused), (4, Undoing), (5, Cancelled)];
        let (_folder, mut connection) = store(&states.map(|(id, state)| (id, state, ENOUGH)));
        let read = read(&mut connection, &["hats", "ties"]);
        let in_vain = |topic: &str| {
            offered_in_vain(&read, topic).into_iter().map(|one| one.name.clone()).collect::<Vec<String>>()
        };
        assert_eq!(in_vain("hats"), ["News 5", "News 3", "News 1"]);
        assert!(in_vain("ties").is_empty(), "no broadcast offered it");
    }

    #[test]
    fn only_broadcasts_that_enough_people_could_answer_and_had_a_day_for_count() {
        for (sent, counts) in [
            (ENOUGH, true),
            (Sent { copies: 19, ..ENOUGH }, false),
            (Sent { left_before: Duration(Duration::DAY.0 - 1), ..ENOUGH }, false),
            // A plain link leaves no trace, and a page that asks does.
            (Sent { measured: false, ..ENOUGH }, false),
            (Sent { measured: false, asks: true, ..ENOUGH }, true),
            (Sent { measured: false, asks: true, copies: 19, ..ENOUGH }, false),
        ] {
            let (_folder, mut connection) = store(&[(1, BroadcastState::Started, sent)]);
            let read = read(&mut connection, &["hats"]);
            let Sent { copies, measured, asks, left_before } = sent;
            let case = format!("{copies} {measured} {asks} {left_before}");
            assert_eq!(offered_in_vain(&read, "hats").len(), usize::from(counts), "{case}");
        }
    }

    #[test]
    fn no_more_than_the_last_ten_are_read_and_none_where_no_topic_is_asked_for() {
        let all: Vec<(i64, BroadcastState, Sent)> = (1..=12).map(|id| (id, BroadcastState::Started, ENOUGH)).collect();
        let (_folder, mut connection) = store(&all);
        let ids = |read: Vec<BroadcastOffer>| read.iter().map(|one| one.id.0).collect::<Vec<_>>();
        assert_eq!(ids(read(&mut connection, &["hats"])), (3..=12).rev().collect::<Vec<_>>());
        assert!(ids(read(&mut connection, &[])).is_empty());
    }
}
