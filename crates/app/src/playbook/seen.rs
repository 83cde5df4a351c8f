//! What a store has received: the kinds of events and the attributes that a candidate may ask for.

use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::Seen;
use attractor_live::profile::Profile;
use attractor_store::events::End;
use attractor_store::{Connection, Error, events, leads};

/// Events and leads of each of the 256 buckets that are looked at, from its beginning and, if there are more, from its end.
/// So a small store is looked at whole, and of a large one the oldest and the newest leads, within a moment.
const EVENTS: i64 = 100;
const LEADS: i64 = 20;

const BUCKETS: i64 = 256;

/// Looks at the store.
pub fn look(connection: &mut Connection) -> Result<Seen, Error> {
    // The kind alone.
    let wanted = Wanted::only([]);
    let mut seen = Seen { complete: true, ..Seen::default() };
    for bucket in 0..BUCKETS {
        let mut messages = events::of_bucket(connection, bucket, End::First, EVENTS)?;
        if messages.len() as i64 == EVENTS {
            seen.complete = false;
            messages.extend(events::of_bucket(connection, bucket, End::Last, EVENTS)?);
        }
        messages.iter().for_each(|json| take_message(&mut seen, &wanted, json));
        let mut profiles = leads::profiles_of_bucket(connection, bucket, End::First, LEADS)?;
        if profiles.len() as i64 == LEADS {
            seen.complete = false;
            profiles.extend(leads::profiles_of_bucket(connection, bucket, End::Last, LEADS)?);
        }
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
