//! An explanation as plain text, for the command line. Its times are those of the playbook's zone, which the first line
//! names.

use std::fmt::{self, Display, Formatter};

use super::describe::ASSUMED;
use super::why_not::rounded;
use super::{
    Because, Caused, Changed, Clause, Explanation, Interest, Kept, Ladder, Missing, Move, Point, Score, Segment,
};
use crate::printable::line;
use crate::time::Instant;

/// How many of the moves that come are told.
const AHEAD: usize = 10;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let (at, zone) = (self.minute(self.at), self.zone.name());
        let all = if zone == "UTC" { "" } else { " (all times)" };
        writeln!(f, "{}, as of {at} {zone}{all}", line(&self.lead))?;
        self.scores.iter().try_for_each(|score| self.score(f, score))?;
        if !self.ladders.is_empty() {
            writeln!(f, "\nStages")?;
        }
        self.ladders.iter().try_for_each(|ladder| self.ladder(f, ladder))?;
        if !self.segments.is_empty() {
            writeln!(f, "\nSegments")?;
        }
        let (inside, outside): (Vec<_>, Vec<_>) = self.segments.iter().partition(|segment| segment.inside.is_some());
        inside.into_iter().chain(outside).try_for_each(|segment| self.segment(f, segment))?;
        self.interests_and_moves(f)
    }
}

impl Explanation {
    fn minute(&self, at: Instant) -> String {
        self.zone.minute(at)
    }

    fn interests_and_moves(&self, f: &mut Formatter) -> fmt::Result {
        let (nearly, minimum) = &self.nearly;
        if !self.interests.is_empty() || !nearly.is_empty() {
            writeln!(f, "\nInterests")?;
            for Interest { id, name, strength } in &self.interests {
                let mark = if self.primary_interest.as_ref().is_some_and(|primary| primary.0 == *id) {
                    "  primary"
                } else {
                    ""
                };
                writeln!(f, "  {:>8}  {}{mark}", rounded(*strength), line(name))?;
            }
        }
        for Interest { name, strength, .. } in nearly {
            // Two decimals could look like the minimum itself.
            let shown = (strength * 1e4).floor() / 1e4;
            writeln!(f, "  {shown:>8}  {}: just under the minimum of {minimum}, so it does not count", line(name))?;
        }
        writeln!(f, "\nWhat happened")?;
        if self.moves.is_empty() {
            writeln!(f, "  nothing moved")?;
        }
        self.moves.iter().try_for_each(|one| self.moved(f, one))?;
        if let Some(remark) = &self.remark {
            writeln!(f, "  {}", line(remark))?;
        }
        writeln!(f, "\nWhat comes if nothing happens")?;
        match self.ahead.len() {
            0 => writeln!(f, "  nothing within a year"),
            _ => self
                .ahead
                .iter()
                .take(AHEAD)
                .try_for_each(|one| writeln!(f, "  {}  {}", self.minute(one.at), line(&one.what))),
        }?;
        match self.ahead.len().saturating_sub(AHEAD) {
            0 => Ok(()),
            more => writeln!(f, "  … and {more} more within a year"),
        }?;
        match self.ahead.iter().any(|one| one.moved.kind == Changed::Send) {
            true => writeln!(f, "  When its turn comes, consent, cadence and sending hours decide about each e-mail"),
            false => Ok(()),
        }
    }

    fn score(&self, f: &mut Formatter, score: &Score) -> fmt::Result {
        writeln!(f, "\nScore {}: {}", score.name, rounded(score.value))?;
        let is_one =
            |one: &Point, next: &Point| one.rule == next.rule && summed(one).is_some() && summed(one) == summed(next);
        score.why.chunk_by(is_one).try_for_each(|points| match points {
            [] => Ok(()),
            [point] => self.point(f, point),
            points => self.sum(f, points),
        })
    }

    /// Points that are alike, in one line.
    fn sum(&self, f: &mut Formatter, points: &[Point]) -> fmt::Result {
        let sum: f64 = points.iter().map(|point| point.points).sum();
        let sign = if sum < 0.0 { "−" } else { "+" };
        let instants = || points.iter().filter_map(|point| point.at);
        let first = instants().min().map_or_else(String::new, |at| self.minute(at));
        let last = instants().max().map_or_else(String::new, |at| self.minute(at));
        let rule = points[0].rule.as_deref().unwrap_or("range");
        let (shown, count) = (format!("{sign}{}", rounded(sum.abs())), points.len());
        write!(f, "  {shown:>8}  {first:<16}  {rule}: ")?;
        match summed(&points[0]) {
            Some(Summed::Assumed(what)) => {
                writeln!(
                    f,
                    "{count} × {} until {last}; the list had only their number, so these dates are assumed",
                    line(what)
                )
            }
            _ => writeln!(f, "{count} events until {last} that are worth nothing by now"),
        }
    }

    fn point(&self, f: &mut Formatter, point: &Point) -> fmt::Result {
        let sign = if point.points < 0.0 { "−" } else { "+" };
        let points = format!("{sign}{}", rounded(point.points.abs()));
        let when = point.at.map_or_else(String::new, |at| self.minute(at));
        let rule = point.rule.as_deref().unwrap_or("range");
        write!(f, "  {points:>8}  {when:<16}  {rule}")?;
        match &point.because {
            Because::Event { what, .. } => writeln!(f, ": {}", line(what)),
            Because::Attribute(sentence) => writeln!(f, ": {}", line(sentence)),
            Because::Inactive => writeln!(f, ": idle since then, for as long as the rule asks"),
            Because::Cap => writeln!(f, ": over its cap"),
            Because::Range => writeln!(f, ": beyond the score's range"),
        }
    }

    fn ladder(&self, f: &mut Formatter, ladder: &Ladder) -> fmt::Result {
        let (since, because) = (self.minute(ladder.since), &ladder.because);
        writeln!(f, "  {}: {} since {since}, {because}", ladder.name, ladder.stage.1)?;
        ladder.kept.iter().try_for_each(|kept| self.kept(f, kept))?;
        match &ladder.next_stage {
            Some(next) => {
                writeln!(f, "    not {}:", next.name)?;
                next.missing.lines(f, 6)
            }
            None => Ok(()),
        }
    }

    fn segment(&self, f: &mut Formatter, segment: &Segment) -> fmt::Result {
        if let Some((since, because)) = &segment.inside {
            writeln!(f, "  in {} since {}, {because}", segment.name, self.minute(*since))?;
            return segment.kept.iter().try_for_each(|kept| self.kept(f, kept));
        }
        writeln!(f, "  not in {}:", segment.name)?;
        segment.missing.iter().try_for_each(|missing| missing.lines(f, 4))
    }

    /// Why it is still there, since when it would not enter, and when it leaves.
    fn kept(&self, f: &mut Formatter, kept: &Kept) -> fmt::Result {
        writeln!(f, "    still here by {}", line(&kept.by.to_string()))?;
        let leaves = kept
            .until
            .map_or("would not leave within a year".to_owned(), |at| format!("leaves on {}", self.minute(at)));
        writeln!(f, "      if nothing happens, it {leaves}")?;
        let since = kept.since.map_or_else(String::new, |at| format!(" since {}", self.minute(at)));
        writeln!(f, "      it would not enter now, because this is missing{since}:")?;
        kept.missing.lines(f, 8)
    }

    fn moved(&self, f: &mut Formatter, one: &Move) -> fmt::Result {
        writeln!(f, "  {}  {}, {}", self.minute(one.at), line(&one.what), one.because)
    }
}

/// What makes points alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Summed<'p> {
    /// They faded.
    Worthless,
    /// A list gave their number and not their dates.
    Assumed(&'p str),
}

/// How points are summed up with others like them; `None` where they stand by themselves.
fn summed(point: &Point) -> Option<Summed<'_>> {
    match &point.because {
        Because::Event { .. } if rounded(point.points.abs()) == "0" => Some(Summed::Worthless),
        Because::Event { what, .. } => what.strip_suffix(ASSUMED).map(Summed::Assumed),
        _ => None,
    }
}

impl Display for Caused {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Caused::Event { what, .. } => write!(f, "because of {}", line(what)),
            Caused::Time => write!(f, "because time passed"),
            Caused::Version(number) => write!(f, "because version {number} of the playbook was published"),
        }
    }
}

impl Missing {
    fn lines(&self, f: &mut Formatter, indent: usize) -> fmt::Result {
        match self {
            Missing::Clause(clause) => {
                let Clause { wanted, found, .. } = &**clause;
                let mut lines = wanted.lines();
                let first = lines.next().unwrap_or_default();
                let rest: Vec<&str> = lines.collect();
                let found = if found.is_empty() { String::new() } else { format!(" ({})", line(found)) };
                match rest.is_empty() {
                    true => writeln!(f, "{:indent$}- {first}{found}", ""),
                    false => {
                        writeln!(f, "{:indent$}- {first}", "")?;
                        rest.iter().try_for_each(|line| writeln!(f, "{:indent$}  {line}", ""))
                    }
                }
            }
            Missing::All(parts) => parts.iter().try_for_each(|part| part.lines(f, indent)),
            Missing::OneOf(parts) => {
                writeln!(f, "{:indent$}- one of these would do:", "")?;
                parts.iter().try_for_each(|part| part.lines(f, indent + 2))
            }
            Missing::Held(why) => writeln!(f, "{:indent$}- {why}", ""),
        }
    }
}
