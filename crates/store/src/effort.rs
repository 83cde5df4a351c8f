//! How much a connection was made to do: counted, because a limit of work needs a measure that is the same on every
//! machine, and tests of growth need one that a busy machine does not change.

use crate::value::Row;

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
}

impl Effort {
    pub(crate) fn found(&mut self, row: &Row) {
        self.found += 1;
        self.bytes += row.bytes_of_text() as u64;
    }
}
