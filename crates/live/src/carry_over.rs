//! Keys of earlier versions, which were not canonical: in the background, identity by identity, what stored events say of
//! who is who is read anew by today's rules, and what differs is set right. Then the leads' texts for searches follow.
//!
//! Until it is done, a key of the old kind and a new one of the same person are two leads. Each slice is one transaction
//! with its place, so that it goes on after a stop.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::canonical;
use attractor_engine::identity::Key;
use attractor_engine::message::Message;
use attractor_store::events::{self, Event};
use attractor_store::identities::{self, Alias, Claim, Identity, Tie};
use attractor_store::{Connection, Error, called, lane, leads};
use serde::{Deserialize, Serialize};

use crate::identity::emails::owner;
use crate::identity::reread::{Reread, parsed_as};
use crate::identity::who::{EMAIL, Told, USER, VISITOR, key};
use crate::lane::Lane;
use crate::lead::advance::Why;
use crate::lead::profile::Profile;
use crate::versions::{read_state, write_state};
use crate::work::Work;

/// Where the background is; absent where there is nothing left to do.
const OWED: &str = "keys to carry over";

/// An identity has few events, as a rule: a slice takes milliseconds.
const SLICE: i64 = 200;

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CarryOver {
    /// The last identity, in the order of kinds and texts; `None` once all are done.
    identity: Option<(i64, String)>,
    /// The last lead.
    lead: Option<(i64, i64)>,
    /// Identities and leads gone through so far.
    pub done: i64,
    /// Messages that were taken out, because they name nobody by today's rules.
    pub left_out: i64,
    /// How many identities, and then leads, one slice goes through.
    slice: i64,
    #[serde(skip)]
    pub is_done: bool,
}

impl Default for CarryOver {
    fn default() -> CarryOver {
        CarryOver { identity: None, lead: None, done: 0, left_out: 0, slice: SLICE, is_done: false }
    }
}

impl CarryOver {
    fn start() -> CarryOver {
        CarryOver { identity: Some((-1, String::new())), ..CarryOver::default() }
    }
}

/// Notes, in the transaction of a restore, that its keys have yet to be carried over.
pub fn owe_carry_over(connection: &mut Connection) -> Result<(), Error> {
    write_state(connection, OWED, &CarryOver::start())
}

impl Lane {
    /// How far the stored keys are, where they have yet to be carried over.
    pub fn carry_over(&mut self) -> Result<Option<CarryOver>, Error> {
        self.read(|connection| read_state(connection, OWED))
    }

    /// How far the last slice came, if there was one since the last call.
    pub fn take_carried(&mut self) -> Option<CarryOver> {
        self.memory.carried.take()
    }
}

/// What an identity said of who is who, as its events tell today, beside what is stored.
struct Difference {
    identity: i64,
    claims_gone: Vec<Claim>,
    /// By e-mail: its claim as it must be.
    claims: BTreeMap<String, (i64, bool)>,
    ties_gone: Vec<Tie>,
    /// Visitor, running number and instant.
    ties: Vec<(String, i64, i64)>,
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
    users: BTreeSet<i64>,
    emails: BTreeSet<i64>,
    visitors: BTreeSet<i64>,
}

impl Work<'_> {
    /// One slice.
    pub(crate) fn carry_over(&mut self, mut at: CarryOver) -> Result<(), Error> {
        match at.identity.take() {
            Some((kind, text)) => {
                let page = identities::after(self.connection, (kind, &text), at.slice)?;
                at.done += page.len() as i64;
                at.identity = page.last().map(|last| (last.kind, last.text.clone()));
                at.left_out += self.carry_identities(page)?;
            }
            None => {
                let rows = leads::after(self.connection, at.lead.unwrap_or((-1, 0)), at.slice)?;
                let Some(last) = rows.last() else {
                    self.memory.carried = Some(CarryOver { is_done: true, ..at });
                    return lane::forget_state(self.connection, OWED);
                };
                at.done += rows.len() as i64;
                at.lead = Some((attractor_store::bucket(last.id), last.id));
                self.carry_leads(rows.iter().filter(|row| row.became.is_none()).map(|row| row.id).collect())?;
            }
        }
        write_state(self.connection, OWED, &at)?;
        self.memory.carried = Some(at);
        Ok(())
    }

    /// Returns how many messages name nobody.
    fn carry_identities(&mut self, page: Vec<Identity>) -> Result<i64, Error> {
        let ids: Vec<i64> = page.iter().map(|identity| identity.id).collect();
        self.load_identities(ids.iter().copied())?;
        // A claimed e-mail goes with its users, so that it is never a lead of its own in between.
        let claimed = identities::claims_of_persons(self.connection, &ids)?.into_iter().map(|claim| claim.email);
        let emails: BTreeSet<i64> = claimed.chain(ids.iter().copied()).collect();
        self.load_identities(emails.iter().copied())?;
        for email in emails {
            self.rename(email)?;
        }
        let read = self.read_again(&ids)?;
        let marked: Vec<(i64, String, String)> = read.values().flat_map(|read| read.marked.iter().cloned()).collect();
        events::retell(self.connection, &marked)?;
        for (id, _) in read.iter().filter(|(_, read)| read.contests) {
            let lead = self.identity(*id)?.lead;
            self.touch(lead);
        }
        let differences = self.differences(&ids, read)?;
        if differences.is_empty() && self.moved.is_empty() {
            return Ok(0);
        }
        let mut concerned = Concerned::default();
        self.set_claims_right(&differences, &mut concerned)?;
        let mut left_out = 0;
        for difference in differences {
            left_out += self.set_right(difference, &mut concerned)?;
        }
        self.settle_concerned(concerned)?;
        self.fresh.clear();
        self.realign_keeping(&Why::reason("keys"))?;
        Ok(left_out)
    }

    /// Gives an e-mail its canonical form, unless another identity has it: then its events go there.
    fn rename(&mut self, id: i64) -> Result<(), Error> {
        let identity = self.identity(id)?.clone();
        if identity.kind != EMAIL {
            return Ok(());
        }
        let Some(form) = canonical(&identity.text).filter(|form| *form != identity.text) else { return Ok(()) };
        if !self.find(&[(EMAIL, form.as_str())].into())?.is_empty() {
            return Ok(());
        }
        identities::rename(self.connection, identity.id, &form)?;
        self.memory.identities.remove(&(EMAIL, identity.text.clone()));
        let lead = self.identity(identity.id)?.lead;
        if let Some(known) = self.identities.get_mut(&identity.id) {
            known.text = form.clone();
        }
        self.memory.identities.insert((EMAIL, form), crate::memory::Known { id: identity.id, lead });
        self.touch(lead);
        Ok(())
    }

    /// What the events under these identities say today.
    fn read_again(&mut self, ids: &[i64]) -> Result<BTreeMap<i64, Reread>, Error> {
        let identities = &self.identities;
        let mut read: BTreeMap<i64, Reread> = ids.iter().map(|id| (*id, Reread::default())).collect();
        events::pass(self.connection, ids, |event| {
            if let (Some(read), Some(identity)) = (read.get_mut(&event.identity), identities.get(&event.identity)) {
                read.take(identity, &event);
            }
            Ok(())
        })?;
        Ok(read)
    }

    /// What is stored of these identities and is not what their events say.
    fn differences(&mut self, ids: &[i64], mut read: BTreeMap<i64, Reread>) -> Result<Vec<Difference>, Error> {
        let mut claims: BTreeMap<i64, Vec<Claim>> = BTreeMap::new();
        for claim in identities::claims_of_persons(self.connection, ids)? {
            claims.entry(claim.person).or_default().push(claim);
        }
        let mut aliases: BTreeMap<i64, Vec<identities::Alias>> = BTreeMap::new();
        for alias in identities::aliases_of_persons(self.connection, ids)? {
            aliases.entry(alias.person).or_default().push(alias);
        }
        let mut ties: BTreeMap<i64, Vec<Tie>> = BTreeMap::new();
        let visitors = identities::visitors_of_persons(self.connection, ids)?;
        self.load_ties(visitors.iter().copied())?;
        for visitor in &visitors {
            for tie in self.ties(*visitor)?.into_iter().filter(|tie| !tie.by_alias && read.contains_key(&tie.person)) {
                ties.entry(tie.person).or_default().push(tie);
            }
        }
        let emails = claims.values().flatten().map(|claim| claim.email);
        self.load_identities(emails.chain(visitors).collect::<BTreeSet<_>>())?;
        let mut found = Vec::new();
        for id in ids {
            let read = read.remove(id).unwrap_or_default();
            let stored = Stored {
                claims: claims.remove(id).unwrap_or_default(),
                ties: ties.remove(id).unwrap_or_default(),
                aliases: aliases.remove(id).unwrap_or_default(),
            };
            let difference = self.difference(*id, read, stored)?;
            if !difference.is_empty() {
                found.push(difference);
            }
        }
        Ok(found)
    }

    fn difference(&self, identity: i64, read: Reread, stored: Stored) -> Result<Difference, Error> {
        let Reread { mut claims, mut ties, mut aliases, strays, .. } = read;
        let (mut claims_gone, mut ties_gone, mut aliases_gone) = (Vec::new(), Vec::new(), Vec::new());
        for claim in stored.claims {
            let text = self.identity(claim.email)?.text.as_str();
            match claims.get(text) {
                Some(says) if *says == (claim.received, claim.public) => _ = claims.remove(text),
                Some(_) => {}
                None => claims_gone.push(claim),
            }
        }
        for tie in stored.ties {
            let visitor = self.identity(tie.visitor)?.text.clone();
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
    fn set_right(&mut self, difference: Difference, concerned: &mut Concerned) -> Result<i64, Error> {
        let id = difference.identity;
        if difference.is_claims_alone() {
            return Ok(0);
        }
        let (kind, lead) = (self.identity(id)?.kind, self.identity(id)?.lead);
        self.touch(lead);
        let of_kind = match kind {
            USER => &mut concerned.users,
            EMAIL => &mut concerned.emails,
            _ => &mut concerned.visitors,
        };
        let has_aliases = !difference.aliases_gone.is_empty() || !difference.aliases.is_empty();
        if !difference.strays.is_empty() || has_aliases {
            of_kind.insert(id);
        }
        for tie in difference.ties_gone {
            concerned.visitors.insert(tie.visitor);
            self.untie(tie)?;
        }
        for (visitor, received, at) in difference.ties {
            let key = (VISITOR, visitor.as_str());
            let made = self.find_or_make(&[key].into(), &[(key, id)].into())?;
            for visitor in made.into_values() {
                self.tie(Tie { visitor, at, received, person: id, by_alias: false })?;
            }
        }
        for alias in &difference.aliases_gone {
            identities::delete_alias(self.connection, alias.received)?;
            let previous = [(USER, alias.previous.as_str()), (VISITOR, alias.previous.as_str())];
            for ((kind, _), named) in self.find(&previous.into())? {
                if kind == USER {
                    concerned.users.insert(named)
                } else {
                    concerned.visitors.insert(named)
                };
                self.untie_alias(named, alias.received)?;
            }
        }
        identities::insert_aliases(self.connection, &difference.aliases)?;
        self.take_strays(id, &difference.strays, concerned)
    }

    /// Forgets the tie that an alias made, where it did.
    fn untie_alias(&mut self, visitor: i64, received: i64) -> Result<(), Error> {
        let ties = self.ties(visitor)?;
        ties.into_iter().filter(|tie| tie.received == received).try_for_each(|tie| self.untie(tie))
    }

    fn set_claims_right(&mut self, differences: &[Difference], concerned: &mut Concerned) -> Result<(), Error> {
        let (mut keys, mut near) = (BTreeSet::new(), BTreeMap::new());
        for Difference { identity, claims, .. } in differences {
            keys.extend(claims.keys().map(|text| (EMAIL, text.as_str())));
            near.extend(claims.keys().map(|text| ((EMAIL, text.as_str()), *identity)));
        }
        let ids = self.find_or_make(&keys, &near)?;
        let gone: Vec<Claim> = differences.iter().flat_map(|difference| difference.claims_gone.clone()).collect();
        let mut right = Vec::new();
        for Difference { identity: person, claims, .. } in differences {
            right.extend(claims.iter().map(|(text, (received, public))| {
                let email = ids[&(EMAIL, text.clone())];
                Claim { email, person: *person, received: *received, public: *public }
            }));
        }
        let emails: BTreeSet<i64> = gone.iter().chain(&right).map(|claim| claim.email).collect();
        let emails: Vec<i64> = emails.into_iter().collect();
        let before = self.owners_of(&emails)?;
        identities::delete_claims(self.connection, &gone)?;
        identities::save_claims(self.connection, &right)?;
        let after = self.owners_of(&emails)?;
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
    fn owners_of(&mut self, emails: &[i64]) -> Result<BTreeMap<i64, i64>, Error> {
        let mut claims: BTreeMap<i64, Vec<Claim>> = BTreeMap::new();
        for claim in identities::claims_of_emails(self.connection, emails)? {
            claims.entry(claim.email).or_default().push(claim);
        }
        let owned = claims.iter().filter_map(|(email, claims)| Some((*email, owner(claims)?)));
        Ok(owned.filter(|(email, owner)| email != owner).collect())
    }

    /// Puts messages under the keys that they have today. Returns how many have none.
    fn take_strays(&mut self, from: i64, ids: &[String], concerned: &mut Concerned) -> Result<i64, Error> {
        let keys: Vec<(i64, &str)> = ids.iter().map(|id| (from, id.as_str())).collect();
        let strays = events::of_keys(self.connection, &keys)?;
        for stray in &strays {
            let lead = self.owner(from, stray.at)?;
            self.touch(lead);
        }
        events::delete(self.connection, &keys)?;
        let lead = self.identity(from)?.lead;
        let mut left_out = 0;
        for stray in strays {
            let Some(message) = parsed_as(&stray.message) else {
                left_out += 1;
                continue;
            };
            let Some((kind, text)) = Key::of(&message).map(key) else { continue };
            let identity = self.find_or_make(&[(kind, text)].into(), &BTreeMap::new())?[&(kind, text.to_owned())];
            self.heirs.entry(lead).or_insert(identity);
            self.take_stray(&stray, &message, identity, concerned)?;
        }
        Ok(left_out)
    }

    fn take_stray(
        &mut self,
        stray: &Event,
        message: &Message,
        identity: i64,
        concerned: &mut Concerned,
    ) -> Result<(), Error> {
        let there = events::of_keys(self.connection, &[(identity, stray.message_id.as_str())])?;
        // Of two messages with one id the first received stays.
        if there.iter().any(|there| there.received <= stray.received) {
            return Ok(());
        }
        for later in &there {
            events::delete(self.connection, &[(identity, later.message_id.as_str())])?;
            self.retract(std::slice::from_ref(later))?;
        }
        // Taking the later message back may have forgotten its identity.
        let (kind, text) = Key::of(message).map(key).unwrap_or((VISITOR, ""));
        let identity = self.find_or_make(&[(kind, text)].into(), &BTreeMap::new())?[&(kind, text.to_owned())];
        let moved = Event { identity, ..stray.clone() };
        events::insert(self.connection, std::slice::from_ref(&moved))?;
        let Event { at, received, flags, .. } = moved;
        let told = Told {
            message: message.clone(),
            id: &moved.message_id,
            identity,
            at,
            received,
            flags,
            origin: &moved.origin,
            lost: false,
        };
        self.hear(&[told])?;
        let owner = self.owner(identity, at)?;
        self.touch(owner);
        if kind == VISITOR {
            concerned.visitors.insert(identity);
        }
        Ok(())
    }

    /// Forgets identities that nobody carries any more, and settles who is one with the others.
    fn settle_concerned(&mut self, concerned: Concerned) -> Result<(), Error> {
        let Concerned { mut users, mut emails, mut visitors } = concerned;
        self.load_identities(users.iter().chain(&emails).chain(&visitors).copied().collect::<Vec<_>>())?;
        for ids in [&mut users, &mut emails, &mut visitors] {
            // A message that was taken out may have been the last of its identity.
            ids.retain(|id| self.identities.contains_key(id));
        }
        if users.is_empty() && emails.is_empty() && visitors.is_empty() {
            return Ok(());
        }
        let all: Vec<i64> = emails.iter().copied().collect();
        let claims = identities::claims_of_emails(self.connection, &all)?;
        users.extend(claims.iter().filter(|claim| claim.person != claim.email).map(|claim| claim.person));
        self.settle_left(users, emails, visitors)
    }

    /// Writes what leads are called and their e-mails as today's rules derive them.
    fn carry_leads(&mut self, ids: BTreeSet<i64>) -> Result<(), Error> {
        self.load_leads(&ids)?;
        let ids: Vec<i64> = ids.into_iter().collect();
        self.read_profiles(&ids)?;
        let unsure = |lead: &&i64| self.profiles.get(lead).is_some_and(may_be_confirmed);
        let unsure: BTreeSet<i64> = ids.iter().filter(unsure).copied().collect();
        self.hear_again(&unsure)?;
        let none = Profile::default();
        let names: Vec<(i64, Vec<String>)> =
            ids.iter().map(|lead| (*lead, self.profiles.get(lead).unwrap_or(&none).called())).collect();
        called::save(self.connection, &names)?;
        self.keep_companies(ids.iter())?;
        for lead in &ids {
            let email = self.profiles.get(lead).and_then(Profile::email);
            let Some(standing) = self.leads.get_mut(lead).filter(|standing| standing.email != email) else { continue };
            standing.email = email;
            self.outbox.saved.insert(*lead);
        }
        Ok(())
    }
}

/// Whether a profile of an earlier version does not say if its address was confirmed.
fn may_be_confirmed(profile: &Profile) -> bool {
    profile.is_unconfirmed() && profile.consents.scopes().next().is_some()
}
