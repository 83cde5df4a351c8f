//! The hold: which process writes to a store, and until when that counts unless it is renewed. It keeps others from taking
//! a store from a living server by accident. What makes two writers impossible is the epoch (`lane::hold`).

use crate::connection::Connection;
use crate::error::Error;
use crate::migrate;
use crate::value::{Row, Value};

/// A process that holds a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The data folder, named so that no other folder on any machine has the same name; empty where it has no such name.
    pub place: String,
    pub host: String,
    pub pid: i64,
    /// Milliseconds since 1970, by the holder's clock, as `until`.
    pub since: i64,
    /// When the hold runs out.
    pub until: i64,
}

/// Who holds the store, whether or not the hold has run out. Changes nothing: the tables may be an older program's.
pub fn present(connection: &mut Connection) -> Result<Option<Holder>, Error> {
    if !migrate::has_holder(connection)? {
        return Ok(None);
    }
    let sql = "SELECT place, host, pid, since, until FROM holder WHERE id = 0";
    connection.first(sql, &[])?.map(holder).transpose()
}

fn holder(mut row: Row) -> Result<Holder, Error> {
    Ok(Holder {
        place: row.take_text(0)?,
        host: row.take_text(1)?,
        pid: row.integer(2)?,
        since: row.integer(3)?,
        until: row.integer(4)?,
    })
}

/// Notes or renews a hold; `false` where another process has taken the store over, and nothing is noted.
pub fn note(connection: &mut Connection, epoch: i64, holder: &Holder) -> Result<bool, Error> {
    let sql = "INSERT INTO holder (id, epoch, place, host, pid, since, until)
        SELECT 0, epoch, $2, $3, $4, $5, $6 FROM lane WHERE id = 0 AND epoch = $1
        ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, place = excluded.place, host = excluded.host,
            pid = excluded.pid, since = excluded.since, until = excluded.until";
    let params = [
        epoch.into(),
        Value::from(&holder.place),
        Value::from(&holder.host),
        holder.pid.into(),
        holder.since.into(),
        holder.until.into(),
    ];
    Ok(connection.execute(sql, &params)? == 1)
}

/// Ends the hold of an epoch, where it is still this epoch's.
pub fn leave(connection: &mut Connection, epoch: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM holder WHERE id = 0 AND epoch = $1", &[epoch.into()]).map(drop)
}
