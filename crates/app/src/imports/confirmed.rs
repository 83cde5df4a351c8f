//! Which imports brought the messages that an import found stored already. Undoing one of those takes messages away that
//! the later list tells of, too; only then the later one is named.

use std::collections::BTreeMap;

use attractor_engine::identity::Key;
use attractor_engine::message::{Message, Wanted};
use attractor_live::{Arrived, Taken, key};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, ImportId, events, identities, lane};

use super::origin::import_of;
use crate::stored::of_row;

/// How many messages of each earlier import an import found, by the number of that import.
pub type Confirmed = BTreeMap<i64, i64>;

/// What an import found so far. Nothing of imports of earlier versions, which did not note it.
pub fn of(connection: &mut Connection, import: ImportId) -> Result<Confirmed, Error> {
    let name = name(import);
    let text = lane::state(connection, &name)?;
    Ok(text.map(|text| of_row(&text, "state", &name)).transpose()?.unwrap_or_default())
}

/// Adds what an import found among these messages; in the transaction that takes them in.
pub fn note(connection: &mut Connection, import: ImportId, all: &[Arrived], taken: &[Taken]) -> Result<(), Error> {
    let repeated = all.iter().zip(taken).filter(|(_, taken)| **taken == Taken::Repeated);
    let repeated: Vec<Message> = repeated.filter_map(|(arrived, _)| parse(&arrived.json)).collect();
    let found = origins(connection, &repeated)?;
    let others = found.iter().filter_map(|origin| import_of(origin)?.parse().ok());
    let others = others.filter(|other| *other != import.0);
    let mut counts = Confirmed::new();
    others.for_each(|other| *counts.entry(other).or_default() += 1);
    if counts.is_empty() {
        return Ok(());
    }
    for (other, count) in of(connection, import)? {
        *counts.entry(other).or_default() += count;
    }
    let text = serde_json::to_string(&counts).unwrap_or_default();
    lane::set_state(connection, &name(import), &text)
}

/// Forgets what an import found that was taken back.
pub fn forget(connection: &mut Connection, import: ImportId) -> Result<(), Error> {
    lane::forget_state(connection, &name(import))
}

fn name(import: ImportId) -> String {
    format!("import_confirmed:{import}")
}

fn parse(json: &str) -> Option<Message<'_>> {
    Message::parse(json, &Wanted::Everything).ok()
}

/// Who brought these messages, of those that are stored under their own key.
fn origins(connection: &mut Connection, messages: &[Message]) -> Result<Vec<String>, Error> {
    let keys: Vec<(IdentityKind, &str)> = messages.iter().filter_map(own_key).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let known: BTreeMap<(IdentityKind, String), IdentityId> =
        identities::find(connection, &keys)?.into_iter().map(|found| ((found.kind, found.text), found.id)).collect();
    let identity = |message: &Message| {
        let (kind, text) = own_key(message)?;
        known.get(&(kind, text.to_owned())).copied()
    };
    let stored = messages.iter().filter_map(|message| Some((identity(message)?, message.message_id.as_deref()?)));
    let stored: Vec<(IdentityId, &str)> = stored.collect();
    events::origins_of(connection, &stored)
}

fn own_key<'m>(message: &'m Message) -> Option<(IdentityKind, &'m str)> {
    Key::of(message).map(key)
}
