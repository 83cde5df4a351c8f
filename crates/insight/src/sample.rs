//! A simple random sample without replacement, drawn in one pass over ids.
//!
//! Each id has a fixed pseudo-random rank, and the sample is the ids with the lowest ranks: every subset of that size has
//! the same chance, however the ids are spread (Ohlsson, *Coordination of samples using permanent random numbers*, in:
//! Business Survey Methods, Wiley 1995). Ranks do not change, so two questions about one population get the same sample,
//! and their answers differ because of the questions alone.

use std::collections::BinaryHeap;

/// Takes ids one by one and keeps a sample of them.
///
/// ```
/// use attractor_insight::sample::Sample;
///
/// let mut sample = Sample::new(2, 0);
/// (1..=100).for_each(|id| sample.offer(id));
/// assert_eq!(sample.offered(), 100);
/// assert_eq!(sample.ids().len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Sample {
    size: usize,
    seed: u64,
    offered: u64,
    /// The ids with the lowest ranks so far; the highest of these ranks is on top.
    lowest: BinaryHeap<(u64, i64)>,
}

impl Sample {
    /// `size` is the number of ids to keep; another `seed` gives another sample.
    pub fn new(size: usize, seed: u64) -> Sample {
        Sample { size, seed, offered: 0, lowest: BinaryHeap::with_capacity(size + 1) }
    }

    /// Each id of the population is offered once, in any order.
    pub fn offer(&mut self, id: i64) {
        self.offered += 1;
        let rank = rank(id, self.seed);
        if self.lowest.len() == self.size && self.lowest.peek().is_none_or(|top| rank >= top.0) {
            return;
        }
        self.lowest.push((rank, id));
        if self.lowest.len() > self.size {
            self.lowest.pop();
        }
    }

    /// The size of the population so far.
    pub fn offered(&self) -> u64 {
        self.offered
    }

    /// The sample, in the order of ids.
    pub fn ids(self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.lowest.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids
    }
}

/// The id's place in a random order of all ids: SplitMix64's finalizer (Steele, Lea and Flood, OOPSLA 2014), applied to
/// the id and again with the seed, so that neighbouring ids and neighbouring seeds become unrelated ranks.
fn rank(id: i64, seed: u64) -> u64 {
    mixed(mixed(id as u64).wrapping_add(mixed(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))))
}

fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(ids: impl IntoIterator<Item = i64>, size: usize, seed: u64) -> Vec<i64> {
        let mut sample = Sample::new(size, seed);
        ids.into_iter().for_each(|id| sample.offer(id));
        sample.ids()
    }

    #[test]
    fn the_sample_depends_on_the_ids_and_the_seed_alone() {
        let sample = drawn(1..=1_000, 50, 7);
        assert_eq!(sample.len(), 50);
        assert!(sample.is_sorted() && sample.iter().all(|id| (1..=1_000).contains(id)));
        assert_eq!(sample, drawn((1..=1_000).rev(), 50, 7), "the order of offers does not matter");
        assert_ne!(sample, drawn(1..=1_000, 50, 8));
        assert_eq!(drawn(1..=3, 50, 7), [1, 2, 3], "a small population is taken whole");
        assert_eq!(drawn(1..=3, 0, 7), [0_i64; 0]);
    }

    #[test]
    fn every_id_has_the_same_chance() {
        // Ids as a store has them: sparse at first, dense later, and multiples of 256 apart.
        let ids: Vec<i64> = (0..40).map(|n| n * n * 25_600 + 3).chain((0..160).map(|n| 60_000_000 + n * 256)).collect();
        let (runs, size) = (20_000, 20);
        let mut times = vec![0_u32; ids.len()];
        for seed in 0..runs {
            for id in drawn(ids.iter().copied(), size, seed) {
                times[ids.binary_search(&id).unwrap()] += 1;
            }
        }
        // Expected 2,000 each with a standard deviation of 42.4; 5 of them over 200 ids happens by chance once in 8,600.
        assert!(times.iter().all(|times| times.abs_diff(2_000) < 212), "{times:?}");
    }
}
