use super::{Names, Predicate, kind, phrase};
use crate::time::Duration;

/// `{inactive: D, events: [KIND…]}`
#[derive(Clone, Debug, PartialEq)]
pub struct Inactive {
    pub inactive: Duration,
    /// `None`: the playbook's `activity`.
    pub events: Option<Vec<String>>,
}

impl Predicate for Inactive {
    /// "has gone 60 days without any activity"
    fn says(&self, _: &Names) -> String {
        format!("has gone {}", self.without())
    }

    fn denies(&self, _: &Names) -> Option<String> {
        Some(format!("has not gone {}", self.without()))
    }
}

impl Inactive {
    fn without(&self) -> String {
        let missed = match &self.events {
            None => "any activity".to_string(),
            Some(kinds) => phrase::either(&kinds.iter().map(|kind| kind::gerund(kind)).collect::<Vec<_>>()),
        };
        format!("{} without {missed}", phrase::length(self.inactive))
    }
}
