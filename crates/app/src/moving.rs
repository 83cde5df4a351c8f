//! Everything from one store into another, empty one.

use attractor_store::{Connection, transfer};

/// What arrived of a table.
pub struct Arrived {
    pub table: String,
    pub rows: u64,
    /// SHA-256 of its rows, in hexadecimal.
    pub hash: String,
}

/// Copies table after table and compares count and checksum on both sides; `tell` learns of each. The number of rows.
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
    Ok(rows)
}
