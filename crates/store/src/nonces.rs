//! What others sign once only. Sent again with something else, it is a forgery.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::Value;

/// Something that is signed once only.
#[derive(Clone, Copy, Debug)]
pub struct SignedOnce<'a> {
    pub nonce: &'a [u8],
    /// The hash of what came with it.
    pub body: &'a [u8],
    /// How long it is remembered, in milliseconds since 1970.
    pub until: i64,
}

/// Notes what was signed once, and forgets what is remembered until before `now`. Returns whether nothing else came
/// with it before: a request that is sent again is the same.
pub fn note(connection: &mut Connection, signed: SignedOnce, now: i64) -> Result<bool, Error> {
    let SignedOnce { nonce, body, until } = signed;
    connection.execute("DELETE FROM nonces WHERE until < $1", &[now.into()])?;
    let sql = "INSERT INTO nonces (nonce, body, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    connection.execute(sql, &[Value::from(nonce), Value::from(body), until.into()])?;
    let noted = connection.first("SELECT body FROM nonces WHERE nonce = $1", &[Value::from(nonce)])?;
    noted.map_or(Ok(false), |row| Ok(row.bytes(0)? == body))
}
