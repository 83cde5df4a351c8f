//! How much a connection was made to do: counted, because a limit of work needs a measure that is the same on every
//! machine, and tests of growth need one that a busy machine does not change.

use std::ops::Sub;

use crate::value::{Row, Value};

/// What a connection has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Statements, a batch being one.
    pub statements: u64,
    /// Rows that batches were given.
    pub given: u64,
    /// Rows that came back.
    pub found: u64,
    /// Bytes of text in the rows that came back.
    pub bytes: u64,
    /// Bytes of text in the rows that batches were given.
    pub bytes_given: u64,
}

impl Effort {
    pub(crate) fn found(&mut self, row: &Row) {
        self.found += 1;
        self.bytes += row.bytes_of_text() as u64;
    }

    pub(crate) fn given<const N: usize>(&mut self, rows: &[[Value; N]]) {
        self.given += rows.len() as u64;
        self.bytes_given += rows.iter().flatten().map(Value::bytes_of_text).sum::<usize>() as u64;
    }
}

impl Sub for Effort {
    type Output = Effort;

    /// What was done since `before`; no less than nothing where the connection was opened anew meanwhile.
    fn sub(self, before: Effort) -> Effort {
        Effort {
            statements: self.statements.saturating_sub(before.statements),
            given: self.given.saturating_sub(before.given),
            found: self.found.saturating_sub(before.found),
            bytes: self.bytes.saturating_sub(before.bytes),
            bytes_given: self.bytes_given.saturating_sub(before.bytes_given),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_was_opened_anew_has_done_nothing_yet() {
        let before = Effort { statements: 7, given: 3, ..Effort::default() };
        let after = Effort { statements: 9, ..Effort::default() };
        assert_eq!(after - before, Effort { statements: 2, ..Effort::default() });
    }
}
