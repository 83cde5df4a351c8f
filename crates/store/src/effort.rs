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

    /// What was done since `before`.
    fn sub(self, before: Effort) -> Effort {
        Effort {
            statements: self.statements - before.statements,
            given: self.given - before.given,
            found: self.found - before.found,
            bytes: self.bytes - before.bytes,
            bytes_given: self.bytes_given - before.bytes_given,
        }
    }
}
