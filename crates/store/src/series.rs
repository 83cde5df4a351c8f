//! Running numbers that are never given twice, also where the row with the last one was removed.

use crate::connection::Connection;
use crate::error::Error;
use crate::lane;

/// What is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    Broadcasts,
    Deliveries,
    Imports,
    Letters,
    PaceChanges,
    Webhooks,
}

impl Series {
    /// Its table, and the column of these numbers.
    fn column(self) -> (&'static str, &'static str) {
        match self {
            Series::Broadcasts => ("broadcasts", "id"),
            Series::Deliveries => ("deliveries", "number"),
            Series::Imports => ("imports", "id"),
            Series::Letters => ("letters", "number"),
            Series::PaceChanges => ("pace_changes", "id"),
            Series::Webhooks => ("webhooks", "id"),
        }
    }

    /// In the table `state`: the last number given.
    fn last(self) -> &'static str {
        match self {
            Series::Broadcasts => "last broadcast",
            Series::Deliveries => "last delivery",
            Series::Imports => "last import",
            Series::Letters => "last letter",
            Series::PaceChanges => "last pace change",
            Series::Webhooks => "last webhook",
        }
    }
}

/// Takes the next `count` numbers, and returns the first of them. Only in a transaction of the lane.
pub fn take(connection: &mut Connection, series: Series, count: i64) -> Result<i64, Error> {
    let noted = lane::state(connection, series.last())?.and_then(|last| last.parse().ok()).unwrap_or(0);
    // An older program noted nothing.
    let (table, column) = series.column();
    let sql = format!("SELECT coalesce(max({column}), 0) FROM {table}");
    let stored = connection.first(&sql, &[])?.map_or(Ok(0), |row| row.integer(0))?;
    let last = stored.max(noted);
    if count > 0 {
        lane::set_state(connection, series.last(), &(last + count).to_string())?;
    }
    Ok(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Location;

    #[test]
    fn no_number_of_any_series_is_given_twice_though_no_row_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        use Series::{Broadcasts, Deliveries, Imports, Letters, PaceChanges, Webhooks};
        for series in [Broadcasts, Deliveries, Imports, Letters, PaceChanges, Webhooks] {
            let taken = [1, 3, 0, 1, 1].map(|count| take(&mut connection, series, count).unwrap());
            assert_eq!(taken, [1, 2, 5, 5, 6], "{series:?}");
        }
    }
}
