//! What is wrong with a playbook, where, and what would be right.

use std::fmt;

/// A place in the text of a playbook; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The playbook cannot be used.
    Error,
    /// The playbook can be used, but hardly means what was meant.
    Warning,
    /// The playbook means what was meant, at a price that is good to know.
    Note,
}

impl Severity {
    /// As `check --json` and the API write it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// Which pass found a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// The text is not YAML, or says a thing twice.
    Text,
    /// Keys, types and forms: what the JSON Schema finds too.
    Form,
    /// References, bounds and order.
    Meaning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub severity: Severity,
    pub found: Found,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    pub fn error(place: Place, found: Found, message: impl Into<String>) -> Problem {
        Problem { line: place.line, column: place.column, severity: Severity::Error, found, message: message.into() }
    }

    pub fn warning(place: Place, message: impl Into<String>) -> Problem {
        let (line, column, message) = (place.line, place.column, message.into());
        Problem { line, column, severity: Severity::Warning, found: Found::Meaning, message }
    }

    pub fn note(place: Place, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Note, ..Problem::warning(place, message) }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `LINE:COL: message`, warnings and notes marked as such: what follows `FILE:`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_error() { String::new() } else { format!("{}: ", self.severity.name()) };
        write!(f, "{}:{}: {mark}{}", self.line, self.column, self.message)
    }
}

/// By place, and each but once: an alias can lead to the same place several times.
pub(crate) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|a, b| {
        let key = |p: &Problem| (p.line, p.column, p.severity, p.found);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    problems.dedup();
    problems
}
