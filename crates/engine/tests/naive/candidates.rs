//! The next instant at which time alone could change anything.

use super::book::{Source, When};
use super::condition::{Leaf, Scope};
use super::crossing::{first_crossing, monotone_pieces};
use super::life::Life;
use super::sequence::Step;

impl Life<'_> {
    /// The next instant after now, up to `end`, at which the lead has to be evaluated.
    pub fn next_candidate(&self, end: i64) -> Option<i64> {
        let mut known = vec![];
        known.extend(next_of(&self.lead.turns, self.now));
        known.extend([When::Daily, When::Weekly, When::Monthly].iter().filter_map(|when| {
            let instants = self.schedules.get(when)?;
            next_of(instants, self.now)
        }));
        known.extend(self.stays());
        known.extend(self.dates());
        known.extend(self.repeats());
        known.extend(self.waits());
        let next = known.into_iter().filter(|&at| at > self.now && at <= end).min();
        self.crossing(next.map_or(end, |at| at - 1)).or(next)
    }

    /// Ends of minimum stays, and of the stays that conditions ask for.
    fn stays(&self) -> Vec<i64> {
        let mut ends = Vec::new();
        for (state, ladder) in self.ladders.iter().zip(&self.book.ladders) {
            ends.extend(ladder.stays.iter().chain([&ladder.min_stay]).map(|stay| state.since + stay));
        }
        for (state, segment) in self.segments.iter().zip(&self.book.segments) {
            ends.extend(segment.stays.iter().chain([&segment.min_stay]).map(|stay| state.since + stay));
        }
        ends
    }

    /// Dates that come, begin to count or cease to, and the next periods of the calendar.
    fn dates(&self) -> Vec<i64> {
        let leaves = self.book.leaves.iter().zip(&self.dates);
        let turns = leaves.filter_map(|(leaf, at)| match leaf {
            Leaf::Date(form) => Some(form.turns(&self.book.zone, self.now, *at)),
            _ => None,
        });
        turns.flatten().collect()
    }

    /// The next periods of rules about idle leads.
    fn repeats(&self) -> impl Iterator<Item = i64> {
        let rules = self.book.scores.iter().flat_map(|score| &score.rules);
        rules.filter_map(|rule| match &rule.source {
            Source::Inactive { leaf, after, repeats: true } => {
                let idle = self.idle(*leaf, Scope { from: 0, since: self.lead.start });
                Some(self.now - idle + (idle / after + 1) * after)
            }
            _ => None,
        })
    }

    /// Ends of waits, and of idle times that count from an enrollment.
    fn waits(&self) -> Vec<i64> {
        let mut ends = Vec::new();
        for (state, sequence) in self.sequences.iter().zip(&self.book.sequences) {
            let Some(enrollment) = &state.enrollment else { continue };
            if let (Some(since), Some(step)) = (enrollment.waiting, sequence.steps.get(enrollment.position)) {
                ends.extend(match step {
                    Step::Wait(wait) => Some(since + wait),
                    Step::Until { at_most, .. } => at_most.map(|longest| since + longest),
                    _ => None,
                });
            }
            ends.extend(self.book.leaves.iter().filter_map(|leaf| match leaf {
                Leaf::Inactive { after, .. } => Some(enrollment.since + after),
                _ => None,
            }));
        }
        ends
    }

    /// The first instant after now, up to `end`, at which a score or a strength passes a limit.
    fn crossing(&self, end: i64) -> Option<i64> {
        if end <= self.now {
            return None;
        }
        let scores = self.book.score_limits.iter().enumerate().filter_map(|(score, limits)| {
            let terms = self.terms(score);
            if limits.is_empty() || terms.is_empty() {
                return None;
            }
            let pieces = monotone_pieces(&terms, self.now, end);
            first_crossing(|at| self.rounded(self.score_at(score, at)), limits, &pieces)
        });
        let topics = self.book.strength_limits.iter().enumerate().filter_map(|(topic, limits)| {
            first_crossing(|at| self.rounded(self.strength(topic, at)), limits, &[self.now, end])
        });
        scores.chain(topics).min()
    }
}

/// The first of the sorted instants after another.
fn next_of(instants: &[i64], after: i64) -> Option<i64> {
    instants.get(instants.partition_point(|&at| at <= after)).copied()
}
