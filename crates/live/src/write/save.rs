//! The last step of a transaction: everything gathered goes down, one statement a kind.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use attractor_engine::time::Instant;
use attractor_store::copies::{self, CopySource};
use attractor_store::leads::{Lead, Place};
use attractor_store::moves::Alert;
use attractor_store::{Error, deals, leads, moves};

use crate::identity::ownership::Changed;
use crate::work::Work;
use crate::write::outbox::Outbox;

impl Work<'_> {
    /// Writes what was gathered; the leads at hand stay at hand.
    pub fn flush(&mut self) -> Result<(), Error> {
        let mut outbox = mem::take(&mut self.outbox);
        self.flush_places(&mut outbox)?;
        leads::delete_wakes(self.connection, &outbox.old_wakes)?;
        leads::insert_wakes(self.connection, &outbox.new_wakes)?;
        outbox.new_wakes.iter().for_each(|wake| self.memory.will_wake(Instant(wake.at)));
        let moves: Vec<_> = mem::take(&mut outbox.moves).into_values().flatten().collect();
        moves::insert(self.connection, &moves)?;
        for (reason, numbers) in by_reason(&outbox.revised) {
            moves::revise(self.connection, &numbers, self.now.0, reason)?;
        }
        self.keep_companies(outbox.profiles.iter())?;
        self.keep_called(outbox.profiles.iter())?;
        self.flush_profiles(&outbox.profiles)?;
        self.flush_deals(&outbox.deals, &outbox.deals_anew)?;
        let known = copies::insert(self.connection, &outbox.copies.into_values().collect::<Vec<_>>())?;
        let withdrawn: Vec<(i64, &CopySource)> =
            outbox.withdrawn.iter().map(|(lead, source)| (*lead, source)).collect();
        copies::withdraw(self.connection, &withdrawn)?;
        let loud: Vec<Alert> = outbox.alerts.into_iter().filter(|(_, quiet)| !quiet).map(|(alert, _)| alert).collect();
        moves::insert_alerts(self.connection, &loud)?;
        self.bind(&outbox.bound)?;
        self.flush_leads(&outbox.saved)?;
        self.go_on_after(&known)
    }

    fn flush_leads(&mut self, saved: &BTreeSet<i64>) -> Result<(), Error> {
        let mut rows: Vec<Lead> = Vec::with_capacity(saved.len());
        for id in saved {
            let Some(standing) = self.leads.get_mut(id) else { continue };
            let program = self.memory.versions.program(self.connection, standing.version)?;
            standing.stored = true;
            rows.push(standing.row(&program));
            self.memory.leads.insert(*id, standing.clone());
        }
        rows.sort_by_key(|row| (attractor_store::bucket(row.id), row.id));
        leads::save(self.connection, &rows)
    }

    fn flush_profiles(&mut self, changed: &BTreeSet<i64>) -> Result<(), Error> {
        let documents = changed.iter().filter_map(|lead| Some((*lead, self.profiles.get(lead)?.document())));
        leads::save_profiles(self.connection, &documents.collect::<Vec<_>>())
    }

    fn flush_places(&mut self, outbox: &mut Outbox) -> Result<(), Error> {
        let anew: Vec<i64> = outbox.places_anew.keys().copied().collect();
        outbox.places.retain(|(lead, _), _| !outbox.places_anew.contains_key(lead));
        let mut gone: BTreeSet<(i64, String)> = BTreeSet::new();
        let mut now: BTreeMap<(i64, String), i64> = BTreeMap::new();
        for ((lead, place), since) in &outbox.places {
            match since {
                Some(since) => _ = now.insert((*lead, place.clone()), *since),
                None => _ = gone.insert((*lead, place.clone())),
            }
        }
        let stored = leads::places(self.connection, &anew)?;
        for place in outbox.places_anew.values().flatten() {
            now.insert((place.lead, place.place.clone()), place.since);
        }
        for place in stored {
            let key = (place.lead, place.place);
            if now.get(&key) == Some(&place.since) {
                now.remove(&key);
            } else if !now.contains_key(&key) {
                gone.insert(key);
            }
        }
        let gone: Vec<Place> = gone.into_iter().map(|(lead, place)| Place { lead, place, since: 0 }).collect();
        let now: Vec<Place> = now.into_iter().map(|((lead, place), since)| Place { lead, place, since }).collect();
        leads::delete_places(self.connection, &gone)?;
        leads::save_places(self.connection, &now)
    }

    fn flush_deals(
        &mut self,
        changed: &BTreeMap<(i64, String), crate::lead::profile::Deal>,
        anew: &BTreeMap<i64, BTreeMap<String, crate::lead::profile::Deal>>,
    ) -> Result<(), Error> {
        let row = |lead: i64, id: &str, deal: &crate::lead::profile::Deal| deals::Deal {
            lead,
            deal: id.to_owned(),
            status: deal.status.clone(),
            amount: deal.amount,
            currency: deal.currency.clone(),
            opened_at: deal.opened_at,
            at: deal.at,
        };
        let mut rows = BTreeMap::new();
        for ((lead, id), deal) in changed {
            rows.insert((*lead, id.as_str()), row(*lead, id, deal));
        }
        deals::delete_of(self.connection, &anew.keys().copied().collect::<Vec<_>>())?;
        for (lead, all) in anew {
            for (id, deal) in all {
                rows.insert((*lead, id.as_str()), row(*lead, id, deal));
            }
        }
        deals::save(self.connection, &rows.into_values().collect::<Vec<_>>())
    }

    /// Leads that are nobody any more: what was done under them stays, the rest goes.
    pub fn dissolve(&mut self, changed: &Changed) -> Result<(), Error> {
        let ids: Vec<i64> = changed.dissolved.keys().copied().collect();
        for noted in moves::of_leads(self.connection, &ids)? {
            if noted.revised.is_none() && noted.kind != "sequence" {
                self.outbox.revised.push((noted.lead, noted.number, "join".to_owned()));
            }
        }
        let (mut wakes, mut rows) = (Vec::new(), Vec::new());
        for (id, heir) in &changed.dissolved {
            let Some(mut standing) = self.leads.remove(id) else { continue };
            wakes.extend(standing.wake.take().map(|at| leads::Wake { at, lead: standing.id }));
            self.memory.leads.remove(id);
            self.memory.recent.remove(id);
            self.profiles.remove(id);
            standing.became = heir.or(Some(0));
            standing.sources.clear();
            standing.lead = None;
            standing.email = None;
            let program = self.memory.versions.of(&standing.name).map(|under| under.program);
            rows.extend(program.filter(|_| standing.stored).map(|program| standing.row(&program)));
        }
        leads::delete_wakes(self.connection, &wakes)?;
        leads::clear(self.connection, &ids)?;
        leads::save(self.connection, &rows)
    }
}

fn by_reason(revised: &[(i64, i64, String)]) -> BTreeMap<&str, Vec<(i64, i64)>> {
    let mut found: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for (lead, number, reason) in revised {
        found.entry(reason).or_default().push((*lead, *number));
    }
    found
}
