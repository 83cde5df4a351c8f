//! Whom and what the rows speak of: each counted once, however many rows it has.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::vocabulary::kind;
use serde_json::Value;

use super::leaving::Leaving;
use super::messages::text_of;
use crate::consent::words::letters;
use crate::report::{OptOutCounts, Report, StageWithoutDeal};
use crate::tally::{Tally, hash};

/// By hashes, so that a long list fits into memory.
#[derive(Default)]
pub(super) struct Counted {
    /// People who left, bounced or complained.
    pub left: BTreeMap<u128, Leaving>,
    /// People who are granted consent, and those from whom it is held back.
    pub granted: BTreeSet<u128>,
    pub held_back: BTreeSet<u128>,
    pub deals: BTreeSet<u128>,
    /// How many rows of deals speak of each person.
    pub of_deals: Tally,
    /// People with a deal of any state.
    with_deal: BTreeSet<u128>,
    /// People whose stage in another tool says that they buy or bought, by stage as it is written.
    buyers: BTreeMap<String, BTreeSet<u128>>,
}

/// Stages of other tools, by their letters, in which a person has a deal.
const BUYERS: [&str; 12] = [
    "opportunity",
    "customer",
    "evangelist",
    "kunde",
    "client",
    "cliente",
    "klant",
    "verkaufschance",
    "opportunite",
    "oportunidad",
    "opportunita",
    "verkoopkans",
];

impl Counted {
    /// Those who left were counted before it was known who is who.
    pub fn fold(&mut self, person: impl Fn(u128) -> u128) {
        for (key, leaving) in std::mem::take(&mut self.left) {
            self.left(person(key), leaving);
        }
    }

    /// How many of these people, when it is known who is who, only rows of deals name.
    pub fn only_in_deals(&mut self, people: &Tally, lead: impl Fn(u128) -> u128) -> u64 {
        self.of_deals.fold(lead);
        people.known_only_by(&self.of_deals)
    }

    /// Counts who left, by the furthest way.
    pub fn left(&mut self, key: u128, leaving: Leaving) {
        let known = self.left.entry(key).or_insert(leaving);
        *known = (*known).max(leaving);
    }

    /// Counts a person whose stage in another tool says that there is a deal.
    pub fn stage(&mut self, stage: &str, person: u128) {
        if BUYERS.contains(&letters(stage).as_str()) {
            self.buyers.entry(stage.to_owned()).or_default().insert(person);
        }
    }

    /// Counts the deal of which an event tells. Without an id, a lead has one.
    pub fn event(&mut self, event: &str, properties: &Value, person: Option<u128>) {
        if matches!(event, kind::DEAL_CREATED | kind::DEAL_WON | kind::DEAL_LOST) {
            self.deals.extend(text_of(properties.get("deal_id")).map(|id| hash(&id)).or(person));
            self.with_deal.extend(person);
        }
    }

    pub fn report(&self, report: &mut Report) {
        report.opt_outs = self.left.len() as u64;
        let of = |leaving: Leaving| self.left.values().filter(|one| **one == leaving).count() as u64;
        report.opt_outs_by = OptOutCounts {
            all: of(Leaving::All),
            part: of(Leaving::Part),
            bounced: of(Leaving::Bounced),
            complained: of(Leaving::Complained),
        };
        let without = |(stage, people): (&String, &BTreeSet<u128>)| StageWithoutDeal {
            stage: stage.clone(),
            people: people.difference(&self.with_deal).count() as u64,
        };
        report.without_deal = self.buyers.iter().map(without).filter(|stage| stage.people > 0).collect();
        report.consents = self.granted.len() as u64;
        report.held_back = self.held_back.difference(&self.granted).count() as u64;
        report.deals = self.deals.len() as u64;
    }
}
