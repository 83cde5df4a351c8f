//! What event rules have earned a lead: points that fade, expire, wear off or stay (contract §4.3).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::curve::{Curve, Fade, Step, left};
use crate::playbook::{Decay, Limit};
use crate::program::Pool;
use crate::test::finite;
use crate::time::{Duration, Instant};

/// The last counted events of a rule with a limit, as many as it asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted(VecDeque<Instant>);

impl Counted {
    /// Counts an event unless the limit forbids. Whether it counts.
    pub fn count(&mut self, limit: Limit, at: Instant) -> bool {
        while self.0.front().is_some_and(|first| at - *first >= limit.within) {
            self.0.pop_front();
        }
        let counts = self.0.len() < limit.times as usize;
        if counts {
            self.0.push_back(at);
        }
        counts
    }
}

/// The points of a pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Earned {
    #[default]
    Nothing,
    Stay(f64),
    Fade(Fade),
    /// Events that are still worth something, by time, with their points when new.
    Dated(VecDeque<(Instant, f64)>),
}

impl Earned {
    /// Adds the points of an event.
    pub fn add(&mut self, points: f64, pool: &Pool, at: Instant) {
        match pool.decay {
            None => {
                let before = if let Earned::Stay(sum) = self { *sum } else { 0.0 };
                *self = Earned::Stay(finite(before + points));
            }
            Some(Decay::HalfLife(half_life)) => {
                let mut fade = if let Earned::Fade(fade) = self { *fade } else { Fade::from(at) };
                fade.add(points, at, half_life);
                *self = Earned::Fade(fade);
            }
            Some(decay @ (Decay::Expires(_) | Decay::Loses { .. })) => self.date(points, decay, pool.cap, at),
        }
    }

    /// Keeps the event; drops what is worth nothing any more, and what a cap hides for as long as it lives.
    fn date(&mut self, points: f64, decay: Decay, cap: Option<f64>, at: Instant) {
        if !matches!(self, Earned::Dated(_)) {
            *self = Earned::Dated(VecDeque::new());
        }
        if let Earned::Dated(events) = self {
            // A pool with a cap is one rule's: all its events are worth the same when new.
            let shown = cap.filter(|_| matches!(decay, Decay::Expires(_))).map(|cap| (cap / points.abs()).ceil());
            let most = shown.filter(|most| *most < 1e9).map_or(usize::MAX, |most| most as usize);
            let dead = |(time, points): &(Instant, f64)| at - *time >= life(*points, decay);
            while events.len() >= most.max(1) || events.front().is_some_and(dead) {
                events.pop_front();
            }
            events.push_back((at, points));
        }
    }

    /// Adds the pool's sum, capped, to a score's curve.
    pub fn add_to(&self, curve: &mut Curve, pool: &Pool) {
        let at = curve.at;
        match (self, pool.decay) {
            (Earned::Stay(sum), _) => curve.constant += capped(*sum, pool.cap),
            (Earned::Fade(fade), Some(Decay::HalfLife(half_life))) => {
                add_fading(curve, fade.value_at(at, half_life), half_life, pool.cap);
            }
            (Earned::Dated(events), Some(Decay::Expires(life))) => {
                // The first to come is the first to go.
                let dead = events.partition_point(|(time, _)| at - *time >= life);
                curve.constant += capped(events.range(dead..).map(|(_, points)| points).sum(), pool.cap);
                events.get(dead).into_iter().for_each(|(first, _)| curve.break_at(*first + life));
            }
            (Earned::Dated(events), Some(Decay::Loses { loses, every })) => {
                add_wearing(curve, events, (loses, every), pool.cap);
            }
            _ => {}
        }
    }
}

pub(crate) fn capped(sum: f64, cap: Option<f64>) -> f64 {
    cap.map_or(sum, |cap| sum.max(-cap).min(cap))
}

/// Points of events of one sign that lose the same, all at once at the earliest of their instants: a bound.
struct Wearing {
    count: usize,
    left: f64,
    next: Instant,
    ends: Instant,
}

impl Wearing {
    const NONE: Wearing = Wearing { count: 0, left: 0.0, next: Instant::NEVER, ends: Instant::NEVER };

    fn add(&mut self, left: f64, next: Instant, end: Instant) {
        self.count += 1;
        self.left += left;
        self.next = self.next.min(next);
        self.ends = self.ends.min(end);
    }

    /// As a change of the sum that repeats. `sign` is that of the points.
    fn step(&self, sign: f64, loses: f64, every: Duration) -> Option<Step> {
        let Wearing { count, left: most, next, ends } = *self;
        (count > 0).then_some(Step { next, every, points: -sign * loses * count as f64, most, ends })
    }
}

/// Adds points that lose the same again and again. What a cap hides goes first.
fn add_wearing(
    curve: &mut Curve,
    events: &VecDeque<(Instant, f64)>,
    (loses, every): (f64, Duration),
    cap: Option<f64>,
) {
    let (decay, at) = (Decay::Loses { loses, every }, curve.at);
    let (mut sum, mut size) = (0.0, 0.0);
    let (mut plus, mut minus) = (Wearing::NONE, Wearing::NONE);
    // All events are looked at whenever the score is asked, so this loop is kept short. Most of them are worth the same when
    // new, and so live as long as the one before.
    let (mut of_points, mut lives) = (0.0, Duration(0));
    events.iter().for_each(|(time, points)| {
        if *points != of_points {
            (of_points, lives) = (*points, life(*points, decay));
        }
        let periods = (at - *time).0 / every.0;
        let left = worn(*points, loses, periods);
        sum += left.copysign(*points);
        size += points.abs();
        let (next, end) = (*time + Duration((periods + 1).saturating_mul(every.0)), *time + lives);
        if next <= end {
            let wearing = if *points < 0.0 { &mut minus } else { &mut plus };
            wearing.add(left, next, end);
        }
    });
    curve.constant += capped(sum, cap);
    curve.slack += size * f64::EPSILON * (events.len() + 4) as f64;
    let steps = [plus.step(1.0, loses, every), minus.step(-1.0, loses, every)];
    for step in steps.into_iter().flatten() {
        match cap {
            Some(cap) if sum.abs() > cap => curve.break_at(step.reaches(sum.abs() - cap)),
            _ => curve.step(step),
        }
    }
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
        Decay::HalfLife(half_life) => points * left(age, half_life),
        Decay::Expires(life) => {
            if age < life.0 {
                points
            } else {
                0.0
            }
        }
        Decay::Loses { loses, every } => worn(points, loses, age / every.0).copysign(points),
    }
}

/// What is left of points that lost the same so many times, without their sign.
fn worn(points: f64, loses: f64, times: i64) -> f64 {
    (points.abs() - loses * times as f64).max(0.0)
}

/// How long points are worth anything.
fn life(points: f64, decay: Decay) -> Duration {
    match decay {
        Decay::HalfLife(_) => Duration(i64::MAX),
        Decay::Expires(life) => life,
        Decay::Loses { loses, every } => {
            Duration(((points.abs() / loses).ceil() * every.0 as f64).min(i64::MAX as f64) as i64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Bound;

    const DECAY: Decay = Decay::Loses { loses: 2.0, every: Duration::DAY };

    /// Points by the hour at which they were earned.
    type Earnings<'e> = &'e [(i64, f64)];

    fn at(hour: i64) -> Instant {
        Instant(hour * Duration::HOUR.0)
    }

    /// What the events are worth one by one.
    fn one_by_one(events: Earnings, cap: Option<f64>, now: Instant) -> f64 {
        capped(events.iter().map(|(hour, points)| worth(*points, DECAY, (now - at(*hour)).0)).sum(), cap)
    }

    #[test]
    fn worn_points_add_up_and_nothing_changes_before_the_bound() {
        // A pool with a cap is one rule's: all its events are worth the same when new.
        let histories: [(Earnings, Option<f64>); 4] = [
            (&[(0, 5.0), (7, 5.0), (31, 5.0)], None),
            (&[(0, 0.3), (1, 10.0), (2, -7.0), (3, 10.0), (30, 4.1), (31, -7.0)], None),
            (&[(0, 9.0), (1, 9.0), (2, 9.0), (50, 9.0)], Some(12.0)),
            (&[(0, -9.0), (1, -9.0), (2, -9.0), (50, -9.0)], Some(12.0)),
        ];
        for (events, cap) in histories {
            let pool = Pool { decay: Some(DECAY), cap };
            for now in (0..200).step_by(5) {
                let past: Vec<(i64, f64)> = events.iter().copied().filter(|(hour, _)| *hour <= now).collect();
                let (mut earned, mut curve) = (Earned::default(), Curve::default());
                past.iter().for_each(|(hour, points)| earned.add(*points, &pool, at(*hour)));
                curve.clear(at(now), None);
                earned.add_to(&mut curve, &pool);
                let value = one_by_one(&past, cap, at(now));
                assert!((curve.value() - value).abs() < 1e-12, "{events:?} at {now}: {} and {value}", curve.value());
                for quarters in -80..80 {
                    let test = Bound::at_least(f64::from(quarters) / 4.0);
                    let other = |hour: &i64| test.holds(one_by_one(&past, cap, at(*hour))) != test.holds(value);
                    let changes = (now + 1..400).find(other).map_or(Instant::NEVER, at);
                    assert!(curve.until(&test) <= changes, "{events:?} at {now}, {quarters} quarters");
                }
            }
        }
    }
}
