//! What stored events say of who is who by today's rules, beside what is stored, and the one set right by the other.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::canonical;
use attractor_engine::identity::Key;
use attractor_engine::message::Message;
use attractor_store::events::{self, Event};
use attractor_store::identities::{self, Alias, Claim, Tie};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, Received};

use crate::identity::emails::owner;
use crate::identity::identities::Identities;
use crate::identity::keys::{NewEvent, key};
use crate::identity::reread::{Reread, parsed_as};
use crate::identity::{facts, retract, ties};

/// The facts of an identity's events, by today's rules, beside those that are stored.
struct Difference {
    identity: IdentityId,
    claims_gone: Vec<Claim>,
    /// By e-mail: its claim as it must be.
    claims: BTreeMap<String, (Received, bool)>,
    ties_gone: Vec<Tie>,
    /// Visitor, running number and instant.
    ties: Vec<(String, Received, i64)>,
    aliases_gone: Vec<Alias>,
    aliases: Vec<Alias>,
    /// Ids of messages that belong under another key.
    strays: Vec<String>,
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.claims_gone.is_empty() && self.claims.is_empty() && self.is_claims_alone()
    }

    /// Nothing but claims differs: leads change only where an e-mail gets another owner.
    fn is_claims_alone(&self) -> bool {
        self.ties_gone.is_empty()
            && self.ties.is_empty()
            && self.aliases_gone.is_empty()
            && self.aliases.is_empty()
            && self.strays.is_empty()
    }
}

/// What is stored of who is who by one identity's events.
struct Stored {
    claims: Vec<Claim>,
    ties: Vec<Tie>,
    aliases: Vec<Alias>,
}

/// Identities of which it may turn out that nobody carries them any more, or that they are somebody else's now.
#[derive(Default)]
struct Concerned {
    users: BTreeSet<IdentityId>,
    emails: BTreeSet<IdentityId>,
    visitors: BTreeSet<IdentityId>,
}

/// Sets right what is stored of these identities. Returns how many messages name nobody; `None` where nothing changed.
pub fn carry(
    identities: &mut Identities,
    connection: &mut Connection,
    ids: &[IdentityId],
) -> Result<Option<i64>, Error> {
    identities.load(connection, ids.iter().copied())?;
    // A claimed e-mail goes with its users, so that it is never a lead of its own in between.
    let claimed = identities::claims_of_persons(connection, ids)?.into_iter().map(|claim| claim.email);
    let emails: BTreeSet<IdentityId> = claimed.chain(ids.iter().copied()).collect();
    identities.load(connection, emails.iter().copied())?;
    for email in emails {
        rename(identities, connection, email)?;
    }
    let read = read_again(identities, connection, ids)?;
    let marked: Vec<(IdentityId, String, String)> =
        read.values().flat_map(|read| read.marked.iter().cloned()).collect();
    events::rewrite_messages(connection, &marked)?;
    for (id, _) in read.iter().filter(|(_, read)| read.contests) {
        let lead = identities.get(*id)?.lead;
        identities.mark_affected(lead);
    }
    let differences = differences(identities, connection, ids, read)?;
    if differences.is_empty() && !identities.has_affected() {
        return Ok(None);
    }
    let mut concerned = Concerned::default();
    set_claims_right(identities, connection, &differences, &mut concerned)?;
    let mut left_out = 0;
    for difference in differences {
        left_out += set_right(identities, connection, difference, &mut concerned)?;
    }
    settle_concerned(identities, connection, concerned)?;
    identities.settle_in();
    Ok(Some(left_out))
}

/// Gives an e-mail its canonical form, unless another identity has it: then its events go there.
fn rename(identities: &mut Identities, connection: &mut Connection, id: IdentityId) -> Result<(), Error> {
    let identity = identities.get(id)?.clone();
    if identity.kind != IdentityKind::Email {
        return Ok(());
    }
    let Some(form) = canonical(&identity.text).filter(|form| *form != identity.text) else { return Ok(()) };
    if !identities.find(connection, &[(IdentityKind::Email, form.as_str())].into())?.is_empty() {
        return Ok(());
    }
    identities.rename(connection, identity.id, &form)
}

/// What the events under these identities say today.
fn read_again(
    identities: &mut Identities,
    connection: &mut Connection,
    ids: &[IdentityId],
) -> Result<BTreeMap<IdentityId, Reread>, Error> {
    let mut read: BTreeMap<IdentityId, Reread> = ids.iter().map(|id| (*id, Reread::default())).collect();
    events::pass(connection, ids, |event| {
        if let (Some(read), Ok(identity)) = (read.get_mut(&event.identity), identities.get(event.identity)) {
            read.take(identity, &event);
        }
        Ok(())
    })?;
    Ok(read)
}

/// What is stored of these identities and is not what their events say.
fn differences(
    identities: &mut Identities,
    connection: &mut Connection,
    ids: &[IdentityId],
    mut read: BTreeMap<IdentityId, Reread>,
) -> Result<Vec<Difference>, Error> {
    let mut claims: BTreeMap<IdentityId, Vec<Claim>> = BTreeMap::new();
    for claim in identities::claims_of_persons(connection, ids)? {
        claims.entry(claim.person).or_default().push(claim);
    }
    let mut aliases: BTreeMap<IdentityId, Vec<identities::Alias>> = BTreeMap::new();
    for alias in identities::aliases_of_persons(connection, ids)? {
        aliases.entry(alias.person).or_default().push(alias);
    }
    let mut ties: BTreeMap<IdentityId, Vec<Tie>> = BTreeMap::new();
    let visitors = identities::visitors_of_persons(connection, ids)?;
    identities.load_ties(connection, visitors.iter().copied())?;
    for visitor in &visitors {
        for tie in identities
            .ties(connection, *visitor)?
            .into_iter()
            .filter(|tie| !tie.by_alias && read.contains_key(&tie.person))
        {
            ties.entry(tie.person).or_default().push(tie);
        }
    }
    let emails = claims.values().flatten().map(|claim| claim.email);
    identities.load(connection, emails.chain(visitors).collect::<BTreeSet<_>>())?;
    let mut found = Vec::new();
    for id in ids {
        let read = read.remove(id).unwrap_or_default();
        let stored = Stored {
            claims: claims.remove(id).unwrap_or_default(),
            ties: ties.remove(id).unwrap_or_default(),
            aliases: aliases.remove(id).unwrap_or_default(),
        };
        let difference = difference(identities, *id, read, stored)?;
        if !difference.is_empty() {
            found.push(difference);
        }
    }
    Ok(found)
}

fn difference(
    identities: &Identities,
    identity: IdentityId,
    read: Reread,
    stored: Stored,
) -> Result<Difference, Error> {
    let Reread { mut claims, mut ties, mut aliases, strays, .. } = read;
    let (mut claims_gone, mut ties_gone, mut aliases_gone) = (Vec::new(), Vec::new(), Vec::new());
    for claim in stored.claims {
        let text = identities.get(claim.email)?.text.as_str();
        match claims.get(text) {
            Some(claim_now) if *claim_now == (claim.received, claim.public) => _ = claims.remove(text),
            Some(_) => {}
            None => claims_gone.push(claim),
        }
    }
    for tie in stored.ties {
        let visitor = identities.get(tie.visitor)?.text.clone();
        if !ties.remove(&(visitor, tie.received, tie.at)) {
            ties_gone.push(tie);
        }
    }
    for alias in stored.aliases {
        if !aliases.remove(&(alias.previous.clone(), alias.received, alias.at)) {
            aliases_gone.push(alias);
        }
    }
    let ties = ties.into_iter().collect();
    let alias = |(previous, received, at)| Alias { received, at, previous, person: identity };
    let aliases = aliases.into_iter().map(alias).collect();
    Ok(Difference { identity, claims_gone, claims, ties_gone, ties, aliases_gone, aliases, strays })
}

/// Takes back what an identity's events no longer say, and takes in what they say now. Returns how many messages
/// name nobody.
fn set_right(
    identities: &mut Identities,
    connection: &mut Connection,
    difference: Difference,
    concerned: &mut Concerned,
) -> Result<i64, Error> {
    let id = difference.identity;
    if difference.is_claims_alone() {
        return Ok(0);
    }
    let (kind, lead) = (identities.get(id)?.kind, identities.get(id)?.lead);
    identities.mark_affected(lead);
    let of_kind = match kind {
        IdentityKind::User => &mut concerned.users,
        IdentityKind::Email => &mut concerned.emails,
        IdentityKind::Visitor => &mut concerned.visitors,
    };
    let has_aliases = !difference.aliases_gone.is_empty() || !difference.aliases.is_empty();
    if !difference.strays.is_empty() || has_aliases {
        of_kind.insert(id);
    }
    for tie in difference.ties_gone {
        concerned.visitors.insert(tie.visitor);
        ties::untie(identities, connection, tie)?;
    }
    for (visitor, received, at) in difference.ties {
        let key = (IdentityKind::Visitor, visitor.as_str());
        let made = identities.find_or_make(connection, &[key].into(), &[(key, id)].into())?;
        for visitor in made.into_values() {
            ties::tie(identities, connection, Tie { visitor, at, received, person: id, by_alias: false })?;
        }
    }
    for alias in &difference.aliases_gone {
        identities::delete_alias(connection, alias.received)?;
        let previous =
            [(IdentityKind::User, alias.previous.as_str()), (IdentityKind::Visitor, alias.previous.as_str())];
        for ((kind, _), named) in identities.find(connection, &previous.into())? {
            if kind == IdentityKind::User {
                concerned.users.insert(named)
            } else {
                concerned.visitors.insert(named)
            };
            untie_alias(identities, connection, named, alias.received)?;
        }
    }
    identities::insert_aliases(connection, &difference.aliases)?;
    take_strays(identities, connection, id, &difference.strays, concerned)
}

/// Forgets the tie that an alias made, where it did.
fn untie_alias(
    identities: &mut Identities,
    connection: &mut Connection,
    visitor: IdentityId,
    received: Received,
) -> Result<(), Error> {
    let ties = identities.ties(connection, visitor)?;
    ties.into_iter().filter(|tie| tie.received == received).try_for_each(|tie| ties::untie(identities, connection, tie))
}

fn set_claims_right(
    identities: &mut Identities,
    connection: &mut Connection,
    differences: &[Difference],
    concerned: &mut Concerned,
) -> Result<(), Error> {
    let (mut keys, mut near) = (BTreeSet::new(), BTreeMap::new());
    for Difference { identity, claims, .. } in differences {
        keys.extend(claims.keys().map(|text| (IdentityKind::Email, text.as_str())));
        near.extend(claims.keys().map(|text| ((IdentityKind::Email, text.as_str()), *identity)));
    }
    let ids = identities.find_or_make(connection, &keys, &near)?;
    let gone: Vec<Claim> = differences.iter().flat_map(|difference| difference.claims_gone.clone()).collect();
    let mut right = Vec::new();
    for Difference { identity: person, claims, .. } in differences {
        right.extend(claims.iter().map(|(text, (received, public))| {
            let email = ids[&(IdentityKind::Email, text.clone())];
            Claim { email, person: *person, received: *received, public: *public }
        }));
    }
    let emails: BTreeSet<IdentityId> = gone.iter().chain(&right).map(|claim| claim.email).collect();
    let emails: Vec<IdentityId> = emails.into_iter().collect();
    let before = owners_of(connection, &emails)?;
    identities::delete_claims(connection, &gone)?;
    identities::save_claims(connection, &right)?;
    let after = owners_of(connection, &emails)?;
    // Whoever loses an e-mail keeps the lead, and the e-mail gets another one.
    let persons = gone.iter().filter(|claim| claim.person != claim.email).map(|claim| claim.person);
    concerned.users.extend(persons);
    concerned.emails.extend(gone.iter().map(|claim| claim.email));
    for email in emails.iter().filter(|email| before.get(email) != after.get(email)) {
        concerned.users.extend(before.get(email));
        concerned.emails.insert(*email);
    }
    Ok(())
}

/// By e-mail, whose it is by its claims; its own is left out.
fn owners_of(connection: &mut Connection, emails: &[IdentityId]) -> Result<BTreeMap<IdentityId, IdentityId>, Error> {
    let mut claims: BTreeMap<IdentityId, Vec<Claim>> = BTreeMap::new();
    for claim in identities::claims_of_emails(connection, emails)? {
        claims.entry(claim.email).or_default().push(claim);
    }
    let owned = claims.iter().filter_map(|(email, claims)| Some((*email, owner(claims)?)));
    Ok(owned.filter(|(email, owner)| email != owner).collect())
}

/// Puts messages under the keys that they have today. Returns how many have none.
fn take_strays(
    identities: &mut Identities,
    connection: &mut Connection,
    from: IdentityId,
    ids: &[String],
    concerned: &mut Concerned,
) -> Result<i64, Error> {
    let keys: Vec<(IdentityId, &str)> = ids.iter().map(|id| (from, id.as_str())).collect();
    let strays = events::of_keys(connection, &keys)?;
    for stray in &strays {
        let lead = identities.owner(connection, from, stray.at)?;
        identities.mark_affected(lead);
    }
    events::delete(connection, &keys)?;
    let lead = identities.get(from)?.lead;
    let mut left_out = 0;
    for stray in strays {
        let Some(message) = parsed_as(&stray.message) else {
            left_out += 1;
            continue;
        };
        let Some((kind, text)) = Key::of(&message).map(key) else { continue };
        let identity =
            identities.find_or_make(connection, &[(kind, text)].into(), &BTreeMap::new())?[&(kind, text.to_owned())];
        identities.note_successor(lead, identity);
        take_stray(identities, connection, &stray, &message, identity, concerned)?;
    }
    Ok(left_out)
}

fn take_stray(
    identities: &mut Identities,
    connection: &mut Connection,
    stray: &Event,
    message: &Message,
    identity: IdentityId,
    concerned: &mut Concerned,
) -> Result<(), Error> {
    let there = events::of_keys(connection, &[(identity, stray.message_id.as_str())])?;
    // Of two messages with one id the first received stays.
    if there.iter().any(|there| there.received <= stray.received) {
        return Ok(());
    }
    for later in &there {
        events::delete(connection, &[(identity, later.message_id.as_str())])?;
        retract::retract(identities, connection, std::slice::from_ref(later))?;
    }
    // Taking the later message back may have forgotten its identity.
    let (kind, text) = Key::of(message).map(key).unwrap_or((IdentityKind::Visitor, ""));
    let identity =
        identities.find_or_make(connection, &[(kind, text)].into(), &BTreeMap::new())?[&(kind, text.to_owned())];
    let moved = Event { identity, ..stray.clone() };
    events::insert(connection, std::slice::from_ref(&moved))?;
    let Event { at, received, flags, .. } = moved;
    let event = NewEvent {
        message: message.clone(),
        id: &moved.message_id,
        identity,
        at,
        received,
        flags,
        origin: &moved.origin,
        lost: false,
    };
    facts::store_facts(identities, connection, &[event])?;
    let owner = identities.owner(connection, identity, at)?;
    identities.mark_affected(owner);
    if kind == IdentityKind::Visitor {
        concerned.visitors.insert(identity);
    }
    Ok(())
}

/// Forgets identities that nobody carries any more, and settles who is one with the others.
fn settle_concerned(
    identities: &mut Identities,
    connection: &mut Connection,
    concerned: Concerned,
) -> Result<(), Error> {
    let Concerned { mut users, mut emails, mut visitors } = concerned;
    identities.load(connection, users.iter().chain(&emails).chain(&visitors).copied().collect::<Vec<_>>())?;
    for ids in [&mut users, &mut emails, &mut visitors] {
        // A message that was taken out may have been the last of its identity.
        ids.retain(|id| identities.has(*id));
    }
    if users.is_empty() && emails.is_empty() && visitors.is_empty() {
        return Ok(());
    }
    let all: Vec<IdentityId> = emails.iter().copied().collect();
    let claims = identities::claims_of_emails(connection, &all)?;
    users.extend(claims.iter().filter(|claim| claim.person != claim.email).map(|claim| claim.person));
    retract::settle_left(identities, connection, users, emails, visitors)
}
