use super::{Names, Predicate, operators, phrase};
use crate::value::Test;

/// `{attribute: NAME, OP: VALUE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub attribute: String,
    pub test: Test,
}

impl Predicate for Attribute {
    /// "their job title contains “chief”"
    fn says(&self, _: &Names) -> String {
        format!("their {} {}", phrase::property(&self.attribute), operators::clause_of_value(&self.test))
    }
}
