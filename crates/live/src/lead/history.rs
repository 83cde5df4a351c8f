//! A lead's events out of the ledger: its slices, in order, each message id once.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::contested;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::misread::said_of;
use attractor_engine::program::{Event, Program};
use attractor_engine::time::Instant;
use attractor_store::{Connection, Error, IdentityId, IdentityKind, Kind, LeadId, Received, events, identities, leads};

use crate::identity::slice::Slice;
use crate::lead::profile::{Profile, SourcedMessage, concerns};
use crate::sending::suppression::AddressBlock;
use crate::unreadable::Unreadable;

/// One of a lead's events.
#[derive(Clone, Debug)]
pub struct Past {
    /// The identity that it is stored under, with its id.
    pub identity: IdentityId,
    pub id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub received: Received,
    pub received_at: i64,
    pub flags: i64,
    pub origin: String,
    pub message: String,
    /// It gives an e-mail that belongs to another lead, which it does not set.
    pub lost: bool,
}

impl Past {
    pub fn of(event: events::Event) -> Past {
        Past {
            identity: event.identity,
            id: event.message_id,
            at: event.at,
            received: event.received,
            received_at: event.received_at,
            flags: event.flags,
            origin: event.origin,
            message: event.message,
            lost: false,
        }
    }
}

/// The slices of identities whose events are a lead's, as its row says.
pub fn sources_of(lead: &leads::Lead) -> Result<Vec<Slice>, Error> {
    serde_json::from_str(&lead.sources).map_err(|error| {
        let why = said_of(&error);
        Error::new(Kind::Other, format!("the stored sources of lead {} cannot be read: {why}", lead.id))
    })
}

/// A lead's events in order.
pub fn history(connection: &mut Connection, lead: &leads::Lead) -> Result<Vec<Past>, Error> {
    Ok(histories(connection, vec![(lead.id, sources_of(lead)?)])?.remove(&lead.id).unwrap_or_default())
}

/// By lead, its events in order; `sources` are what belongs to each.
pub fn histories(
    connection: &mut Connection,
    sources: Vec<(LeadId, Vec<Slice>)>,
) -> Result<BTreeMap<LeadId, Vec<Past>>, Error> {
    histories_within(connection, sources, usize::MAX)
}

/// The same of at most so many events.
pub fn histories_within(
    connection: &mut Connection,
    sources: Vec<(LeadId, Vec<Slice>)>,
    most: usize,
) -> Result<BTreeMap<LeadId, Vec<Past>>, Error> {
    let identities: BTreeSet<IdentityId> = sources.iter().flat_map(|(_, slices)| slices.iter().map(|s| s.0)).collect();
    let identities: Vec<IdentityId> = identities.into_iter().collect();
    let mut by_identity: BTreeMap<IdentityId, Vec<events::Event>> = BTreeMap::new();
    for event in events::of_identities_within(connection, &identities, most)? {
        by_identity.entry(event.identity).or_default().push(event);
    }
    let mut histories = sources.into_iter().map(|(lead, slices)| (lead, in_order(&slices, &by_identity))).collect();
    mark_lost(connection, &mut histories)?;
    Ok(histories)
}

/// Marks the public messages whose e-mail belongs to another lead.
pub fn mark_lost(connection: &mut Connection, histories: &mut BTreeMap<LeadId, Vec<Past>>) -> Result<(), Error> {
    let is_public = |past: &Past| past.flags & events::PUBLIC != 0;
    let leads: Vec<LeadId> =
        histories.iter().filter(|(_, past)| past.iter().any(is_public)).map(|(lead, _)| *lead).collect();
    let own = own_emails(connection, &leads)?;
    let wanted = Wanted::only([]);
    for (lead, past) in histories {
        for past in past.iter_mut().filter(|past| is_public(past)) {
            let message = Message::parse(&past.message, &wanted).ok();
            let email = message.as_ref().and_then(contested);
            past.lost = email.is_some_and(|email| !own.contains(&(*lead, email.to_owned())));
        }
    }
    Ok(())
}

/// The e-mails of leads, each with its lead.
pub fn own_emails(connection: &mut Connection, leads: &[LeadId]) -> Result<BTreeSet<(LeadId, String)>, Error> {
    if leads.is_empty() {
        return Ok(BTreeSet::new());
    }
    let own = identities::of_leads(connection, leads)?;
    Ok(own.into_iter().filter(|own| own.kind == IdentityKind::Email).map(|own| (own.lead, own.text)).collect())
}

/// Hands over the events of some leads, in no order, each with the place of its lead in `sources`. A message id
/// that is stored under two identities of one lead comes twice.
pub fn pass(
    connection: &mut Connection,
    sources: &[Vec<Slice>],
    mut take: impl FnMut(usize, events::Passing) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut slices: BTreeMap<IdentityId, Vec<(usize, Slice)>> = BTreeMap::new();
    for (place, slice) in sources.iter().enumerate().flat_map(|(place, of)| of.iter().map(move |slice| (place, *slice)))
    {
        slices.entry(slice.0).or_default().push((place, slice));
    }
    let mut identities: Vec<IdentityId> = slices.keys().copied().collect();
    // As the tree has them.
    identities.sort_by_key(|identity| (identity.bucket(), *identity));
    events::pass(connection, &identities, |event| {
        let of = slices.get(&event.identity).into_iter().flatten();
        of.filter(|(_, slice)| slice.holds(event.identity, event.at)).try_for_each(|(place, _)| take(*place, event))
    })
}

/// The events of some slices in order; of several with one id the first received stays.
pub fn in_order(slices: &[Slice], by_identity: &BTreeMap<IdentityId, Vec<events::Event>>) -> Vec<Past> {
    let mut first: BTreeMap<&str, &events::Event> = BTreeMap::new();
    for slice in slices {
        let events = by_identity.get(&slice.0).into_iter().flatten();
        for event in events.filter(|event| slice.holds(event.identity, event.at)) {
            let known = first.entry(&event.message_id).or_insert(event);
            if event.received < known.received {
                *known = event;
            }
        }
    }
    let mut past: Vec<Past> = first.into_values().map(|event| Past::of(event.clone())).collect();
    past.sort_by_key(|past| (past.at, past.received));
    past
}

/// What a lead's events say of it as a person.
#[derive(Default)]
pub struct Person {
    pub profile: Profile,
    /// What they do to addresses, in their order.
    pub blocks: Vec<AddressBlock>,
    /// Events that cannot be read, each its id and why.
    pub unreadable: Vec<String>,
}

/// A lead's events as the engine takes them, beside the person that they make.
pub struct Distilled {
    /// One for each event given. One that cannot be read is set aside: it changes nothing.
    pub events: Vec<Event>,
    pub person: Person,
}

/// The person that events make.
pub fn person(past: &[Past]) -> Person {
    let mut person = Person::default();
    for past in past {
        person.take_in(past, |_| {});
    }
    person
}

/// Events distilled, and the person that they make.
pub fn distill(program: &Program, past: &[Past]) -> Distilled {
    distill_between(program, Profile::default(), past, None).0
}

/// The same of events behind those that made a profile, and the profile as it was before the event at the place `keep`.
pub fn distill_between(
    program: &Program,
    profile: Profile,
    past: &[Past],
    keep: Option<usize>,
) -> (Distilled, Option<Profile>) {
    let mut person = Person { profile, ..Person::default() };
    let mut distilled = Vec::with_capacity(past.len());
    let mut kept = None;
    for (place, past) in past.iter().enumerate() {
        if keep == Some(place) {
            kept = Some(person.profile.clone());
        }
        // An event that a machine caused and that changes nothing is without effect.
        let mut event = Event { machine: true, ..Event::default() };
        person.take_in(past, |message| {
            event = Event::default();
            program.distill(message, &mut event);
            if past.lost {
                program.without_email(&mut event);
            }
        });
        event.at = Instant(past.at);
        distilled.push(event);
    }
    (Distilled { events: distilled, person }, kept)
}

impl Person {
    /// What cannot be read of a lead's events, to be counted and logged.
    pub fn unreadable_of(&self, lead: LeadId) -> Vec<Unreadable> {
        self.unreadable.iter().map(|why| Unreadable { what: "event", lead, why: why.clone() }).collect()
    }

    fn take_in(&mut self, past: &Past, mut take: impl FnMut(&Message)) {
        let message = match Message::parse(&past.message, &Wanted::Everything) {
            Ok(message) => message,
            Err(why) => return self.unreadable.push(format!("the stored message {}: {why}", past.id)),
        };
        take(&message);
        if concerns(&message) {
            let public = past.flags & events::PUBLIC != 0;
            let sourced = SourcedMessage {
                message: &message,
                id: &past.id,
                at: past.at,
                received: past.received,
                by: &past.origin,
                public,
                lost: past.lost,
            };
            self.blocks.extend(self.profile.take_in(&sourced));
        }
    }
}
