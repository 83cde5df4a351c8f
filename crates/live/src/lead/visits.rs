//! A lead's first source is that of its earliest visit, and of that alone. Which one that is changes with who is who and
//! with what comes late: visits are told anew whenever a lead is rebuilt, in the ledger, so that everybody reads the same.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::message::{Message, Type, Wanted};
use attractor_intake::source::visit::{FIRST, Visit};
use attractor_store::{Connection, Error, IdentityId, LeadId, events};

use crate::identity::keys::Told;
use crate::lead::history::Past;
use crate::lead::known::Known;
use crate::lead::recent::History;

/// Whether a message may not set this: it is of a first source, and there is one.
pub fn refuses(name: &str, known: &Known) -> bool {
    FIRST.contains(&name) && FIRST.iter().any(|name| known.attribute(name).is_some())
}

/// Tells the visits in these leads' events anew.
pub fn retell(connection: &mut Connection, histories: &mut BTreeMap<LeadId, History>) -> Result<(), Error> {
    let mut told = Vec::new();
    for history in histories.values_mut() {
        let known = history.recent.as_ref().map(|recent| recent.firsts.clone()).unwrap_or_default();
        retell_one(&mut history.past, known, &mut told);
    }
    if told.is_empty() { Ok(()) } else { events::retell(connection, &told) }
}

/// Whether it was not known at the receipt of these messages which of a lead's visits is the first.
pub fn first_is_open(made: &BTreeSet<IdentityId>, told: &[&Told]) -> bool {
    told.iter().any(|told| made.contains(&told.identity) && sets_first(&told.message))
}

fn sets_first(message: &Message) -> bool {
    message.kind == Type::Identify && message.fields.iter().any(|(name, _)| FIRST.contains(&name.as_ref()))
}

/// Tells the visits of one lead anew, its events being in order, and adds those that are others now. `known` is what was
/// said of a first source before them.
fn retell_one(past: &mut [Past], mut known: BTreeSet<String>, told: &mut Vec<(IdentityId, String, String)>) {
    for past in past {
        let Some(visit) = Visit::of(&past.message) else {
            hear(&past.message, &mut known);
            continue;
        };
        let is_first = known.is_empty();
        if is_first {
            known.extend(visit.first().map(str::to_owned));
        }
        let message = visit.told(is_first);
        if message != past.message {
            told.push((past.identity, past.id.clone(), message.clone()));
            past.message = message;
        }
    }
}

/// Which names of a first source these events leave set behind `known`.
pub fn firsts(past: &[Past], mut known: BTreeSet<String>) -> BTreeSet<String> {
    for past in past {
        match Visit::of(&past.message) {
            None => hear(&past.message, &mut known),
            Some(visit) if known.is_empty() => known.extend(visit.first().map(str::to_owned)),
            Some(_) => {}
        }
    }
    known
}

/// Somebody may say a first source himself.
fn hear(message: &str, known: &mut BTreeSet<String>) {
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
