//! Migrations go forward only, at start, each in a transaction of its own.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::value::Value;

/// Makes the table of the holder, which is asked for before a store is brought up to date.
const HOLDER: &str = include_str!("../migrations/0009_holder.sql");

/// In order; a published one never changes.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_the_loop.sql"),
    include_str!("../migrations/0002_access.sql"),
    include_str!("../migrations/0003_imports.sql"),
    include_str!("../migrations/0004_amends.sql"),
    include_str!("../migrations/0005_companies.sql"),
    include_str!("../migrations/0006_webhooks.sql"),
    include_str!("../migrations/0007_called.sql"),
    include_str!("../migrations/0008_told.sql"),
    HOLDER,
    include_str!("../migrations/0010_suppressions.sql"),
    include_str!("../migrations/0011_public_claims.sql"),
];

/// Whether a database has the table of the holder.
pub fn has_holder(connection: &mut Connection) -> Result<bool, Error> {
    let number = MIGRATIONS.iter().position(|text| *text == HOLDER).map_or(0, |place| place + 1);
    Ok(done(connection)? >= number as i64)
}

/// The number of the last migration that a database has; 0 where it is empty.
fn done(connection: &mut Connection) -> Result<i64, Error> {
    connection.script("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY)")?;
    let done = connection.first("SELECT coalesce(max(number), 0) FROM migrations", &[])?;
    done.map_or(Ok(0), |row| row.integer(0))
}

pub fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let done = done(connection)?;
    if done > MIGRATIONS.len() as i64 {
        let known = MIGRATIONS.len();
        let text =
            format!("the data was written by a newer attractor (schema {done}, this one knows {known}): update it");
        return Err(Error::new(Kind::Foreign, text));
    }
    for (number, text) in (1..).zip(MIGRATIONS.iter().copied()).filter(|(number, _)| *number > done) {
        let script = connection.dialect().migration(text);
        connection.transaction(|connection| {
            connection.script(&script)?;
            connection.execute("INSERT INTO migrations (number) VALUES ($1)", &[Value::from(number)])
        })?;
    }
    Ok(())
}
