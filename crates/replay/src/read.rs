//! First pass: lines to records, on all cores, and what they say about who is who.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use attractor_engine::identity::{Fact, Facts, Key, contested, facts};
use attractor_engine::message::Message;
use attractor_engine::program::Event;
use attractor_engine::replay::MISSING_TIMESTAMP;
use attractor_engine::time::Instant;

use super::ReplayRequest;
use super::blocks::{Block, LONGEST, blocks};
use super::keys::{Interner, Keys, RecentKeys};
use super::record::{self, Record};
use super::spool::Spool;

/// What the first pass leaves.
pub struct FirstPass {
    pub records: Spool,
    pub keys: Keys,
    pub facts: Facts,
    pub last: Option<Instant>,
    pub messages: u64,
    pub rejected: u64,
}

/// What a block held.
#[derive(Default)]
struct Distilled {
    number: u64,
    records: Vec<u8>,
    facts: Vec<(Instant, u64, Fact)>,
    problems: Vec<(u64, String)>,
    last: Option<Instant>,
    messages: u64,
}

pub fn read(
    request: &ReplayRequest,
    events: impl Read + Send,
    complain: &mut impl FnMut(u64, &str),
) -> io::Result<FirstPass> {
    let interner = Interner::new();
    let mut gathered = Gathered::default();
    let spooled = thread::scope(|scope| {
        let (to_workers, blocks_waiting) = sync_channel::<Block>(request.threads);
        let (to_main, distilled) = channel();
        let (give_back, used) = channel();
        let reader = scope.spawn(move || blocks(events, &used, |block| to_workers.send(block).is_ok()));
        start_workers(scope, request, &interner, blocks_waiting, (to_main, give_back));
        let gathered = gathered.all(distilled, request.memory, complain);
        let read = reader.join().unwrap_or_else(|_| Err(io::Error::other("reading the events stopped")));
        gathered.and(read)
    });
    spooled?;
    Ok(FirstPass {
        records: gathered.records,
        keys: interner.finish(),
        facts: gathered.facts,
        last: gathered.last,
        messages: gathered.messages,
        rejected: gathered.rejected,
    })
}

fn start_workers<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    request: &'scope ReplayRequest,
    interner: &'scope Interner,
    blocks: Receiver<Block>,
    (results, used): (Sender<Distilled>, Sender<Vec<u8>>),
) {
    let blocks = Arc::new(Mutex::new(blocks));
    for _ in 0..request.threads {
        let (blocks, results, used) = (Arc::clone(&blocks), results.clone(), used.clone());
        scope.spawn(move || {
            let mut keys = RecentKeys::new(interner);
            loop {
                let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(block) = next else { break };
                let distilled = distill(request, &mut keys, &block);
                // The reader may be done and want no buffer any more.
                let _ = used.send(block.bytes);
                if results.send(distilled).is_err() {
                    break;
                }
            }
        });
    }
}

#[derive(Default)]
struct Gathered {
    records: Spool,
    facts: Facts,
    last: Option<Instant>,
    messages: u64,
    rejected: u64,
}

impl Gathered {
    /// Takes the blocks in the order of the file, whatever order they are finished in.
    fn all(
        &mut self,
        distilled: Receiver<Distilled>,
        memory: usize,
        complain: &mut impl FnMut(u64, &str),
    ) -> io::Result<()> {
        let (mut early, mut next) = (BTreeMap::new(), 0);
        for block in distilled {
            early.insert(block.number, block);
            while let Some(block) = early.remove(&next) {
                next += 1;
                self.one(block, memory, complain)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, block: Distilled, memory: usize, complain: &mut impl FnMut(u64, &str)) -> io::Result<()> {
        block.facts.into_iter().for_each(|(at, line, fact)| self.facts.add(at, line, fact));
        block.problems.iter().for_each(|(line, why)| complain(*line, why));
        self.rejected += block.problems.len() as u64;
        self.messages += block.messages;
        self.last = self.last.max(block.last);
        self.records.push(block.records, memory)
    }
}

fn distill(request: &ReplayRequest, keys: &mut RecentKeys, block: &Block) -> Distilled {
    let records = Vec::with_capacity(block.bytes.len() / 2);
    let mut distilled = Distilled { number: block.number, records, ..Distilled::default() };
    let mut event = Event::default();
    for (line, bytes) in (block.first_line..).zip(lines(&block.bytes)) {
        if let Err(why) = distill_line(request, keys, line, bytes, &mut event, &mut distilled) {
            distilled.problems.push((line, why));
        }
    }
    distilled
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    ends.scan(0, |start, end| Some(&bytes[std::mem::replace(start, end + 1)..end]))
}

fn distill_line(
    request: &ReplayRequest,
    keys: &mut RecentKeys,
    line: u64,
    bytes: &[u8],
    event: &mut Event,
    distilled: &mut Distilled,
) -> Result<(), String> {
    if bytes.len() > LONGEST {
        return Err(format!("longer than {} MiB; a message has some kilobytes", LONGEST >> 20));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| format!("not valid UTF-8 at byte {}", error.valid_up_to() + 1))?;
    let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { text };
    if text.trim().is_empty() {
        return Ok(());
    }
    let message = Message::parse(text, request.program.wanted())?;
    let at = message.timestamp.ok_or(MISSING_TIMESTAMP)?;
    let Some(key) = Key::of(&message) else { return Ok(()) };
    if request.at.is_some_and(|end| at > end) {
        return Ok(());
    }
    let key = keys.number(key);
    facts(&message, key, |key| keys.number(key), |fact| distilled.facts.push((at, line, fact)));
    request.program.distill(&message, event);
    let contested = contested(&message).filter(|_| request.program.sets_email(event));
    let contested = contested.map(|email| keys.number(Key::Email(email)));
    let id = message.message_id.as_deref();
    record::write(&mut distilled.records, &Record { key, line, id, contested, event });
    distilled.last = distilled.last.max(Some(at));
    distilled.messages += 1;
    Ok(())
}
