//! One lead out of a file: who is who is settled from all lines, then only this lead's records are kept.

use std::io::{self, Read};

use attractor_engine::called::Called;
use attractor_engine::identity::{Key, KeyNumber, Leads};
use attractor_engine::program::Event;
use attractor_engine::time::Instant;

use super::ReplayRequest;
use super::keys::Keys;
use super::read::{self, FirstPass};
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

/// Finds a lead by its name or by any of its ids; `None` where no message names it, an error where several are called so.
pub fn one_lead(
    request: &ReplayRequest,
    events: impl Read + Send,
    wanted: &str,
    mut complain: impl FnMut(u64, &str),
) -> io::Result<Option<OneLead>> {
    let FirstPass { records, keys, facts, last, .. } = read::read(request, events, &mut complain)?;
    let end = request.at.or(last).unwrap_or_default();
    let leads = facts.settle(keys.len(), |key| keys.find(key));
    let found = find(&keys, &leads, wanted, end).map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
    let Some(lead) = found else { return Ok(None) };
    let mut bytes = Vec::new();
    for chunk in records.chunks()? {
        let chunk = chunk?;
        let mut rest = chunk.as_slice();
        while let Some(head) = record::head(rest) {
            let (one, more) = rest.split_at(HEAD + head.length);
            if leads.lead(head.key, head.at) == lead {
                bytes.extend_from_slice(one);
                let start = bytes.len() - one.len();
                if record::contested(one).is_some_and(|email| !leads.has_email(head.key, email)) {
                    record::lose(&mut bytes[start..]);
                }
                record::readdress(&mut bytes[start..], lead);
            }
            rest = more;
        }
    }
    let events = Events::sorted(request.program, &bytes)?;
    let name = keys.name(lead).1.to_owned();
    Ok(Some(OneLead {
        name,
        end,
        events: events.iter_lines().map(|(id, line, event)| (id.to_owned(), line, event.clone())).collect(),
    }))
}

fn find(keys: &Keys, leads: &Leads, wanted: &str, end: Instant) -> Result<Option<KeyNumber>, String> {
    let called = Called::read(wanted)?;
    let lead = |reading: &Called| {
        let key = match reading {
            Called::User(id) => Key::User(id),
            Called::Email(email) => Key::Email(email),
            Called::Visitor(id) => Key::Visitor(id),
            // A file has no numbers of leads.
            Called::Id(_) | Called::Bare(_) => return Ok::<_, String>(None),
        };
        Ok(keys.find(key).map(|key| leads.lead(key, end)))
    };
    let mut found = called.meanings(lead, |one, other| one == other)?;
    if found.len() > 1 {
        let forms: Vec<String> = found.iter().map(|(form, _)| format!("`{form}`")).collect();
        return Err(format!("`{wanted}` means several leads; write {}", forms.join(" or ")));
    }
    Ok(found.pop().map(|(_, lead)| lead))
}
