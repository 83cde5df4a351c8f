//! Who is who: ties of visitors, owners of e-mails, aliases (contract §2). Events never move; what changes is whose they
//! are, and the leads that it concerns are rebuilt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::identity::{Fact, Key, facts};
use attractor_engine::message::Message;
use attractor_store::Error;
use attractor_store::identities::{self, Alias, Claim, Tie};

use crate::work::Work;

pub const USER: i64 = 0;
pub const EMAIL: i64 = 1;
pub const VISITOR: i64 = 2;

pub fn key(key: Key<'_>) -> (i64, &str) {
    match key {
        Key::User(text) => (USER, text),
        Key::Email(text) => (EMAIL, text),
        Key::Visitor(text) => (VISITOR, text),
    }
}

/// A message that is in the ledger, under its identity.
pub struct Told<'m> {
    pub message: Message<'m>,
    pub id: &'m str,
    pub identity: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub received: i64,
    pub flags: i64,
    pub origin: &'m str,
    /// It gives an e-mail that belongs to another lead, which it does not set.
    pub lost: bool,
}

/// The keys beside its own that a message speaks of, each with its number in `fact_of`.
pub fn spoken(message: &Message) -> (Vec<(i64, String)>, Vec<Fact>) {
    let mut keys: Vec<(i64, String)> = Vec::new();
    let mut said = Vec::new();
    // The numbers of the facts are places in `keys`, from 1; 0 is the person that the message stands under.
    let number = |of: Key| {
        let (kind, text) = key(of);
        keys.push((kind, text.to_owned()));
        keys.len() as u32
    };
    facts(message, 0, number, |fact| said.push(fact));
    (keys, said)
}

/// Whether a fact is that the e-mail which a message stands under came by itself.
fn claims_itself(fact: &Fact) -> bool {
    matches!(fact, Fact::Claim { email: 0, .. })
}

impl Work<'_> {
    /// Takes in what new messages say of who is who. `own` are the messages' identities made just now.
    pub fn hear(&mut self, told: &[Told]) -> Result<(), Error> {
        let spoken: Vec<_> = told.iter().map(|told| spoken(&told.message)).collect();
        let mut keys = BTreeSet::new();
        let mut near = BTreeMap::new();
        for (told, (of, _)) in told.iter().zip(&spoken) {
            for (kind, text) in of {
                keys.insert((*kind, text.as_str()));
                near.entry((*kind, text.as_str())).or_insert(told.identity);
            }
        }
        let ids = self.find_or_make(&keys, &near)?;
        self.load_ties(told.iter().map(|told| told.identity).chain(ids.values().copied()))?;
        let mut aliases = Vec::new();
        let own = told.iter().zip(&spoken).filter(|(_, (_, said))| said.iter().any(claims_itself));
        let emails =
            own.map(|(told, _)| told.identity).chain(ids.iter().filter(|(of, _)| of.0 == EMAIL).map(|(_, id)| *id));
        let mut claims = self.load_claims(&emails.collect())?;
        for (told, (of, said)) in told.iter().zip(&spoken) {
            let number = |place: u32| match place {
                0 => told.identity,
                place => ids[&of[place as usize - 1]],
            };
            for fact in said {
                match fact {
                    Fact::Claim { user, email, public } => {
                        let (person, email, received) = (number(*user), number(*email), told.received);
                        self.claim(&mut claims, Claim { email, person, received, public: *public })?;
                    }
                    Fact::Tie { visitor, person } => {
                        let (visitor, person) = (number(*visitor), number(*person));
                        self.tie(Tie { visitor, at: told.at, received: told.received, person, by_alias: false })?;
                    }
                    Fact::Alias { previous, user } => {
                        let (at, received, person) = (told.at, told.received, number(*user));
                        aliases.push(Alias { received, at, previous: previous.clone(), person });
                    }
                }
            }
        }
        claims.save(self.connection)?;
        if !aliases.is_empty() {
            // Once for all: each goes through everybody whom aliases connect.
            identities::insert_aliases(self.connection, &aliases)?;
            self.settle(aliases.iter().map(|alias| alias.person).collect())?;
        }
        self.hear_late_names()
    }

    /// Aliases that spoke of somebody before anything else did.
    fn hear_late_names(&mut self) -> Result<(), Error> {
        let fresh: Vec<String> = self.fresh.iter().map(|id| self.identities[id].text.clone()).collect();
        let texts: Vec<&str> = fresh.iter().map(String::as_str).collect();
        let waiting = identities::aliases_of_previous(self.connection, &texts)?;
        let persons: BTreeSet<i64> = waiting.iter().map(|alias| alias.person).collect();
        if persons.is_empty() { Ok(()) } else { self.settle(persons) }
    }

    /// What belonged to an e-mail alone is now the user's.
    pub fn unite(&mut self, email: i64, user: i64) -> Result<(), Error> {
        let (from, to) = (self.identity(email)?.lead, self.identity(user)?.lead);
        if from == to {
            return Ok(());
        }
        if self.fresh.contains(&email) {
            self.touch(to);
            return self.assign(email, to);
        }
        if self.is_nobody(user, to)? {
            // A user of whom nothing is known yet takes up the lead as it is: its id stays.
            self.touch(from);
            return self.assign(user, from);
        }
        self.touch(from);
        self.moved.entry(to).or_default().insert(from);
        self.assign(email, to)
    }

    /// Whether a lead is but this identity, made just now.
    fn is_nobody(&mut self, identity: i64, lead: i64) -> Result<bool, Error> {
        if !self.fresh.contains(&identity) || lead != identity {
            return Ok(false);
        }
        self.keep_ties()?;
        Ok(identities::of_leads(self.connection, &[lead])?.len() == 1
            && identities::visitors_of_persons(self.connection, &[identity])?.is_empty())
    }

    /// A visitor is a person's from an instant on.
    pub fn tie(&mut self, tie: Tie) -> Result<(), Error> {
        self.load_ties([tie.visitor])?;
        self.load_identities([tie.person])?;
        let owner = self.identity(tie.person)?.lead;
        let order = |tie: &Tie| (tie.at, tie.received);
        let known = self.memory.ties.get(&tie.visitor).cloned().unwrap_or_default();
        if known.binary_search_by_key(&order(&tie), order).is_ok_and(|place| known[place] == tie) {
            return Ok(());
        }
        let is_first = known.is_empty();
        drop(known);
        if is_first && !self.fresh.contains(&tie.visitor) && self.is_nobody(tie.person, owner)? {
            let visitors = self.identity(tie.visitor)?.lead;
            self.touch(visitors);
            self.assign(tie.person, visitors)?;
        } else {
            // Whose the visitor was at this instant; nobody else's events change.
            let before = self.owner(tie.visitor, tie.at)?;
            if before != owner && !(is_first && self.fresh.contains(&tie.visitor)) {
                self.moved.entry(owner).or_default().insert(before);
            }
            if before != owner || is_first {
                self.touch(before);
                self.touch(owner);
            }
        }
        self.new_ties.push(tie);
        let mut ties = self.memory.ties.remove(&tie.visitor).unwrap_or_default();
        let place = ties.partition_point(|other| order(other) < order(&tie));
        Arc::make_mut(&mut ties).insert(place, tie);
        self.memory.ties.insert(tie.visitor, ties);
        Ok(())
    }

    /// Writes the ties that were made.
    pub fn keep_ties(&mut self) -> Result<(), Error> {
        identities::insert_ties(self.connection, &std::mem::take(&mut self.new_ties))
    }

    /// Forgets a tie: an alias that turned out to mean a user, an unmerge, an erasure.
    pub fn untie(&mut self, tie: Tie) -> Result<(), Error> {
        self.keep_ties()?;
        self.load_ties([tie.visitor])?;
        let mut ties = self.ties(tie.visitor)?;
        self.touch_owners(tie.visitor, &ties)?;
        identities::delete_ties(self.connection, &[tie])?;
        ties.retain(|other| (other.at, other.received) != (tie.at, tie.received));
        self.memory.ties.insert(tie.visitor, Arc::new(ties.clone()));
        self.touch_owners(tie.visitor, &ties)
    }

    fn touch_owners(&mut self, visitor: i64, ties: &[Tie]) -> Result<(), Error> {
        let mut owners = vec![self.identity(visitor)?.lead];
        self.load_identities(ties.iter().map(|tie| tie.person))?;
        for tie in ties {
            owners.push(self.identity(tie.person)?.lead);
        }
        owners.into_iter().for_each(|lead| self.touch(lead));
        Ok(())
    }

    pub fn load_ties(&mut self, identities: impl IntoIterator<Item = i64>) -> Result<(), Error> {
        let all: BTreeSet<i64> = identities.into_iter().collect();
        self.load_identities(all.iter().copied())?;
        let is_visitor = |id: &i64| self.identities.get(id).is_some_and(|identity| identity.kind == VISITOR);
        let visitors: Vec<i64> = all.into_iter().filter(is_visitor).collect();
        let (mut missing, mut made) = (Vec::new(), Vec::new());
        for visitor in visitors {
            if self.memory.ties.get(&visitor).is_some() {
                continue;
            }
            if self.fresh.contains(&visitor) { made.push(visitor) } else { missing.push(visitor) }
        }
        let mut found: BTreeMap<i64, Vec<Tie>> = missing.iter().map(|visitor| (*visitor, Vec::new())).collect();
        for tie in identities::ties_of_visitors(self.connection, &missing)? {
            found.entry(tie.visitor).or_default().push(tie);
        }
        for visitor in made {
            found.insert(visitor, Vec::new());
        }
        for (visitor, mut ties) in found {
            ties.sort_by_key(|tie| (tie.at, tie.received));
            self.load_identities(ties.iter().map(|tie| tie.person))?;
            self.memory.ties.insert(visitor, Arc::new(ties));
        }
        Ok(())
    }

    /// A visitor's ties, in order.
    pub fn ties(&mut self, visitor: i64) -> Result<Vec<Tie>, Error> {
        self.load_ties([visitor])?;
        Ok(self.memory.ties.get(&visitor).map(|ties| ties.to_vec()).unwrap_or_default())
    }

    /// The lead of a message that stands under an identity at an instant.
    pub fn owner(&mut self, identity: i64, at: i64) -> Result<i64, Error> {
        self.load_identities([identity])?;
        let own = self.identity(identity)?;
        let (kind, lead) = (own.kind, own.lead);
        if kind != VISITOR {
            return Ok(lead);
        }
        self.load_ties([identity])?;
        let Some(ties) = self.memory.ties.get(&identity).cloned() else { return Ok(lead) };
        let Some(first) = ties.first() else { return Ok(lead) };
        let until = if first.at <= at { at } else { first.at };
        // Of several ties at one instant only the last received counts.
        let last = ties.iter().rev().find(|tie| tie.at <= until).unwrap_or(first);
        self.load_identities([last.person])?;
        Ok(self.identity(last.person)?.lead)
    }
}
