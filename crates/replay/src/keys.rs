//! Numbers for the keys that messages carry, given by several threads at once.

use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};

use attractor_engine::identity::{Key, KeyNumber};
use compact_str::CompactString;
use foldhash::quality::FixedState;
use hashbrown::HashTable;

/// Shards keep threads out of each other's way. A key's number is its place in its shard, times the shards, plus the
/// shard.
const SHARDS: usize = 64;

pub struct Interner {
    shards: Vec<Mutex<Shard>>,
}

#[derive(Default)]
struct Shard {
    table: HashTable<u32>,
    /// Most names are short enough to stand here themselves.
    names: Vec<(KeyKind, CompactString)>,
}

/// Of one name users come first, then e-mails, then visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    User,
    Email,
    Visitor,
}

fn split(key: Key<'_>) -> (KeyKind, &str) {
    match key {
        Key::User(text) => (KeyKind::User, text),
        Key::Email(text) => (KeyKind::Email, text),
        Key::Visitor(text) => (KeyKind::Visitor, text),
    }
}

fn hash(kind: KeyKind, name: &str) -> u64 {
    hash_of((kind, name))
}

/// A hash for tables of this run alone; no answer depends on it.
pub fn hash_of(value: impl Hash) -> u64 {
    FixedState::default().hash_one(value)
}

impl Shard {
    fn find(&self, hash: u64, kind: KeyKind, name: &str) -> Option<u32> {
        let same = |place: &u32| {
            let (known_kind, known) = &self.names[*place as usize];
            *known_kind == kind && known == name
        };
        self.table.find(hash, same).copied()
    }

    fn add(&mut self, hash: u64, kind: KeyKind, name: &str) -> u32 {
        let place = self.names.len() as u32;
        self.names.push((kind, name.into()));
        let names = &self.names;
        self.table.insert_unique(hash, place, |place| {
            let (kind, name) = &names[*place as usize];
            self::hash(*kind, name)
        });
        place
    }
}

impl Interner {
    pub fn new() -> Interner {
        Interner { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The number of a key, given now if it has none yet.
    fn number_of(&self, hash: u64, kind: KeyKind, name: &str) -> KeyNumber {
        let shard = hash as usize % SHARDS;
        // A panic elsewhere while a shard was held leaves it whole: each change is one push.
        let mut held = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        let place = held.find(hash, kind, name).unwrap_or_else(|| held.add(hash, kind, name));
        (place as usize * SHARDS + shard) as KeyNumber
    }

    pub fn finish(self) -> Keys {
        let whole = |shard: Mutex<Shard>| shard.into_inner().unwrap_or_else(PoisonError::into_inner);
        Keys { shards: self.shards.into_iter().map(whole).collect() }
    }
}

/// How many keys a thread remembers.
const RECENT: usize = 1024;

/// An interner's numbers as one thread asks for them. What people do comes in bursts, so most keys were asked for a
/// moment ago: those are answered from here, without a look at the large tables.
pub struct RecentKeys<'i> {
    interner: &'i Interner,
    slots: Vec<Option<(KeyKind, String, KeyNumber)>>,
}

impl RecentKeys<'_> {
    pub fn new(interner: &Interner) -> RecentKeys<'_> {
        RecentKeys { interner, slots: vec![None; RECENT] }
    }

    pub fn number(&mut self, key: Key) -> KeyNumber {
        let (kind, name) = split(key);
        let hash = hash(kind, name);
        let slot = &mut self.slots[(hash >> 32) as usize % RECENT];
        if let Some((_, _, number)) = slot.as_ref().filter(|(of, known, _)| *of == kind && known == name) {
            return *number;
        }
        let number = self.interner.number_of(hash, kind, name);
        let (of, known, last) = slot.get_or_insert_with(|| (kind, String::new(), number));
        (*of, *last) = (kind, number);
        known.clear();
        known.push_str(name);
        number
    }
}

/// The keys once all are known.
pub struct Keys {
    shards: Vec<Shard>,
}

impl Keys {
    /// One more than the highest number.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.names.len()).max().unwrap_or_default() * SHARDS
    }

    pub fn find(&self, key: Key) -> Option<KeyNumber> {
        let (kind, name) = split(key);
        let hash = hash(kind, name);
        let shard = hash as usize % SHARDS;
        self.shards[shard].find(hash, kind, name).map(|place| (place as usize * SHARDS + shard) as KeyNumber)
    }

    /// The name of a key that was given, with its kind.
    pub fn name(&self, key: KeyNumber) -> (KeyKind, &str) {
        let (kind, name) = &self.shards[key as usize % SHARDS].names[key as usize / SHARDS];
        (*kind, name)
    }

    /// What leads are ordered by: their names by code points, then their kinds.
    pub fn order(&self, key: KeyNumber) -> (&str, KeyKind) {
        let (kind, name) = self.name(key);
        (name, kind)
    }

    /// All numbers that were given.
    pub fn numbers(&self) -> impl Iterator<Item = KeyNumber> + '_ {
        let of = |(number, shard): (usize, &Shard)| {
            (0..shard.names.len()).map(move |place| (place * SHARDS + number) as KeyNumber)
        };
        self.shards.iter().enumerate().flat_map(of)
    }
}
