//! Messages that are gone: what they said of who is who is taken back, and what is left says anew what it says.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Fact;
use attractor_engine::message::{Message, Wanted};
use attractor_store::events::Event;
use attractor_store::identities::{self, Claim};
use attractor_store::{Error, events, leads};

use crate::identity::emails::keep_stronger;
use crate::identity::ownership::Changed;
use crate::identity::who::{EMAIL, USER, VISITOR, spoken};
use crate::lead::advance::Why;
use crate::work::Work;

/// What messages that are gone spoke of.
#[derive(Default)]
struct Spoken {
    /// Their running numbers.
    numbers: BTreeSet<i64>,
    aliases: Vec<i64>,
    users: BTreeSet<i64>,
    emails: BTreeSet<i64>,
    visitors: BTreeSet<i64>,
}

/// By e-mail and person, the message with which the person claims it: its running number, and whether it is public.
type ClaimsInEvents = BTreeMap<(String, i64), (i64, bool)>;

impl Work<'_> {
    /// Takes back what these messages said; the ledger has them no more, or has them as withdrawn.
    pub fn retract(&mut self, gone: &[Event]) -> Result<(), Error> {
        let mut said = self.said(gone)?;
        for event in gone {
            let owner = self.owner(event.identity, event.at)?;
            self.touch(owner);
        }
        for visitor in said.visitors.clone() {
            for tie in self.ties(visitor)?.into_iter().filter(|tie| said.numbers.contains(&tie.received)) {
                self.untie(tie)?;
            }
        }
        for received in &said.aliases {
            identities::delete_alias(self.connection, *received)?;
        }
        let claimers = self.retract_claims(&said)?;
        said.users.extend(claimers);
        self.settle_left(said.users, said.emails, said.visitors)
    }

    /// Forgets those of these identities that nobody carries any more, and settles who is one with the others.
    pub fn settle_left(
        &mut self,
        users: BTreeSet<i64>,
        emails: BTreeSet<i64>,
        visitors: BTreeSet<i64>,
    ) -> Result<(), Error> {
        let mut said = Spoken { users, emails, visitors, ..Spoken::default() };
        let nobody = self.forget_nobodies(&said)?;
        for gone in [&mut said.users, &mut said.emails, &mut said.visitors] {
            gone.retain(|id| !nobody.contains_key(id));
        }
        let texts: Vec<&str> = nobody.values().map(String::as_str).collect();
        let aliases = identities::aliases_of_previous(self.connection, &texts)?;
        said.users.extend(aliases.iter().map(|alias| alias.person));
        self.settle_with(said.users, said.emails)?;
        said.visitors.into_iter().try_for_each(|visitor| self.stand_alone(visitor))
    }

    fn said(&mut self, gone: &[Event]) -> Result<Spoken, Error> {
        let mut said = Spoken::default();
        let mut keys: BTreeSet<(i64, String)> = BTreeSet::new();
        let mut unread: BTreeSet<i64> = BTreeSet::new();
        for event in gone {
            said.numbers.insert(event.received);
            let Some(message) = parse(event) else {
                // Whom it named is not known: everybody who is one with its lead may be nobody without it.
                let owner = self.owner(event.identity, event.at)?;
                unread.insert(owner);
                continue;
            };
            let (of, facts) = spoken(&message);
            keys.extend(of);
            for fact in facts {
                if let Fact::Alias { previous, .. } = fact {
                    said.aliases.push(event.received);
                    keys.extend([(USER, previous.clone()), (VISITOR, previous)]);
                }
            }
        }
        let found = self.find(&keys.iter().map(|(kind, text)| (*kind, text.as_str())).collect())?;
        let unread: Vec<i64> = unread.into_iter().collect();
        let one_with = identities::of_leads(self.connection, &unread)?.into_iter().map(|own| own.id);
        let all = found.into_values().chain(gone.iter().map(|event| event.identity)).chain(one_with);
        let all: BTreeSet<i64> = all.collect();
        self.load_identities(all.iter().copied())?;
        for id in all {
            let of = match self.identity(id)?.kind {
                USER => &mut said.users,
                EMAIL => &mut said.emails,
                _ => &mut said.visitors,
            };
            of.insert(id);
        }
        Ok(said)
    }

    /// E-mails that came first with a message that is gone may have come again with a later one. Returns everybody who
    /// came with one of these e-mails.
    fn retract_claims(&mut self, said: &Spoken) -> Result<Vec<i64>, Error> {
        let emails: Vec<i64> = said.emails.iter().copied().collect();
        let known = identities::claims_of_emails(self.connection, &emails)?;
        let gone: Vec<Claim> = known.iter().filter(|claim| said.numbers.contains(&claim.received)).copied().collect();
        identities::delete_claims(self.connection, &gone)?;
        let persons: BTreeSet<i64> = gone.iter().map(|claim| claim.person).collect();
        let left = self.claims_in_events(&persons.into_iter().collect::<Vec<_>>())?;
        let mut again = Vec::new();
        for claim in &gone {
            let left = left.get(&(self.identity(claim.email)?.text.clone(), claim.person));
            again.extend(left.map(|(received, public)| Claim { received: *received, public: *public, ..*claim }));
        }
        identities::save_claims(self.connection, &again)?;
        Ok(known.into_iter().filter(|claim| claim.person != claim.email).map(|claim| claim.person).collect())
    }

    fn claims_in_events(&mut self, persons: &[i64]) -> Result<ClaimsInEvents, Error> {
        let mut found = ClaimsInEvents::new();
        for event in events::of_identities(self.connection, persons)? {
            let Some(message) = parse(&event) else { continue };
            let (keys, facts) = spoken(&message);
            for fact in facts {
                let Fact::Claim { email, public, .. } = fact else { continue };
                let text = match email {
                    0 => self.identity(event.identity)?.text.clone(),
                    place => keys[place as usize - 1].1.clone(),
                };
                let best = found.entry((text, event.identity)).or_insert((event.received, public));
                keep_stronger(best, (event.received, public), email == 0);
            }
        }
        Ok(found)
    }

    /// Identities that no message carries any more: each with its text.
    fn forget_nobodies(&mut self, said: &Spoken) -> Result<BTreeMap<i64, String>, Error> {
        let all: Vec<i64> = said.users.iter().chain(&said.emails).chain(&said.visitors).copied().collect();
        self.load_identities(all.iter().copied())?;
        let emails: Vec<i64> = said.emails.iter().copied().collect();
        let mut carried: BTreeSet<i64> = events::with_events(self.connection, &all)?.into_iter().collect();
        carried.extend(identities::claims_of_emails(self.connection, &emails)?.iter().map(|claim| claim.email));
        for visitor in &said.visitors {
            // A tie by an alias names a visitor whom others speak of; it does not make one.
            let ties = self.ties(*visitor)?;
            if ties.iter().any(|tie| !tie.by_alias) {
                carried.insert(*visitor);
            } else if !carried.contains(visitor) {
                ties.into_iter().try_for_each(|tie| self.untie(tie))?;
            }
        }
        let nobody: Vec<i64> = all.into_iter().filter(|id| !carried.contains(id)).collect();
        self.forget(&nobody)
    }

    fn forget(&mut self, ids: &[i64]) -> Result<BTreeMap<i64, String>, Error> {
        let mut forgotten = BTreeMap::new();
        for id in ids {
            self.touch(self.identity(*id)?.lead);
            let Some(identity) = self.identities.remove(id) else { continue };
            forgotten.insert(*id, identity.text.clone());
            self.memory.identities.remove(&(identity.kind, identity.text));
            self.memory.ties.remove(id);
        }
        // What was withdrawn under them.
        let rest = events::ever_of_identities(self.connection, ids)?;
        let keys: Vec<(i64, &str)> = rest.iter().map(|event| (event.identity, event.message_id.as_str())).collect();
        events::delete(self.connection, &keys)?;
        identities::delete(self.connection, ids)?;
        Ok(forgotten)
    }

    /// A visitor that is tied to nobody any more is a lead of its own again; a person may have taken up the one it had.
    pub fn stand_alone(&mut self, visitor: i64) -> Result<(), Error> {
        if !self.ties(visitor)?.is_empty() {
            return Ok(());
        }
        let lead = self.identity(visitor)?.lead;
        let others = identities::of_leads(self.connection, &[lead])?;
        if others.iter().all(|other| other.kind == VISITOR) {
            return Ok(());
        }
        let own = self.memory.new_id(Some(attractor_store::bucket(visitor)));
        self.touch(lead);
        self.touch(own);
        self.assign(visitor, own)
    }

    /// Brings the leads that were touched in line with the ledger; those of whom nothing is left are gone.
    pub fn realign(&mut self, why: &Why) -> Result<(), Error> {
        let mut changed = self.realigned(why)?;
        let nobody: Vec<i64> = changed.dissolved.iter().filter(|(_, heir)| heir.is_none()).map(|(id, _)| *id).collect();
        for lead in nobody {
            changed.dissolved.remove(&lead);
            self.vanish(lead)?;
        }
        self.dissolve(&changed)
    }

    /// The same, but what was done under a lead that is nobody any more stays.
    pub fn realign_keeping(&mut self, why: &Why) -> Result<(), Error> {
        let changed = self.realigned(why)?;
        self.dissolve(&changed)
    }

    fn realigned(&mut self, why: &Why) -> Result<Changed, Error> {
        let touched: BTreeSet<i64> =
            self.moved.iter().flat_map(|(lead, from)| from.iter().chain([lead])).copied().collect();
        let mut changed = self.reckon()?;
        let left = |lead: &i64| self.leads.contains_key(lead) && !changed.dissolved.contains_key(lead);
        let left: Vec<i64> = touched.into_iter().filter(left).collect();
        changed.rebuild.extend(left);
        self.advance(BTreeMap::new(), &changed, why)?;
        Ok(changed)
    }

    /// A lead is gone without a trace, and so are those that became one with it; but not who stands alone again.
    pub fn vanish(&mut self, lead: i64) -> Result<(), Error> {
        let mut all = BTreeSet::from([lead]);
        let mut open = vec![lead];
        while !open.is_empty() {
            open = leads::predecessors(self.connection, &open)?;
            let alone = |id: &i64| self.leads.get(id).is_some_and(|standing| standing.became.is_none());
            open.retain(|id| !alone(id) && all.insert(*id));
        }
        for id in all {
            leads::erase(self.connection, id)?;
            self.leads.remove(&id);
            self.memory.leads.remove(&id);
            self.memory.recent.remove(&id);
            self.profiles.remove(&id);
        }
        Ok(())
    }
}

fn parse(event: &Event) -> Option<Message<'_>> {
    Message::parse(&event.message, &Wanted::Everything).ok()
}
