//! What must be counted before rows can be told apart: which row is a lead's last one, and the how-manieth of equal rows
//! each is. Both know hashes only, so that a long list fits into memory.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

/// How many rows speak of the same lead, or of the same deal.
#[derive(Debug, Default)]
pub struct Tally {
    left: BTreeMap<u128, u64>,
}

impl Tally {
    /// The first reading: a row speaks of what has this key.
    pub fn add(&mut self, key: u128) {
        *self.left.entry(key).or_default() += 1;
    }

    /// Keys that turned out to be one count as one.
    pub fn fold(&mut self, one: impl Fn(u128) -> u128) {
        for (key, rows) in std::mem::take(&mut self.left) {
            *self.left.entry(one(key)).or_default() += rows;
        }
    }

    /// Leaves out what is not to be counted.
    pub fn retain(&mut self, counts: impl Fn(u128) -> bool) {
        self.left.retain(|key, _| counts(*key));
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.left.len() as u64
    }

    /// How many there are of which no row speaks but those that `rows` counted.
    pub fn known_only_by(&self, rows: &Tally) -> u64 {
        rows.left.iter().filter(|(key, count)| self.left.get(key) == Some(count)).count() as u64
    }

    /// The second reading: whether this row is the last one that speaks of it.
    pub fn is_last(&mut self, key: u128) -> bool {
        let Some(left) = self.left.get_mut(&key) else { return true };
        *left = left.saturating_sub(1);
        *left == 0
    }
}

/// Ids that were met, and how often those that were met again.
#[derive(Debug, Default)]
pub struct Repeats {
    once: BTreeSet<u64>,
    again: BTreeMap<u64, u64>,
}

impl Repeats {
    /// The how-manieth of its kind this is, from 1 on.
    pub fn nth(&mut self, id: &str) -> u64 {
        let key = hash(id) as u64;
        if self.once.insert(key) {
            return 1;
        }
        let count = self.again.entry(key).or_insert(1);
        *count += 1;
        *count
    }
}

/// The first half of a SHA-256.
pub fn hash(key: &str) -> u128 {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_each_is_known() {
        let mut tally = Tally::default();
        [1, 2, 3, 1].into_iter().for_each(|key| tally.add(key));
        tally.fold(|key| if key == 3 { 2 } else { key });
        assert_eq!(tally.len(), 2);
        let last: Vec<bool> = [1, 2, 2, 1, 9].into_iter().map(|key| tally.is_last(key)).collect();
        assert_eq!(last, [false, false, true, true, true]);
    }

    #[test]
    fn those_of_whom_only_some_rows_speak_are_counted() {
        let (mut all, mut deals) = (Tally::default(), Tally::default());
        [1, 2, 2, 3, 4].into_iter().for_each(|key| all.add(key));
        [2, 3, 4].into_iter().for_each(|key| deals.add(key));
        assert_eq!(all.known_only_by(&deals), 2, "3 and 4");
        let one = |key| if key == 4 { 1 } else { key };
        all.fold(one);
        deals.fold(one);
        assert_eq!(all.known_only_by(&deals), 1, "4 is the 1 of another row");
    }

    #[test]
    fn equal_ids_are_numbered() {
        let mut repeats = Repeats::default();
        assert_eq!(["a", "b", "a", "a", "b"].map(|id| repeats.nth(id)), [1, 1, 2, 3, 2]);
    }
}
