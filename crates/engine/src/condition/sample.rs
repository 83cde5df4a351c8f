use super::{Names, Predicate, phrase};

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

impl Sample {
    fn drawn(&self) -> String {
        format!("among a sample of {} % (seed {})", phrase::number(self.percent), phrase::quoted(&self.seed))
    }
}
