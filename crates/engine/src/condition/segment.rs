use super::{Names, Predicate, phrase};

/// `{segment: ID}`
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub segment: String,
}

impl Predicate for Segment {
    /// "is in segment “Evaluating seriously”"
    fn says(&self, names: &Names) -> String {
        format!("is in segment {}", phrase::named(names.segment(&self.segment)))
    }

    fn denies(&self, names: &Names) -> Option<String> {
        Some(format!("is not in segment {}", phrase::named(names.segment(&self.segment))))
    }
}
