//! The first whole millisecond at which something that decays continuously compares differently to a limit.

use std::f64::consts::LN_2;

/// A rule's sum: `amount`·2^(−x/`half_life`), `x` in milliseconds from now, its absolute value capped.
pub struct Term {
    pub amount: f64,
    pub half_life: f64,
    pub cap: Option<f64>,
}

impl Term {
    /// For how long the cap hides that it decays, in milliseconds.
    fn hidden(&self) -> f64 {
        self.cap.map_or(0.0, |cap| self.half_life * (self.amount.abs() / cap).log2().max(0.0))
    }
}

/// Between two of these instants in a row, from `start` to `end`, the sum of the terms only rises or only falls.
pub fn monotone_pieces(terms: &[Term], start: i64, end: i64) -> Vec<i64> {
    let mut pieces = vec![start, end];
    let signs = |positive: bool| terms.iter().any(|term| (term.amount > 0.0) == positive);
    if signs(true) && signs(false) {
        for turn in turning_points(terms, (end - start) as f64) {
            let before = start + turn.floor() as i64;
            pieces.extend([before, before + 1].map(|at| at.clamp(start, end)));
        }
    }
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// Where the sum may turn, or change its form, within `length` milliseconds.
fn turning_points(terms: &[Term], length: f64) -> Vec<f64> {
    let mut ends: Vec<f64> = terms.iter().map(Term::hidden).filter(|&x| x > 0.0 && x < length).collect();
    ends.extend([0.0, length]);
    ends.sort_by(f64::total_cmp);
    let mut turns = ends.clone();
    for pair in ends.windows(2) {
        let (start, middle) = (pair[0], (pair[0] + pair[1]) / 2.0);
        let visible = terms.iter().filter(|term| term.hidden() < middle);
        let slopes = visible.map(|term| {
            let amount = term.amount * (-start / term.half_life).exp2();
            (amount / term.half_life, LN_2 / term.half_life)
        });
        turns.extend(zeros(&slopes.collect::<Vec<_>>(), pair[1] - start).iter().map(|zero| start + zero));
    }
    turns
}

/// The zeros of the sum of c·e^(−λx) over the pairs `(c, λ)`, for x from 0 to `length`. Times e^(λ₀x), the sum's
/// derivative has one term less; between its zeros the sum has the same sign or changes it once.
fn zeros(terms: &[(f64, f64)], length: f64) -> Vec<f64> {
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for &(c, rate) in terms {
        match merged.iter_mut().find(|(_, other)| *other == rate) {
            Some((sum, _)) => *sum += c,
            None => merged.push((c, rate)),
        }
    }
    merged.retain(|(c, _)| *c != 0.0);
    let Some((&(_, first), others)) = merged.split_first() else { return Vec::new() };
    let derived: Vec<_> = others.iter().map(|&(c, rate)| (c * (first - rate), rate)).collect();
    let mut ends = vec![0.0];
    ends.extend(zeros(&derived, length));
    ends.push(length);
    ends.sort_by(f64::total_cmp);
    let positive = |x: f64| merged.iter().map(|(c, rate)| c * (-rate * x).exp()).sum::<f64>() > 0.0;
    let changes = ends.windows(2).filter(|pair| positive(pair[0]) != positive(pair[1]));
    changes.map(|pair| bisect(pair[0], pair[1], positive)).collect()
}

fn bisect(mut low: f64, mut high: f64, positive: impl Fn(f64) -> bool) -> f64 {
    let at_low = positive(low);
    for _ in 0..64 {
        let middle = (low + high) / 2.0;
        *(if positive(middle) == at_low { &mut low } else { &mut high }) = middle;
    }
    low
}

/// The first instant of the pieces at which the value compares to some limit otherwise than at their start.
pub fn first_crossing(value: impl Fn(i64) -> f64, limits: &[f64], pieces: &[i64]) -> Option<i64> {
    pieces.windows(2).find_map(|pair| {
        let (start, end) = (value(pair[0]), value(pair[1]));
        let crossed = limits.iter().filter(|limit| start.total_cmp(limit) != end.total_cmp(limit));
        crossed.map(|limit| first_other(pair[0], pair[1], |at| value(at).total_cmp(limit))).min()
    })
}

/// The first instant at which a state that changes in one direction is no longer what it was at `low`.
fn first_other(mut low: i64, mut high: i64, state: impl Fn(i64) -> std::cmp::Ordering) -> i64 {
    let before = state(low);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *(if state(middle) == before { &mut low } else { &mut high }) = middle;
    }
    high
}
