//! What is known of a count at once: of all leads, or of a sample with an interval.

use attractor_insight::interval::{Counted, estimate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::conditions::ConditionProblem;

/// How many leads a condition holds of
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tally {
    pub leads: i64,
    /// Those with an e-mail address; whether they may be written to is another question
    pub people: i64,
    /// Those without one
    pub visitors: i64,
}

impl Tally {
    pub(super) fn of(known: bool) -> Tally {
        Tally { leads: 1, people: i64::from(known), visitors: i64::from(!known) }
    }

    pub(super) fn add(&mut self, other: Tally) {
        self.leads += other.leads;
        self.people += other.people;
        self.visitors += other.visitors;
    }
}

/// What is known of a count at once
#[derive(Debug, Serialize, ToSchema)]
pub struct FirstCount {
    /// What the condition says, in English
    pub sentence: String,
    /// How many leads there are
    pub of: i64,
    /// How many of them were asked
    pub asked: i64,
    /// Of those that were asked
    pub found: Tally,
    /// Of all leads, the likeliest numbers
    pub estimate: Tally,
    /// Of all leads, with 95 % confidence for each number: at least
    pub low: Tally,
    /// At most
    pub high: Tally,
    /// Whether all leads were asked
    pub exact: bool,
    /// The count of all leads that has begun; null if this one is exact
    pub count: Option<String>,
    /// What in the condition is hardly meant as written, such as a kind of event that was never received
    pub warnings: Vec<ConditionProblem>,
}

impl FirstCount {
    pub(super) fn exact(sentence: String, found: Tally, asked: i64) -> FirstCount {
        FirstCount {
            sentence,
            of: asked,
            asked,
            found,
            estimate: found,
            low: found,
            high: found,
            exact: true,
            count: None,
            warnings: Vec::new(),
        }
    }

    pub(super) fn of_sample(sentence: String, found: Tally, asked: i64, of: i64) -> FirstCount {
        let counted = |found: i64| Counted { found: found.unsigned_abs(), asked: asked.unsigned_abs() };
        let number = |found: i64| estimate(counted(found), of.unsigned_abs());
        let (leads, people, visitors) = (number(found.leads), number(found.people), number(found.visitors));
        let tally = |leads: u64, people: u64, visitors: u64| Tally {
            leads: leads as i64,
            people: people as i64,
            visitors: visitors as i64,
        };
        FirstCount {
            sentence,
            of,
            asked,
            found,
            estimate: tally(leads.likely, people.likely, visitors.likely),
            low: tally(leads.low, people.low, visitors.low),
            high: tally(leads.high, people.high, visitors.high),
            exact: false,
            count: None,
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_tells_people_and_visitors_apart_and_is_no_less_than_was_found() {
        let found = Tally { leads: 20, people: 2, visitors: 18 };
        let first = FirstCount::of_sample("x".into(), found, 2_000, 100_000);
        assert_eq!(first.estimate, Tally { leads: 1_000, people: 100, visitors: 900 });
        assert_eq!((first.low.leads, first.high.leads), (616, 1_534));
        assert!(first.low.people >= 2 && first.high.people < first.low.visitors, "{first:?}");
        let nearly_all = FirstCount::of_sample("x".into(), found, 2_000, 2_001);
        assert_eq!((nearly_all.low, nearly_all.high.leads), (found, 20));
        let all = FirstCount::exact("x".into(), found, 2_000);
        assert_eq!((all.estimate, all.low, all.high, all.of), (found, found, found, 2_000));
    }
}
