//! What is taken of the events that count.

/// Which number a test is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Count,
    Sum,
    Average,
}

impl Measure {
    /// The number, of the count or sum over so many events; an average of none is not a number.
    pub fn of(self, number: f64, events: u32) -> Option<f64> {
        match self {
            Measure::Count | Measure::Sum => Some(number),
            Measure::Average => (events > 0).then(|| number / f64::from(events)),
        }
    }
}
