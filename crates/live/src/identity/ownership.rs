//! Which slices of which identities' events are a lead's, after somebody turned out to be somebody else.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_store::identities::{self, Identity, Tie};
use attractor_store::{Error, leads};

use crate::identity::who::{EMAIL, USER, VISITOR};
use crate::lead::standing::{Slice, Standing};
use crate::work::Work;

/// What became of the leads that were touched.
#[derive(Default)]
pub struct Changed {
    /// To be rebuilt: their events or their names are others now.
    pub rebuild: BTreeSet<i64>,
    /// To be looked at for another reason: their version is another one, or their state cannot be read.
    pub look: BTreeSet<i64>,
    /// Nobody any more; the lead that each is now one with, where there is one.
    pub dissolved: BTreeMap<i64, Option<i64>>,
    /// The same by the lead that they are one with.
    pub heirs: BTreeMap<i64, Vec<i64>>,
    /// Leads of their own again, each with the one that it was one with.
    pub parted: BTreeMap<i64, i64>,
}

impl Changed {
    /// The leads that are now one with this one.
    pub fn predecessors(&self, lead: i64) -> impl Iterator<Item = i64> {
        self.heirs.get(&lead).into_iter().flatten().copied()
    }
}

impl Work<'_> {
    pub fn load_leads(&mut self, ids: &BTreeSet<i64>) -> Result<(), Error> {
        let mut missing = Vec::new();
        for id in ids {
            if self.leads.contains_key(id) {
                continue;
            }
            match self.memory.leads.get(id) {
                Some(standing) => _ = self.leads.insert(*id, standing.clone()),
                None => missing.push(*id),
            }
        }
        for row in leads::load(self.connection, &missing)? {
            let program = self.memory.versions.program(self.connection, row.version)?;
            if row.became.is_none() && Lead::is_damaged(&row.head, &program) {
                self.note_unreadable("state", row.id, "it is built anew from the lead's events");
            }
            let id = row.id;
            let (standing, damage) = Standing::of(row, &program);
            self.leads.insert(id, standing);
            if let Some(why) = damage {
                self.find_sources(id, why)?;
            }
        }
        Ok(())
    }

    /// Finds out anew which events are a lead's, where its row cannot be read.
    fn find_sources(&mut self, lead: i64, why: String) -> Result<(), Error> {
        self.note_unreadable("sources", lead, why);
        let slices = self.sources(&[lead].into())?.remove(&lead).map(|(slices, _)| slices);
        if let Some(standing) = self.leads.get_mut(&lead) {
            standing.sources = slices.unwrap_or_default();
            self.outbox.saved.insert(lead);
        }
        Ok(())
    }

    /// Reckons anew what belongs to the leads that were touched.
    pub fn reckon(&mut self) -> Result<Changed, Error> {
        let moved = std::mem::take(&mut self.moved);
        let all: BTreeSet<i64> = moved.iter().flat_map(|(lead, from)| from.iter().chain([lead])).copied().collect();
        if all.is_empty() {
            return Ok(Changed::default());
        }
        self.keep_ties()?;
        self.load_leads(&all)?;
        let mut sources = self.sources(&all)?;
        let mut changed = Changed::default();
        for lead in &all {
            let (slices, name) = sources.remove(lead).unwrap_or_default();
            match name {
                Some((kind, name)) => self.own(*lead, kind, name, slices, &mut changed),
                None if self.leads.contains_key(lead) => _ = changed.dissolved.insert(*lead, None),
                None => {}
            }
        }
        let gone: Vec<i64> = changed.dissolved.keys().copied().collect();
        for lead in gone {
            let heir = self.heir(lead)?;
            changed.dissolved.insert(lead, heir);
            if let Some(heir) = heir {
                changed.heirs.entry(heir).or_default().push(lead);
                changed.rebuild.insert(heir);
            }
        }
        Ok(changed)
    }

    fn own(&mut self, lead: i64, kind: i64, name: String, slices: Vec<Slice>, changed: &mut Changed) {
        let standing = self.leads.entry(lead).or_insert_with(|| Standing::new(lead, kind, &name, 0));
        let fresh = &self.fresh;
        let old = |slices: &[Slice]| -> BTreeSet<Slice> {
            slices.iter().filter(|s| !fresh.contains(&s.0)).copied().collect()
        };
        let same = old(&standing.sources) == old(&slices) && (standing.kind, &standing.name) == (kind, &name);
        if !same || standing.became.is_some() {
            changed.rebuild.insert(lead);
        } else if standing.stored && standing.sources != slices {
            // Whoever is new tells nothing yet, perhaps not even in this transaction; whose it is, is kept all the same.
            self.outbox.saved.insert(lead);
        }
        let parted = standing.became.take().filter(|heir| *heir != 0);
        changed.parted.extend(parted.map(|heir| (lead, heir)));
        (standing.kind, standing.sources) = (kind, slices);
        if standing.name != name {
            standing.lead = standing.lead.take().map(|lead| lead.renamed(&name));
            standing.name = name;
        }
    }

    /// By lead: its slices, and the kind and text that name it.
    #[expect(clippy::type_complexity, reason = "used once, right above")]
    fn sources(&mut self, all: &BTreeSet<i64>) -> Result<BTreeMap<i64, (Vec<Slice>, Option<(i64, String)>)>, Error> {
        let ids: Vec<i64> = all.iter().copied().collect();
        let own = identities::of_leads(self.connection, &ids)?;
        let persons: Vec<i64> = own.iter().filter(|own| own.kind != VISITOR).map(|own| own.id).collect();
        let tied = identities::visitors_of_persons(self.connection, &persons)?;
        let visitors: BTreeSet<i64> =
            own.iter().filter(|own| own.kind == VISITOR).map(|own| own.id).chain(tied).collect();
        self.load_ties(visitors.iter().copied())?;
        let mut slices: BTreeMap<i64, Vec<Slice>> = BTreeMap::new();
        for person in own.iter().filter(|own| own.kind != VISITOR) {
            slices.entry(person.lead).or_default().push(Slice(person.id, None, None));
        }
        for visitor in visitors {
            for (lead, slice) in self.slices_of_visitor(visitor)? {
                slices.entry(lead).or_default().push(slice);
            }
        }
        let mut by_lead: BTreeMap<i64, Vec<Identity>> = BTreeMap::new();
        for identity in own {
            by_lead.entry(identity.lead).or_default().push(identity);
        }
        let mut found = BTreeMap::new();
        for lead in all {
            let mine = slices.remove(lead).unwrap_or_default();
            let name = self.name_of(*lead, &mine, by_lead.get(lead).map_or(&[], Vec::as_slice));
            found.insert(*lead, (mine, name));
        }
        Ok(found)
    }

    /// Whose the parts of a visitor's events are.
    pub fn slices_of_visitor(&mut self, visitor: i64) -> Result<Vec<(i64, Slice)>, Error> {
        let ties = self.ties(visitor)?;
        if ties.is_empty() {
            return Ok(vec![(self.identity(visitor)?.lead, Slice(visitor, None, None))]);
        }
        let mut counted: Vec<Tie> = Vec::new();
        for tie in ties {
            if counted.last().is_some_and(|last| last.at == tie.at) {
                counted.pop();
            }
            counted.push(tie);
        }
        self.load_identities(counted.iter().map(|tie| tie.person))?;
        let mut slices: Vec<(i64, Slice)> = Vec::new();
        for (place, tie) in counted.iter().enumerate() {
            let lead = self.identity(tie.person)?.lead;
            let from = (place > 0).then_some(tie.at);
            let until = counted.get(place + 1).map(|next| next.at);
            match slices.last_mut() {
                Some((last, slice)) if *last == lead => slice.2 = until,
                _ => slices.push((lead, Slice(visitor, from, until))),
            }
        }
        Ok(slices)
    }

    /// A lead's name is its user's id, else its e-mail, else its visitor's (contract §2). `own` are its identities.
    fn name_of(&mut self, lead: i64, slices: &[Slice], own: &[Identity]) -> Option<(i64, String)> {
        if slices.is_empty() {
            return None;
        }
        if let Some(name) = self.outbox.names.remove(&lead) {
            return Some(name);
        }
        let standing = self.leads.get(&lead);
        let stays = standing.filter(|standing| standing.kind == USER).and_then(|standing| {
            own.iter().find(|identity| (identity.kind, identity.text.as_str()) == (USER, standing.name.as_str()))
        });
        let first =
            |kind: i64| own.iter().filter(move |identity| identity.kind == kind).min_by_key(|identity| identity.id);
        let named = stays.or_else(|| first(USER)).or_else(|| first(EMAIL)).or_else(|| first(VISITOR))?;
        Some((named.kind, named.text.clone()))
    }

    /// The lead that one which is nobody any more is now one with: its name's.
    fn heir(&mut self, lead: i64) -> Result<Option<i64>, Error> {
        let standing = &self.leads[&lead];
        let key = (standing.kind, standing.name.clone());
        let named = self.find(&[(key.0, key.1.as_str())].into())?;
        let Some(identity) = named.get(&key).or(self.heirs.get(&lead)).copied() else { return Ok(None) };
        self.load_identities([identity])?;
        if !self.identities.contains_key(&identity) {
            return Ok(None);
        }
        let heir = self.owner(identity, i64::MAX)?;
        Ok((heir != lead).then_some(heir))
    }
}
