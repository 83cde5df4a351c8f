//! A value that fades: a score or a strength between two events, and the first instant at which a test of it changes.

use crate::test::{Bound, finite};
use crate::time::{Duration, Instant};

/// What is left of something that halves once every half-life, known at one instant: that of its last event. It has
/// no default, as any instant but its first event's could lie so far from it that the value is not a number.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Fade {
    value: f64,
    at: Instant,
}

impl Fade {
    /// Nothing, from the instant of the first event on.
    pub fn from(at: Instant) -> Fade {
        Fade { value: 0.0, at }
    }

    pub fn value_at(self, at: Instant, half_life: Duration) -> f64 {
        if at == self.at { self.value } else { self.value * left((at - self.at).0, half_life) }
    }

    pub fn add(&mut self, amount: f64, at: Instant, half_life: Duration) {
        *self = Fade { value: finite(self.value_at(at, half_life) + amount), at };
    }
}

/// What is left of 1 at an age; nothing grows by looking back.
pub(super) fn left(age: i64, half_life: Duration) -> f64 {
    (-(age.max(0) as f64) / half_life.0 as f64).exp2()
}

/// A sum as a function of time from `at` on, exact before `breaks`.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    pub at: Instant,
    pub constant: f64,
    /// Terms with their half-lives, both signs, one a half-life.
    terms: Vec<(f64, Duration)>,
    /// What changes by the same amount again and again.
    steps: Vec<Step>,
    /// The next instant at which something else jumps (a lower bound).
    pub breaks: Instant,
    /// By how much the constant may differ from what it is without rounding.
    pub slack: f64,
    pub range: Option<(f64, f64)>,
    pub fresh: bool,
}

impl Default for Curve {
    fn default() -> Curve {
        let at = Instant::default();
        let (terms, steps) = (Vec::new(), Vec::new());
        Curve { at, constant: 0.0, terms, steps, breaks: Instant::NEVER, slack: 0.0, range: None, fresh: false }
    }
}

/// A change that comes again and again: the points of an idle rule, period after period, or what points lose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The first time, later than the curve's instant.
    pub next: Instant,
    pub every: Duration,
    pub points: f64,
    /// The absolute sum of all steps to come; infinite without a cap.
    pub most: f64,
    /// Before this instant none of what it is made of has ended.
    pub ends: Instant,
}

impl Step {
    /// Points that come again and again, until they are `most` together.
    pub fn new(next: Instant, every: Duration, points: f64, most: f64) -> Step {
        let ends = repeated(next, every, most / points.abs());
        Step { next, every, points, most, ends }
    }

    /// No earlier than at this instant have the steps changed the sum by at least this much.
    pub fn reaches(&self, amount: f64) -> Instant {
        if amount > self.most {
            return Instant::NEVER;
        }
        repeated(self.next, self.every, amount / self.points.abs())
    }
}

/// When something comes for this many times, rounded up and at least once; never where that is too often.
fn repeated(next: Instant, every: Duration, times: f64) -> Instant {
    // Rounded up by hand: `ceil` is a call on processors that may lack it, and costs more than all the rest.
    let (times, whole) = (times.max(1.0), times.max(1.0) as i64);
    let before = if (whole as f64) < times { whole } else { whole - 1 };
    next + Duration(before.saturating_mul(every.0))
}

/// Below this many milliseconds the crossing is looked for to the millisecond instead of bounded.
const NEAR: f64 = 30_000.0;

impl Curve {
    pub fn clear(&mut self, at: Instant, range: Option<(f64, f64)>) {
        self.terms.clear();
        self.steps.clear();
        (self.at, self.range, self.fresh) = (at, range, true);
        (self.constant, self.breaks, self.slack) = (0.0, Instant::NEVER, 0.0);
    }

    /// Adds something that fades. Of one half-life all make one term: what cancels out is gone for good.
    pub fn add(&mut self, value: f64, half_life: Duration) {
        match self.terms.iter_mut().find(|(_, known)| *known == half_life) {
            Some((sum, _)) => *sum += value,
            None => self.terms.push((value, half_life)),
        }
    }

    /// Adds a change that repeats. Those that come at the same instants for good are one.
    pub fn step(&mut self, step: Step) {
        let endless = |step: &Step| step.most == f64::INFINITY;
        let alike = |other: &&mut Step| (other.next, other.every) == (step.next, step.every) && endless(other);
        match self.steps.iter_mut().find(alike).filter(|_| endless(&step)) {
            Some(other) => other.points += step.points,
            None => self.steps.push(step),
        }
    }

    pub fn break_at(&mut self, instant: Instant) {
        self.breaks = self.breaks.min(instant);
    }

    pub fn value(&self) -> f64 {
        self.clamp(self.constant + self.terms.iter().map(|(value, _)| value).sum::<f64>())
    }

    /// To the range, and without one to what is finite.
    fn clamp(&self, value: f64) -> f64 {
        let (low, high) = self.range.unwrap_or((f64::MIN, f64::MAX));
        // Not `clamp`: a range is checked when the playbook is read, and this must not panic if it was not.
        value.max(low).min(high)
    }

    fn value_after(&self, age: i64) -> f64 {
        let terms: f64 = self.terms.iter().map(|(value, half_life)| value * left(age, *half_life)).sum();
        self.clamp(self.constant + terms)
    }

    /// Before this instant, later than `at`, time alone cannot change the test's answer.
    pub fn until(&self, test: &Bound) -> Instant {
        let (falling, rising) = self.parts();
        let (down, up) = self.distances(test, falling.0, rising.0);
        let away = least(falling, down * self.share(-1.0)).min(least(rising, up * self.share(1.0)));
        let bound = self.at + Duration((away * (1.0 - 1e-9) - 1.0).min(1e17) as i64);
        let mut breaks = self.breaks;
        // Most curves have no steps.
        if !self.steps.is_empty() {
            let earlier = breaks.min(bound);
            let down = self.steps_reach(-1.0, down, falling.0, earlier);
            breaks = breaks.min(down).min(self.steps_reach(1.0, up, rising.0, earlier));
        }
        if self.terms.is_empty() || bound >= breaks {
            breaks
        } else if away > NEAR {
            bound
        } else {
            let next = self.steps.iter().map(|step| step.next).min();
            self.first_change(test, breaks.min(next.unwrap_or(Instant::NEVER)))
        }
    }

    /// How far the sum is above the next edge of the test and below it. The falling and the rising parts are bounded
    /// apart: a sum of exponentials is log-convex, so it lies above its tangent in the logarithm.
    fn distances(&self, test: &Bound, falling: f64, rising: f64) -> (f64, f64) {
        let sum = self.constant + falling - rising;
        let near = 1e-12 * sum.abs().max(1.0) + self.slack;
        let above = test.place(sum);
        let down = above.checked_sub(1).map_or(f64::INFINITY, |i| sum - test.edges[i] - near);
        let up = test.edges.get(above).map_or(f64::INFINITY, |edge| edge - sum - near);
        (down, up)
    }

    /// What part of a distance is left to the terms: where steps go the same way, each of both gets half.
    fn share(&self, sign: f64) -> f64 {
        if self.steps_of(sign).next().is_some() { 0.5 } else { 1.0 }
    }

    fn steps_of(&self, sign: f64) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.points * sign > 0.0)
    }

    /// No earlier than at this instant do the steps of one sign go their share of a distance: if none of them has gone
    /// its part of the share, all together have not gone the share. Or, if that is later, the steps of both signs; what
    /// is later than `earlier` anyway is not looked at so closely.
    fn steps_reach(&self, sign: f64, distance: f64, moved_by_terms: f64, earlier: Instant) -> Instant {
        if distance == f64::INFINITY {
            return Instant::NEVER;
        }
        let parts = self.steps_of(sign).count().max(1) as f64 * if moved_by_terms > 0.0 { 2.0 } else { 1.0 };
        match self.steps_of(sign).map(|step| step.reaches(distance / parts)).min() {
            None => Instant::NEVER,
            Some(alone) if alone >= earlier => alone,
            Some(alone) => alone.max(self.net_reaches(sign, distance - moved_by_terms)),
        }
    }

    /// No earlier than at this instant do the steps of both signs go a distance together. Both bounds are.
    fn net_reaches(&self, sign: f64, distance: f64) -> Instant {
        self.net_until_ends(sign, distance).max(self.net_of_endless(sign, distance))
    }

    /// After `t` milliseconds a step has come `t / every` times, and at most once more or once less. A step that ends goes
    /// all its way at once, and one that ends and goes the other way is left out.
    fn net_of_endless(&self, sign: f64, distance: f64) -> Instant {
        let (mut speed, mut ahead) = (0.0, 0.0);
        for step in &self.steps {
            let points = step.points * sign;
            if step.most == f64::INFINITY {
                speed += points / step.every.0 as f64;
                ahead += points.abs();
            } else if points > 0.0 {
                ahead += step.most;
            }
        }
        self.gone(distance, speed, ahead)
    }

    /// The same of all steps as though they went on; until one of those that go the other way ends.
    fn net_until_ends(&self, sign: f64, distance: f64) -> Instant {
        let speed = self.steps.iter().map(|step| step.points * sign / step.every.0 as f64).sum();
        let ahead = self.steps.iter().map(|step| step.points.abs()).sum();
        let ends = self.steps_of(-sign).map(|step| step.ends).min().unwrap_or(Instant::NEVER);
        self.gone(distance, speed, ahead).min(ends)
    }

    /// When a distance is gone at a speed, part of it at once.
    fn gone(&self, distance: f64, speed: f64, ahead: f64) -> Instant {
        let away = if speed > 0.0 { (distance - ahead) / speed } else { f64::INFINITY };
        if distance <= ahead { self.at } else { self.at + Duration((away * (1.0 - 1e-9) - 1.0).min(1e17) as i64) }
    }

    /// The terms of each sign, those that fall first: their absolute sum and how much of it goes in a millisecond.
    fn parts(&self) -> ((f64, f64), (f64, f64)) {
        let (mut falling, mut rising) = ((0.0, 0.0), (0.0, 0.0));
        for (value, half_life) in &self.terms {
            let slope = value * std::f64::consts::LN_2 / half_life.0 as f64;
            let (part, sign) = if *value > 0.0 { (&mut falling, 1.0) } else { (&mut rising, -1.0) };
            part.0 += value * sign;
            part.1 += slope * sign;
        }
        (falling, rising)
    }

    /// The first millisecond before `breaks` at which the answer is another one; if it is far off, a lower bound.
    fn first_change(&self, test: &Bound, breaks: Instant) -> Instant {
        let last = (breaks - self.at).0.saturating_sub(1);
        let now = test.holds(self.value());
        let mut from = 0;
        for window in [60_000, 3_600_000, 86_400_000_i64, 30 * 86_400_000] {
            let to = window.min(last);
            if let Some(age) = self.first_other(test, now, from, to) {
                return self.at + Duration(age);
            }
            if to == last {
                return breaks;
            }
            from = to;
        }
        self.at + Duration(from + 1)
    }

    /// The first age in `(from, to]` at which the answer is not `now`, which it is at `from`.
    fn first_other(&self, test: &Bound, now: bool, from: i64, to: i64) -> Option<i64> {
        if from >= to {
            return None;
        }
        let holds_now = |age| test.holds(self.value_after(age)) == now;
        match self.course(test, from, to) {
            Course::Stays => None,
            Course::OneWay => {
                let age = self.first_elsewhere(test, from, to);
                if holds_now(age) { self.first_other(test, now, age, to) } else { Some(age) }
            }
            Course::Unknown if to - from == 1 => (!holds_now(to)).then_some(to),
            Course::Unknown => {
                let middle = from + (to - from) / 2;
                self.first_other(test, now, from, middle).or_else(|| self.first_other(test, now, middle, to))
            }
        }
    }

    /// The first age in `(from, to]` at which the sum has passed an edge, where it goes one way.
    fn first_elsewhere(&self, test: &Bound, mut from: i64, mut to: i64) -> i64 {
        let place = test.place(self.value_after(from));
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            if test.place(self.value_after(middle)) == place { from = middle } else { to = middle }
        }
        to
    }

    /// How the sum goes from one age to another: by Taylor's theorem around the middle, with the second derivative bounded
    /// by its absolute terms at `from`, where they are largest; bounding the terms one by one would prove nothing where
    /// large ones nearly cancel.
    fn course(&self, test: &Bound, from: i64, to: i64) -> Course {
        let half = (to - from) as f64 / 2.0;
        let (mut middle, mut slope, mut bend, mut size) = (self.constant, 0.0, 0.0, self.constant.abs());
        for (value, half_life) in &self.terms {
            let rate = std::f64::consts::LN_2 / half_life.0 as f64;
            let early = value * left(from, *half_life);
            let term = early * (-half * rate).exp();
            middle += term;
            slope -= term * rate;
            bend += early.abs() * rate * rate;
            size = size.max(early.abs());
        }
        let away = slope.abs() * half + bend * half * half / 2.0 + 1e-12 * size.max(1.0);
        if test.place(middle - away) == test.place(middle + away) {
            Course::Stays
        } else if slope.abs() <= bend * half {
            Course::Unknown
        } else if test.place(self.value_after(from)) == test.place(self.value_after(to)) {
            Course::Stays
        } else {
            Course::OneWay
        }
    }
}

/// How a sum goes between two ages.
enum Course {
    /// Between the same two edges.
    Stays,
    /// Its slope keeps its sign, and it passes an edge.
    OneWay,
    Unknown,
}

/// How many milliseconds a part (its sum and slope) takes at least to lose `amount`; infinitely many if it never does.
fn least((sum, slope): (f64, f64), amount: f64) -> f64 {
    if amount <= 0.0 && sum > 0.0 {
        0.0
    } else if amount >= sum || sum <= 0.0 {
        f64::INFINITY
    } else {
        (sum / (sum - amount)).ln() * sum / slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Operator, Test, Value};

    fn curve(terms: &[(f64, i64)]) -> Curve {
        let mut curve = Curve::default();
        terms.iter().for_each(|(value, days)| curve.add(*value, Duration(days * Duration::DAY.0)));
        curve
    }

    /// Follows the bounds until the answer changes.
    fn change(mut curve: Curve, test: &Bound) -> Option<i64> {
        let now = test.holds(curve.value());
        for _ in 0..1_000 {
            let until = curve.until(test);
            if until == Instant::NEVER {
                return None;
            }
            assert!(until > curve.at);
            let age = (until - curve.at).0;
            for (value, half_life) in &mut curve.terms {
                *value *= left(age, *half_life);
            }
            curve.at = until;
            if test.holds(curve.value()) != now {
                return Some(until.0);
            }
        }
        panic!("no end");
    }

    #[test]
    fn a_half_life_crosses_at_the_first_millisecond_under() {
        assert_eq!(change(curve(&[(10.0, 1)]), &Bound::at_least(5.0)), Some(86_400_001));
        assert_eq!(change(curve(&[(10.0, 1)]), &Bound::at_least(0.0)), None);
    }

    #[test]
    fn what_repeats_comes_at_least_once_and_a_part_of_a_time_is_a_whole_one() {
        let cases =
            [(0.0, 10), (0.2, 10), (1.0, 10), (1.000_001, 15), (2.0, 15), (2.5, 20), (1e15, 5_000_000_000_000_005)];
        for (times, at) in cases {
            assert_eq!(repeated(Instant(10), Duration(5), times), Instant(at), "{times}");
        }
        for times in [1e19, f64::MAX, f64::INFINITY] {
            assert_eq!(repeated(Instant(10), Duration(5), times), Instant::NEVER, "{times}");
        }
    }

    #[test]
    fn both_signs_cross_twice() {
        let sum = curve(&[(100.0, 2), (-100.0, 1)]);
        assert_eq!(change(sum.clone(), &Bound::at_least(16.0)), Some(55_629_175));
        let mut after = sum;
        after.terms = after.terms.iter().map(|(v, h)| (v * left(55_629_175, *h), *h)).collect();
        assert_eq!(change(after, &Bound::at_least(16.0)), Some(401_229_175 - 55_629_175));
    }

    #[test]
    fn what_only_fades_away_ends_at_half_a_billionth() {
        let none = Bound::from(&Test(vec![(Operator::Ne, Value::Number(0.0))]));
        let at = change(curve(&[(1.0, 1)]), &none).unwrap();
        assert_eq!(at, (86_400_000.0 * 2e9_f64.log2()).ceil() as i64);
    }

    /// A sum near its end changes by less in a millisecond than a double of its size holds: the millisecond of its
    /// edge and that of its answer must be the same.
    #[test]
    fn what_fades_to_a_threshold_reaches_it_as_soon_as_both_round_alike() {
        for constant in [0.0, 0.1, 2.5, 20.0, 99.9, 1_000.0] {
            for sign in [1.0, -1.0] {
                for (operator, amount) in [(Operator::Gt, 10.0), (Operator::Lte, 10.0), (Operator::Gte, -10.0)] {
                    let mut fading = curve(&[(amount, 1)]);
                    fading.constant = sign * constant;
                    let test = Bound::from(&Test(vec![(operator, Value::Number(fading.constant))]));
                    let at = change(fading, &test);
                    let expected = 86_400_000.0 * (10.0 / 0.5e-9_f64).log2();
                    let near = at.is_some_and(|at| (at as f64 - expected).abs() < 86_400_000.0 * 0.01);
                    assert!(near, "{operator:?} {constant} from {amount}: {at:?}");
                }
            }
        }
    }

    /// Each of these was once looked through millisecond by millisecond, for minutes.
    #[test]
    fn what_nearly_cancels_out_is_bounded_soon() {
        let zero = Bound::at_least(0.0);
        assert_eq!(change(curve(&[(100.0, 30), (-100.0, 30)]), &zero), None);
        let mut nearly = curve(&[(100.0, 30), (-100.0, 29), (-3.4, 31)]);
        nearly.constant = 0.000_3;
        assert!(change(nearly, &zero).is_some());
        let mut touching = curve(&[(20.0, 21), (-10.0, 10)]);
        touching.constant = -touching.value_after(0) + 1e-9;
        assert!(change(touching, &Bound::at_least(0.0)).is_some());
    }
}
