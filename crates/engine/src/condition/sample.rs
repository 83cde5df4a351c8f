use super::{Names, Predicate, phrase};
use crate::program::hash;

/// `{sample: PERCENT, seed: TEXT}`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// 0 to 100, fractions allowed.
    pub percent: f64,
    pub seed: String,
}

impl Predicate for Sample {
    /// "is among a sample of 5 % (seed “v2”)"
    fn says(&self, _: &Names) -> String {
        format!("is {}", self.drawn())
    }

    fn denies(&self, _: &Names) -> Option<String> {
        Some(format!("is not {}", self.drawn()))
    }
}

/// Whether a lead of this name is in the sample, outside any condition: a pilot's.
pub fn sampled(percent: f64, seed: &str, name: &str) -> bool {
    u128::from(hash(&format!("{seed}/{name}"))) < below(percent)
}

/// The hashes below so many 2⁻⁶⁴ are in the sample.
pub(crate) fn below(percent: f64) -> u128 {
    (percent / 100.0 * 2f64.powi(64)) as u128
}

impl Sample {
    fn drawn(&self) -> String {
        format!("among a sample of {} % (seed {})", phrase::number(self.percent), phrase::quoted(&self.seed))
    }
}
