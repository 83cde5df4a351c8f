use super::{Names, Predicate, operators, phrase};
use crate::value::NumberTest;

/// `{interest: TOPIC, primary: true}` or `{interest: TOPIC, OP: STRENGTH}`
#[derive(Clone, Debug, PartialEq)]
pub struct Interest {
    pub topic: String,
    pub wanted: Pull,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pull {
    /// `primary: true` or `primary: false`
    Primary(bool),
    Strength(NumberTest),
}

impl Predicate for Interest {
    /// "their primary interest is Shirts"
    fn says(&self, names: &Names) -> String {
        let topic = phrase::named(names.topic(&self.topic));
        match &self.wanted {
            Pull::Primary(true) => format!("their primary interest is {topic}"),
            Pull::Primary(false) => format!("their primary interest is not {topic}"),
            Pull::Strength(test) => format!("their interest in {topic} {}", operators::clause(test)),
        }
    }
}
