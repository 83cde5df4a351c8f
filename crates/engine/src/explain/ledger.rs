//! The ledger: every point of a score with what gave it. It adds up to the score.

use super::{Happened, Score};
use crate::ask::Asking;
use crate::condition::Names;
use crate::lead::earned::{capped, worth};
use crate::playbook::{self, Gives, Rule};
use crate::program::Program;
use crate::time::Instant;

/// One entry: what a rule gives now, or what a cap or the score's range takes away.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The rule's id; `None` for the range.
    pub rule: Option<String>,
    /// What it is worth now, decay and all.
    pub points: f64,
    /// When it happened, or since when the lead is idle for so long.
    pub at: Option<Instant>,
    pub because: Because,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// A message's id, and what it says for people.
    Event {
        id: String,
        what: String,
    },
    /// The condition of an `if` rule holds: its sentence.
    Attribute(String),
    Inactive,
    Cap,
    Range,
}

/// What each event earned, by the rule that counted it.
#[derive(Default)]
pub(super) struct Ledger {
    earned: Vec<Earned>,
}

struct Earned {
    rule: u32,
    at: Instant,
    id: String,
    what: String,
}

impl Ledger {
    pub fn note(&mut self, rules: Vec<u32>, happened: &Happened) {
        let (at, id, what) = (happened.event.at, happened.id, happened.what);
        self.earned.extend(rules.into_iter().map(|rule| Earned { rule, at, id: id.into(), what: what.into() }));
    }

    pub fn scores(&self, program: &Program, names: &Names, asking: &mut Asking) -> Vec<Score> {
        let scores = (0..).zip(&program.playbook().scores);
        let entries = |(number, score): (u32, &playbook::Score)| {
            let why = Books { earned: &self.earned, program, names, asking, score: number }.points(score);
            let name = score.name.clone().unwrap_or_else(|| score.id.clone());
            Score { id: score.id.clone(), name, value: asking.curve(number).value(), why }
        };
        scores.map(entries).collect()
    }
}

/// What one score's entries are written from.
struct Books<'a> {
    earned: &'a [Earned],
    program: &'a Program,
    names: &'a Names,
    asking: &'a Asking<'a>,
    score: u32,
}

impl Books<'_> {
    /// The entries, rule by rule as declared, and the range last.
    fn points(&self, score: &playbook::Score) -> Vec<Point> {
        let mut why = Vec::new();
        for (place, rule) in (0..).zip(&score.rules) {
            let mut points = self.of_rule(place, rule);
            points.retain(|point| point.points != 0.0);
            let sum: f64 = points.iter().map(|point| point.points).sum();
            let over = capped(sum, rule.cap) - sum;
            if over != 0.0 {
                points.push(Point { rule: Some(rule.id.clone()), points: over, at: None, because: Because::Cap });
            }
            why.append(&mut points);
        }
        let sum: f64 = why.iter().map(|point| point.points).sum();
        if let Some((low, high)) = score.range.filter(|(low, high)| sum < *low || sum > *high) {
            let points = sum.max(low).min(high) - sum;
            why.push(Point { rule: None, points, at: None, because: Because::Range });
        }
        why
    }

    /// What a rule, the `place`th of its score, gives before its cap.
    fn of_rule(&self, place: u32, rule: &Rule) -> Vec<Point> {
        let compiled = &self.program.scores[self.score as usize];
        let point = |points, at, because| Point { rule: Some(rule.id.clone()), points, at, because };
        match &rule.gives {
            Gives::Event { .. } => self.of_events(place, rule),
            Gives::If(condition) => {
                let holding = self.asking.lead.holding.between(compiled.if_rules.0, compiled.if_rules.1).iter();
                let of_rule = holding.filter(|(number, ())| self.program.if_rules[*number as usize].place == place);
                let because = || Because::Attribute(condition.sentence(self.names));
                of_rule.map(|_| point(rule.points, None, because())).collect()
            }
            Gives::Inactive { .. } => {
                let of_rule = compiled.idle_rules.iter().filter(|idle| idle.place == place);
                let idle = of_rule.map(|idle| {
                    let since = self.asking.idle_since(idle.clock);
                    let times = idle.times((self.asking.at - since).0);
                    point(rule.points * times as f64, Some(since + idle.span), Because::Inactive)
                });
                idle.collect()
            }
        }
    }

    fn of_events(&self, place: u32, rule: &Rule) -> Vec<Point> {
        let earned = self.earned.iter().map(|earned| (earned, &self.program.rules[earned.rule as usize]));
        let of_rule = earned.filter(|(_, compiled)| (compiled.score, compiled.place) == (self.score, place));
        let worth = of_rule.map(|(earned, compiled)| {
            let age = (self.asking.at - earned.at).0;
            let decay = self.program.pools[compiled.pool as usize].decay;
            let points = decay.map_or(rule.points, |decay| worth(rule.points, decay, age));
            let because = Because::Event { id: earned.id.clone(), what: earned.what.clone() };
            Point { rule: Some(rule.id.clone()), points, at: Some(earned.at), because }
        });
        worth.collect()
    }
}
