//! What both programs share: the rows, the group of events, the driver's seam and the clockwork around it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What any driver may fail with.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Events of each lead in the filled store.
pub const EVENTS: u64 = 50;
/// The instant of the first event, in milliseconds.
pub const FIRST: i64 = 1_760_000_000_000;
pub const HOUR: i64 = 3_600_000;

/// Durable, and as the store will have it: 256 MB of cache, a checkpoint every 10,000 pages.
pub const SET_UP_SQLITE: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -262144; \
     pragma wal_autocheckpoint = 10000; pragma busy_timeout = 5000;";

/// A row of `events`.
#[derive(Clone)]
pub struct Event {
    pub bucket: i64,
    pub key: i64,
    pub message_id: String,
    pub at: i64,
    pub received: i64,
    pub flags: i64,
    pub message: String,
}

/// A row of `leads`, without the name that no event changes.
#[derive(Clone)]
pub struct Head {
    pub bucket: i64,
    pub id: i64,
    pub at: i64,
    pub wake_at: i64,
    pub head: Vec<u8>,
}

/// A wake-up that goes from one instant to another.
pub struct Move {
    pub bucket: i64,
    pub lead: i64,
    pub from: i64,
    pub to: i64,
}

/// How a batch goes down.
#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    /// One statement, its rows as one JSON text.
    Json,
    /// One statement, an array a column.
    Arrays,
    /// A prepared statement per row.
    Rows,
}

impl Form {
    pub fn named(name: &str) -> Outcome<Self> {
        match name {
            "json" => Ok(Self::Json),
            "arrays" => Ok(Self::Arrays),
            "rows" => Ok(Self::Rows),
            _ => Err(format!("there is no form `{name}`: say json, arrays or rows").into()),
        }
    }
}

/// What a store does with a group of events, and with one lead that somebody looks at.
pub trait Driver {
    fn begin(&mut self) -> Outcome<()>;
    fn commit(&mut self) -> Outcome<()>;
    /// The ids of the texts that are known, of kind 1.
    fn ids(&mut self, texts: &[String]) -> Outcome<Vec<(String, i64)>>;
    /// Adds what is not there yet and says what that was.
    fn insert(&mut self, events: &[Event]) -> Outcome<Vec<(i64, String)>>;
    fn heads(&mut self, leads: &[i64]) -> Outcome<Vec<Head>>;
    fn save(&mut self, heads: &[Head]) -> Outcome<()>;
    fn move_wakes(&mut self, moves: &[Move]) -> Outcome<()>;
    /// A lead with its events in their order: how many bytes of messages and head that is.
    fn read(&mut self, lead: i64) -> Outcome<usize>;
    /// Leaves nothing for the next measurement to write.
    fn checkpoint(&mut self) -> Outcome<()>;
}

/// Pseudo-random numbers, the same on every machine (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }
}

pub fn bucket(id: i64) -> i64 {
    id & 255
}

pub fn key_text(lead: i64) -> String {
    format!("user-{lead:07}@example.com")
}

/// An event from its dice: a lead's n-th of the filled store, or a new one.
pub fn event(lead: i64, at: i64, dice: &mut Dice) -> Event {
    let (high, low) = (dice.roll(), dice.roll());
    let message_id = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    );
    let message = format!(
        "{{\"type\":\"page\",\"messageId\":\"{message_id}\",\"userId\":\"{}\",\"timestamp\":{at},\"name\":\"Pricing\",\
         \"properties\":{{\"path\":\"/pricing/{}\",\"title\":\"Pricing and plans\",\"referrer\":\"https://search.example/\",\
         \"seconds\":{}}}}}",
        key_text(lead),
        low % 1000,
        high % 300
    );
    Event { bucket: bucket(lead), key: lead, message_id, at, received: at + 200, flags: 0, message }
}

/// The n-th event of a lead in the filled store.
pub fn filled_event(lead: i64, n: u64) -> Event {
    event(lead, FIRST + n as i64 * HOUR, &mut Dice((lead as u64) << 16 | n))
}

/// What arrives together; some of it arrived before.
struct Group {
    events: Vec<(String, Event)>,
    new: usize,
}

fn arriving(size: usize, leads: i64, which: &mut Dice, ids: &mut Dice) -> Group {
    let mut group = Group { events: Vec::with_capacity(size), new: 0 };
    for _ in 0..size {
        let lead = 1 + which.below(leads as u64) as i64;
        let repeated = which.below(50) == 0;
        let event = if repeated {
            filled_event(lead, which.below(EVENTS))
        } else {
            event(lead, FIRST + (100 + which.below(1000) as i64) * HOUR, ids)
        };
        group.new += usize::from(!repeated);
        group.events.push((key_text(lead), event));
    }
    group
}

/// One group as the live loop does it, in one transaction; refuses what does not add up.
fn commit_group(driver: &mut dyn Driver, group: Group) -> Outcome<()> {
    driver.begin()?;
    let texts: BTreeSet<String> = group.events.iter().map(|(text, _)| text.clone()).collect();
    let texts: Vec<String> = texts.into_iter().collect();
    let ids: BTreeMap<String, i64> = driver.ids(&texts)?.into_iter().collect();
    let mut events = Vec::with_capacity(group.events.len());
    for (text, mut event) in group.events {
        event.key = *ids.get(&text).ok_or_else(|| format!("the key {text} is missing"))?;
        event.bucket = bucket(event.key);
        events.push(event);
    }
    events.sort_by(|a, b| (a.bucket, a.key, &a.message_id).cmp(&(b.bucket, b.key, &b.message_id)));
    let new = driver.insert(&events)?;
    check("new events", new.len(), group.new)?;
    let mut touched: Vec<i64> = new.into_iter().map(|(lead, _)| lead).collect();
    touched.sort_by_key(|id| (bucket(*id), *id));
    touched.dedup();
    step(driver, &touched)?;
    driver.commit()
}

/// Stands for the engine's step: other heads, and one wake-up of ten moves.
fn step(driver: &mut dyn Driver, touched: &[i64]) -> Outcome<()> {
    if touched.is_empty() {
        return Ok(());
    }
    let mut heads = driver.heads(touched)?;
    check("heads", heads.len(), touched.len())?;
    heads.sort_by_key(|head| (head.bucket, head.id));
    let mut moves = Vec::new();
    for lead in &mut heads {
        lead.head.rotate_left(1);
        lead.at += 1;
        if lead.head[0] % 10 == 0 {
            let to = lead.wake_at + HOUR;
            moves.push(Move { bucket: lead.bucket, lead: lead.id, from: lead.wake_at, to });
            lead.wake_at = to;
        }
    }
    driver.save(&heads)?;
    if moves.is_empty() { Ok(()) } else { driver.move_wakes(&moves) }
}

/// An error where a driver did not do what it was asked.
pub fn check(what: &str, found: usize, expected: usize) -> Outcome<()> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found} where {expected} are right").into()) }
}

/// What a measurement is asked to do.
pub struct Task {
    pub leads: i64,
    /// Events in a group; 0 reads leads instead.
    pub size: usize,
    pub seconds: f64,
    /// The round's number: the same leads for all drivers.
    pub round: u64,
    /// Tells the message ids of this run from those of any other.
    pub run: u64,
}

impl Task {
    /// From `LEADS SIZE SECONDS ROUND RUN`.
    pub fn parse(words: &[String]) -> Outcome<Self> {
        let [leads, size, seconds, round, run] = words else {
            return Err("say LEADS SIZE SECONDS ROUND RUN".into());
        };
        Ok(Self {
            leads: leads.parse()?,
            size: size.parse()?,
            seconds: seconds.parse()?,
            round: round.parse()?,
            run: run.parse()?,
        })
    }
}

/// Measures and prints one line of JSON: groups or reads, events a second, microseconds each.
pub fn measure(driver: &mut dyn Driver, task: &Task) -> Outcome<()> {
    driver.checkpoint()?;
    let mut which = Dice(task.round << 32 | task.size as u64);
    let mut ids = Dice(task.run << 48 | 0x5eed);
    let mut once = |driver: &mut dyn Driver| -> Outcome<Duration> {
        if task.size == 0 {
            let lead = 1 + which.below(task.leads as u64) as i64;
            let start = Instant::now();
            let bytes = driver.read(lead)?;
            let taken = start.elapsed();
            return if bytes > 10_000 { Ok(taken) } else { Err(format!("lead {lead} has {bytes} bytes").into()) };
        }
        let group = arriving(task.size, task.leads, &mut which, &mut ids);
        let start = Instant::now();
        commit_group(driver, group)?;
        Ok(start.elapsed())
    };
    let warm = Duration::from_secs_f64(task.seconds / 3.0);
    let mut spent = Duration::ZERO;
    while spent < warm {
        spent += once(driver)?;
    }
    let (mut spent, mut count) = (Duration::ZERO, 0_u64);
    while spent.as_secs_f64() < task.seconds {
        spent += once(driver)?;
        count += 1;
    }
    let each = spent.as_secs_f64() / count as f64;
    println!("{}", json!({ "count": count, "rate": task.size as f64 / each, "micros": each * 1e6 }));
    Ok(())
}

/// Lower-case hexadecimal digits, for bytes in JSON.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[digit as usize] as char).collect()
}

pub fn texts_json(texts: &[String]) -> String {
    json!(texts).to_string()
}

pub fn events_json(events: &[Event]) -> String {
    let rows: Vec<Value> = events
        .iter()
        .map(|e| {
            json!({ "b": e.bucket, "k": e.key, "i": e.message_id, "a": e.at, "r": e.received, "f": e.flags,
                    "m": e.message })
        })
        .collect();
    Value::Array(rows).to_string()
}

pub fn leads_json(leads: &[i64]) -> String {
    let rows: Vec<Value> = leads.iter().map(|id| json!({ "b": bucket(*id), "i": id })).collect();
    Value::Array(rows).to_string()
}

pub fn heads_json(heads: &[Head]) -> String {
    let rows: Vec<Value> = heads
        .iter()
        .map(|h| json!({ "b": h.bucket, "i": h.id, "a": h.at, "w": h.wake_at, "h": hex(&h.head) }))
        .collect();
    Value::Array(rows).to_string()
}

pub fn moves_json(moves: &[Move]) -> String {
    let rows: Vec<Value> =
        moves.iter().map(|m| json!({ "b": m.bucket, "l": m.lead, "f": m.from, "t": m.to })).collect();
    Value::Array(rows).to_string()
}
