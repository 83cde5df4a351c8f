//! What a store has received: the kinds of events and the attributes that a candidate may ask for.

use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::Seen;
use attractor_live::profile::Profile;
use attractor_store::events::End;
use attractor_store::{Connection, Error, events, leads};

/// How much of a bucket is read: so many events and leads from its beginning and, if there are more, from its end. So a
/// small store is read whole, and of a large one the oldest and the newest leads, within a moment.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub events: i64,
    pub leads: i64,
}

const LOOK: Most = Most { events: 100, leads: 20 };

const BUCKETS: i64 = 256;

/// Looks at the store.
pub fn look(connection: &mut Connection) -> Result<Seen, Error> {
    // The kind alone.
    let wanted = Wanted::only([]);
    let (mut messages, mut profiles) = (Seen::default(), Seen::default());
    let complete = walk(
        connection,
        LOOK,
        |json| take_message(&mut messages, &wanted, json),
        |document| take_profile(&mut profiles, document),
    )?;
    Ok(Seen { complete, attributes: profiles.attributes, leads: profiles.leads, ..messages })
}

/// The attributes that leads have; `complete` says whether all leads were looked at.
pub fn attributes(connection: &mut Connection) -> Result<Seen, Error> {
    let (mut seen, mut complete) = (Seen::default(), true);
    for bucket in 0..BUCKETS {
        let profiles = |end, limit| leads::profiles_of_bucket(connection, bucket, end, limit);
        complete &= ends(LOOK.leads, &mut |document: &str| take_profile(&mut seen, document), profiles)?;
    }
    Ok(Seen { complete, ..seen })
}

/// Hands over messages and profiles, none of them twice. Returns whether these are all.
pub fn walk(
    connection: &mut Connection,
    most: Most,
    mut message: impl FnMut(&str),
    mut profile: impl FnMut(&str),
) -> Result<bool, Error> {
    let mut complete = true;
    for bucket in 0..BUCKETS {
        complete &= ends(most.events, &mut message, |end, limit| events::of_bucket(connection, bucket, end, limit))?;
        let profiles = |end, limit| leads::profiles_of_bucket(connection, bucket, end, limit);
        complete &= ends(most.leads, &mut profile, profiles)?;
    }
    Ok(complete)
}

/// Hands over both ends of a bucket, `most` rows of each; all of a bucket that has less than twice as many.
fn ends(
    most: i64,
    take: &mut impl FnMut(&str),
    mut read: impl FnMut(End, i64) -> Result<Vec<String>, Error>,
) -> Result<bool, Error> {
    let mut rows = read(End::First, 2 * most)?;
    let complete = (rows.len() as i64) < 2 * most;
    if !complete {
        rows.truncate(most as usize);
        rows.extend(read(End::Last, most)?);
    }
    rows.iter().for_each(|row| take(row));
    Ok(complete)
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
