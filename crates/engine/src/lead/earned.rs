//! What an event rule has earned a lead: points that fade, expire, wear off or stay (contract §4.3).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::curve::{Curve, Fade};
use crate::playbook::Decay;
use crate::program::Rule;
use crate::time::{Duration, Instant};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Earned {
    points: Points,
    /// The last counted events, as many as the rule's limit asks for.
    counted: VecDeque<Instant>,
}

/// Counted in events: each is worth the rule's points when new.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Points {
    #[default]
    None,
    Stay(u64),
    Fade(Fade),
    /// The instants of events that are still worth something, ascending.
    Dated(VecDeque<Instant>),
}

impl Earned {
    /// Counts an event unless the rule's limit forbids. Whether it counted.
    pub fn count(&mut self, rule: &Rule, at: Instant) -> bool {
        if let Some(limit) = rule.limit {
            while self.counted.front().is_some_and(|first| at - *first >= limit.within) {
                self.counted.pop_front();
            }
            if self.counted.len() >= limit.times as usize {
                return false;
            }
            self.counted.push_back(at);
        }
        match rule.decay {
            None => self.points = Points::Stay(self.stayed() + 1),
            Some(Decay::HalfLife(half_life)) => {
                let mut fade = self.faded();
                fade.add(1.0, at, half_life);
                self.points = Points::Fade(fade);
            }
            Some(Decay::Expires(life)) => self.date(at, life, rule.cap.map(|cap| (cap / rule.points.abs()).ceil())),
            Some(Decay::Loses { loses, every }) => self.date(at, life(rule.points, loses, every), None),
        }
        true
    }

    fn stayed(&self) -> u64 {
        match self.points {
            Points::Stay(count) => count,
            _ => 0,
        }
    }

    fn faded(&self) -> Fade {
        match self.points {
            Points::Fade(fade) => fade,
            _ => Fade::default(),
        }
    }

    /// Keeps the instant; drops what is worth nothing any more, and what a cap hides for as long as it lives.
    fn date(&mut self, at: Instant, life: Duration, most: Option<f64>) {
        if !matches!(self.points, Points::Dated(_)) {
            self.points = Points::Dated(VecDeque::new());
        }
        if let Points::Dated(times) = &mut self.points {
            let most = most.filter(|most| *most < 1e9).map_or(usize::MAX, |most| most as usize);
            while times.len() >= most.max(1) || times.front().is_some_and(|first| at - *first >= life) {
                times.pop_front();
            }
            times.push_back(at);
        }
    }

    /// Adds the rule's sum, capped, to a score's curve.
    pub fn add_to(&self, curve: &mut Curve, rule: &Rule) {
        let at = curve.at;
        match (&self.points, rule.decay) {
            (Points::Stay(count), _) => curve.constant += capped(rule.points * *count as f64, rule.cap),
            (Points::Fade(fade), Some(Decay::HalfLife(half_life))) => {
                add_fading(curve, rule.points * fade.value_at(at, half_life), half_life, rule.cap);
            }
            (Points::Dated(times), Some(Decay::Expires(life))) => {
                // All that live are worth the same, and the first to come is the first to go.
                let dead = times.partition_point(|time| at - *time >= life);
                curve.constant += capped(rule.points * (times.len() - dead) as f64, rule.cap);
                times.get(dead).into_iter().for_each(|first| curve.break_at(*first + life));
            }
            (Points::Dated(times), Some(decay)) => {
                let sum: f64 = times.iter().map(|time| worth(rule.points, decay, (at - *time).0)).sum();
                curve.constant += capped(sum, rule.cap);
                times
                    .iter()
                    .filter_map(|time| next_loss(rule.points, decay, *time, at))
                    .for_each(|next| curve.break_at(next));
            }
            _ => {}
        }
    }
}

pub(crate) fn capped(sum: f64, cap: Option<f64>) -> f64 {
    cap.map_or(sum, |cap| sum.max(-cap).min(cap))
}

/// A fading sum counts as its cap until it has faded to it.
fn add_fading(curve: &mut Curve, sum: f64, half_life: Duration, cap: Option<f64>) {
    match cap {
        Some(cap) if sum.abs() > cap => {
            curve.constant += cap.copysign(sum);
            let away = (sum.abs() / cap).log2() * half_life.0 as f64;
            curve.break_at(curve.at + Duration(((away * (1.0 - 1e-9)) as i64 - 1).max(1)));
        }
        _ => curve.add(sum, half_life),
    }
}

/// What points are worth at an age in milliseconds.
pub(crate) fn worth(points: f64, decay: Decay, age: i64) -> f64 {
    match decay {
        Decay::HalfLife(half_life) => points * (-(age as f64) / half_life.0 as f64).exp2(),
        Decay::Expires(life) => {
            if age < life.0 {
                points
            } else {
                0.0
            }
        }
        Decay::Loses { loses, every } => (points.abs() - loses * (age / every.0) as f64).max(0.0).copysign(points),
    }
}

/// How long points that wear off are worth anything.
fn life(points: f64, loses: f64, every: Duration) -> Duration {
    Duration(((points.abs() / loses).ceil() * every.0 as f64).min(i64::MAX as f64) as i64)
}

/// The next instant at which an event's worth jumps.
fn next_loss(points: f64, decay: Decay, time: Instant, at: Instant) -> Option<Instant> {
    match decay {
        Decay::HalfLife(_) => None,
        Decay::Expires(life) => Some(time + life).filter(|end| *end > at),
        Decay::Loses { loses, every } => {
            let next = time + Duration(((at - time).0 / every.0 + 1).saturating_mul(every.0));
            (next <= time + life(points, loses, every)).then_some(next)
        }
    }
}
