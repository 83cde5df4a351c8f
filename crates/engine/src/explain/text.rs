//! An explanation as plain text, for the command line.

use std::fmt::{self, Display, Formatter};

use super::why_not::rounded;
use super::{Because, Caused, Clause, Explanation, Interest, Ladder, Missing, Move, Point, Score, Segment};
use crate::printable::line;
use crate::time::Instant;

/// To the minute: “2026-03-12 14:03”.
pub(crate) fn minute(at: Instant) -> String {
    let text = at.to_string();
    format!("{} {}", &text[..10], &text[11..16])
}

/// How many of the moves that come are told.
const AHEAD: usize = 10;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "{}, as of {} UTC", line(&self.lead), minute(self.at))?;
        self.scores.iter().try_for_each(|score| write!(f, "\n{score}"))?;
        if !self.ladders.is_empty() {
            writeln!(f, "\nStages")?;
        }
        self.ladders.iter().try_for_each(|ladder| write!(f, "{ladder}"))?;
        if !self.segments.is_empty() {
            writeln!(f, "\nSegments")?;
        }
        self.segments.iter().filter(|s| s.inside.is_some()).try_for_each(|segment| write!(f, "{segment}"))?;
        self.segments.iter().filter(|s| s.inside.is_none()).try_for_each(|segment| write!(f, "{segment}"))?;
        self.interests_and_moves(f)
    }
}

impl Explanation {
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
        self.moves.iter().try_for_each(|one| write!(f, "{one}"))?;
        writeln!(f, "\nWhat comes if nothing happens")?;
        match self.ahead.len() {
            0 => writeln!(f, "  nothing within a year"),
            _ => self
                .ahead
                .iter()
                .take(AHEAD)
                .try_for_each(|one| writeln!(f, "  {}  {}", minute(one.at), line(&one.what))),
        }?;
        match self.ahead.len().saturating_sub(AHEAD) {
            0 => Ok(()),
            more => writeln!(f, "  … and {more} more within a year"),
        }
    }
}

impl Display for Score {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "Score {}: {}", self.name, rounded(self.value))?;
        self.why.iter().try_for_each(|point| writeln!(f, "  {point}"))
    }
}

impl Display for Point {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let sign = if self.points < 0.0 { "−" } else { "+" };
        let points = format!("{sign}{}", rounded(self.points.abs()));
        let when = self.at.map_or_else(String::new, minute);
        let rule = self.rule.as_deref().unwrap_or("range");
        write!(f, "{points:>8}  {when:<16}  {rule}")?;
        match &self.because {
            Because::Event { what, .. } => write!(f, ": {}", line(what)),
            Because::Attribute(sentence) => write!(f, ": {}", line(sentence)),
            Because::Inactive => write!(f, ": idle since then, for as long as the rule asks"),
            Because::Cap => write!(f, ": over its cap"),
            Because::Range => write!(f, ": beyond the score's range"),
        }
    }
}

impl Display for Caused {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Caused::Event { what, .. } => write!(f, "because of {}", line(what)),
            Caused::Time => write!(f, "because time passed"),
        }
    }
}

impl Display for Ladder {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "  {}: {} since {}, {}", self.name, self.stage.1, minute(self.since), self.because)?;
        match &self.next_stage {
            Some(next) => {
                writeln!(f, "    not {}:", next.name)?;
                next.missing.lines(f, 6)
            }
            None => Ok(()),
        }
    }
}

impl Display for Segment {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        if let Some((since, because)) = &self.inside {
            return writeln!(f, "  in {} since {}, {because}", self.name, minute(*since));
        }
        writeln!(f, "  not in {}:", self.name)?;
        self.missing.iter().try_for_each(|missing| missing.lines(f, 4))
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

impl Display for Move {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "  {}  {}, {}", minute(self.at), line(&self.what), self.because)
    }
}
