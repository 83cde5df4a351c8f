//! A row that is an event of a lead.

use super::{Rules, identify};
use crate::facts::Facts;
use crate::message::{Dating, Message};
use crate::who::Who;

/// The event, and before it what the row says of the lead itself.
pub fn messages(facts: &Facts, who: &Who, rules: &Rules) -> Result<Vec<Message>, String> {
    let kind = facts.event.as_ref().ok_or("it names no event")?;
    let (at, dating) = facts.timestamp.map_or((rules.as_of, Dating::OfImport), |at| (at, Dating::Given));
    let mut messages: Vec<Message> = identify(who, facts.traits.clone(), at, dating).into_iter().collect();
    messages.push(Message::event(kind.clone(), facts.properties.clone(), at, dating).each());
    Ok(messages)
}
