//! The keys that links in mails are signed with. A key is never deleted: links that have left are read with it.

use std::fmt;

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::random::random;
use crate::value::Value;

/// A key of links.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkKey {
    pub id: String,
    /// The number in each token, from 1 on. Keys of two installations may have the same.
    pub number: u8,
    pub bytes: [u8; 32],
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkKey {{ id: {:?}, number: {}, bytes: … }}", self.id, self.number)
    }
}

/// All keys, the oldest first: that one signs.
pub fn all(connection: &mut Connection) -> Result<Vec<LinkKey>, Error> {
    let rows = connection.query("SELECT id, number, bytes FROM link_keys ORDER BY made_at, id", &[])?;
    rows.into_iter()
        .map(|mut row| {
            let id = row.take_text(0)?;
            let damaged = || Error::new(Kind::Other, format!("the stored key {id} of links cannot be read"));
            let number = u8::try_from(row.integer(1)?).map_err(|_| damaged())?;
            let bytes = <[u8; 32]>::try_from(row.bytes(2)?).map_err(|_| damaged())?;
            Ok(LinkKey { id, number, bytes })
        })
        .collect()
}

/// The keys of this store, the one that signs first. The first one is made if there is none, at an instant in milliseconds
/// since 1970; its number is random, so that keys of two installations seldom share one.
pub fn all_or_first(connection: &mut Connection, at: i64) -> Result<Vec<LinkKey>, Error> {
    let keys = all(connection)?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    let (id, number, bytes) = (random::<8>()?, random::<8>()?, random::<32>()?);
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let number = 1 + (u64::from_be_bytes(number) % 255) as u8;
    let sql = "INSERT INTO link_keys (id, number, bytes, made_at) VALUES ($1, $2, $3, $4)";
    let params = [Value::from(&id), i64::from(number).into(), Value::from(bytes.as_slice()), at.into()];
    connection.execute(sql, &params)?;
    Ok(vec![LinkKey { id, number, bytes }])
}
