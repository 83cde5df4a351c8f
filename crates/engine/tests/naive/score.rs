//! Scores: what of them stands still until the next turn, and what decays continuously.

use super::book::{Decay, Rule, Source};
use super::condition::Scope;
use super::crossing::Term;
use super::lead::Share;
use super::life::Life;

fn capped(rule: &Rule, sum: f64) -> f64 {
    rule.cap.map_or(sum, |cap| sum.clamp(-cap, cap))
}

/// What is left of an event's points at an age in milliseconds.
fn decayed(decay: Decay, points: f64, age: i64) -> f64 {
    match decay {
        Decay::None => points,
        Decay::HalfLife(half_life) => points * (-(age as f64) / half_life).exp2(),
        Decay::Expires(after) if age < after => points,
        Decay::Expires(_) => 0.0,
        Decay::Loses(loss, every) => points.signum() * (points.abs() - loss * (age / every) as f64).max(0.0),
    }
}

impl Life<'_> {
    fn shares(&self, score: usize, rule: usize) -> impl Iterator<Item = &Share> {
        self.lead.counted[score][rule].iter().filter(|share| share.index < self.taken)
    }

    /// The sum of an event rule at an instant, before its cap.
    fn events_of(&self, score: usize, rule: usize, decay: Decay, at: i64) -> f64 {
        self.shares(score, rule).map(|share| decayed(decay, share.amount, at - share.at)).sum()
    }

    /// The part of a score that time changes only by steps, now.
    fn steady(&self, score: usize) -> f64 {
        let rules = self.book.scores[score].rules.iter().enumerate();
        let steady = rules.map(|(number, rule)| match &rule.source {
            Source::Event { decay: Decay::HalfLife(_), .. } => 0.0,
            Source::Event { decay, .. } => capped(rule, self.events_of(score, number, *decay, self.now)),
            Source::If(condition) if self.holds(condition) => capped(rule, rule.points),
            Source::If(_) => 0.0,
            Source::Inactive { leaf, after, repeats } => {
                let periods = self.idle(*leaf, Scope { from: 0, since: self.lead.start }) / after;
                capped(rule, rule.points * if *repeats { periods } else { periods.min(1) } as f64)
            }
        });
        steady.sum()
    }

    /// A score at an instant before the next turn.
    pub fn score_at(&self, score: usize, at: i64) -> f64 {
        let mut sum = self.steady[score];
        for (number, rule) in self.book.scores[score].rules.iter().enumerate() {
            if let Source::Event { decay: decay @ Decay::HalfLife(_), .. } = &rule.source {
                sum += capped(rule, self.events_of(score, number, *decay, at));
            }
        }
        let range = self.book.scores[score].range;
        range.map_or(sum, |(low, high)| sum.clamp(low, high))
    }

    /// What of a score decays continuously.
    pub fn terms(&self, score: usize) -> Vec<Term> {
        let rules = self.book.scores[score].rules.iter().enumerate();
        let terms = rules.filter_map(|(number, rule)| match &rule.source {
            Source::Event { decay: decay @ Decay::HalfLife(half_life), .. } => {
                let amount = self.events_of(score, number, *decay, self.now);
                (amount != 0.0).then_some(Term { amount, half_life: *half_life, cap: rule.cap })
            }
            _ => None,
        });
        terms.collect()
    }

    pub fn settle_scores(&mut self) {
        self.steady = (0..self.book.scores.len()).map(|score| self.steady(score)).collect();
        self.scores = (0..self.book.scores.len()).map(|score| self.score_at(score, self.now)).collect();
    }
}
