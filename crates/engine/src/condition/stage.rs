use super::{Names, Predicate, phrase};

/// `{stage: LADDER, is: STAGE}` or `{stage: LADDER, at_least: STAGE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub ladder: String,
    pub stage: String,
    pub at_least: bool,
}

impl Predicate for Stage {
    /// "is at stage Decision or above of Lifecycle"
    fn says(&self, names: &Names) -> String {
        format!("is {}", self.place(names))
    }

    fn denies(&self, names: &Names) -> Option<String> {
        Some(format!("is not {}", self.place(names)))
    }
}

impl Stage {
    fn place(&self, names: &Names) -> String {
        let stage = phrase::named(names.stage(&self.ladder, &self.stage));
        let above = if self.at_least { " or above" } else { "" };
        format!("at stage {stage}{above} of {}", phrase::named(names.ladder(&self.ladder)))
    }
}
