//! Third pass: each part sorted by lead and time, each lead stepped, the output in the order of the parts.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use attractor_engine::identity::KeyNumber;
use attractor_engine::lead::Lead;
use attractor_engine::program::{Event, Program};
use attractor_engine::replay::replay_lead;
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;

use super::ReplayRequest;
use super::keys::{Keys, hash_of};
use super::record::{self, HEAD};
use super::spool::Spool;

/// Steps all parts on all cores and writes their output in order.
pub fn walk(
    request: &ReplayRequest,
    parts: Vec<Spool>,
    keys: &Keys,
    end: Instant,
    output: &mut impl Write,
) -> io::Result<()> {
    let waiting = Mutex::new(parts.into_iter().enumerate());
    thread::scope(|scope| {
        // A part that is done waits for its turn; whoever is far ahead waits too, so that little output is held.
        let (done, results) = sync_channel(request.threads);
        for _ in 0..request.threads {
            let (done, waiting) = (done.clone(), &waiting);
            scope.spawn(move || {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, part)) = next else { break };
                    let text = step_part(request, part, keys, end);
                    if done.send((number, text)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        write_in_order(results, output)
    })
}

fn write_in_order(results: Receiver<(usize, io::Result<String>)>, output: &mut impl Write) -> io::Result<()> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    for (number, text) in results {
        early.insert(number, text);
        while let Some(text) = early.remove(&next) {
            next += 1;
            output.write_all(text?.as_bytes())?;
        }
    }
    output.flush()
}

/// A record's place in its part.
struct EventPlace {
    lead: KeyNumber,
    at: Instant,
    line: u64,
    bytes: Range<usize>,
}

fn step_part(request: &ReplayRequest, part: Spool, keys: &Keys, end: Instant) -> io::Result<String> {
    let mut bytes = Vec::with_capacity(part.bytes() as usize);
    for chunk in part.chunks()? {
        bytes.extend(chunk?);
    }
    let places = places(&bytes);
    let mut leads: Vec<&[EventPlace]> = places.chunk_by(|a, b| a.lead == b.lead).collect();
    leads.sort_unstable_by(|a, b| keys.order(a[0].lead).cmp(&keys.order(b[0].lead)));
    let mut stepper = Stepper::new(request.program, Lead::new(""), Sends::AtOnce);
    let mut output = String::new();
    let mut events = Events::default();
    for places in leads {
        events.read(request.program, &bytes, places)?;
        replay_lead(&mut stepper, keys.name(places[0].lead).1, events.iter(), end, request.log, &mut output);
    }
    Ok(output)
}

fn places(bytes: &[u8]) -> Vec<EventPlace> {
    let (mut places, mut start) = (Vec::new(), 0);
    while let Some(head) = record::head(&bytes[start..]) {
        let end = start + HEAD + head.length;
        places.push(EventPlace { lead: head.key, at: head.at, line: head.line, bytes: start..end });
        start = end;
    }
    places.sort_unstable_by_key(|place| (place.lead, place.at, place.line));
    places
}

/// One lead's events in order, each message id once.
#[derive(Default)]
pub struct Events {
    ids: String,
    events: Vec<(Range<usize>, u64, Event)>,
    kept: Vec<bool>,
}

impl Events {
    /// Of the records of one lead, in any order.
    pub fn sorted(program: &Program, bytes: &[u8]) -> io::Result<Events> {
        let mut events = Events::default();
        events.read(program, bytes, &places(bytes))?;
        Ok(events)
    }

    fn read(&mut self, program: &Program, bytes: &[u8], places: &[EventPlace]) -> io::Result<()> {
        self.ids.clear();
        // The events of the lead before are written over, so that their memory serves again.
        self.events.resize_with(places.len(), Default::default);
        for (place, (id, line, event)) in places.iter().zip(&mut self.events) {
            let start = self.ids.len();
            record::read(program, &bytes[place.bytes.clone()], &mut self.ids, event)
                .ok_or_else(|| io::Error::other("a record was not read back as it was written"))?;
            (*id, *line) = (start..self.ids.len(), place.line);
        }
        self.keep_first();
        Ok(())
    }

    /// Of several messages with one id the first received stays. Ids are compared by their hashes first.
    fn keep_first(&mut self) {
        self.kept.clear();
        self.kept.resize(self.events.len(), true);
        let id = |place: u32| &self.ids[self.events[place as usize].0.clone()];
        let mut order: Vec<(u64, u32)> =
            (0..self.events.len() as u32).map(|place| (hash_of(id(place)), place)).collect();
        order.sort_unstable();
        for alike in order.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
            for (at, (_, place)) in alike.iter().enumerate() {
                let received = |place: u32| self.events[place as usize].1;
                let earlier = |(_, other): &(u64, u32)| id(*other) == id(*place) && received(*other) < received(*place);
                let repeated = alike[..at].iter().chain(&alike[at + 1..]).any(earlier);
                self.kept[*place as usize] = !repeated;
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &Event)> + Clone {
        self.iter_lines().map(|(id, _, event)| (id, event))
    }

    /// Message id, line and event.
    pub fn iter_lines(&self) -> impl Iterator<Item = (&str, u64, &Event)> + Clone {
        let kept = self.events.iter().zip(&self.kept).filter(|(_, kept)| **kept);
        kept.map(|((id, line, event), _)| (&self.ids[id.clone()], *line, event))
    }
}
