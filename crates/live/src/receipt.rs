//! What is decided once, when a message arrives: which of its traits it may set (contract §2, Keys), and what its job
//! title says of rank and department.

use std::collections::BTreeSet;

use attractor_engine::address::canonical;
use attractor_engine::identity::Fact;
use attractor_engine::message::{Message, Type};
use attractor_engine::value::Value as TraitValue;
use attractor_store::{Error, IdentityId, IdentityKind, LeadId, identities};
use serde_json::{Value, json};

use crate::arrived::Fills;
use crate::arrived::{Arrived, Valid};
use crate::identity::emails;
use crate::identity::keys::keys_and_facts;
use crate::lead::concerned::ConcernedProfiles;
use crate::lead::profile::{Attribute, concerns, plain};
use crate::lead::quota::AttributeQuota;
use crate::lead::titles;
use crate::lead::visits;
use crate::work::Work;

/// Whether the text that a message is stored as depends on the profile of its lead.
pub fn depends_on_profile(message: &Message, fills: Fills) -> bool {
    if fills == Fills::All { titles::has_title(message) } else { concerns(message) }
}

/// A message as it is stored, where that is not as it came.
struct Rewritten {
    json: String,
    /// It names its lead by the user id now, no more by an e-mail.
    by_user: bool,
    /// How many of its traits it may not set.
    refused: usize,
}

/// `person` is the user whose e-mail a message names its lead by, where it does so.
fn rewritten(
    json: &str,
    message: &Message,
    fills: Fills,
    profiles: &ConcernedProfiles,
    person: Option<&str>,
) -> Option<Rewritten> {
    let refused = refused(message, fills, profiles);
    let read = titles::set_by_title(message, &refused, profiles);
    let name = naming(message, fills, profiles, person);
    if refused.is_empty() && read.is_empty() && name == Naming::Stays {
        return None;
    }
    let mut whole: Value = serde_json::from_str(json).ok()?;
    let traits = whole.get_mut("traits")?;
    take_out(traits, &mut String::new(), &refused);
    read.iter().for_each(|(name, found)| traits[*name] = json!(found));
    let by_user = matches!(name, Naming::User(_));
    match name {
        Naming::Stays => {}
        Naming::Spelled(email) => traits["email"] = email,
        Naming::Refused => take_out(traits, &mut String::new(), &["email"].into()),
        Naming::User(person) => {
            take_out(traits, &mut String::new(), &["email"].into());
            whole["userId"] = json!(person);
        }
    }
    Some(Rewritten { json: whole.to_string(), by_user, refused: refused.len() })
}

/// What an `identify` with a public key never sets: owners are alerted about leads, and rules for sending go by tags.
const NEVER_PUBLIC: [&str; 2] = ["owner", "tags"];

fn refused<'m>(message: &'m Message, fills: Fills, profiles: &ConcernedProfiles) -> BTreeSet<&'m str> {
    let prefix = if message.kind == Type::Group { "company." } else { "" };
    let never = |name: &str| {
        let trait_name = name.split('.').next().unwrap_or_default();
        message.kind == Type::Identify && NEVER_PUBLIC.contains(&trait_name)
    };
    let mut quota = fills.is_public().then(|| AttributeQuota::of(profiles));
    let mut refuses = |name: &str, value: &Option<TraitValue>| match &mut quota {
        None => fills == Fills::FirstOnce && visits::refuses(name, profiles),
        Some(quota) => {
            let full = format!("{prefix}{name}");
            never(name) || profiles.holds(&full, value.is_none()) || !quota.admits(&full, value.as_ref())
        }
    };
    // An e-mail says whom a message is about before it is an attribute.
    let is_key = |name: &str| name == "email" && message.email.is_some();
    let fields = message.fields.iter().filter(|(name, value)| !is_key(name) && refuses(name, value));
    fields.map(|(name, _)| name.as_ref()).collect()
}

/// What becomes of a message's e-mail.
#[derive(Debug, PartialEq, Eq)]
enum Naming<'p> {
    Stays,
    /// It is the lead's e-mail, which stays as it is written there.
    Spelled(Value),
    /// The lead is written to elsewhere, and named by its user id.
    Refused,
    /// The lead is written to elsewhere, so the message says by this user id whom it is about.
    User(&'p str),
}

fn naming<'p>(message: &Message, fills: Fills, profiles: &ConcernedProfiles, person: Option<&'p str>) -> Naming<'p> {
    let Some(email) = message.email.as_deref().filter(|_| fills.is_public()) else { return Naming::Stays };
    let held = || profiles.0.iter().filter_map(|profile| profile.attribute("email")).filter(|held| !held.public);
    let is_same = |held: &Attribute| held.value.as_str().and_then(canonical).as_deref() == Some(email);
    if held().any(|held| !is_same(held)) {
        return match (&message.user_id, person) {
            (Some(_), _) => Naming::Refused,
            (None, Some(person)) => Naming::User(person),
            (None, None) => Naming::Stays,
        };
    }
    let as_sent = message.property("email").map(plain);
    let spelled = held().next().filter(|held| as_sent.as_ref() != Some(&held.value));
    spelled.map_or(Naming::Stays, |held| Naming::Spelled(held.value.clone()))
}

/// Removes the values at these dotted paths; a key may have dots in it itself. `under` is the path of the value.
fn take_out(value: &mut Value, under: &mut String, paths: &BTreeSet<&str>) {
    let Some(object) = value.as_object_mut() else { return };
    let length = under.len();
    object.retain(|key, inner| {
        under.push_str(key);
        let is_out = paths.contains(under.as_str());
        if !is_out && inner.is_object() {
            under.push('.');
            take_out(inner, under, paths);
        }
        under.truncate(length);
        !is_out
    });
}

/// Of each message of a run, what it is stored as where that is not as it came. Changes its identity in `own` where
/// it is stored under another name.
pub fn receive(
    work: &mut Work,
    run: &[&Valid],
    arrived: &[Arrived],
    own: &mut [IdentityId],
) -> Result<Vec<Option<String>>, Error> {
    let mut texts = vec![None; run.len()];
    for (place, valid) in run.iter().enumerate() {
        let Arrived { json, fills, .. } = &arrived[valid.place];
        if !depends_on_profile(&valid.message, *fills) {
            continue;
        }
        let leads = concerned(work, own[place], valid, *fills)?;
        let missing = work.leads.profiles.missing(leads.iter().copied());
        work.read_profiles(&missing)?;
        let person = if fills.is_public() { person_of(work, own[place])? } else { None };
        let profiles = ConcernedProfiles(leads.iter().filter_map(|lead| work.leads.profiles.get(*lead)).collect());
        let user = person.as_ref().map(|(_, text)| text.as_str());
        let Some(rewritten) = rewritten(json, &valid.message, *fills, &profiles, user) else { continue };
        if let Some((id, _)) = person.filter(|_| rewritten.by_user) {
            own[place] = id;
        }
        work.leads.effort.refused_traits += rewritten.refused as u64;
        texts[place] = Some(rewritten.json);
    }
    Ok(texts)
}

/// The lead that a message is about, and those that become one with it.
fn concerned(work: &mut Work, own: IdentityId, valid: &Valid, fills: Fills) -> Result<Vec<LeadId>, Error> {
    let mut leads = Vec::new();
    if !work.identities.made().contains(&own) {
        leads.push(work.owner(own, valid.at.0)?);
    }
    if !fills.is_public() {
        return Ok(leads);
    }
    let (keys, facts) = keys_and_facts(&valid.message);
    let ids =
        work.identities.find(work.connection, &keys.iter().map(|(kind, text)| (*kind, text.as_str())).collect())?;
    for fact in facts {
        let (Fact::Claim { email: place, .. } | Fact::Tie { visitor: place, .. }) = fact else { continue };
        let Some(key) = (place as usize).checked_sub(1).map(|place| &keys[place]) else { continue };
        let Some(id) = ids.get(key).copied().filter(|id| !work.identities.made().contains(id)) else { continue };
        let is_free = match key.0 {
            IdentityKind::Email => identities::claims_of_emails(work.connection, &[id])?.is_empty(),
            IdentityKind::Visitor => work.identities.ties(work.connection, id)?.is_empty(),
            IdentityKind::User => false,
        };
        if is_free {
            leads.push(work.identities.get(id)?.lead);
        }
    }
    Ok(leads)
}

/// The user whom an e-mail belongs to.
fn person_of(work: &mut Work, identity: IdentityId) -> Result<Option<(IdentityId, String)>, Error> {
    work.identities.load(work.connection, [identity])?;
    if work.identities.get(identity)?.kind != IdentityKind::Email {
        return Ok(None);
    }
    let claims = identities::claims_of_emails(work.connection, &[identity])?;
    let Some(person) = emails::owner(&claims).filter(|person| *person != identity) else { return Ok(None) };
    work.identities.load(work.connection, [person])?;
    Ok(Some((person, work.identities.get(person)?.text.clone())))
}
