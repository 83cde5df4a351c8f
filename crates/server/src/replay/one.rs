//! One lead out of a file: who is who is settled from all lines, then only this lead's records are kept.

use std::io::{self, Read};

use attractor_engine::identity::{Key, KeyId, Leads};
use attractor_engine::program::Event;
use attractor_engine::time::Instant;

use super::Request;
use super::keys::Keys;
use super::read::{self, Reading};
use super::record::{self, HEAD};
use super::walk::Events;

/// A lead's events in order, each message id once.
pub struct OneLead {
    /// As `replay` prints it.
    pub name: String,
    /// How it stood at this instant is asked.
    pub end: Instant,
    /// Message id, line, event.
    pub events: Vec<(String, u64, Event)>,
}

/// Finds a lead by its name or by any of its ids; `None` where no message names it.
pub fn one_lead(
    request: &Request,
    events: impl Read + Send,
    wanted: &str,
    mut complain: impl FnMut(u64, &str),
) -> io::Result<Option<OneLead>> {
    let Reading { records, keys, facts, last, .. } = read::read(request, events, &mut complain)?;
    let end = request.at.or(last).unwrap_or_default();
    let leads = facts.settle(keys.len(), |key| keys.find(key));
    let Some(lead) = find(&keys, &leads, wanted, end) else { return Ok(None) };
    let mut bytes = Vec::new();
    for chunk in records.chunks()? {
        let chunk = chunk?;
        let mut rest = chunk.as_slice();
        while let Some(head) = record::head(rest) {
            let (one, more) = rest.split_at(HEAD + head.length);
            if leads.lead(head.key, head.at) == lead {
                bytes.extend_from_slice(one);
                let start = bytes.len() - one.len();
                record::readdress(&mut bytes[start..], lead);
            }
            rest = more;
        }
    }
    let events = Events::sorted(&bytes)?;
    let name = keys.name(lead).1.to_owned();
    Ok(Some(OneLead {
        name,
        end,
        events: events.iter_lines().map(|(id, line, event)| (id.to_owned(), line, event.clone())).collect(),
    }))
}

fn find(keys: &Keys, leads: &Leads, wanted: &str, end: Instant) -> Option<KeyId> {
    let email = wanted.trim().to_lowercase();
    let ids = [Key::User(wanted), Key::Email(&email), Key::Visitor(wanted)];
    ids.into_iter().find_map(|key| keys.find(key)).map(|key| leads.lead(key, end))
}
