//! The lane's row: who may write, and the running numbers.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{MoveNumber, Received};
use crate::value::{Row, Value};

/// Numbers that only ever grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The last message received.
    pub received: Received,
    /// Ids given out so far.
    pub sequence: i64,
    /// The last move noted.
    pub moves: MoveNumber,
}

/// Takes the lane over: whoever had it is fenced off. Returns the new epoch and the numbers.
pub fn take_over(connection: &mut Connection) -> Result<(i64, Numbers), Error> {
    let rows = connection
        .query("UPDATE lane SET epoch = epoch + 1 WHERE id = 0 RETURNING epoch, received, sequence, moves", &[])?;
    let row = rows.first().ok_or_else(empty)?;
    Ok((row.integer(0)?, numbers(row, 1)?))
}

fn numbers(row: &Row, from: usize) -> Result<Numbers, Error> {
    Ok(Numbers {
        received: Received::read(row, from)?,
        sequence: row.integer(from + 1)?,
        moves: MoveNumber::read(row, from + 2)?,
    })
}

/// The numbers as they stand.
pub fn read_numbers(connection: &mut Connection) -> Result<Numbers, Error> {
    let row = connection.first("SELECT received, sequence, moves FROM lane WHERE id = 0", &[])?;
    numbers(&row.ok_or_else(empty)?, 0)
}

fn empty() -> Error {
    Error::new(Kind::Foreign, "the table `lane` is empty: this is no store")
}

/// The first statement of each writing transaction: fails where another server has taken over.
pub fn hold(connection: &mut Connection, epoch: i64) -> Result<(), Error> {
    match connection.execute("UPDATE lane SET epoch = epoch WHERE id = 0 AND epoch = $1", &[Value::from(epoch)])? {
        1 => Ok(()),
        _ => Err(Error::new(Kind::Fenced, "another server has taken over this database; this one stops")),
    }
}

/// How far the numbers of a copy begin beyond those of its original, which may have gone on after the backup. No
/// installation gives as many between a backup and its restore, and the numbers stay exact in JSON (under 2^53).
pub const AHEAD: i64 = 1_000_000_000;

/// Puts the epoch of the writer into a row that came from elsewhere. `numbers` are those of this place: where they are
/// higher, the row's go on from them. Where the row's are higher, another place gave them and may give the next ones too,
/// so they go on [`AHEAD`]. So no two places that share an origin give the same number to two things, such as the
/// ids of leads or the messages of webhooks.
pub fn keep(connection: &mut Connection, epoch: i64, numbers: Numbers) -> Result<(), Error> {
    let sql = "UPDATE lane SET epoch = $1, received = CASE WHEN received <= $2 THEN $2 ELSE received + $3 END,
        sequence = CASE WHEN sequence <= $4 THEN $4 ELSE sequence + $3 END,
        moves = CASE WHEN moves <= $5 THEN $5 ELSE moves + $3 END WHERE id = 0";
    let params =
        [epoch.into(), numbers.received.into(), AHEAD.into(), numbers.sequence.into(), Value::from(numbers.moves)];
    connection.execute(sql, &params).map(drop)
}

/// Raises the epoch of a row that came from elsewhere to this one, where it is lower.
pub fn pass(connection: &mut Connection, epoch: i64) -> Result<(), Error> {
    connection.execute("UPDATE lane SET epoch = $1 WHERE id = 0 AND epoch < $1", &[Value::from(epoch)]).map(drop)
}

/// The last statement before the commit.
pub fn save_numbers(connection: &mut Connection, numbers: Numbers) -> Result<(), Error> {
    let params = [Value::from(numbers.received), Value::from(numbers.sequence), Value::from(numbers.moves)];
    connection.execute("UPDATE lane SET received = $1, sequence = $2, moves = $3 WHERE id = 0", &params).map(drop)
}

/// A value kept by name: what runs in the background, which version is in force.
pub fn state(connection: &mut Connection, name: &str) -> Result<Option<String>, Error> {
    let row = connection.first("SELECT value FROM state WHERE name = $1", &[name.into()])?;
    row.map(|mut row| row.take_text(0)).transpose()
}

pub fn set_state(connection: &mut Connection, name: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT INTO state (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.execute(sql, &[name.into(), value.into()]).map(drop)
}

pub fn forget_state(connection: &mut Connection, name: &str) -> Result<(), Error> {
    connection.execute("DELETE FROM state WHERE name = $1", &[name.into()]).map(drop)
}
