//! What others sign once only. Sent again with something else, it is a forgery.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::Value;

/// Notes what was signed once, with the hash of what came with it, until an instant in milliseconds since 1970; what is
/// older than `now` is forgotten. Returns whether nothing else came with it before: a request that is sent again is the
/// same.
pub fn note(connection: &mut Connection, nonce: &[u8], body: &[u8], until: i64, now: i64) -> Result<bool, Error> {
    connection.execute("DELETE FROM nonces WHERE until < $1", &[now.into()])?;
    let sql = "INSERT INTO nonces (nonce, body, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    connection.execute(sql, &[Value::from(nonce), Value::from(body), until.into()])?;
    let noted = connection.first("SELECT body FROM nonces WHERE nonce = $1", &[Value::from(nonce)])?;
    noted.map_or(Ok(false), |row| Ok(row.bytes(0)? == body))
}
