//! A lead's first source is that of its earliest visit, and of that alone. Which one that is changes with who is who and
//! with what comes late: the messages of visits are rewritten in the ledger whenever a lead is rebuilt,
//! so that every reader gets the same.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::message::{Message, Type, Wanted};
use attractor_intake::source::visit::{FIRST, Visit};
use attractor_store::{Connection, Error, IdentityId, LeadId, events};

use crate::identity::keys::NewEvent;
use crate::lead::concerned::ConcernedProfiles;
use crate::lead::history::Past;
use crate::lead::recent::History;

/// Whether a message may not set this: it is of a first source, and there is one.
pub fn refuses(name: &str, profiles: &ConcernedProfiles) -> bool {
    FIRST.contains(&name) && FIRST.iter().any(|name| profiles.attribute(name).is_some())
}

/// Rewrites the visits among these leads' events.
pub fn rewrite(connection: &mut Connection, histories: &mut BTreeMap<LeadId, History>) -> Result<(), Error> {
    let mut rewritten = Vec::new();
    for history in histories.values_mut() {
        let known = history.recent.as_ref().map(|recent| recent.firsts.clone()).unwrap_or_default();
        rewrite_one(&mut history.past, known, &mut rewritten);
    }
    if rewritten.is_empty() { Ok(()) } else { events::rewrite_messages(connection, &rewritten) }
}

/// Whether it was not known at the receipt of these messages which of a lead's visits is the first.
pub fn first_is_open(made: &BTreeSet<IdentityId>, new_events: &[&NewEvent]) -> bool {
    new_events.iter().any(|event| made.contains(&event.identity) && sets_first(&event.message))
}

fn sets_first(message: &Message) -> bool {
    message.kind == Type::Identify && message.fields.iter().any(|(name, _)| FIRST.contains(&name.as_ref()))
}

/// Rewrites the visits of one lead, its events being in order, and adds those that changed to `rewritten`. `known` are
/// the names of a first source that are set before them.
fn rewrite_one(past: &mut [Past], mut known: BTreeSet<String>, rewritten: &mut Vec<(IdentityId, String, String)>) {
    for past in past {
        let Some(visit) = Visit::of(&past.message) else {
            note_first(&past.message, &mut known);
            continue;
        };
        let is_first = known.is_empty();
        if is_first {
            known.extend(visit.first().map(str::to_owned));
        }
        let message = visit.into_message(is_first);
        if message != past.message {
            rewritten.push((past.identity, past.id.clone(), message.clone()));
            past.message = message;
        }
    }
}

/// Which names of a first source these events leave set behind `known`.
pub fn firsts(past: &[Past], mut known: BTreeSet<String>) -> BTreeSet<String> {
    for past in past {
        match Visit::of(&past.message) {
            None => note_first(&past.message, &mut known),
            Some(visit) if known.is_empty() => known.extend(visit.first().map(str::to_owned)),
            Some(_) => {}
        }
    }
    known
}

/// Takes in a message that sets or removes a first source by itself.
fn note_first(message: &str, known: &mut BTreeSet<String>) {
    // Few messages do; names without odd letters stand in them as they are.
    if !message.contains("\"first_") {
        return;
    }
    let Ok(message) = Message::parse(message, &Wanted::Everything) else { return };
    if message.kind != Type::Identify {
        return;
    }
    for (name, value) in message.fields.iter().filter(|(name, _)| FIRST.contains(&name.as_ref())) {
        match value {
            Some(_) => _ = known.insert(name.to_string()),
            None => _ = known.remove(name.as_ref()),
        }
    }
}
