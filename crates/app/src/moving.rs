//! Everything from one store into another, empty one.

use attractor_store::{Connection, transfer};

use crate::sending;

/// What arrived of a table.
pub struct Arrived {
    pub table: String,
    pub rows: u64,
    /// SHA-256 of its rows, in hexadecimal.
    pub hash: String,
}

/// Copies table after table and compares count and checksum on both sides; `tell` learns of each. Afterwards the store that
/// was moved sends no mail, so that no copy leaves twice if both are served. The number of rows.
pub fn copy_all(from: &mut Connection, to: &mut Connection, mut tell: impl FnMut(Arrived)) -> Result<u64, String> {
    if let Some(there) = transfer::used(to).map_err(|error| error.text)? {
        return Err(format!("the database to move to is not empty ({there}): name an empty one"));
    }
    let mut rows = 0;
    let arrived = |table: &transfer::Table, sum: &transfer::Sum| {
        rows += sum.rows;
        tell(Arrived { table: table.name.clone(), rows: sum.rows, hash: sum.hash.clone() });
    };
    transfer::copy_tables(from, to, arrived).map_err(|error| format!("{error}; nothing has been moved"))?;
    sending::pause(from, "it was moved to another database").map_err(|error| {
        format!("everything has arrived, but that the store here sends no mail could not be noted: {error}")
    })?;
    Ok(rows)
}
