//! One history lived through.

use std::path::PathBuf;
use std::sync::OnceLock;

use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;
use attractor_live::{Amended, Arrived, Fills, Lane};
use attractor_store::copies::CopyState;
use attractor_store::events::{self, Event};
use attractor_store::versions::Version;
use attractor_store::{Error, Fault, Kind, LeadId, Location, MoveNumber, VersionNumber, leads, moves};
use jiff::tz::TimeZoneDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::beside;
use super::facts;
use super::mail::{self, Mail, claiming};
use super::naive::{Case, Dice, random_case};
use super::sequences;
use super::visits;

pub struct World {
    case: Case,
    /// The playbooks that are published, one after the other; the last is in force.
    playbooks: Vec<String>,
    arrived: Vec<Arrived>,
    dice: Dice,
    location: Location,
    lane: Option<Lane>,
    now: Instant,
    /// Whether the disk fails, and whether events are amended between others.
    rough: bool,
    amends_on_the_way: bool,
    /// Whether the history is one of [`sequences`].
    is_of_mail: bool,
    /// From how many events on a lead's recent ones are kept.
    recent: usize,
    /// How many leads were rebuilt from their recent events alone.
    pub from_recent: u64,
    pub kills: u64,
    pub amends: u64,
    /// What a sender has, and whose mail may have arrived.
    pub mail: Mail,
    /// The first that was wrong on the way.
    wrong: Result<(), String>,
    _folder: TempDir,
}

/// Where a commit costs nothing, if there is such a place.
pub fn folder() -> TempDir {
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

fn on_sqlite() -> (Location, TempDir) {
    let folder = folder();
    let path = folder.path().join("store.db");
    std::fs::write(&path, empty()).expect("room for a small file");
    (Location::Sqlite(path), folder)
}

impl World {
    pub fn on_sqlite(seed: u64) -> World {
        let (location, folder) = on_sqlite();
        World::new(seed, random_case(seed), location, folder)
    }

    pub fn on_postgresql(seed: u64) -> Option<World> {
        let location = Location::Postgresql(attractor_trial::postgres()?);
        Some(World::new(seed, random_case(seed), location, folder()))
    }

    /// A history full of mail.
    pub fn of_mail(seed: u64) -> World {
        let (location, folder) = on_sqlite();
        let world = World::new(seed, sequences::case(seed), location, folder);
        World { mail: Mail::new(true), amends_on_the_way: true, is_of_mail: true, ..world }
    }

    /// The same on PostgreSQL.
    pub fn of_mail_on_postgresql(seed: u64) -> Option<World> {
        let location = Location::Postgresql(attractor_trial::postgres()?);
        Some(World { location, ..World::of_mail(seed) })
    }

    fn new(seed: u64, case: Case, location: Location, folder: TempDir) -> World {
        let mut dice = Dice::new(seed ^ 0x0a44);
        let mut arrived = arrived(&case.lines, &mut dice);
        visits::derive(&mut arrived, &mut Dice::new(seed ^ 0x7157));
        let playbooks = vec![case.playbook.to_string()];
        let dice = Dice::new(seed ^ 0x51e5);
        World {
            case,
            playbooks,
            arrived,
            dice,
            location,
            lane: None,
            now: Instant(0),
            rough: true,
            // What is deleted on the way cannot be compared with other groups.
            amends_on_the_way: seed % 3 == 1 && !seed.is_multiple_of(4),
            is_of_mail: false,
            recent: 2 + (seed % 5) as usize,
            from_recent: 0,
            kills: 0,
            amends: 0,
            // A history in other groups has other mails.
            mail: Mail::new(!seed.is_multiple_of(4)),
            wrong: Ok(()),
            _folder: folder,
        }
    }

    /// The same history in other groups, with nothing in its way.
    pub fn smooth(seed: u64) -> World {
        World { dice: Dice::new(seed ^ 0x6a09), rough: false, ..World::on_sqlite(seed) }
    }

    fn lane(&mut self) -> &mut Lane {
        let (location, recent, now) = (&self.location, self.recent, self.now);
        self.lane.get_or_insert_with(|| {
            let mut lane = Lane::open(location, TimeZoneDatabase::bundled()).expect("the store opens");
            lane.keep_recent_from(recent);
            while lane.doubt_claimed(now).expect("the copies are readable") > 0 {}
            lane
        })
    }

    fn close(&mut self) {
        self.from_recent += self.lane.take().map_or(0, |lane| lane.effort().from_recent);
    }

    /// Does something until it succeeds, letting it fail now and then, and the process die.
    fn insist<T>(&mut self, work: impl Fn(&mut Lane) -> Result<T, Error>) -> T {
        for _ in 0..if self.rough { self.dice.below(3) } else { 0 } {
            let fault = Fault { after: self.dice.below(25) as u32, kind: Kind::Full, commits: self.dice.chance(50) };
            self.lane().inject(Some(fault));
            if work(self.lane()).is_ok() {
                break;
            }
            self.kills += 1;
            // A dialogue outlives no kill: with as many, none would be under way for long.
            if self.dice.chance(if self.is_of_mail { 4 } else { 40 }) {
                self.close();
            }
        }
        let lane = self.lane();
        lane.inject(None);
        work(lane).expect("what fails passes")
    }

    /// Lives through it. Returns the stored messages.
    pub fn live(&mut self) -> Vec<String> {
        self.publish(false);
        let arrived = std::mem::take(&mut self.arrived);
        let mut rest = arrived.as_slice();
        // An outage: nobody is woken for some time.
        let wakes = if self.dice.chance(20) { 5 } else { 70 };
        let most = if self.is_of_mail { 2 } else { 6 };
        while !rest.is_empty() {
            let (group, after) = rest.split_at(1 + self.dice.below(rest.len().min(most)));
            let last = group.iter().map(|arrived| arrived.received_at).max().unwrap_or_default();
            self.now = self.now.max(last);
            let now = self.now;
            if self.dice.chance(wakes) {
                self.wake_all();
            }
            self.insist(|lane| lane.take(group, now));
            if self.dice.chance(10) {
                // A client that heard no answer sends it again.
                self.insist(|lane| lane.take(group, now));
            }
            self.between();
            rest = after;
        }
        self.now = self.now.max(self.end());
        self.wake_all();
        if self.dice.chance(50) {
            self.claim();
            self.report();
        }
        beside::exported(&mut self.location.reader().expect("the store opens"))
    }

    /// What happens between two groups of messages.
    fn between(&mut self) {
        if self.playbooks.len() < 4 && self.dice.chance(6) {
            let other = match self.is_of_mail {
                true => sequences::other_playbook(&mut self.dice),
                false => random_case(self.dice.below(1 << 30) as u64 + (1 << 32)).playbook.to_string(),
            };
            self.playbooks.push(other);
            let enrols = self.dice.chance(30);
            self.publish(enrols);
        }
        if self.dice.chance(50) {
            self.claim();
        }
        if self.dice.chance(25) {
            self.report();
        }
        if self.amends_on_the_way && self.dice.chance(15) {
            self.amend();
        }
    }

    fn publish(&mut self, enrols: bool) {
        let number = VersionNumber(self.playbooks.len() as i64);
        let files = json!({"playbook.yaml": self.playbooks[self.playbooks.len() - 1]}).to_string();
        let version = Version { number, at: self.now.0, author: "test".into(), note: String::new(), files };
        // A commit that was lost on its way may have published it: the same number again is refused.
        self.lane().inject(None);
        self.lane().publish(&version, enrols).expect("a valid playbook");
    }

    /// A sender takes some of the copies that wait. The answer may be lost: what it has without having begun it is released.
    fn claim(&mut self) {
        self.wrong = self.wrong.clone().and_then(|()| facts::no_copy_leaves_twice(&self.location));
        let mut reader = self.location.reader().expect("the store opens");
        let waiting = facts::copies_in(&mut reader, CopyState::Waiting);
        drop(reader);
        let version = VersionNumber(self.playbooks.len() as i64);
        let claiming: Vec<_> =
            waiting.iter().filter(|_| self.dice.chance(50)).map(|copy| claiming(copy, version)).collect();
        let now = self.now;
        let claims = self.insist(|lane| lane.deed(now, |deed| deed.claim(&claiming)));
        let mut reader = self.location.reader().expect("the store opens");
        let begun = self.mail.begin(&mut reader, claims);
        self.wrong = self.wrong.clone().and(begun);
        let released = self.mail.not_begun(&mut reader);
        drop(reader);
        self.insist(|lane| lane.deed(now, |deed| deed.settle_copies(&released)));
    }

    /// The sender reports what became of some copies, and holds or skips others that nobody has; somebody decides about
    /// drafts.
    fn report(&mut self) {
        let mut reader = self.location.reader().expect("the store opens");
        let mut reports = self.mail.reports(&mut reader, &mut self.dice, self.now);
        for copy in facts::copies_in(&mut reader, CopyState::Waiting) {
            if self.dice.chance(20) {
                reports.push(mail::of_waiting(copy, &mut self.dice, self.now));
            }
        }
        for copy in facts::copies_in(&mut reader, CopyState::Draft) {
            if self.dice.chance(50) {
                reports.push(mail::of_draft(copy, &mut self.dice));
            }
        }
        drop(reader);
        let now = self.now;
        self.insist(|lane| lane.deed(now, |deed| deed.settle_copies(&reports)));
        self.mail.reported(&mut self.location.reader().expect("the store opens"), &reports);
    }

    fn wake_all(&mut self) {
        let now = self.now;
        while self.insist(|lane| lane.wake(now)) > 0 {}
        while self.insist(|lane| lane.background(now)) {}
        while self.insist(|lane| lane.wake(now)) > 0 {}
        if self.dice.chance(20) {
            let next = self.lane().next_wake().expect("the wake-ups are readable");
            facts::nobody_oversleeps(&self.location, &self.playbooks, now, next);
        }
    }

    /// Verdicts, aliases taken back, an import undone, people erased.
    pub fn amend(&mut self) {
        for _ in 0..1 + self.dice.below(3) {
            let mut all = Vec::new();
            let mut reader = self.location.reader().expect("the store opens");
            let read = events::each(&mut reader, |event| {
                all.push(event);
                Ok(())
            });
            read.expect("the events are readable");
            let rows = leads::after(&mut reader, (-1, LeadId::NOBODY), 10_000).expect("the leads are readable");
            let people: Vec<LeadId> = rows.iter().filter(|row| row.became.is_none()).map(|row| row.id).collect();
            if all.is_empty() || people.is_empty() {
                return;
            }
            drop(reader);
            let lead = *self.dice.pick(&people);
            self.amend_one(&all, lead);
            self.amends += 1;
        }
        self.wake_all();
    }

    fn amend_one(&mut self, all: &[Event], lead: LeadId) {
        let now = self.now;
        match self.dice.below(4) {
            0 => {
                let (id, machine) = (self.dice.pick(all).message_id.clone(), self.dice.chance(70));
                self.insist(|lane| lane.judge(lead, &id, machine, "user:1", now));
            }
            1 => {
                let alias = |event: &&Event| event.message.contains("\"alias\"");
                let ids: Vec<String> = all.iter().filter(alias).map(|event| event.message_id.clone()).collect();
                for id in ids {
                    self.insist(|lane| lane.deed(now, |deed| deed.unmerge(lead, &id)));
                }
            }
            2 => {
                let at_most = 1 + self.dice.below(10);
                while self.insist(|lane| lane.undo("import:7", now, at_most)) {}
            }
            _ => {
                let erased = self.insist(|lane| lane.deed(now, |deed| deed.erase(lead)));
                assert!(matches!(erased, Amended::Done | Amended::Refused(_)));
            }
        }
    }

    fn end(&self) -> Instant {
        self.case.at.as_deref().and_then(Instant::parse).unwrap_or(self.now)
    }

    /// What differs from the engine alone over the events as they were received; else how many leads were compared.
    pub fn difference(&mut self) -> Result<u64, String> {
        self.close();
        let playbook = &self.playbooks[self.playbooks.len() - 1];
        let compared = beside::difference(&self.location, playbook, self.now)?;
        facts::copies_wait_for_enrollments(&self.location, playbook)?;
        facts::no_copy_leaves_twice(&self.location)?;
        self.wrong.clone()?;
        visits::first_sources_are_of_the_first_visits(&self.location)?;
        let noted = moves::following(&mut self.location.reader().expect("the store opens"), MoveNumber::START, 1 << 40);
        facts::quiet_moves_enrol_nobody(&noted.expect("the moves are readable"))?;
        Ok(compared)
    }
}

/// The lines as the server would have normalised them, from a server, a browser or an import; what is no message is
/// left out.
fn arrived(lines: &[String], dice: &mut Dice) -> Vec<Arrived> {
    let imports = if dice.chance(30) { 40 } else { 0 };
    let public = if dice.chance(30) { 50 } else { 0 };
    let made = (1..).zip(lines).filter_map(|(number, line)| {
        let message = Message::parse(line, &Wanted::Everything).ok()?;
        let at = message.timestamp?;
        let mut json: Value = serde_json::from_str(line).ok()?;
        json["timestamp"] = at.to_string().into();
        if message.message_id.is_none() {
            json["messageId"] = format!("line-{number}").into();
        }
        let was_public = message.public;
        json["context"]["public"] = Value::Null;
        let origin = if dice.chance(imports) { "import:7" } else { "key:1" };
        let fills =
            if dice.chance(public) { *dice.pick(&[Fills::Empty, Fills::Empty, Fills::FirstOnce]) } else { Fills::All };
        // An import may bring public messages of another store.
        if fills == Fills::Empty || was_public && origin == "import:7" {
            json["context"]["public"] = true.into();
        }
        Some(Arrived { json: json.to_string(), received_at: at, origin: origin.into(), fills })
    });
    made.collect()
}
