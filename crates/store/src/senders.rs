//! Senders: who e-mails come from, beside the sender of the settings.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::{Row, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// What the playbook names.
    pub id: String,
    pub name: String,
    /// As it is written into a header.
    pub address: String,
    /// Where answers go; `None` for `address`.
    pub reply_to: Option<String>,
    /// `None` for that of the settings.
    pub postal_address: Option<String>,
    /// Milliseconds since 1970.
    pub made_at: i64,
    pub made_by: String,
}

const SENDER: &str = "id, name, address, reply_to, postal_address, made_at, made_by";

fn sender(mut row: Row) -> Result<Sender, Error> {
    Ok(Sender {
        id: row.take_text(0)?,
        name: row.take_text(1)?,
        address: row.take_text(2)?,
        reply_to: row.text_or_null(3)?.map(str::to_owned),
        postal_address: row.text_or_null(4)?.map(str::to_owned),
        made_at: row.integer(5)?,
        made_by: row.take_text(6)?,
    })
}

/// Whether it could be added: no other one has its id.
pub fn insert(connection: &mut Connection, sender: &Sender) -> Result<bool, Error> {
    let sql = format!("INSERT INTO senders ({SENDER}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING");
    let params = [
        Value::from(&sender.id),
        Value::from(&sender.name),
        Value::from(&sender.address),
        sender.reply_to.as_deref().into(),
        sender.postal_address.as_deref().into(),
        sender.made_at.into(),
        Value::from(&sender.made_by),
    ];
    Ok(connection.execute(&sql, &params)? == 1)
}

/// All of them, by their ids.
pub fn all(connection: &mut Connection) -> Result<Vec<Sender>, Error> {
    connection.query(&format!("SELECT {SENDER} FROM senders ORDER BY id"), &[])?.into_iter().map(sender).collect()
}

pub fn one(connection: &mut Connection, id: &str) -> Result<Option<Sender>, Error> {
    connection.first(&format!("SELECT {SENDER} FROM senders WHERE id = $1"), &[id.into()])?.map(sender).transpose()
}

/// Rewrites everything but the id, and who made it when. Whether there was such a sender.
pub fn update(connection: &mut Connection, sender: &Sender) -> Result<bool, Error> {
    let sql = "UPDATE senders SET name = $1, address = $2, reply_to = $3, postal_address = $4 WHERE id = $5";
    let params = [
        Value::from(&sender.name),
        Value::from(&sender.address),
        sender.reply_to.as_deref().into(),
        sender.postal_address.as_deref().into(),
        Value::from(&sender.id),
    ];
    Ok(connection.execute(sql, &params)? == 1)
}

/// Whether there was such a sender.
pub fn delete(connection: &mut Connection, id: &str) -> Result<bool, Error> {
    Ok(connection.execute("DELETE FROM senders WHERE id = $1", &[id.into()])? == 1)
}
