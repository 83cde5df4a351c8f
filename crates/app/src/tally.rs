//! Counts what strangers do, within windows of time and in a fixed number of places. Strangers decide what is counted, so
//! nothing that they send is kept: a hash of 16 bytes stands for each of them. A restart forgives.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use sha2::{Digest, Sha256};

/// What stands for somebody.
pub type TallyKey = [u8; 16];

/// A hash, so that what strangers write has a fixed size and is not kept.
pub fn key(text: &str) -> TallyKey {
    let mut key = TallyKey::default();
    key.copy_from_slice(&Sha256::digest(text)[..16]);
    key
}

/// The network of an address: of IPv6 whoever has one address has the whole /64.
pub fn network(address: IpAddr) -> IpAddr {
    // Where a socket takes both, an address of IPv4 comes as one of IPv6.
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

/// Counts by keys.
pub struct Tally {
    /// Milliseconds.
    window: i64,
    /// As many are counted at once. Beyond that, the oldest are forgotten.
    most: usize,
    /// How many, and since when in milliseconds.
    counts: BTreeMap<TallyKey, (u32, i64)>,
    /// The same keys, the oldest first, each with the instant at which it was counted first.
    ages: VecDeque<(TallyKey, i64)>,
}

impl Tally {
    /// `window` is in milliseconds.
    pub fn new(window: i64, most: usize) -> Tally {
        Tally { window, most, counts: BTreeMap::new(), ages: VecDeque::new() }
    }

    /// Drops what is older than the window, and the oldest where all places are taken.
    pub fn forget(&mut self, now: i64) {
        while let Some((key, since)) = self.ages.front().copied() {
            if now - since < self.window && self.ages.len() < self.most {
                return;
            }
            self.ages.pop_front();
            // It may have been counted anew since.
            if self.counts.get(&key).is_some_and(|(_, begun)| *begun == since) {
                self.counts.remove(&key);
            }
        }
    }

    /// Counts one more, unless the limit is reached: `Err` is the seconds until the window ends.
    pub fn count(&mut self, key: TallyKey, limit: u32, now: i64) -> Result<(), u64> {
        let ages = &mut self.ages;
        let (count, since) = self.counts.entry(key).or_insert_with(|| {
            ages.push_back((key, now));
            (0, now)
        });
        if *count >= limit {
            return Err((*since + self.window - now).max(1).unsigned_abs().div_ceil(1000));
        }
        *count += 1;
        Ok(())
    }

    /// Forgets what was counted of a key.
    pub fn remove(&mut self, key: &TallyKey) {
        self.counts.remove(key);
    }

    /// How many places are taken.
    #[cfg(test)]
    pub fn entries(&self) -> usize {
        self.counts.len().max(self.ages.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_counted_up_to_its_limit_within_a_window() {
        let mut tally = Tally::new(60_000, 10);
        let (ada, bob) = (key("ada"), key("bob"));
        assert_eq!((0..5).filter(|_| tally.count(ada, 3, 0).is_ok()).count(), 3);
        assert_eq!(tally.count(ada, 3, 500), Err(60), "the seconds that are left");
        assert_eq!(tally.count(bob, 3, 500), Ok(()));
        tally.forget(60_000);
        assert_eq!(tally.count(ada, 3, 60_000), Ok(()));
    }

    #[test]
    fn the_places_are_bounded() {
        let mut tally = Tally::new(60_000, 100);
        for number in 0..1_000 {
            tally.forget(0);
            tally.count(key(&number.to_string()), 1, 0).unwrap();
            assert!(tally.entries() <= 100);
        }
    }
}
