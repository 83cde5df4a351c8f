//! Aliases settled: which users are one, by the same code that a replay uses, over the users that aliases connect.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::{Fact, Facts, Key};
use attractor_engine::time::Instant;
use attractor_store::Error;
use attractor_store::identities::{self, Alias, Claim, Tie};

use crate::identity::who::{USER, VISITOR, key};
use crate::work::Work;

/// The users that aliases connect, with what was said of them.
struct Component {
    users: BTreeMap<String, i64>,
    aliases: Vec<Alias>,
    claims: Vec<Claim>,
    /// E-mails that may belong to somebody else now, or to nobody.
    emails: BTreeSet<i64>,
}

impl Work<'_> {
    /// Decides anew who is one with these persons, and touches the leads that it changes.
    pub fn settle(&mut self, persons: BTreeSet<i64>) -> Result<(), Error> {
        self.settle_with(persons, BTreeSet::new())
    }

    /// The same with e-mails whose owner may have changed.
    pub fn settle_with(&mut self, persons: BTreeSet<i64>, emails: BTreeSet<i64>) -> Result<(), Error> {
        let component = self.component(persons, emails)?;
        let untied = self.settle_visitors(&component)?;
        let groups = self.groups(&component)?;
        self.divide(groups)?;
        untied.into_iter().try_for_each(|visitor| self.stand_alone(visitor))
    }

    fn component(&mut self, persons: BTreeSet<i64>, freed: BTreeSet<i64>) -> Result<Component, Error> {
        let mut users: BTreeMap<i64, String> = BTreeMap::new();
        let mut aliases: BTreeMap<i64, Alias> = BTreeMap::new();
        let mut open = persons;
        while !open.is_empty() {
            self.load_identities(open.iter().copied())?;
            for id in &open {
                users.insert(*id, self.identity(*id)?.text.clone());
            }
            let ids: Vec<i64> = open.iter().copied().collect();
            let texts: Vec<&str> = ids.iter().map(|id| users[id].as_str()).collect();
            let mut found = identities::aliases_of_persons(self.connection, &ids)?;
            found.extend(identities::aliases_of_previous(self.connection, &texts)?);
            let previous: Vec<(i64, &str)> = found.iter().map(|alias| (USER, alias.previous.as_str())).collect();
            let named = identities::find(self.connection, &previous)?;
            let reached = found.iter().map(|alias| alias.person).chain(named.iter().map(|identity| identity.id));
            open = reached.filter(|id| !users.contains_key(id)).collect();
            aliases.extend(found.into_iter().map(|alias| (alias.received, alias)));
        }
        let ids: Vec<i64> = users.keys().copied().collect();
        let claimed = identities::claims_of_persons(self.connection, &ids)?;
        let emails: BTreeSet<i64> = claimed.iter().map(|claim| claim.email).chain(freed.iter().copied()).collect();
        let emails: Vec<i64> = emails.into_iter().collect();
        let claims = identities::claims_of_emails(self.connection, &emails)?;
        self.load_identities(emails.iter().copied().chain(claims.iter().map(|claim| claim.person)))?;
        let users = users.into_iter().map(|(id, text)| (text, id)).collect();
        Ok(Component { users, aliases: aliases.into_values().collect(), claims, emails: freed })
    }

    /// An alias of somebody who is no user ties the visitor of that name; where there is a user, it does not. Returns the
    /// visitors that it ties no more.
    fn settle_visitors(&mut self, component: &Component) -> Result<Vec<i64>, Error> {
        let mut untied = Vec::new();
        let previous: BTreeSet<(i64, &str)> =
            component.aliases.iter().map(|alias| (VISITOR, alias.previous.as_str())).collect();
        let visitors = self.find(&previous)?;
        for alias in &component.aliases {
            let Some(visitor) = visitors.get(&(VISITOR, alias.previous.clone())) else { continue };
            let Alias { at, received, person, .. } = *alias;
            let tie = Tie { visitor: *visitor, at, received, person, by_alias: true };
            let tied = self.ties(*visitor)?.contains(&tie);
            match (component.users.contains_key(&alias.previous), tied) {
                (true, true) => {
                    self.untie(tie)?;
                    untied.push(*visitor);
                }
                (false, false) => self.tie(tie)?,
                _ => {}
            }
        }
        Ok(untied)
    }

    /// By the person who names the lead: all persons who are one with it.
    fn groups(&mut self, component: &Component) -> Result<BTreeMap<i64, Vec<i64>>, Error> {
        let mut persons: Vec<i64> = component.users.values().copied().collect();
        persons.extend(component.claims.iter().flat_map(|claim| [claim.email, claim.person]));
        persons.extend(&component.emails);
        persons.sort_unstable();
        persons.dedup();
        let number = |id: i64| persons.binary_search(&id).unwrap_or_default() as u32;
        let mut facts = Facts::default();
        for claim in &component.claims {
            let (user, email) = (number(claim.person), number(claim.email));
            let fact = Fact::Claim { user, email, public: claim.public };
            facts.add(Instant(0), claim.received as u64, fact);
        }
        for alias in &component.aliases {
            let fact = Fact::Alias { previous: alias.previous.clone(), user: number(alias.person) };
            facts.add(Instant(alias.at), alias.received as u64, fact);
        }
        let find = |of: Key| match key(of) {
            (USER, text) => component.users.get(text).map(|id| number(*id)),
            _ => None,
        };
        let settled = facts.settle(persons.len(), find);
        let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (place, person) in (0..).zip(&persons) {
            let root = persons[settled.lead(place, Instant(0)) as usize];
            groups.entry(root).or_default().push(*person);
        }
        // Who is not of this component came in as another user of its e-mails; nothing is known of their aliases here.
        groups.retain(|root, _| component.emails.contains(root) || component.users.values().any(|id| id == root));
        Ok(groups)
    }

    /// Gives each group a lead: the one that its name has, unless another group has it.
    fn divide(&mut self, groups: BTreeMap<i64, Vec<i64>>) -> Result<(), Error> {
        let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
        for root in groups.keys() {
            let lead = self.identity(*root)?.lead;
            let keeps = |other: i64| if lead == *root { *root } else { other };
            wanted.entry(lead).and_modify(|other| *other = keeps(*other)).or_insert(*root);
        }
        for (root, members) in &groups {
            let present = self.identity(*root)?.lead;
            let keeps = wanted[&present] == *root;
            let lead = if keeps { present } else { self.lead_of_its_own(*root, members, &wanted)? };
            for member in members {
                let before = self.identity(*member)?.lead;
                if before != lead {
                    self.touch(before);
                    self.moved.entry(lead).or_default().insert(before);
                    self.assign(*member, lead)?;
                }
            }
            self.name(lead, *root)?;
        }
        Ok(())
    }

    /// The lead that a person had first, unless somebody else has it by now; else a new one.
    fn lead_of_its_own(&mut self, root: i64, members: &[i64], wanted: &BTreeMap<i64, i64>) -> Result<i64, Error> {
        let others = identities::of_leads(self.connection, &[root])?;
        let taken = wanted.contains_key(&root) || others.iter().any(|other| !members.contains(&other.id));
        Ok(if taken { self.memory.new_id(Some(attractor_store::bucket(root))) } else { root })
    }

    /// A lead that goes by another name is another to its samples.
    fn name(&mut self, lead: i64, root: i64) -> Result<(), Error> {
        let (kind, text) = (self.identity(root)?.kind, self.identity(root)?.text.clone());
        self.load_leads(&[lead].into())?;
        let named = self.leads.get(&lead).is_some_and(|standing| (standing.kind, &standing.name) == (kind, &text));
        if named {
            // An earlier message of the same group may have called it otherwise.
            self.outbox.names.remove(&lead);
        } else {
            self.touch(lead);
            self.outbox.names.insert(lead, (kind, text));
        }
        Ok(())
    }
}
