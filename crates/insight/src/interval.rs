//! What a sample tells of the whole population, with its uncertainty.

/// At least this probability is left out on either side of a 95 % interval.
const TAIL: f64 = 0.025;

/// What a sample says of one property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its members that have the property.
    pub found: u64,
    /// All of its members.
    pub asked: u64,
}

/// What a sample tells of a whole population, in members of the population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    pub likely: u64,
    /// With 95 % confidence, the population has between `low` and `high` such members.
    pub low: u64,
    pub high: u64,
}

/// How many members of a population of `of` have a property, by those of a simple random sample that have it, drawn
/// without replacement.
///
/// The interval is exact: it has every number of members under which the sample is not too surprising on either side
/// (Clopper and Pearson 1934 for the hypergeometric distribution; Buonaccorsi, *A Note on Confidence Intervals for
/// Proportions in Finite Populations*, The American Statistician 41, 1987). So it covers the truth in at least 95 % of
/// samples whatever the share, also near 0 and 1, where approximations do not, and it shrinks to one number as the
/// sample comes to be everybody. What is counted beyond what is possible is cut to it.
///
/// ```
/// use attractor_insight::interval::{Counted, estimate};
///
/// let estimate = estimate(Counted { found: 20, asked: 2_000 }, 100_000);
/// assert_eq!((estimate.likely, estimate.low, estimate.high), (1_000, 616, 1_534));
/// ```
pub fn estimate(sample: Counted, of: u64) -> Estimate {
    let asked = sample.asked.min(of);
    let found = sample.found.min(asked);
    if asked == 0 {
        return Estimate { likely: 0, low: 0, high: of };
    }
    let draw = Draw { asked, of, factorials: Factorials };
    let likely = (found as f64 / asked as f64 * of as f64).round() as u64;
    // At least what was found, and at most all but those that were asked and do not have it.
    let (least, most) = (found, of - (asked - found));
    let low = first(least, most, |members| found == 0 || 1.0 - draw.at_most(found - 1, members) > TAIL);
    let high = first(least, most, |members| draw.at_most(found, members) <= TAIL);
    let high = if draw.at_most(found, most) > TAIL { most } else { high.saturating_sub(1).max(least) };
    Estimate { likely: likely.clamp(low, high), low, high }
}

/// What a sample tells of a share, each number between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub likely: f64,
    /// With 95 % confidence, the share is between `low` and `high`.
    pub low: f64,
    pub high: f64,
}

/// So many more members than any sample has that drawing without replacement makes no difference.
const ENDLESS: u64 = 100_000_000;

/// The share of which this is a sample, where there is no end to those who could have been asked: [`estimate`] of a
/// very large population, which is the interval of Clopper and Pearson.
///
/// ```
/// use attractor_insight::interval::{Counted, share};
///
/// let share = share(Counted { found: 19, asked: 1_161 });
/// assert_eq!((share.likely * 1_000.0).round(), 16.0);
/// assert_eq!(((share.low * 1_000.0).round(), (share.high * 1_000.0).round()), (10.0, 25.0));
/// ```
pub fn share(sample: Counted) -> Share {
    let Estimate { low, high, .. } = estimate(sample, ENDLESS);
    let Counted { found, asked } = sample;
    let of_all = |members: u64| members as f64 / ENDLESS as f64;
    let likely = if asked == 0 { 0.0 } else { found.min(asked) as f64 / asked as f64 };
    Share { likely, low: of_all(low).min(likely), high: of_all(high).max(likely) }
}

/// The first number between two at which something holds that goes on holding; the last if it never does.
fn first(mut from: u64, mut to: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) { to = middle } else { from = middle + 1 }
    }
    from
}

/// `asked` drawn from `of` without replacement: the hypergeometric distribution.
struct Draw {
    asked: u64,
    of: u64,
    factorials: Factorials,
}

impl Draw {
    /// The probability that at most `found` of the sample have what `members` of the population have.
    fn at_most(&self, found: u64, members: u64) -> f64 {
        let least = (self.asked + members).saturating_sub(self.of);
        let most = self.asked.min(members);
        if found >= most {
            return 1.0;
        }
        if found < least {
            return 0.0;
        }
        // Summed on the side of the nearer tail, where the terms fall from the first one on.
        let mean = self.asked as f64 * (members as f64 / self.of as f64);
        if (found as f64) < mean {
            self.sum(found, members, |k| (k > least).then(|| k - 1))
        } else {
            1.0 - self.sum(found + 1, members, |k| (k < most).then(|| k + 1))
        }
    }

    fn sum(&self, from: u64, members: u64, next: impl Fn(u64) -> Option<u64>) -> f64 {
        let (mut at, mut term) = (from, self.exactly(from, members));
        let mut sum = term;
        while let Some(to) = next(at) {
            term *= self.ratio(at, to, members);
            sum += term;
            if term <= sum * 1e-17 {
                break;
            }
            at = to;
        }
        sum.min(1.0)
    }

    fn exactly(&self, found: u64, members: u64) -> f64 {
        let ways = |of, take| self.factorials.ways(of, take);
        (ways(members, found) + ways(self.of - members, self.asked - found) - ways(self.of, self.asked)).exp()
    }

    /// The probability of `to` found over that of `at`, one of them next to the other.
    fn ratio(&self, at: u64, to: u64, members: u64) -> f64 {
        let up = |k: u64| {
            let (k, asked, members, of) = (k as f64, self.asked as f64, members as f64, self.of as f64);
            (members - k) * (asked - k) / ((k + 1.0) * (of - members - asked + k + 1.0))
        };
        if to > at { up(at) } else { 1.0 / up(to) }
    }
}

/// Logarithms of factorials.
struct Factorials;

impl Factorials {
    /// The logarithm of the number of ways to take `take` of `of`.
    fn ways(&self, of: u64, take: u64) -> f64 {
        self.logarithm(of) - self.logarithm(take) - self.logarithm(of - take)
    }

    /// Exact to about 1e-15 of itself: summed for small numbers, else Stirling's series.
    fn logarithm(&self, number: u64) -> f64 {
        if number < 16 {
            return (2..=number).map(|n| (n as f64).ln()).sum();
        }
        let n = number as f64;
        let square = n * n;
        let series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / n;
        (n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln() + series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The probabilities of 0, 1, 2 … found, by counting ways as whole numbers.
    fn plainly(asked: u64, of: u64, members: u64) -> Vec<f64> {
        let ways = |of: u64, take: u64| -> f64 {
            if take > of {
                0.0
            } else {
                (0..take).fold(1_u128, |ways, n| ways * u128::from(of - n) / u128::from(n + 1)) as f64
            }
        };
        (0..=asked).map(|found| ways(members, found) * ways(of - members, asked - found) / ways(of, asked)).collect()
    }

    /// The bounds that tables of Clopper and Pearson's interval have, in percent.
    #[test]
    fn a_share_has_the_interval_of_clopper_and_pearson() {
        for (found, asked, low, high) in [
            (0, 10, 0.0, 30.85),
            (1, 10, 0.25, 44.50),
            (5, 10, 18.71, 81.29),
            (10, 10, 69.15, 100.0),
            (10, 100, 4.90, 17.62),
            (0, 0, 0.0, 100.0),
        ] {
            let Share { low: lower, high: upper, likely } = share(Counted { found, asked });
            let near = |a: f64, b: f64| (a * 100.0 - b).abs() < 0.01;
            assert!(near(lower, low) && near(upper, high), "{found} of {asked}: {lower} to {upper}");
            assert!(lower <= likely && likely <= upper);
        }
    }

    #[test]
    fn probabilities_are_those_of_counting_ways() {
        for (asked, of) in [(1, 1), (1, 7), (5, 9), (9, 9), (12, 40), (30, 60)] {
            for members in 0..=of {
                let draw = Draw { asked, of, factorials: Factorials };
                let mut below = 0.0;
                for (found, exactly) in (0..).zip(plainly(asked, of, members)) {
                    below += exactly;
                    let got = draw.at_most(found, members);
                    assert!((got - below).abs() < 1e-9, "{found} of {asked}, {members} of {of}: {got}, not {below}");
                }
            }
        }
    }

    #[test]
    fn the_interval_covers_every_truth_in_at_least_95_percent_of_samples() {
        for (asked, of) in [(1, 5), (5, 9), (12, 40), (30, 60), (29, 30), (20, 200)] {
            for members in 0..=of {
                let covered: f64 = (0..)
                    .zip(plainly(asked, of, members))
                    .filter(|(found, chance)| {
                        let interval = estimate(Counted { found: *found, asked }, of);
                        *chance > 0.0 && interval.low <= members && members <= interval.high
                    })
                    .map(|(_, chance)| chance)
                    .sum();
                assert!(covered >= 0.95 - 1e-9, "{asked} of {of}, {members} members: {covered}");
            }
        }
    }

    fn estimated(found: u64, asked: u64, of: u64) -> Estimate {
        estimate(Counted { found, asked }, of)
    }

    #[test]
    fn what_is_certain_has_no_uncertainty() {
        assert_eq!(estimated(3, 10, 10), Estimate { likely: 3, low: 3, high: 3 });
        assert_eq!(estimated(0, 10, 10), Estimate { likely: 0, low: 0, high: 0 });
        assert_eq!(estimated(0, 0, 10), Estimate { likely: 0, low: 0, high: 10 });
        assert_eq!(estimated(0, 0, 0), Estimate { likely: 0, low: 0, high: 0 });
        assert_eq!(estimated(7, 5, 3), Estimate { likely: 3, low: 3, high: 3 }, "what is impossible is cut");
    }

    #[test]
    fn a_large_population_is_no_different_from_an_endless_one() {
        // Clopper and Pearson's interval of 15 in 148: Newcombe, Statistics in Medicine 17 (1998), table I, method 5.
        let interval = estimated(15, 148, 1_000_000_000);
        assert!(interval.low.abs_diff(57_800_000) < 100_000, "{interval:?}");
        assert!(interval.high.abs_diff(161_700_000) < 100_000, "{interval:?}");
    }

    #[test]
    fn found_in_all_and_in_none_is_open_on_one_side() {
        let (none, all) = (estimated(0, 2_000, 1_000_000), estimated(2_000, 2_000, 1_000_000));
        assert_eq!((none.likely, none.low), (0, 0));
        assert!((1_500..2_000).contains(&none.high), "{none:?}");
        assert_eq!((all.likely, all.high, all.low), (1_000_000, 1_000_000, 1_000_000 - none.high));
    }
}
