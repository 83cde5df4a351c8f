//! What a list says of its leads, against what is known of them. Ids made of what a row says cannot tell SQL, MQL, SQL
//! from SQL alone: the third is there already, and not so. Then it is taken once more. Of an export that comes
//! back, only the corrections are taken.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::canonical_value;
use attractor_engine::consent::{Scope, State};
use attractor_engine::fact::{DealFact, Fact};
use attractor_engine::identity::Key;
use attractor_engine::message::{Message, Type, Wanted};
use attractor_engine::time::Instant;
use attractor_engine::value::Value;
use attractor_engine::vocabulary::ConsentAct;
use attractor_store::{Error, IdentityId, IdentityKind, LeadId};
use serde_json::{Value as Json, json};

use crate::arrived::{Arrived, Taken};
use crate::correction::{self, KnownLead};
use crate::identity::keys::key;
use crate::lead::profile::{Deal, Profile, has_tag, plain, status_of};
use crate::lead::why::Why;
use crate::sending::suppression::of_addresses;
use crate::take::take_in;
use crate::work::Work;

/// What a message of an import asserts beside that it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assertion {
    #[default]
    Happened,
    /// It is the last word of its list about what it says: that is so as of its instant.
    Holds,
    /// It comes from an export of that instant: only what differs from what is known was meant.
    Corrects(Instant),
}

/// Takes messages of an import in.
pub fn take_asserted(
    work: &mut Work,
    arrived: &[Arrived],
    assertions: &[Assertion],
    why: &Why,
) -> Result<Vec<Taken>, Error> {
    let mut taken = match assertions.iter().any(|assertion| matches!(assertion, Assertion::Corrects(_))) {
        true => take_corrected(work, arrived, assertions, why)?,
        false => take_in(work, arrived, why)?,
    };
    let holds: Vec<bool> = assertions.iter().map(|assertion| *assertion == Assertion::Holds).collect();
    take_again(work, arrived, &holds, &mut taken, why)?;
    Ok(taken)
}

/// Takes of corrected messages what differs from what is known of their leads.
fn take_corrected(
    work: &mut Work,
    arrived: &[Arrived],
    assertions: &[Assertion],
    why: &Why,
) -> Result<Vec<Taken>, Error> {
    let read: Vec<Option<Message>> = arrived.iter().map(parse).collect();
    let corrected = || {
        read.iter().zip(assertions).map(|(message, assertion)| match assertion {
            Assertion::Corrects(_) => message.as_ref(),
            _ => None,
        })
    };
    let leads = leads_of(work, corrected().flatten())?;
    work.load_leads(&leads.iter().flatten().copied().collect())?;
    let mut leads = leads.into_iter();
    let addresses: BTreeSet<String> = corrected().flatten().filter_map(address).collect();
    let bound = of_addresses(work.connection, &addresses)?;
    let (mut places, mut all, nothing) = (Vec::new(), Vec::new(), Profile::default());
    for (place, (arrived, assertion)) in arrived.iter().zip(assertions).enumerate() {
        let (Assertion::Corrects(since), Some(message)) = (assertion, &read[place]) else {
            places.push(place);
            all.push(arrived.clone());
            continue;
        };
        let lead = leads.next().flatten().filter(|lead| work.leads.has(*lead));
        let profile = lead.map(|lead| work.leads.profiles.get(lead).unwrap_or(&nothing));
        let known = KnownLead { profile, address: address(message).and_then(|address| bound.get(&address)) };
        for message in correction::of(arrived, known, *since) {
            places.push(place);
            all.push(message);
        }
    }
    let mut taken = vec![Taken::Repeated; arrived.len()];
    for (place, became) in places.into_iter().zip(take_in(work, &all, why)?) {
        if taken[place] == Taken::Repeated {
            taken[place] = became;
        }
    }
    Ok(taken)
}

/// Takes those messages once more that are there already, hold as of their instant, and are not so now; under ids of
/// their own, which name the import.
fn take_again(
    work: &mut Work,
    arrived: &[Arrived],
    holds: &[bool],
    taken: &mut [Taken],
    why: &Why,
) -> Result<(), Error> {
    let is_open = |place: &usize| holds[*place] && taken[*place] == Taken::Repeated;
    let open: Vec<usize> = (0..arrived.len()).filter(is_open).collect();
    let read: Vec<(usize, Message)> =
        open.iter().filter_map(|place| Some((*place, parse(&arrived[*place])?))).collect();
    let leads = leads_of(work, read.iter().map(|(_, message)| message))?;
    let mut places = Vec::new();
    let mut again = Vec::new();
    for ((place, message), lead) in read.iter().zip(leads) {
        let known = lead.and_then(|lead| work.leads.profiles.get(lead));
        if known.is_some_and(|profile| is_gone(profile, message)) {
            places.push(*place);
            again.extend(renamed(&arrived[*place]));
        }
    }
    if again.is_empty() {
        return Ok(());
    }
    for (place, became) in places.into_iter().zip(take_in(work, &again, why)?) {
        taken[place] = became;
    }
    Ok(())
}

/// The lead of each message, where it has one, with its profile at hand.
fn leads_of<'m>(
    work: &mut Work,
    messages: impl Iterator<Item = &'m Message<'m>> + Clone,
) -> Result<Vec<Option<LeadId>>, Error> {
    let keys: BTreeSet<(IdentityKind, &str)> =
        messages.clone().filter_map(|message| Key::of(message).map(key)).collect();
    let ids: BTreeMap<(IdentityKind, String), IdentityId> = work.identities.find(work.connection, &keys)?;
    work.identities.load_ties(work.connection, ids.values().copied())?;
    let mut leads = Vec::new();
    for message in messages {
        let name = Key::of(message).map(key).map(|(kind, text)| (kind, text.to_owned()));
        let id = name.and_then(|name| ids.get(&name).copied());
        let at = message.timestamp.map_or(work.now.0, |at| at.0);
        leads.push(id.map(|id| work.owner(id, at)).transpose()?);
    }
    let wanted: BTreeSet<LeadId> = leads.iter().flatten().copied().collect();
    let missing = work.leads.profiles.missing(wanted);
    work.read_profiles(&missing)?;
    Ok(leads)
}

/// The address that an exported lead has, in canonical form.
fn address(message: &Message) -> Option<String> {
    message.property("email").and_then(canonical_value)
}

fn parse(arrived: &Arrived) -> Option<Message<'_>> {
    Message::parse(&arrived.json, &Wanted::Everything).ok()
}

/// The same message as one of this import.
fn renamed(arrived: &Arrived) -> Option<Arrived> {
    let mut whole: Json = serde_json::from_str(&arrived.json).ok()?;
    let (_, import) = arrived.origin.rsplit_once(':').unwrap_or(("", &arrived.origin));
    let id = format!("{}-again-{import}", whole["messageId"].as_str()?);
    whole["messageId"] = json!(id);
    Some(Arrived { json: whole.to_string(), ..arrived.clone() })
}

/// Whether something that a message says is not so, and nothing later says otherwise.
fn is_gone(profile: &Profile, message: &Message) -> bool {
    let Some(at) = message.timestamp.map(|at| at.0) else { return false };
    if message.kind == Type::Identify {
        return message.fields.iter().any(|(name, value)| is_other(profile, message, name, value, at));
    }
    match Fact::of(message) {
        Some(Fact::Tag { tag, adds: true }) => is_untagged(profile, tag, at),
        Some(Fact::Consent(ConsentAct::Unsubscribe)) => {
            let word = profile.consents.in_effect(&Scope::of(message));
            word.state == State::Granted && word.because.is_none_or(|word| word.at.0 <= at)
        }
        Some(Fact::Deal(deal)) => is_other_deal(profile, &deal, at),
        _ => false,
    }
}

fn is_other(profile: &Profile, message: &Message, name: &str, value: &Option<Value>, at: i64) -> bool {
    // Without a user id the e-mail says whose message it is, and a lead may have several.
    if name == "email" && message.user_id.is_none() {
        return false;
    }
    let expected = value.as_ref().map_or(Json::Null, plain);
    let held = profile.attributes.get(name);
    held.is_some_and(|held| held.value != expected && held.at <= at && !held.read)
}

fn is_untagged(profile: &Profile, tag: &Value, at: i64) -> bool {
    profile.attributes.get("tags").is_some_and(|held| held.at <= at && !has_tag(&held.value, tag))
}

fn is_other_deal(profile: &Profile, fact: &DealFact, at: i64) -> bool {
    let deal = profile.deals.get(fact.id.as_deref().unwrap_or_default());
    deal.is_some_and(|deal| deal.at <= at && (deal.status != status_of(fact.state) || differs(deal, fact)))
}

/// Whether an event names another amount or currency than a deal has.
fn differs(deal: &Deal, fact: &DealFact) -> bool {
    fact.amount.is_some_and(|amount| deal.amount != Some(amount))
        || fact.currency.is_some_and(|currency| deal.currency.as_deref() != Some(currency))
}
