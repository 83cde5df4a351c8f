//! Chance as a hash: the same words give the same throws, on every machine. Nothing but whole numbers, sums and
//! products is used, because logarithms differ in their last digit from one platform to the next.

pub struct Dice(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub fn hash(words: [u64; 3]) -> u64 {
    words.iter().fold(GOLDEN, |hash, word| mix(hash.wrapping_add(GOLDEN) ^ mix(word.wrapping_add(GOLDEN))))
}

impl Dice {
    pub fn new(words: [u64; 3]) -> Dice {
        Dice(hash(words))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// At least 0, below 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// Below `count`; 0 where there is none.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as usize + 1) as i64
    }

    /// The index of one of the weights, each as likely as it is heavy.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        weights
            .iter()
            .position(|weight| {
                left -= weight;
                left < 0.0
            })
            .unwrap_or(weights.len() - 1)
    }

    pub fn draw(&mut self, spread: &Spread) -> i64 {
        let at = self.below(1_000_000) as i64;
        let upper = spread.0.iter().position(|(mille, _)| mille * 1_000 > at).unwrap_or(spread.0.len() - 1);
        let ((from, low), (to, high)) = (spread.0[upper.max(1) - 1], spread.0[upper.max(1)]);
        low + (high - low) * (at - from * 1_000) / ((to - from) * 1_000)
    }
}

/// A distribution by its quantiles: per mille and value, from 0 to 1,000, straight in between.
pub struct Spread(pub &'static [(i64, i64)]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_quantiles() {
        const SPREAD: Spread = Spread(&[(0, 10), (500, 20), (900, 100), (1_000, 1_000)]);
        let mut dice = Dice::new([1, 2, 3]);
        let mut drawn: Vec<i64> = (0..20_001).map(|_| dice.draw(&SPREAD)).collect();
        drawn.sort_unstable();
        assert!(drawn[0] >= 10 && drawn[20_000] < 1_000);
        assert!((19..=21).contains(&drawn[10_000]), "{}", drawn[10_000]);
        assert!((95..=105).contains(&drawn[18_000]), "{}", drawn[18_000]);
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new([4, 5, 6]);
        let mut counts = [0; 3];
        (0..10_000).for_each(|_| counts[dice.weighted(&[1.0, 0.0, 3.0])] += 1);
        assert_eq!(counts[1], 0);
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");
    }
}
