use super::{Names, Predicate, operators, phrase};
use crate::value::NumberTest;

/// `{score: ID, OP: N}`
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub score: String,
    pub test: NumberTest,
}

impl Predicate for Score {
    /// "their score “lead” is at least 31"
    fn says(&self, names: &Names) -> String {
        format!("their score {} {}", phrase::named(names.score(&self.score)), operators::clause(&self.test))
    }
}
