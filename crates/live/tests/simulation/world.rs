//! One history lived through.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use attractor_engine::lead::Lead;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{line_of, replay};
use attractor_engine::time::Instant;
use attractor_live::{Arrived, Fills, Lane};
use attractor_store::versions::Version;
use attractor_store::{Connection, Error, Fault, Kind, Location, events, leads, moves};
use jiff::tz::TimeZoneDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::naive::{Case, Dice, random_case};

pub struct World {
    case: Case,
    dice: Dice,
    location: Location,
    lane: Option<Lane>,
    now: Instant,
    pub kills: u64,
    _folder: TempDir,
}

/// Where a commit costs nothing, if there is such a place.
fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let builder = tempfile::Builder::new();
    if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() }.expect("a temporary folder")
}

/// An empty store, made once and copied.
fn empty() -> &'static [u8] {
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    EMPTY.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("empty.db");
        drop(Location::Sqlite(path.clone()).writer().expect("a new store"));
        std::fs::read(path).expect("the store's file")
    })
}

impl World {
    pub fn on_sqlite(seed: u64) -> World {
        let folder = folder();
        let path = folder.path().join("store.db");
        std::fs::write(&path, empty()).expect("room for a small file");
        World::new(seed, Location::Sqlite(path), folder)
    }

    pub fn on_postgresql(seed: u64) -> Option<World> {
        Some(World::new(seed, Location::Postgresql(attractor_trial::postgres()?), folder()))
    }

    fn new(seed: u64, location: Location, folder: TempDir) -> World {
        let dice = Dice::new(seed ^ 0x51e5);
        World { case: random_case(seed), dice, location, lane: None, now: Instant(0), kills: 0, _folder: folder }
    }

    fn lane(&mut self) -> &mut Lane {
        let location = &self.location;
        self.lane.get_or_insert_with(|| Lane::open(location, TimeZoneDatabase::bundled()).expect("the store opens"))
    }

    /// Does something until it succeeds, letting it fail now and then, and the process die.
    fn insist<T>(&mut self, work: impl Fn(&mut Lane) -> Result<T, Error>) -> T {
        for _ in 0..self.dice.below(3) {
            let fault = Fault { after: self.dice.below(25) as u32, kind: Kind::Full, commits: self.dice.chance(50) };
            self.lane().inject(Some(fault));
            if work(self.lane()).is_ok() {
                break;
            }
            self.kills += 1;
            if self.dice.chance(40) {
                self.lane = None;
            }
        }
        let lane = self.lane();
        lane.inject(None);
        work(lane).expect("what fails passes")
    }

    pub fn live(&mut self) {
        let files = json!({"playbook.yaml": self.case.playbook.to_string()}).to_string();
        let version = Version { number: 1, at: 0, author: "test".into(), note: String::new(), files };
        self.lane().publish(&version, false).expect("a valid playbook");
        let arrived: Vec<Arrived> =
            (1..).zip(self.case.lines.clone()).filter_map(|(number, line)| arrived(number, &line)).collect();
        let mut rest = arrived.as_slice();
        while !rest.is_empty() {
            let (group, after) = rest.split_at(1 + self.dice.below(rest.len().min(6)));
            let last = group.iter().map(|arrived| arrived.received_at).max().unwrap_or_default();
            self.now = self.now.max(last);
            let now = self.now;
            if self.dice.chance(70) {
                self.wake_all();
            }
            self.insist(|lane| lane.take(group, now));
            if self.dice.chance(10) {
                // A client that heard no answer sends it again.
                self.insist(|lane| lane.take(group, now));
            }
            rest = after;
        }
        self.now = self.now.max(self.end());
        self.wake_all();
    }

    fn wake_all(&mut self) {
        let now = self.now;
        while self.insist(|lane| lane.wake(now)) > 0 {}
        while self.insist(|lane| lane.background(now)) {}
    }

    fn end(&self) -> Instant {
        self.case.at.as_deref().and_then(Instant::parse).unwrap_or(self.now)
    }

    /// What differs from the engine alone over the events as they were received; else how many leads were compared.
    pub fn difference(&mut self) -> Result<u64, String> {
        self.lane = None;
        let mut connection = self.location.writer().expect("the store opens");
        if let Location::Sqlite(path) = &self.location {
            std::fs::copy(path, "/tmp/sim.db").ok();
            std::fs::copy(path.with_extension("db-wal"), "/tmp/sim.db-wal").ok();
        }
        let mut lines = Vec::new();
        let read = events::each(&mut connection, |event| {
            lines.push(event.message);
            Ok(())
        });
        read.expect("the events are readable");
        let playbook = playbook::read(&self.case.playbook.to_string()).playbook.expect("a valid playbook");
        let program = Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a program");
        let alone = replay(&program, &lines, Some(self.now), true);
        let alone: Vec<Value> = parsed(&alone.output);
        let exact = program.playbook().sequences.is_empty();
        let (stand, mut log): (Vec<Value>, Vec<Value>) = alone.into_iter().partition(|line| line.get("kind").is_none());
        log.retain(|line| line["kind"] == "stage" || line["kind"] == "segment");
        let (live, noted) = self.stored(&mut connection, &program)?;
        let shown = |line: &Value| {
            let mut line = line.clone();
            if !exact {
                line["next_change"] = Value::Null;
            }
            line
        };
        compare(stand.iter().map(shown).collect(), live.iter().map(shown).collect(), &lines, &self.case)?;
        compare(by_lead(log), by_lead(noted), &lines, &self.case)?;
        Ok(stand.len() as u64)
    }

    /// The leads' lines and the moves that are not revised, as a replay prints them.
    fn stored(&self, connection: &mut Connection, program: &Program) -> Result<(Vec<Value>, Vec<Value>), String> {
        let mut rows = leads::after(connection, (-1, 0), 10_000).expect("the leads are readable");
        rows.retain(|row| row.became.is_none());
        rows.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let names: BTreeMap<i64, &str> = rows.iter().map(|row| (row.id, row.name.as_str())).collect();
        let mut lines = Vec::new();
        for row in &rows {
            let lead = Lead::load(&row.head, program).ok_or(format!("the head of {} does not load", row.name))?;
            lines.extend(line_of(program, &lead, self.now).iter().flat_map(|line| parsed(line)));
        }
        let mut all = moves::of_leads(connection, &ids).expect("the moves are readable");
        all.retain(|noted| noted.revised.is_none() && (noted.kind == "stage" || noted.kind == "segment"));
        let printed = all.iter().map(|noted| {
            let (lead, at) = (names[&noted.lead], Instant(noted.at).to_string());
            match noted.kind.as_str() {
                "stage" => json!({"lead": lead, "at": at, "kind": "stage", "ladder": noted.subject, "from": noted.was,
                    "to": noted.became, "because": noted.because}),
                _ => json!({"lead": lead, "at": at, "kind": "segment", "segment": noted.subject,
                    "change": noted.became, "because": noted.because}),
            }
        });
        Ok((lines, printed.collect()))
    }
}

/// A line as the server would have normalised it; `None` where it is no message.
fn arrived(number: usize, line: &str) -> Option<Arrived> {
    let message = Message::parse(line, &Wanted::Everything).ok()?;
    let at = message.timestamp?;
    let mut json: Value = serde_json::from_str(line).ok()?;
    json["timestamp"] = at.to_string().into();
    if message.message_id.is_none() {
        json["messageId"] = format!("line-{number}").into();
    }
    let received_at = at;
    Some(Arrived { json: json.to_string(), received_at, origin: "key:1".into(), fills: Fills::All })
}

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).expect("the output is JSON")).collect()
}

/// Moves of one instant may have been noted in another order.
fn by_lead(moves: Vec<Value>) -> Vec<Value> {
    let mut moves: Vec<Value> = moves
        .into_iter()
        .map(|mut line| {
            line["because"] = Value::Null;
            line
        })
        .collect();
    moves.sort_by_key(|line| line.to_string());
    moves
}

fn compare(alone: Vec<Value>, live: Vec<Value>, lines: &[String], case: &Case) -> Result<(), String> {
    if alone == live {
        return Ok(());
    }
    let longest = alone.len().max(live.len());
    let line = |of: &[Value], place: usize| of.get(place).cloned().unwrap_or(Value::Null);
    let first = (0..longest).find(|place| line(&alone, *place) != line(&live, *place)).unwrap_or_default();
    let (alone, live) = (line(&alone, first), line(&live, first));
    Err(format!("engine {alone}\n  live  {live}\n{}\n{}", case.playbook, lines.join("\n")))
}
