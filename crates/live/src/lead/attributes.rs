//! Profiles, as messages come: read where they are needed, written where they changed.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::message::Message;
use attractor_store::{Error, events};

use crate::identity::who::Told;
use crate::lead::profile::{Profile, Said, concerns};
use crate::lead::standing::Standing;
use crate::work::Work;

impl Work<'_> {
    pub fn hear_profile(&mut self, standing: &mut Standing, told: &Told) {
        let lead = standing.id;
        if !concerns(&told.message) {
            return;
        }
        let public = told.flags & events::PUBLIC != 0;
        let said = Said { message: &told.message, id: told.id, at: told.at, by: told.origin, public, lost: told.lost };
        let profile = self.profiles.entry(lead).or_default();
        self.outbox.bound.extend(profile.hear(&said));
        if let Some(id) = deal_of(&told.message) {
            let deal = profile.deals.get(&id).cloned();
            self.outbox.deals.extend(deal.map(|deal| ((lead, id), deal)));
        }
        standing.email = profile.email();
        self.outbox.profiles.insert(lead);
    }

    pub fn replace_profile(&mut self, standing: &mut Standing, profile: Profile) {
        standing.email = profile.email();
        self.outbox.profiles.insert(standing.id);
        self.outbox.deals_anew.insert(standing.id, profile.deals.clone());
        self.profiles.insert(standing.id, profile);
    }

    pub fn load_profiles(&mut self, new: &BTreeMap<i64, Vec<&Told>>, anew: &BTreeSet<i64>) -> Result<(), Error> {
        let concerned = new.iter().filter(|(_, told)| told.iter().any(|told| concerns(&told.message)));
        let missing = concerned.map(|(lead, _)| *lead).filter(|lead| !anew.contains(lead));
        let missing: Vec<i64> = missing.filter(|lead| !self.profiles.contains_key(lead)).collect();
        self.read_profiles(&missing)
    }

    pub fn read_profiles(&mut self, leads: &[i64]) -> Result<(), Error> {
        let mut damaged = BTreeSet::new();
        for (lead, document) in attractor_store::leads::profiles(self.connection, leads)? {
            match Profile::parse(&document) {
                Ok(profile) => _ = self.profiles.insert(lead, profile),
                Err(why) => {
                    self.note_unreadable("profile", lead, why);
                    damaged.insert(lead);
                }
            }
        }
        self.load_leads(&damaged)?;
        damaged.retain(|lead| self.leads.contains_key(lead));
        self.hear_again(&damaged)
    }
}

/// The deal that a message speaks of.
fn deal_of(message: &Message) -> Option<String> {
    let event = message.event.as_deref()?;
    let speaks = matches!(event, "Deal Created" | "Deal Won" | "Deal Lost");
    speaks.then(|| message.id("deal_id").map(|id| id.into_owned()).unwrap_or_default())
}
