//! What a store has received: the kinds of events and the attributes that a candidate may ask for.

use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::Seen;
use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, events, leads};

/// Events and leads of each of the 256 buckets that are looked at. A small store is looked at whole; of a large one this
/// many are read within a moment, and a kind of which none is among them is told as such, not as never received.
const EVENTS: i64 = 100;
const LEADS: i64 = 20;

const BUCKETS: i64 = 256;

/// Looks at the store.
pub fn look(connection: &mut Connection) -> Result<Seen, Error> {
    // The kind alone.
    let wanted = Wanted::only([]);
    let mut seen = Seen { complete: true, ..Seen::default() };
    for bucket in 0..BUCKETS {
        let messages = events::first_of_bucket(connection, bucket, EVENTS)?;
        seen.complete &= (messages.len() as i64) < EVENTS;
        messages.iter().for_each(|json| take_message(&mut seen, &wanted, json));
        let profiles = leads::profiles_of_bucket(connection, bucket, LEADS)?;
        seen.complete &= (profiles.len() as i64) < LEADS;
        profiles.iter().for_each(|document| take_profile(&mut seen, document));
    }
    Ok(seen)
}

/// What cannot be read says nothing.
fn take_message(seen: &mut Seen, wanted: &Wanted, json: &str) {
    let Ok(message) = Message::parse(json, wanted) else { return };
    seen.events += 1;
    if let Some(kind) = message.event_kind()
        && !seen.kinds.contains(kind)
    {
        seen.kinds.insert(kind.to_owned());
    }
}

fn take_profile(seen: &mut Seen, document: &str) {
    let Ok(profile) = Profile::parse(document) else { return };
    seen.leads += 1;
    let names = profile.attributes.into_iter().filter(|(_, attribute)| !attribute.value.is_null());
    seen.attributes.extend(names.map(|(name, _)| name));
}
