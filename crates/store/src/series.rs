//! Running numbers that are never given twice, also where the row with the last one was removed.

use crate::connection::Connection;
use crate::error::Error;
use crate::lane;

/// What is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    Imports,
    PaceChanges,
}

impl Series {
    /// Its table, whose ids are these numbers.
    fn table(self) -> &'static str {
        match self {
            Series::Imports => "imports",
            Series::PaceChanges => "pace_changes",
        }
    }

    /// In the table `state`: the last number given.
    fn last(self) -> &'static str {
        match self {
            Series::Imports => "last import",
            Series::PaceChanges => "last pace change",
        }
    }
}

/// Takes the next `count` numbers, and returns the first of them. Only in a transaction of the lane.
pub fn take(connection: &mut Connection, series: Series, count: i64) -> Result<i64, Error> {
    let noted = lane::state(connection, series.last())?.and_then(|last| last.parse().ok()).unwrap_or(0);
    // An older program noted nothing.
    let sql = format!("SELECT coalesce(max(id), 0) FROM {}", series.table());
    let stored = connection.first(&sql, &[])?.map_or(Ok(0), |row| row.integer(0))?;
    let last = stored.max(noted);
    lane::set_state(connection, series.last(), &(last + count).to_string())?;
    Ok(last + 1)
}
